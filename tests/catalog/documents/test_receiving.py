"""Documents by the browser, on a real storage: kept like originals, never twice, and settled after a crash anywhere."""

from __future__ import annotations

import hashlib
import resource
import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select, update

from catalog.case_files.attaching import CannotAttach, Wish
from catalog.database import Database
from catalog.documents.receiving import (
    LEFT_ALONE,
    CannotReceive,
    House,
    Received,
    adopt_documents,
    receive_document,
    shown_name,
)
from catalog.documents.spooling import PART, Spool
from catalog.intake.sealed import Sealer
from catalog.inventory.kinds import kind_of, unfinished
from catalog.models import Attachment, Clip, Copy, DocumentUpload, SignedStatement, Stage
from catalog.rebuilding.marks import marks_of, unsealed
from catalog.receipts import Signer
from catalog.rules.document_kind import document_kind
from catalog.rules.intake_lock import lock_at_receipt
from catalog.verification import verify_clip
from storage.errors import StorageUnavailable
from storage.store import ObjectStore
from tests.catalog.case_files.desk import Desk, open_desk
from tests.catalog.world import entries

PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<< /Type /Catalog >>\nendobj\n%%EOF\n"
WISH = Wish("evidence", "main", "营业执照", method="party", maker="某某食品店")


def spooled(body: bytes, limit: int = 200 << 20, step: int = 1 << 20) -> Spool:
    spool = Spool(limit)
    for at in range(0, len(body), step):
        spool.write(body[at : at + step])
    spool.seek(0)
    return spool


class Dying:
    """The store, which dies at one of its acts: the process is gone there and then."""

    def __init__(
        self, store: ObjectStore, act: str, *, after: bool, error: Callable[[], BaseException]
    ) -> None:
        self._store, self._act, self._after, self._error = store, act, after, error

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._store, name)
        if name != self._act:
            return found

        def dying(*args: Any, **named: Any) -> Any:
            if self._after:
                found(*args, **named)
            raise self._error()

        return dying


class Gone(BaseException):
    """What a kill looks like from within."""


class Documents:
    def __init__(self, desk: Desk, store: ObjectStore, signer: Signer, sealer: Sealer) -> None:
        self.desk, self.store, self.sealer = desk, store, sealer
        self.moment = [desk.now]
        self.house = House(desk.database, store, signer, lambda: self.moment[0])

    def put(self, body: bytes = PDF, name: str = "执照.pdf", wish: Wish = WISH, **more: Any) -> Received:
        with closing(more.get("spool") or spooled(body)) as spool:
            return receive_document(
                more.get("house", self.house),
                self.sealer,
                spool,
                actor=self.desk.people["li"],
                name=name,
                step_id=more.get("step", self.desk.step),
                wish=wish,
            )

    def refused(self, *args: Any, **more: Any) -> str:
        with pytest.raises((CannotReceive, CannotAttach)) as caught:
            self.put(*args, **more)
        return str(caught.value.why)

    def count(self, model: Any) -> int:
        with self.desk.database.read() as session:
            return session.scalar(select(func.count()).select_from(model)) or 0

    def uploads(self) -> list[DocumentUpload]:
        with self.desk.database.read() as session:
            return list(session.scalars(select(DocumentUpload).order_by(DocumentUpload.opened_at)))

    def sweep(self) -> tuple[int, int]:
        self.moment[0] = self.moment[0] + LEFT_ALONE + timedelta(seconds=1)
        taken, given_up, _ = adopt_documents(self.house)
        return taken, given_up


@pytest.fixture
def documents(
    database: Database, now: datetime, store: ObjectStore, signer: Signer, sealer: Sealer
) -> Documents:
    del now  # a lock cannot be set back in time: these tests are of today
    from datetime import UTC  # noqa: PLC0415

    return Documents(open_desk(database, datetime.now(UTC)), store, signer, sealer)


