"""Taking in a document by the browser: written down, stored under lock, read back, then a clip and attached, in one transaction.

The order is that of `catalog.intake`: the row comes before the bytes, and "received" is said only after the lock was read
back and everything is committed. A crash in between leaves a row that `adopt_documents` settles: what lies in storage is
taken in and attached as it was asked, what does not is given up.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from catalog.actors import Actor, system
from catalog.attribution import shown
from catalog.case_files.attaching import CannotAttach, Wish, attach, why_not_so
from catalog.case_files.whose import NOT_YOUR_CASE, changes
from catalog.custody.log import add_entry
from catalog.custody.record import utc_text
from catalog.database import Database
from catalog.documents.spooling import Spool
from catalog.ids import new_id
from catalog.intake.completion import Incomplete, copy_of, land, tell_of_destroyed
from catalog.intake.content import Content, checksum_of, content_of_upload, digests_of
from catalog.intake.sealed import Sealer, document_metadata
from catalog.models import Case, Clip, Copy, DocumentUpload, Officer, Step
from catalog.ports import DocumentStore, ObjectFacts
from catalog.receipts import Signer, state
from catalog.refused import Refused
from catalog.rules.case_life import CHANGEABLE
from catalog.rules.document_kind import document_kind
from catalog.rules.free_text import plain, spoken
from catalog.rules.intake_lock import lock_at_opening, lock_at_receipt
from catalog.rules.visible import may_find
from catalog.stages import AT_RECEIPT, Due, add_stages, request_again

NAME_LIMIT = 255
LEFT_ALONE = timedelta(minutes=15)
"""How old a row is before it is taken for one that a crash left: longer than storing the largest document lasts."""
SWEPT = 100


class CannotReceive(Refused):
    """A document was not taken in; `why` is a stable word. Nothing half is left that anybody would see."""


WHY = (
    "too-large",
    "no-room",
    "empty",
    "kind-not-accepted",
    "not-accepted",
    "storage-away",
    "storage-disagrees",
)
"""Besides those of `catalog.case_files.attaching.WHY`."""


@dataclass(frozen=True, slots=True)
class Received:
    """A document that is kept. `not_attached` says why it could not be attached; then it is received all the same."""

    clip: UUID
    how: Literal["received", "held already"]
    sha256: str
    not_attached: str = ""
    due: tuple[Due, ...] = ()


@dataclass(frozen=True, slots=True)
class House:
    """What documents are taken in with."""

    database: Database
    store: DocumentStore
    signer: Signer
    clock: Callable[[], datetime]


def receive_document(
    house: House, sealer: Sealer, spool: Spool, *, actor: Actor, name: str, step_id: UUID, wish: Wish
) -> Received:
    """Take in what `spool` holds and attach it to a step. Raises CannotReceive and CannotAttach; then nothing was received.

    The same bytes again are the same clip, attached; they are not stored twice.
    """
    if spool.trouble:
        raise CannotReceive(spool.trouble)
    if not spool.size:
        raise CannotReceive("empty")
    kind = document_kind(spool.head)
    if kind is None:
        raise CannotReceive("kind-not-accepted")
    now = house.clock()
    content = Content(spool.sha256, spool.sm3, spool.size, checksum_of(spool.part_digests))
    with house.database.read() as session:
        why = why_not_so(wish, None, now) or _why_not_there(session, actor, step_id)
        if why:
            raise CannotAttach(why)
        held = _held(session, content, actor)
        number = session.scalar(select(Officer.number).where(Officer.id == actor.officer_id))
    if held is not None:
        with house.database.write() as session:
            # Whoever has the bytes may use them: it is put in by this person as well, whoever's it was before.
            again = _row(
                spool, actor, name=shown_name(name), kind=kind.kind, step=step_id, wish=wish, now=now
            )
            again.state, again.key, again.received_at, again.clip_id = "duplicate", "", now, held
            session.add(again)
            session.flush()
            attach(session, actor=actor, clip_id=held, step_id=step_id, wish=wish, now=now)
        return Received(held, "held already", spool.sha256)
    upload = _write_down(house, spool, actor, name=shown_name(name), kind=kind.kind, step=step_id, wish=wish)
    try:
        _store(house, sealer, spool, upload, number)
    except house.store.StorageError as error:
        raise CannotReceive("storage-away") from error
    except OSError as error:
        raise CannotReceive("no-room") from error
    facts = land(house.store, upload, None, house.clock())
    if isinstance(facts, Incomplete):
        raise CannotReceive("storage-away" if facts.retry else "storage-disagrees")
    return _settle(house, upload.id, facts, actor)


def adopt_documents(house: House) -> tuple[int, int, list[Due]]:
    """Settle what a crash left: answer how many were taken in, how many given up, and the stages that follow.

    A storage that does not answer leaves everything for the next time.
    """
    with house.database.read() as session:
        left = session.scalars(
            select(DocumentUpload)
            .where(DocumentUpload.state == "open", DocumentUpload.opened_at < house.clock() - LEFT_ALONE)
            .order_by(DocumentUpload.opened_at)
            .limit(SWEPT)
        ).all()
    due: list[Due] = []
    taken = given_up = 0
    for upload in left:
        facts = land(house.store, upload, None, house.clock())
        if not isinstance(facts, Incomplete):
            due += _settle(house, upload.id, facts, system("documents")).due
            taken += 1
        elif _is_absent(house.store, upload):
            with house.database.write() as session:
                row = session.get_one(DocumentUpload, upload.id, with_for_update=True)
                if row.state == "open":
                    row.state = "abandoned"
                    given_up += 1
    return taken, given_up, due


def shown_name(name: str) -> str:
    """Answer a file's name as text alone: no folders, nothing invisible, at most 255 characters."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    return " ".join(plain(last).split())[:NAME_LIMIT] or "document"


