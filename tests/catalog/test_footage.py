"""Footage from before this system: locked and receipted like any original, and said to be unproven."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select

from catalog.actors import system
from catalog.case_files.entering import CaseFacts, enter_case
from catalog.case_files.importing.applying import import_cases
from catalog.custody.log import private_of
from catalog.database import Database
from catalog.describing import Found, keep_description
from catalog.enrolment import BadStationName, issue_code
from catalog.footage.house import NoSuchCase
from catalog.footage.importing import Doors, FootageReport, IntakeClosed, NothingKnown, Taken, import_footage
from catalog.intake.sealed import Sealer
from catalog.models import (
    Attachment,
    Case,
    Clip,
    Copy,
    CustodyEntry,
    Docking,
    LockDue,
    Sighting,
    SignedStatement,
    Stage,
)
from catalog.probe_results import record_probe
from catalog.receipts import Signer
from ingest.protocol import part_size
from storage.sending import PartPutter, Sendable
from storage.settings import StorageSettings
from storage.store import ObjectStore
from tests.catalog.case_files.bureau import (
    NOW,
    TODAY,
    Bureau,
    bureau,  # noqa: F401 - a fixture
)
from tests.catalog.intake_desk import Intake, new_file
from tests.catalog.world import entries

HISTORY = "2019 年由王某某用旧执法记录仪拍摄，存于移动硬盘"


@pytest.fixture
def sender(seaweed: StorageSettings) -> Iterator[PartPutter]:
    opened = PartPutter(seaweed)
    yield opened
    opened.close()


@pytest.fixture
def doors(
    database: Database, store: ObjectStore, sender: PartPutter, sealer: Sealer, signer: Signer
) -> Doors:
    with database.write() as session:
        record_probe(session, passed=True, report={}, now=NOW)
    return Doors(database, store, sender, sealer, signer, ZoneInfo("Asia/Shanghai"), part_size, lambda: NOW)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two files of which one is alike another, one in parts, one empty, and what is no footage."""
    root = tmp_path / "旧资料"
    (root / "2019").mkdir(parents=True)
    (root / "2019" / "a.mp4").write_bytes(os.urandom(100_000))
    (root / "b.mp4").write_bytes((root / "2019" / "a.mp4").read_bytes())
    (root / "c.mp4").write_bytes(os.urandom((16 << 20) + 5))
    (root / "empty.jpg").write_bytes(b"")
    (root / "Thumbs.db").write_bytes(b"x")
    (root / "._a.mp4").write_bytes(b"x")
    (root / "link.mp4").symlink_to("/etc/passwd")
    os.mkfifo(root / "pipe.mp4")
    return root


def take(doors: Doors, folder: Path, case: str = "", history: str = HISTORY) -> FootageReport:
    return import_footage(doors, folder, actor=system("operator"), case_number=case, history=history)


def test_taken_in_like_any_original(doors: Doors, folder: Path, store: ObjectStore) -> None:
    report = take(doors, folder)
    assert [(one.shown, one.end) for one in report.files] == [
        ("b.mp4", "received"),
        ("c.mp4", "received"),
        ("empty.jpg", "received"),
        ("2019/a.mp4", "held already"),
    ]
    with doors.database.read() as session:
        clips = session.scalars(select(Clip)).all()
        assert len(clips) == 3
        assert {c.origin for c in clips} == {"import"}
        assert all("provenance-unproven" in c.flags for c in clips)
        assert all("unregistered-recorder" not in c.flags for c in clips)
        for copy in session.scalars(select(Copy)):
            facts = store.facts(copy.key, copy.version)
            assert facts.lock_mode == "COMPLIANCE"
            assert facts.lock_until is not None
            assert facts.lock_until > NOW
        assert {s.kind for s in session.scalars(select(SignedStatement))} == {"received"}
        assert {s.stage for s in session.scalars(select(Stage))} == {"verify", "describe"}
        docking = session.get_one(Docking, report.docking)
        assert docking.recorder_facts["known_history"] == HISTORY
        assert docking.station.revoked_at is not None, "it is no station that anybody connects to"
        [entry] = entries(session, "footage.imported")
        assert HISTORY not in session.get_one(CustodyEntry, entry).record
        assert HISTORY in private_of(session, [entry])[entry]["known_history"]