def test_kept_like_every_original(documents: Documents, sealer: Sealer, signer: Signer) -> None:
    clips = documents.count(Clip)
    body = PDF + documents.desk.case.bytes
    got = documents.put(body)
    assert (got.how, got.sha256, got.not_attached) == ("received", hashlib.sha256(body).hexdigest(), "")
    assert {d.stage for d in got.due} == {"verify", "describe"}
    with documents.desk.database.read() as session:
        clip = session.get_one(Clip, got.clip)
        assert (clip.origin, clip.kind, clip.name, clip.officer_id) == (
            "browser",
            "document",
            "执照.pdf",
            None,
        )
        assert clip.sm3 == hashlib.new("sm3", body).hexdigest()
        assert clip.received_at == documents.moment[0]
        copy = session.scalars(select(Copy).where(Copy.clip_id == clip.id)).one()
        facts = documents.store.facts(copy.key, copy.version)
        assert (facts.lock_mode, facts.size) == ("COMPLIANCE", len(body))
        assert facts.lock_until is not None
        assert facts.lock_until >= lock_at_receipt(documents.moment[0])
        assert b"".join(documents.store.read(copy.key, copy.version)) == body
        attachment = session.scalars(select(Attachment)).one()
        assert (attachment.clip_id, attachment.method, attachment.maker) == (clip.id, "party", "某某食品店")
        assert attachment.attached_by == documents.desk.people["li"].id
        assert [
            s.kind for s in session.scalars(select(SignedStatement).where(SignedStatement.clip_id == clip.id))
        ] == ["received"]
        assert len(entries(session, "clip.received")) == 1
        marks = marks_of(facts.metadata, clip.id)
        assert (marks.origin, marks.docking, unsealed(sealer, marks).name) == ("browser", None, "执照.pdf")
        kind = kind_of(copy.key)
        assert kind is not None
        [expected] = kind.at(session, copy.key, "")
        assert set(expected.required) <= set(facts.metadata)
    assert documents.count(Clip) == clips + 1
    verify_clip(
        documents.desk.database, documents.store, signer, clip_id=got.clip, clock=lambda: documents.moment[0]
    )
    with documents.desk.database.read() as session:
        assert session.get_one(Clip, got.clip).verified_at is not None