def _why_not_there(session: Session, actor: Actor, step_id: UUID) -> str | None:
    """Asked before anything is stored; attaching asks it again, of the row it holds."""
    case = session.scalar(select(Case).join(Step, Step.case_id == Case.id).where(Step.id == step_id))
    if case is None:
        return "unknown-step"
    if not changes(actor, case):
        return NOT_YOUR_CASE
    return None if case.state in CHANGEABLE else "case-closed"


def _held(session: Session, content: Content, actor: Actor) -> UUID | None:
    """Answer the clip of these bytes. Raises CannotReceive where it is closed to everybody, or was destroyed.

    It does not say which of the two: whoever has the bytes learns no more than that they are not taken in here.
    """
    clip = _clip_of(session, content)
    if clip is None:
        return None
    if clip.destroyed_at is not None or not may_find(actor, restricted=clip.restricted):
        raise CannotReceive("not-accepted")
    return clip.id


def _clip_of(session: Session, content: Content) -> Clip | None:
    return session.scalar(
        select(Clip).where(
            Clip.sha256 == content.sha256,
            Clip.sm3 == content.sm3,
            Clip.size == content.size,
            Clip.checksum == content.checksum,
        )
    )


def _write_down(
    house: House, spool: Spool, actor: Actor, *, name: str, kind: str, step: UUID, wish: Wish
) -> DocumentUpload:
    upload = _row(spool, actor, name=name, kind=kind, step=step, wish=wish, now=house.clock())
    with house.database.write() as session:
        session.add(upload)
    return upload


def _row(
    spool: Spool, actor: Actor, *, name: str, kind: str, step: UUID, wish: Wish, now: datetime
) -> DocumentUpload:
    upload_id = new_id()
    return DocumentUpload(
        id=upload_id,
        state="open",
        by_id=actor.id,
        step_id=step,
        wish=_kept(wish),
        name=name,
        kind=kind,
        size=spool.size,
        sha256=spool.sha256,
        sm3=spool.sm3,
        part_digests=b"".join(spool.part_digests),
        key=f"originals/{upload_id}",
        opened_at=now,
    )


def _store(house: House, sealer: Sealer, spool: Spool, upload: DocumentUpload, number: str | None) -> None:
    """Send the bytes, 16 MiB in memory at a time, locked from birth."""
    lock = lock_at_opening(house.clock())
    metadata = document_metadata(
        sealer,
        clip=upload.id,
        sha256=upload.sha256,
        sm3=upload.sm3,
        opened=utc_text(upload.opened_at),
        shown=upload.name,
        by_number=number,
    )
    digests = digests_of(upload)
    if len(digests) == 1:
        house.store.put_locked(upload.key, next(spool.parts()), lock_until=lock, metadata=metadata)
        return
    opened = house.store.open_multipart(upload.key, lock_until=lock, metadata=metadata)
    with house.database.write() as session:
        session.get_one(DocumentUpload, upload.id).storage_upload_id = opened
    upload.storage_upload_id = opened
    for place, body in enumerate(spool.parts()):
        house.store.put_part(upload.key, opened, place + 1, body, sha256=digests[place])


