"""Inventory on a real storage: whatever departs is found, in either direction, and nothing else is."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import delete, select, update

from catalog.ids import new_id
from catalog.intake.offers import Wanted
from catalog.inventory.run import Inventory, last_inventory, take_inventory
from catalog.models import Clip, Copy, Incident, Rendition, Sheet, TimestampToken, Upload
from catalog.sheets import keep_sheet
from storage.errors import StorageError
from storage.reader import SecondReader
from storage.settings import StorageSettings
from storage.store import ObjectStore
from tests.catalog.intake_desk import Intake, new_docking, new_file, new_station
from tests.catalog.sheet_maker import ANY_SHAPE, SheetMaker, entry
from tests.catalog.stamp_desk import StampDesk


@pytest.fixture
def look(intake: Intake, evidence: SecondReader, derived: SecondReader) -> Callable[..., Inventory]:
    def take(**more: object) -> Inventory:
        return take_inventory(intake.database, evidence, derived, intake.now, **more)  # type: ignore[arg-type]

    return take


@pytest.fixture
def clip(intake: Intake, derived_store: ObjectStore, maker: SheetMaker) -> UUID:
    """One of two clips, with a sheet and a rendition."""
    first, second = (intake.take(os.urandom(60), path=b"%d" % n).clip for n in range(2))
    keep_sheet(
        intake.database,
        intake.store,
        actor=intake.station,
        sent=maker.of(intake, [entry(b"0", first), entry(b"1", second)]),
        shape=ANY_SHAPE,
        now=intake.now,
    )
    derived_store.put("health/canary", b"of the storage itself")
    derived_store.put(f"renditions/{first}/poster.jpg", b"poster")
    with intake.database.write() as session:
        session.add(
            Rendition(
                clip_id=first,
                kind="poster",
                bucket=derived_store.bucket,
                key=f"renditions/{first}/poster.jpg",
                size=6,
                sha256="0" * 64,
                content_type="image/jpeg",
                source_sha256="0" * 64,
                recipe={},
                created_at=intake.now,
            )
        )
    return first


def words(found: Inventory) -> dict[str, int]:
    return dict(found.words)


def test_what_is_as_recorded_agrees(clip: UUID, look: Callable[..., Inventory], intake: Intake) -> None:
    passed: list[tuple[int, int]] = []
    found = look(on_look=lambda done, whole: passed.append((done, whole)))
    assert found.agrees
    assert dict(found.kinds) == {"original": 2, "docking-sheet": 1, "rendition": 1}
    assert passed[-1] == (4, 4)
    with intake.database.read() as session:
        last = last_inventory(session)
    assert last is not None
    assert (last.at, last.objects, last.differences) == (intake.now, 4, 0)


CHANGES: dict[str, tuple[str, Callable[[Copy, Clip], object]]] = {
    "missing": ("copy.version", lambda _copy, _clip: "0" * 32),
    "size": ("clip.size", lambda _copy, _clip: 61),
    "checksum": ("copy.checksum", lambda _copy, _clip: "other"),
    "metadata": ("clip.sm3", lambda _copy, _clip: "0" * 64),
    "lock-weaker": ("copy.lock_until", lambda copy, _clip: copy.lock_until + timedelta(days=1)),
    "lock-not-applied": ("clip.lock_desired", lambda _copy, clip: clip.lock_desired + timedelta(days=1)),
    "hold-missing": ("clip.hold_desired", lambda _copy, _clip: True),
}
INCIDENTS = {"missing": "object-missing", "lock-weaker": "lock-weaker"}


def test_whatever_departs_is_named_once(clip: UUID, look: Callable[..., Inventory], intake: Intake) -> None:
    with intake.database.read() as session:
        copy_id = session.scalars(select(Copy.id).where(Copy.clip_id == clip)).one()
    for word, (place, other) in CHANGES.items():
        table, column = place.split(".")
        with intake.database.write() as session:
            copy, row = session.get_one(Copy, copy_id), session.get_one(Clip, clip)
            target = copy if table == "copy" else row
            was = getattr(target, column)
            setattr(target, column, other(copy, row))
        found = look(incidents=True)
        assert words(found) == {word: 1, **({"extra-version": 1} if word == "missing" else {})}
        assert str(clip) in next(one.key for one in found.named if one.word == word)
        look(incidents=True)  # opens no second one
        with intake.database.write() as session:
            kinds = session.scalars(select(Incident.kind)).all()
            assert kinds == ([INCIDENTS[word]] if word in INCIDENTS else []), word
            session.execute(delete(Incident))
            target = session.get_one(Copy, copy_id) if table == "copy" else session.get_one(Clip, clip)
            setattr(target, column, was)
    assert look().agrees


def test_a_hold_that_is_wanted_and_on_agrees(
    clip: UUID, look: Callable[..., Inventory], intake: Intake
) -> None:
    with intake.database.write() as session:
        copy = session.scalars(select(Copy).where(Copy.clip_id == clip)).one()
        session.get_one(Clip, clip).hold_desired = True
    intake.store.set_hold(copy.key, copy.version, on=True)
    assert look().agrees
    intake.store.set_hold(copy.key, copy.version, on=False)


def test_what_nobody_knows_is_extra_in_both_buckets(
    clip: UUID, look: Callable[..., Inventory], intake: Intake, derived_store: ObjectStore
) -> None:
    soon = intake.now + timedelta(minutes=5)
    stray = f"originals/{new_id()}"
    for key in (stray, f"{stray}-x", "somewhere/else"):
        intake.store.put_locked(key, b"stray", lock_until=soon, metadata={})
    derived_store.put(f"renditions/{new_id()}/poster.jpg", b"stray")
    found = look(incidents=True)
    assert words(found) == {"extra": 4}
    assert {one.kind for one in found.named} == {"original", "unknown", "rendition"}
    assert found.incidents == 0


def test_a_delete_marker_is_found_and_hides_nothing(
    clip: UUID, look: Callable[..., Inventory], storage: StorageSettings
) -> None:
    disposal = ObjectStore(storage, storage.evidence_bucket, "disposal")
    disposal.client.delete_object(Bucket=disposal.bucket, Key=f"originals/{clip}")
    disposal.close()
    assert words(look()) == {"delete-marker": 1}


def test_an_object_without_its_metadata_is_named(
    clip: UUID, look: Callable[..., Inventory], intake: Intake
) -> None:
    bare = new_id()
    until = intake.now + timedelta(minutes=5)
    version = intake.store.put_locked(f"originals/{bare}", b"x", lock_until=until, metadata={"liuhen": "1"})
    facts = intake.store.facts(f"originals/{bare}", version)
    with intake.database.write() as session:
        session.execute(
            update(Copy)
            .where(Copy.clip_id == clip)
            .values(key=facts.key, version=version, checksum=facts.sha256, lock_until=facts.lock_until)
        )
        session.get_one(Clip, clip).size = 1
        session.get_one(Clip, clip).lock_desired = until - timedelta(seconds=5)
    found = look()
    assert words(found) == {"no-metadata": 1, "extra": 1}
    assert "sealed" in found.named[-1].said + found.named[0].said


def test_a_lost_sheet_and_a_lost_rendition(
    clip: UUID, look: Callable[..., Inventory], intake: Intake, derived_store: ObjectStore
) -> None:
    derived_store.delete_prefix(f"renditions/{clip}/")
    with intake.database.write() as session:
        sheet = session.scalars(select(Sheet)).one()
        place = {**sheet.objects["sheet"], "key": f"sheets/{sheet.docking_id}/9.json"}
        sheet.objects = {**sheet.objects, "manifest": place}
    found = look(incidents=True)
    assert words(found) == {"missing": 2}
    assert {one.kind for one in found.named} == {"rendition", "manifest"}
    assert found.incidents == 0  # the proof of the sheets opens its own


def test_further_copies_and_what_is_on_its_way_are_no_difference(
    clip: UUID, look: Callable[..., Inventory], intake: Intake
) -> None:
    other = new_station(intake.database, intake.now, "st-2")
    docking = new_docking(intake.database, other, intake.now, "DSJ-2")
    body = os.urandom(50)
    intake.take(body, path=b"new")
    (wanted,) = intake.offer(new_file(body), station=other, docking=docking)
    assert isinstance(wanted, Wanted)
    intake.send(wanted, body)
    assert (words(look()), look().on_their_way) == ({}, 1)
    intake.complete(wanted.clip, station=other)
    assert (words(look()), look().on_their_way) == ({}, 0)
    with intake.database.write() as session:
        session.execute(delete(Copy).where(Copy.key == f"originals/{wanted.clip}"))
        session.execute(update(Upload).where(Upload.id == wanted.clip).values(state="abandoned"))
    assert (words(look()), look().abandoned) == ({}, 1)


def test_what_comes_in_meanwhile_is_no_difference(
    clip: UUID, look: Callable[..., Inventory], intake: Intake, evidence: SecondReader
) -> None:
    """After the catalog was read and before the storage is listed, another recording comes in."""
    listing = evidence.versions

    def late(prefix: str = "") -> object:
        intake.take(b"late", path=b"late")
        return listing(prefix)

    evidence.versions = late  # type: ignore[method-assign, assignment]
    found = look()
    assert (words(found), found.objects) == ({}, 4)


def test_a_listing_cut_short_proves_nothing(
    clip: UUID, intake: Intake, derived: SecondReader, storage: StorageSettings
) -> None:
    nobody = SecondReader(
        storage.model_copy(update={"endpoint_url": "http://127.0.0.1:9"}), storage.evidence_bucket
    )
    nobody._http.connection_pool_kw["retries"] = False
    with pytest.raises(StorageError):
        take_inventory(intake.database, nobody, derived, intake.now)
    with intake.database.read() as session:
        assert last_inventory(session) is None


def test_time_stamps_are_objects_the_catalog_answers_for(
    intake: Intake, look: Callable[..., Inventory], tmp_path: Path
) -> None:
    desk = StampDesk(intake, tmp_path)
    desk.authority()
    desk.take()
    desk.gather()
    desk.ask()
    stamped = intake.now + timedelta(days=1)
    early = f"timestamps/{desk.batches()[0].id}/statement.json"
    intake.store.put_locked(early, b"{}", lock_until=stamped, metadata={})  # killed before its row said so
    assert (words(look()), look().on_their_way) == ({}, 1)


def test_a_time_stamp_that_is_gone_or_planted_is_named(
    intake: Intake, look: Callable[..., Inventory], tmp_path: Path
) -> None:
    desk = StampDesk(intake, tmp_path)
    desk.authority()
    desk.take()
    desk.round()
    assert (words(look()), look().kinds["time-stamp"]) == ({}, 5)
    batch = desk.batches()[0].id
    intake.store.put_locked(
        f"timestamps/{batch}/other.tsr", b"x", lock_until=intake.now + timedelta(days=1), metadata={}
    )
    with intake.database.write() as session:
        token = session.scalars(select(TimestampToken)).one()
        token.objects = token.objects | {"chain": token.objects["chain"] | {"version": "gone"}}
    found = look()
    assert words(found) == {"missing": 1, "extra-version": 1, "extra": 1}
    assert {one.kind for one in found.named} == {"time-stamp"}


def test_a_copy_for_viewing_of_an_earlier_making_is_no_difference(
    clip: UUID, look: Callable[..., Inventory], derived_store: ObjectStore
) -> None:
    derived_store.put(f"renditions/{clip}/poster-before.jpg", b"earlier")
    found = look()
    assert (words(found), found.disposable) == ({}, 1)