def test_in_parts(documents: Documents) -> None:
    body = PDF + documents.desk.case.bytes * ((2 * PART) // 16 + 5)
    got = documents.put(body)
    with documents.desk.database.read() as session:
        copy = session.scalars(select(Copy).where(Copy.clip_id == got.clip)).one()
        assert copy.checksum is not None
        assert copy.checksum.endswith("-3")
        digest = hashlib.sha256()
        for chunk in documents.store.read(copy.key, copy.version):
            digest.update(chunk)
    assert digest.hexdigest() == got.sha256


def test_the_same_bytes_again_are_the_same_clip(documents: Documents) -> None:
    body = PDF + documents.desk.case.bytes
    first = documents.put(body)
    assert documents.refused(body) == "already-attached"
    other = replace(WISH, role="process", proves="")
    with documents.desk.database.read() as session:
        from catalog.case_files.cases import steps_of  # noqa: PLC0415

        step = steps_of(session, documents.desk.case)[0].id
    again = documents.put(body, name="另一个名字.pdf", wish=other, step=step)
    assert (again.clip, again.how) == (first.clip, "held already")
    assert documents.count(Copy) - 1 == 1  # the desk's own clip has one
    assert documents.count(DocumentUpload) == 2, "each who put it in is kept"


def test_two_put_in_the_same_at_once(documents: Documents) -> None:
    body, gate, said = PDF + documents.desk.case.bytes, threading.Barrier(2), []
    put = documents.store.put_locked

    class Meeting(Dying):
        def __getattr__(self, name: str) -> Any:
            if name != "put_locked":
                return getattr(self._store, name)

            def meet(*args: Any, **named: Any) -> Any:
                gate.wait(20)
                return put(*args, **named)

            return meet

    house = replace(documents.house, store=Meeting(documents.store, "", after=False, error=Gone))  # type: ignore[arg-type]

    def one() -> None:
        said.append(documents.put(body, house=house))

    threads = [threading.Thread(target=one) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(said) == 2
    assert len({got.clip for got in said}) == 1
    assert sorted(got.not_attached for got in said) == ["", "already-attached"]
    assert documents.count(Attachment) == 1
    assert sorted(u.state for u in documents.uploads()) == ["duplicate", "received"]


@pytest.mark.parametrize(
    ("act", "after", "taken"),
    [
        ("put_locked", False, 0),
        ("put_locked", True, 1),
        ("extend_lock", False, 1),
        ("extend_lock", True, 1),
        ("facts", True, 1),
    ],
)
def test_a_death_between_storing_and_rows_is_settled(
    documents: Documents, act: str, after: bool, taken: int
) -> None:
    clips = documents.count(Clip)
    house = replace(documents.house, store=Dying(documents.store, act, after=after, error=Gone))  # type: ignore[arg-type]
    with pytest.raises(Gone):
        documents.put(PDF + documents.desk.case.bytes, house=house)
    assert (documents.count(Clip), documents.count(Attachment)) == (clips, 0)
    assert adopt_documents(documents.house)[:2] == (0, 0), "somebody may be at it still"
    assert documents.sweep() == (taken, 1 - taken)
    assert documents.count(Clip) == clips + taken
    assert documents.count(Attachment) == taken
    assert documents.sweep() == (0, 0)
    [upload] = documents.uploads()
    assert upload.state == ("received" if taken else "abandoned")
    with documents.desk.database.read() as session:
        word = unfinished(session, upload.key)
        if taken:
            row = session.scalars(select(Attachment)).one()
            assert (row.attached_by, row.method) == (documents.desk.people["li"].id, "party")
            assert {
                s.stage for s in session.scalars(select(Stage).where(Stage.clip_id == upload.clip_id))
            } == {
                "verify",
                "describe",
            }
        assert word == ("" if taken else "abandoned")


def test_a_death_between_parts_leaves_nothing(documents: Documents) -> None:
    house = replace(documents.house, store=Dying(documents.store, "put_part", after=True, error=Gone))  # type: ignore[arg-type]
    with pytest.raises(Gone):
        documents.put(PDF + documents.desk.case.bytes * (PART // 8), house=house)
    assert documents.sweep() == (0, 1)
    [upload] = documents.uploads()
    assert [u for u in documents.store.open_uploads(upload.key)] == []  # noqa: C416


def test_the_storage_away(documents: Documents) -> None:
    def away() -> BaseException:
        return StorageUnavailable("nobody there")

    clips = documents.count(Clip)
    store: Any = Dying(documents.store, "put_locked", after=False, error=away)
    assert (
        documents.refused(PDF + documents.desk.case.bytes, house=replace(documents.house, store=store))
        == "storage-away"
    )
    assert (documents.count(Clip), documents.count(Attachment)) == (clips, 0)
    # While it stays away, what was written down waits; nothing is given up on the word of a silent storage.
    documents.house = replace(
        documents.house, store=Dying(documents.store, "newest", after=False, error=away)
    )  # type: ignore[arg-type]
    assert documents.sweep() == (0, 0)
    assert [u.state for u in documents.uploads()] == ["open"]


def test_closed_meanwhile_it_is_kept_all_the_same(documents: Documents) -> None:
    desk = documents.desk

    class Closing(Dying):
        def __getattr__(self, name: str) -> Any:
            if name == "extend_lock":
                desk.set_state("reviewed")
            return getattr(self._store, name)

    store: Any = Closing(documents.store, "", after=False, error=Gone)
    got = documents.put(PDF + desk.case.bytes, house=replace(documents.house, store=store))
    assert (got.how, got.not_attached) == ("received", "case-closed")
    assert documents.count(Attachment) == 0
    with desk.database.read() as session:
        assert session.get_one(Clip, got.clip).origin == "browser"


def test_what_is_closed_to_everybody_is_not_told_of(documents: Documents) -> None:
    body = PDF + documents.desk.case.bytes
    got = documents.put(body)
    documents.desk.restrict(got.clip)
    assert documents.refused(body, name="x.pdf") == "not-accepted"
    with documents.desk.database.write() as session:
        session.execute(
            update(Clip).where(Clip.id == got.clip).values(restricted=False, destroyed_at=documents.moment[0])
        )
    assert documents.refused(body) == "not-accepted"
    assert documents.count(DocumentUpload) == 1


def test_each_refusal_before_anything_is_stored(documents: Documents) -> None:
    small = Spool(100)
    small.write(PDF * 9)
    for spool, why in (
        (small, "too-large"),
        (spooled(b""), "empty"),
        (spooled(b"<html><script>alert(1)</script>"), "kind-not-accepted"),
        (spooled(b"MZ\x90\x00" + PDF), "kind-not-accepted"),
        (spooled(b"\x00\x00\x00\x18ftypmp42"), "kind-not-accepted"),
        (spooled(b"PK\x03\x04word/document.xml"), "kind-not-accepted"),
    ):
        assert documents.refused(spool=spool) == why
    assert documents.refused(wish=Wish("evidence", "main")) == "proves-missing"
    assert documents.refused(step=UUID(int=1)) == "unknown-step"
    documents.desk.set_state("archived")
    assert documents.refused() == "case-closed"
    assert documents.uploads() == []


@pytest.mark.parametrize("beyond", [1, 100_000], ids=["found out at the end", "found out on the way"])
def test_no_room_on_this_machine(documents: Documents, tmp_path: Path, beyond: int) -> None:
    """The file is refused by the system itself, as on a full disk; nobody gets an error for it, only the word."""
    room, most = 64_000, resource.getrlimit(resource.RLIMIT_FSIZE)
    with closing(Spool(1 << 20, tmp_path)) as spool:
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, most[1]))
        try:
            body = PDF.ljust(room + beyond, b"x")
            for at in range(0, len(body), 1000):
                spool.write(body[at : at + 1000])
            spool.seek(0)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, most)
        assert documents.refused(spool=spool) == "no-room"
    assert documents.uploads() == []


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd.pdf", "passwd.pdf"),
        ("C:\\Users\\x\\a.pdf", "a.pdf"),
        ("a\u202efdp.exe\x00", "afdp.exe"),
        ("<img src=x onerror=alert(1)>.pdf", "<img src=x onerror=alert(1)>.pdf"),
        ("a\r\nSet-Cookie: x.pdf", "a Set-Cookie: x.pdf"),
        ("", "document"),
        ("///", "document"),
        ("长" * 400 + ".pdf", "长" * 255),
    ],
)
def test_a_name_is_text_alone(given: str, kept: str) -> None:
    assert shown_name(given) == kept