def _settle(house: House, upload_id: UUID, facts: ObjectFacts, actor: Actor) -> Received:
    for attempt in range(3):
        try:
            with house.database.write() as session:
                return _register(session, house, upload_id, facts, actor)
        except IntegrityError:
            # Two put in the same bytes at the same instant (PostgreSQL): now one of them is a clip.
            if attempt == 2:
                raise
    raise AssertionError  # pragma: no cover - the loop answers or raises


def _register(session: Session, house: House, upload_id: UUID, facts: ObjectFacts, actor: Actor) -> Received:
    """Write everything a receipt stands for, and attach, in the caller's one transaction."""
    now = house.clock()
    upload = session.scalars(
        select(DocumentUpload).where(DocumentUpload.id == upload_id).with_for_update()
    ).one()
    if upload.clip_id is not None:  # settled meanwhile
        return Received(upload.clip_id, "received", upload.sha256)
    clip = _clip_of(session, content_of_upload(upload))
    new = clip is None
    if clip is None:
        clip = Clip(
            id=upload.id,
            sha256=upload.sha256,
            sm3=upload.sm3,
            size=upload.size,
            checksum=checksum_of(digests_of(upload)),
            name=upload.name,
            whole=True,
            received_at=now,
            origin="browser",
            kind=upload.kind,
            facts={},
            flags=[],
            lock_desired=lock_at_receipt(now),
        )
        session.add(clip)
    copy = session.scalar(
        select(Copy).where(Copy.key == facts.key, Copy.version == facts.version, Copy.clip_id == clip.id)
    )
    if copy is None:
        copy = copy_of(clip.id, facts, now)
        session.add(copy)
    upload.clip_id, upload.received_at, upload.state = clip.id, now, "received" if new else "duplicate"
    session.flush()
    if new:
        tell_of_destroyed(session, clip, actor, now)
    add_entry(
        session,
        actor=actor,
        action="clip.received" if new else "clip.copy-added",
        subjects={"clip": clip.id},
        facts={
            "origin": "browser",
            "version": copy.version,
            "size": str(clip.size),
            "sha256": clip.sha256,
            "sm3": clip.sm3,
            "lock_until": copy.lock_until.isoformat(),
            "opened": utc_text(upload.opened_at),
        },
        private={
            "paths": [upload.name],
            "officer": shown(session, actor.officer_id) if actor.officer_id else None,
        },
        now=now,
    )
    due: list[Due] = []
    if new:
        state(session, house.signer, "received", clip=clip, copy=copy, now=now)
        due += add_stages(session, clip.id, AT_RECEIPT, now)
    elif (again := request_again(session, clip.id, "verify", now)) is not None:
        due.append(again)
    refused = ""
    try:
        attach(
            session,
            actor=actor,
            clip_id=clip.id,
            step_id=upload.step_id,
            wish=_wish(upload.wish),
            now=now,
            by=upload.by_id,
        )
    except CannotAttach as refusal:  # closed meanwhile: the bytes are kept all the same
        refused = refusal.why
    return Received(clip.id, "received", clip.sha256, refused, tuple(due))


def _is_absent(store: DocumentStore, upload: DocumentUpload) -> bool:
    """Whether the storage, in order, holds no object under this key; then nothing more of it is kept there."""
    try:
        if store.newest(upload.key) is not None:
            return False
        if upload.storage_upload_id is not None:
            store.abort_multipart(upload.key, upload.storage_upload_id)
    except store.StorageError:
        return False
    return True


def _kept(wish: Wish) -> dict[str, Any]:
    return {
        "role": wish.role,
        "volume": wish.volume,
        "proves": spoken(wish.proves),
        "method": spoken(wish.method),
        "made_at": utc_text(wish.made_at) if wish.made_at else None,
        "maker": spoken(wish.maker),
    }


def _wish(kept: dict[str, Any]) -> Wish:
    return Wish(
        kept["role"],
        kept["volume"],
        kept["proves"],
        method=kept["method"],
        made_at=datetime.fromisoformat(kept["made_at"]) if kept["made_at"] else None,
        maker=kept["maker"],
    )