def test_describing_it_leaves_it_unproven(doors: Doors, folder: Path) -> None:
    report = take(doors, folder)
    clip = next(one.clip for one in report.files if one.clip is not None)
    with doors.database.write() as session:
        keep_description(session, clip, Found({}, "video", "original"), zone=doors.zone, now=NOW)
        assert "provenance-unproven" in session.get_one(Clip, clip).flags


def test_a_folder_that_cannot_be_looked_into_is_reported(
    doors: Doors, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    true_scan = os.scandir

    def scan(path: object) -> object:
        if str(path).endswith("2019"):
            raise PermissionError(13, "Permission denied", str(path))
        return true_scan(path)  # type: ignore[call-overload]

    monkeypatch.setattr(os, "scandir", scan)
    report = take(doors, folder)
    assert [(one.shown, one.end) for one in report.files if one.end == "refused"] == [("2019", "refused")]


def test_a_probe_that_fails_meanwhile_stops_it(doors: Doors, folder: Path) -> None:
    def failing(taken: Taken) -> None:
        with doors.database.write() as session:
            record_probe(session, passed=False, report={}, now=NOW + timedelta(seconds=1))

    report = import_footage(doors, folder, actor=system("operator"), history=HISTORY, on_file=failing)
    assert report.stopped
    assert [one.end for one in report.files] == ["received"]


def test_a_file_passed_meanwhile_and_a_kill_leave_an_ended_docking(
    doors: Doors,
    folder: Path,
    bureau: Bureau,  # noqa: F811
) -> None:
    with doors.database.write() as session:
        case = enter_case(
            session, actor=bureau.people["handler"], facts=CaseFacts("甲", "licence", "7 号"), handlers=(None, None),
            lead=False, today=TODAY, now=NOW,
        ).id  # fmt: skip
    report = import_footage(
        doors,
        folder,
        actor=system("operator"),
        case_number="7 号",
        on_file=lambda _: bureau.put(case, "reviewed"),
    )
    assert "passed or archived" in report.stopped
    assert [(one.end, bool(one.reason)) for one in report.files] == [("received", False), ("received", True)]

    def dies(_: Taken) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_footage(doors, folder, actor=system("operator"), history=HISTORY, on_file=dies)
    with doors.database.read() as session:
        for docking in session.scalars(select(Docking)):
            assert (docking.ended_at is not None, docking.end_reason) == (True, "failed")
        assert len(entries(session, "footage.imported")) == 2


def test_what_is_sealed_is_not_put_on_a_case(doors: Doors, folder: Path, bureau: Bureau) -> None:  # noqa: F811
    first = take(doors, folder)
    sealed = next(one.clip for one in first.files if one.clip is not None)
    with doors.database.write() as session:
        session.get_one(Clip, sealed).restricted = True
        enter_case(
            session, actor=bureau.people["handler"], facts=CaseFacts("甲", "licence", "7 号"), handlers=(None, None),
            lead=False, today=TODAY, now=NOW,
        )  # fmt: skip
    report = take(doors, folder, case="7 号")
    assert not report.stopped
    assert {one.clip for one in report.files if one.reason} == {sealed}
    assert sum(one.attached for one in report.files) == 2


def test_once_more_takes_in_nothing(doors: Doors, folder: Path) -> None:
    take(doors, folder)
    with doors.database.read() as session:
        before = session.scalar(select(func.count(Copy.id)))
    report = take(doors, folder)
    assert set(report.counts) == {"held already"}
    with doors.database.read() as session:
        assert session.scalar(select(func.count(Copy.id))) == before == 3


def test_what_a_recorder_brought_keeps_its_provenance(doors: Doors, folder: Path, intake: Intake) -> None:
    body = (folder / "b.mp4").read_bytes()
    part = new_file(body)
    [wanted] = intake.offer(replace(part, part_size=part_size(len(body))))
    intake.send(wanted, body)  # type: ignore[arg-type]
    intake.complete(wanted.clip)
    report = take(doors, folder)
    assert report.files[0].end == "held already"
    with doors.database.read() as session:
        clip = session.get_one(Clip, wanted.clip)
        assert (clip.origin, clip.flags) == ("recorder", ["unregistered-recorder"])


def test_a_bad_file_is_reported_and_the_rest_goes_on(
    doors: Doors, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "d.mp4").write_bytes(os.urandom(50_000))
    true_read = os.read
    inode = (folder / "c.mp4").stat().st_ino

    def growing(fd: int, count: int) -> bytes:
        block = true_read(fd, count)
        if os.fstat(fd).st_ino == inode and block:
            with (folder / "c.mp4").open("ab") as file:
                file.write(b"more")
        return block

    monkeypatch.setattr(os, "read", growing)
    report = take(doors, folder)
    assert {one.shown: one.reason for one in report.files if one.end == "refused"} == {
        "c.mp4": "it changed while it was read"
    }
    assert report.counts["received"] == 3
    with doors.database.read() as session:
        sighting = session.scalars(select(Sighting).where(Sighting.shown == "c.mp4")).one()
        assert (sighting.end, sighting.clip_id) == ("refused", None)


def test_names_are_bytes(doors: Doors, tmp_path: Path) -> None:
    root = tmp_path / "x"
    root.mkdir()
    (root / "\u202e4pm.exe\n").write_bytes(b"1")
    with open(os.fsencode(root) + b"/\xb2\xe9.mp4", "wb") as file:  # noqa: PTH123 - GBK bytes as old discs have them
        file.write(b"2")
    report = take(doors, root)
    assert report.counts["received"] == 2
    assert all("\n" not in one.shown and "\u202e" not in one.shown for one in report.files)


class Away(PartPutter):
    """Sends nothing from the second part on."""

    left = 1

    def put(self, address: Sendable, body: bytes) -> None:
        if not self.left:
            raise self.Away("gone")
        self.left -= 1
        super().put(address, body)


def test_a_storage_that_goes_away_stops_it_and_repeating_goes_on(
    doors: Doors, folder: Path, seaweed: StorageSettings
) -> None:
    away = Away(seaweed)
    report = take(replace(doors, sender=away), folder)
    away.close()
    assert report.stopped
    assert [one.end for one in report.files] == ["received"]
    again = take(doors, folder)
    assert not again.stopped
    assert dict(again.counts) == {"held already": 2, "received": 2}


def test_nothing_comes_in_while_intake_is_closed(doors: Doors, folder: Path) -> None:
    with doors.database.write() as session:
        record_probe(session, passed=False, report={}, now=NOW)
    with pytest.raises(IntakeClosed):
        take(doors, folder)
    with pytest.raises(NothingKnown):
        take(doors, folder, history=" ")


def on_case(database: Database, case: UUID) -> list[UUID]:
    with database.read() as session:
        return list(
            session.scalars(
                select(Attachment.clip_id).join(Attachment.step).where(Attachment.step.has(case_id=case))
            )
        )


def test_put_on_a_case(doors: Doors, folder: Path, bureau: Bureau) -> None:  # noqa: F811
    with doors.database.write() as session:
        case = enter_case(
            session, actor=bureau.people["handler"], facts=CaseFacts("甲", "licence", "7 号"), handlers=(None, None),
            lead=False, today=TODAY, now=NOW,
        ).id  # fmt: skip
    report = take(doors, folder, case="7 号", history="")
    clips = {one.clip for one in report.files}
    assert sorted(on_case(doors.database, case)) == sorted(c for c in clips if c)
    take(doors, folder, case="7 号")
    assert len(on_case(doors.database, case)) == 3
    bureau.put(case, "reviewed")
    with pytest.raises(NoSuchCase):
        take(doors, folder, case="7 号")
    with pytest.raises(NoSuchCase):
        take(doors, folder, case="8 号")


def test_an_imported_archived_case_takes_its_footage_in(doors: Doors, folder: Path, bureau: Bureau) -> None:  # noqa: F811
    file = "案号,名称,类型,归档日期,档号\n9 号,旧案,普通程序,2019-12-31,D30-9\n".encode()
    import_cases(
        doors.database, file, actor=bureau.people["archivist"], today=date(2026, 11, 23), now=NOW, dry=False
    )
    report = take(doors, folder, case="9 号")
    with doors.database.read() as session:
        case = session.scalars(select(Case).where(Case.number == "9 号")).one()
        assert case.state == "archived"
        due = set(session.scalars(select(LockDue.clip_id)))
    assert set(on_case(doors.database, case.id)) == {one.clip for one in report.files} <= due


def test_nobody_becomes_this_station(doors: Doors, folder: Path) -> None:
    take(doors, folder)
    with pytest.raises(BadStationName), doors.database.write() as session:
        issue_code(
            session, actor=system("operator"), code="history", name="x", now=NOW, valid=timedelta(hours=1)
        )
