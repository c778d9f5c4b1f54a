"""The nightly proof finds what is missing, says so once, and asks after each copy once."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, update

from catalog.ids import new_id
from catalog.locked_objects import lock_of
from catalog.models import Clip, Copy, CustodyEntry, Incident, Sheet
from catalog.proving import Proof, prove_sheets
from catalog.rules.intake_lock import lock_at_receipt
from catalog.sheet_locks import renew_sheet_locks
from catalog.sheets import keep_sheet
from storage.errors import StorageError
from storage.settings import StorageSettings
from storage.store import ObjectStore
from tests.catalog.intake_desk import Intake
from tests.catalog.sheet_maker import ANY_SHAPE, SheetMaker, entry


@pytest.fixture
def store(seaweed: StorageSettings) -> Iterator[ObjectStore]:
    """A storage in which nothing is late: what is missing is not asked after again for long."""
    settings = seaweed.model_copy(update={"confirm_missing_seconds": 0.1})
    opened = ObjectStore(settings, settings.evidence_bucket)
    yield opened
    opened.close()


@pytest.fixture
def maker() -> SheetMaker:
    return SheetMaker()


def take(intake: Intake, maker: SheetMaker, number: int, **more: object) -> list[UUID]:
    clips = [intake.take(os.urandom(50), path=b"%d" % n).clip for n in range(number)]
    with intake.database.read() as session:
        digests = {clip.id: clip.sha256 for clip in session.scalars(select(Clip))}
    files = [entry(b"%d" % n, clip, size=50, sha256=digests[clip]) for n, clip in enumerate(clips)]
    keep(intake, maker, [*files, entry(b"z", end="refused")], **more)
    return clips


def keep(intake: Intake, maker: SheetMaker, files: list[dict[str, object]], **more: object) -> Sheet:
    return keep_sheet(
        intake.database,
        intake.store,
        actor=intake.station,
        sent=maker.of(intake, files, **more),
        shape=ANY_SHAPE,
        now=intake.now,
    )


def prove(intake: Intake, hours: float = 1) -> Proof:
    return prove_sheets(intake.database, intake.store, intake.now + timedelta(hours=hours))


def incidents(intake: Intake) -> list[str]:
    with intake.database.read() as session:
        return sorted(session.scalars(select(Incident.kind).where(Incident.resolved_at.is_(None))))


def test_everything_listed_is_there(intake: Intake, maker: SheetMaker) -> None:
    take(intake, maker, 3)
    proof = prove(intake)
    assert (proof.sheets, proof.files, proof.copies, proof.holes) == (1, 3, 3, [])
    with intake.database.read() as session:
        sheet = session.scalars(select(Sheet)).one()
        assert (sheet.missing, sheet.proved_at) == (0, intake.now + timedelta(hours=1))
        assert session.scalars(select(Copy.lock_read_at)).all() == [sheet.proved_at] * 3
        assert session.scalars(select(CustodyEntry).where(CustodyEntry.action == "sheets.proved")).one()
    assert incidents(intake) == []


def test_a_copy_listed_by_two_sheets_is_asked_after_once(intake: Intake, maker: SheetMaker) -> None:
    from tests.catalog.intake_desk import new_docking  # noqa: PLC0415

    clips = take(intake, maker, 2)
    intake.docking = new_docking(intake.database, intake.station, datetime.now(UTC))
    keep(intake, maker, [entry(b"0", clips[0], end="held already")])
    proof = prove(intake)
    assert (proof.sheets, proof.files, proof.copies) == (2, 3, 2)


def test_a_lost_copy_is_a_hole_and_one_incident(intake: Intake, maker: SheetMaker) -> None:
    lost, _ = take(intake, maker, 2)
    with intake.database.write() as session:
        session.execute(update(Copy).where(Copy.clip_id == lost).values(version="0" * 32))
    for hours in (1, 25):
        (hole,) = prove(intake, hours).holes
        assert (hole.docking, hole.missing) == (intake.docking, 1)
    assert incidents(intake) == ["object-missing", "sheet-incomplete"]
    with intake.database.read() as session:
        sheet = session.scalars(select(Sheet)).one()
        assert (sheet.missing, sheet.proved_at) == (1, None)
        assert (
            session.scalars(select(Incident.clip_id).where(Incident.kind == "object-missing")).one() == lost
        )
        about = session.scalars(select(Incident).where(Incident.kind == "sheet-incomplete")).one()
        assert [one["clip"] for one in about.details["files"]] == [str(lost)]


@pytest.mark.parametrize("change", ["size", "lock", "checksum", "no copy", "mismatched", "digest"])
def test_whatever_departs_from_the_record_is_a_hole(intake: Intake, maker: SheetMaker, change: str) -> None:
    (clip,) = take(intake, maker, 1)
    with intake.database.write() as session:
        copy = session.scalars(select(Copy)).one()
        if change == "size":
            session.get_one(Clip, clip).size = 51
        elif change == "lock":
            copy.lock_until += timedelta(days=400)
        elif change == "checksum":
            copy.checksum = "other"
        elif change == "no copy":
            session.delete(copy)
        elif change == "mismatched":
            copy.mismatched_at = intake.now
        else:
            session.get_one(Clip, clip).sha256 = "0" * 64
    assert len(prove(intake).holes) == 1
    assert "sheet-incomplete" in incidents(intake)


def test_a_second_copy_fills_the_hole(intake: Intake, maker: SheetMaker) -> None:
    (clip,) = take(intake, maker, 1)
    with intake.database.write() as session:
        good = session.scalars(select(Copy)).one()
        session.add(
            Copy(
                clip_id=clip,
                bucket=good.bucket,
                key=good.key,
                version="0" * 32,
                lock_mode="COMPLIANCE",
                lock_until=good.lock_until,
                lock_read_at=intake.now,
                created_at=intake.now,
            )
        )
    assert prove(intake).holes == []
    assert incidents(intake) == ["object-missing"]


def test_a_recording_nobody_knows_is_a_hole(intake: Intake, maker: SheetMaker) -> None:
    (clip,) = take(intake, maker, 1)
    with intake.database.write() as session:
        sheet = session.scalars(select(Sheet)).one()
        place = sheet.objects["sheet"]
        text = b"".join(intake.store.read(place["key"], place["version"])).decode()
        strange = maker.sign(intake.docking, text.replace(str(clip), str(new_id())))
        key = f"sheets/{intake.docking}/strange.json"
        version = intake.store.put_locked(key, strange.body, lock_until=sheet.lock_desired, metadata={})
        from hashlib import sha256  # noqa: PLC0415

        facts = intake.store.facts(key, version)
        sheet.sha256 = sha256(strange.body).hexdigest()
        sheet.objects = {"sheet": {**place, "key": key, "version": version, "checksum": facts.sha256}}
    assert "does not know" in prove(intake).holes[0].what


def test_a_sheet_that_is_gone_or_other_is_found(intake: Intake, maker: SheetMaker) -> None:
    take(intake, maker, 1)
    with intake.database.write() as session:
        sheet = session.scalars(select(Sheet)).one()
        before = sheet.objects
        sheet.objects = {"sheet": {**before["sheet"], "version": "0" * 32}}
    assert "not there" in prove(intake).holes[0].what
    with intake.database.write() as session:
        sheet = session.scalars(select(Sheet)).one()
        sheet.objects, sheet.sha256 = before, "0" * 64
    assert "is not the sheet" in prove(intake, 25).holes[0].what
    assert incidents(intake) == ["sheet-incomplete"]


def test_older_revisions_are_looked_after_too(intake: Intake, maker: SheetMaker) -> None:
    keep(intake, maker, [])
    keep(intake, maker, [entry(b"a", end="vanished")], revision=2)
    with intake.database.write() as session:
        first = session.scalars(select(Sheet).where(Sheet.revision == 1)).one()
        first.objects = {"sheet": {**first.objects["sheet"], "version": "0" * 32}}
    (hole,) = prove(intake).holes
    assert hole.revision == 1


def test_a_storage_out_of_reach_proves_nothing(
    intake: Intake, maker: SheetMaker, seaweed: StorageSettings
) -> None:
    take(intake, maker, 1)
    away = ObjectStore(
        seaweed.model_copy(update={"endpoint_url": "http://127.0.0.1:9", "patience_seconds": 0.2}),
        seaweed.evidence_bucket,
    )
    with pytest.raises(StorageError):
        prove_sheets(intake.database, away, intake.now)
    away.close()
    assert incidents(intake) == []
    with intake.database.read() as session:
        assert session.scalars(select(Sheet)).one().proved_at is None


# Locks


def test_a_sheet_never_ends_before_what_it_lists(intake: Intake, maker: SheetMaker) -> None:
    (clip,) = take(intake, maker, 1)
    assert renew_sheet_locks(intake.database, intake.store, intake.now) == 0
    later = intake.now + timedelta(days=300)
    with intake.database.write() as session:
        copy = session.scalars(select(Copy)).one()
        intake.store.extend_lock(copy.key, copy.version, later)
        copy.lock_until = later.replace(microsecond=0)
    assert renew_sheet_locks(intake.database, intake.store, intake.now) == 1
    assert renew_sheet_locks(intake.database, intake.store, intake.now) == 0
    with intake.database.read() as session:
        sheet = session.scalars(select(Sheet)).one()
        copy = session.scalars(select(Copy).where(Copy.clip_id == clip)).one()
        place = sheet.objects["sheet"]
        facts = intake.store.facts(place["key"], place["version"])
        assert facts.lock_until is not None
        assert facts.lock_until == lock_of(place) >= copy.lock_until
        assert sheet.lock_desired >= copy.lock_until


def test_a_sheet_is_renewed_before_its_lock_ends(intake: Intake, maker: SheetMaker) -> None:
    keep(intake, maker, [])
    later = intake.now + timedelta(days=130)
    assert renew_sheet_locks(intake.database, intake.store, later) == 1
    with intake.database.read() as session:
        assert lock_of(session.scalars(select(Sheet)).one().objects["sheet"]) == lock_at_receipt(later)


def test_a_lock_that_cannot_be_prolonged_is_an_incident_once(intake: Intake, maker: SheetMaker) -> None:
    keep(intake, maker, [])
    with intake.database.write() as session:
        sheet = session.scalars(select(Sheet)).one()
        sheet.objects = {"sheet": {**sheet.objects["sheet"], "version": "0" * 32}}
    for _ in range(2):
        assert renew_sheet_locks(intake.database, intake.store, intake.now + timedelta(days=130)) == 0
    assert incidents(intake) == ["sheet-incomplete"]