@pytest.mark.parametrize(
    ("head", "mime"),
    [
        (PDF, "application/pdf"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"II*\x00", "image/tiff"),
        (b"MM\x00*", "image/tiff"),
        (b"RIFF\x00\x00\x00\x00WEBP", "image/webp"),
        (b"PK\x03\x04\x14\x00OFD.xml", "application/ofd"),
        (b" %PDF-1.7", None),
        (b"\xef\xbb\xbf%PDF-1.7", None),
        (b"GIF89a", None),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", None),
        (b"RIFF\x00\x00\x00\x00AVI ", None),
        (b"", None),
    ],
)
def test_the_kind_follows_from_the_content(head: bytes, mime: str | None) -> None:
    found = document_kind(head)
    assert (found.mime if found else None) == mime


@pytest.mark.parametrize("size", [0, 1, PART - 1, PART, PART + 1, 2 * PART])
def test_digests_while_writing(size: int) -> None:
    body = bytes(range(251)) * (size // 251 + 1)
    body = body[:size]
    spool = spooled(body, step=777_777)
    assert spool.sha256 == hashlib.sha256(body).hexdigest()
    assert spool.sm3 == hashlib.new("sm3", body).hexdigest()
    expected = [hashlib.sha256(body[n : n + PART]).digest() for n in range(0, size, PART)] or [
        hashlib.sha256().digest()
    ]
    assert list(spool.part_digests) == expected
    with closing(spool):
        assert b"".join(spool.parts()) == body
