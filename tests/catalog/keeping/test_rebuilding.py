"""The database is lost: what a real storage alone brings back, and that nothing is stored twice afterwards."""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import delete, select

from catalog.database import Database, migrate
from catalog.ids import new_id
from catalog.intake.offers import HeldAlready, Wanted
from catalog.intake.sealed import Sealer
from catalog.inventory.run import Inventory, take_inventory
from catalog.models import (
    Clip,
    Copy,
    CustodyEntry,
    Docking,
    Officer,
    Recorder,
    Sheet,
    Sighting,
    SignedStatement,
    Stage,
    Station,
    Upload,
)
from catalog.rebuilding.report import LOST, Rebuilt
from catalog.rebuilding.run import Keys, NotEmpty, rebuild
from catalog.receipts import Signer
from catalog.sheets import keep_sheet
from catalog.stations import register_station
from catalog.verification import verify_clip
from storage.errors import Forbidden, ObjectMissing, StorageError, StorageSilent, StorageUnavailable
from storage.reader import SecondReader
from storage.store import ObjectStore
from tests.catalog.intake_desk import Intake, new_docking, new_file, new_station
from tests.catalog.sheet_maker import ANY_SHAPE, SheetMaker, entry


class Bureau:
    """A system with a docked card whose catalog can be lost."""

    def __init__(
        self,
        intake: Intake,
        readers: tuple[SecondReader, SecondReader],
        sealer: Sealer,
        maker: SheetMaker,
        folder: Path,
    ) -> None:
        self.intake, self.readers, self.sealer, self.maker, self.folder = (
            intake,
            readers,
            sealer,
            maker,
            folder,
        )
        self.signer = Signer(Ed25519PrivateKey.generate())
        self.bodies: dict[UUID, bytes] = {}

    @property
    def store(self) -> ObjectStore:
        return self.intake.store

    def dock(self, *names: bytes) -> list[UUID]:
        clips = []
        for name in names:
            body = os.urandom(60)
            clips.append(self.intake.take(body, path=b"DCIM/" + name).clip)
            self.bodies[clips[-1]] = body
        return clips

    def sheet(self, files: list[dict[str, object]], **more: object) -> Sheet:
        return keep_sheet(
            self.intake.database,
            self.store,
            actor=self.intake.station,
            sent=self.maker.of(self.intake, files, **more),
            shape=ANY_SHAPE,
            now=self.intake.now,
        )

    def listed(self, name: bytes, clip: UUID, **more: object) -> dict[str, object]:
        body = self.bodies[clip]
        return entry(
            b"DCIM/" + name, clip, size=60, sha256=hashlib.sha256(body).hexdigest(), modified_ns="1", **more
        )

    def lose(self) -> Database:
        """An empty catalog in place of the one there was."""
        path = self.folder / f"{new_id()}.sqlite3"
        migrate(f"sqlite:///{path}")
        self.intake.database = Database.open(f"sqlite:///{path}")
        return self.intake.database

    def rebuild(self, *, add: bool = False, sealer: Sealer | None = None, blind: bool = False) -> Rebuilt:
        return rebuild(
            self.intake.database,
            self.readers[0],
            self.store,
            Keys(None if blind else (sealer or self.sealer), self.signer),
            shape=ANY_SHAPE,
            now=datetime.now(UTC),
            add=add,
        )

    def inventory(self) -> Inventory:
        return take_inventory(self.intake.database, *self.readers, datetime.now(UTC))

    def all(self, table: type) -> list[object]:
        with self.intake.database.read() as session:
            return list(session.scalars(select(table)).unique())


@pytest.fixture
def bureau(
    intake: Intake,
    evidence: SecondReader,
    derived: SecondReader,
    sealer: Sealer,
    maker: SheetMaker,
    tmp_path: Path,
) -> Bureau:
    return Bureau(intake, (evidence, derived), sealer, maker, tmp_path)


def test_a_docked_card_comes_back_whole(bureau: Bureau) -> None:
    with bureau.intake.database.write() as session:
        officer = Officer(number="31010512", name="王建国", created_at=bureau.intake.now)
        session.add(officer)
        session.flush()
        session.scalars(select(Recorder)).one().holder_id = officer.id
    bureau.intake.docking = new_docking(bureau.intake.database, bureau.intake.station, bureau.intake.now)
    first, second = bureau.dock(b"a.mp4", b"b.mp4")
    files = [bureau.listed(b"a.mp4", first), bureau.listed(b"b.mp4", second), entry(b"z", end="refused")]
    kept = bureau.sheet(files, gaps=[{"series": "A", "first": 3, "last": 4}])
    before = {clip.id: clip for clip in bureau.all(Clip)}
    locks = {copy.key: (copy.version, copy.lock_until) for copy in bureau.all(Copy)}
    bureau.lose()

    rebuilt = bureau.rebuild()

    assert (rebuilt.originals, rebuilt.copies, rebuilt.sheets, rebuilt.troubles) == (2, 0, 1, [])
    after = {clip.id: clip for clip in bureau.all(Clip)}
    for clip in (first, second):
        for name in ("sha256", "sm3", "size", "checksum", "name", "whole"):
            assert getattr(after[clip], name) == getattr(before[clip], name)
        assert after[clip].verified_at is None
        # By the storage's clock, never by a camera's.
        assert abs(after[clip].received_at - bureau.intake.now) < timedelta(minutes=5)
    assert {copy.key: (copy.version, copy.lock_until) for copy in bureau.all(Copy)} == locks
    (station,), (recorder,), (docking,) = bureau.all(Station), bureau.all(Recorder), bureau.all(Docking)
    assert (station.code, station.sheet_key) == ("st-1", bureau.maker.public)
    assert recorder.serial == "DSJ-1"
    assert (docking.id, docking.slot, docking.end_reason) == (bureau.intake.docking, "1", "done")
    (officer,) = bureau.all(Officer)
    assert (officer.number, officer.name, docking.holder_id) == ("31010512", "31010512", officer.id)
    seen = {sighting.path: sighting for sighting in bureau.all(Sighting)}
    assert {path: s.end for path, s in seen.items()} == {
        b"DCIM/a.mp4": "received",
        b"DCIM/b.mp4": "received",
        b"z": "refused",
    }
    assert (seen[b"DCIM/a.mp4"].clip_id, seen[b"DCIM/a.mp4"].reason) == (first, "")
    (sheet,) = bureau.all(Sheet)
    assert (sheet.sha256, sheet.signature, sheet.summary["gaps_total"]) == (kept.sha256, kept.signature, 1)
    assert {stage.stage for stage in bureau.all(Stage)} == {"verify", "describe"}
    actions = [one.action for one in bureau.all(CustodyEntry)]
    assert (actions[0], actions[-1]) == ("catalog.rebuild-begun", "catalog.rebuilt")
    assert actions.count("clip.rebuilt") == 2
    assert bureau.inventory().agrees


def test_what_was_rebuilt_is_verified_and_vouched_for_anew(bureau: Bureau) -> None:
    (clip,) = bureau.dock(b"a.mp4")
    bureau.lose()
    bureau.rebuild()
    verify_clip(
        bureau.intake.database, bureau.store, bureau.signer, clip_id=clip, clock=lambda: datetime.now(UTC)
    )
    assert {one.kind for one in bureau.all(SignedStatement)} == {"received", "verified"}
    assert [one.end for one in bureau.all(Sighting)] == ["verified"]


@pytest.mark.parametrize("with_sheet", [True, False], ids=["sheet", "no sheet"])
def test_the_same_card_is_recognised_and_nothing_stored_twice(bureau: Bureau, with_sheet: bool) -> None:
    (clip,) = bureau.dock(b"a.mp4")
    if with_sheet:
        bureau.sheet([bureau.listed(b"a.mp4", clip)])
    database = bureau.lose()
    bureau.rebuild()
    body = bureau.bodies[clip]
    with database.write() as session:
        register_station(session, code="st-1", name="st-1", token="token-st-1", now=bureau.intake.now)
    same = new_station(database, bureau.intake.now, "st-1")
    again = new_docking(database, same, bureau.intake.now)
    (answer,) = bureau.intake.offer(new_file(body, path=b"DCIM/a.mp4"), station=same, docking=again)
    assert answer == HeldAlready(clip)
    # Another station is told nothing, and what it sends is a further copy.
    other = new_station(database, bureau.intake.now, "st-2")
    elsewhere = new_docking(database, other, bureau.intake.now)
    (wanted,) = bureau.intake.offer(new_file(body), station=other, docking=elsewhere)
    assert isinstance(wanted, Wanted)
    bureau.intake.send(wanted, body)
    (done,) = bureau.intake.complete(wanted.clip, station=other)
    assert done.clip == clip  # type: ignore[union-attr]


def test_two_objects_with_the_same_bytes_are_the_clip_it_was(bureau: Bureau) -> None:
    """The one that came in later was complete first: its id is the clip's, as sheets and stations know it."""
    other = new_station(bureau.intake.database, bureau.intake.now, "st-2")
    docking = new_docking(bureau.intake.database, other, bureau.intake.now, "DSJ-2")
    body = os.urandom(60)
    (early,) = bureau.intake.offer(new_file(body), station=other, docking=docking)
    (late,) = bureau.intake.offer(new_file(body, path=b"DCIM/a.mp4"))
    assert isinstance(early, Wanted)
    assert isinstance(late, Wanted)
    for wanted, station in ((late, None), (early, other)):
        bureau.intake.send(wanted, body)
        bureau.intake.complete(wanted.clip, station=station)
    bureau.bodies[late.clip] = body
    bureau.sheet([bureau.listed(b"a.mp4", late.clip)])
    bureau.lose()
    rebuilt = bureau.rebuild()
    assert (rebuilt.originals, rebuilt.copies) == (1, 1)
    assert [clip.id for clip in bureau.all(Clip)] == [late.clip]
    assert {copy.key for copy in bureau.all(Copy)} == {f"originals/{w.clip}" for w in (early, late)}
    assert bureau.inventory().agrees
    again = bureau.rebuild(add=True)
    assert (again.originals, again.copies) == (0, 0)


def test_a_further_copy_is_no_missing_clip_when_the_round_begins_again(bureau: Bureau) -> None:
    """What the round before took in counts in this one: a sheet lists the copy under the id of its object."""
    other = new_station(bureau.intake.database, bureau.intake.now, "st-2")
    docking = new_docking(bureau.intake.database, other, bureau.intake.now, "DSJ-2")
    body = os.urandom(60)
    (first,) = bureau.intake.offer(new_file(body, path=b"DCIM/a.mp4"))
    (further,) = bureau.intake.offer(new_file(body, path=b"DCIM/b.mp4"), station=other, docking=docking)
    assert isinstance(first, Wanted)
    assert isinstance(further, Wanted)
    for wanted, station in ((first, None), (further, other)):
        bureau.intake.send(wanted, body)
        bureau.intake.complete(wanted.clip, station=station)
    bureau.bodies |= {first.clip: body, further.clip: body}
    files = [bureau.listed(b"a.mp4", first.clip), bureau.listed(b"b.mp4", further.clip)]
    planted(bureau, bureau.maker, files)
    bureau.lose()
    read = bureau.store.read

    def killed(*_: object, **__: object) -> object:
        raise StorageSilent("away")

    bureau.store.read = killed  # type: ignore[method-assign, assignment]
    with pytest.raises(StorageSilent):
        bureau.rebuild()
    assert len(bureau.all(Copy)) == 2
    bureau.store.read = read  # type: ignore[method-assign]
    assert bureau.rebuild().troubles == []
    (clip,) = bureau.all(Clip)
    listed = {
        one.path: one.clip_id for one in bureau.all(Sighting) if one.docking_id == bureau.intake.docking
    }
    assert listed == {b"DCIM/a.mp4": clip.id, b"DCIM/b.mp4": clip.id}
    assert bureau.rebuild(add=True).troubles == []


@pytest.mark.parametrize("key", ["other", "none"])
def test_without_the_metadata_key_all_comes_back_but_names(bureau: Bureau, key: str) -> None:
    first, second = bureau.dock(b"a.mp4", b"b.mp4")
    bureau.sheet([bureau.listed(b"a.mp4", first)])
    bureau.lose()
    rebuilt = bureau.rebuild(sealer=Sealer(b"x" * 32), blind=key == "none")
    assert (rebuilt.originals, rebuilt.unnamed) == (2, 2)
    assert rebuilt.words == {"unreadable-name": 2}
    names = {clip.id: clip.name for clip in bureau.all(Clip)}
    assert names == {first: "a.mp4", second: str(second)}  # the sheet names what it lists


def test_an_object_without_metadata_is_read_back_and_taken_in(bureau: Bureau) -> None:
    stray, body = new_id(), os.urandom(70)
    until = bureau.intake.now + timedelta(days=1)
    bureau.store.put_locked(f"originals/{stray}", body, lock_until=until, metadata={})
    bureau.lose()
    rebuilt = bureau.rebuild()
    assert rebuilt.words == {"no-metadata": 1}
    (clip,) = bureau.all(Clip)
    assert (clip.id, clip.sha256, clip.recorder_id) == (stray, hashlib.sha256(body).hexdigest(), None)
    # Its lock would have ended tomorrow: nothing expires because nobody looked.
    (copy,) = bureau.all(Copy)
    assert copy.lock_until > bureau.intake.now + timedelta(days=180)


def test_a_sheet_that_its_station_did_not_sign_tells_nothing(bureau: Bureau) -> None:
    (clip,) = bureau.dock(b"a.mp4")
    false = SheetMaker()
    sent = bureau.maker.of(bureau.intake, [bureau.listed(b"a.mp4", clip)])
    bureau.store.put_locked(
        f"sheets/{bureau.intake.docking}/1.json",
        sent.body + b" ",
        lock_until=bureau.intake.now + timedelta(days=1),
        metadata={"key": sent.public_key, "signature": sent.signature},
    )
    bureau.store.put_locked(
        f"sheets/{new_id()}/1.json",
        sent.body,
        lock_until=bureau.intake.now + timedelta(days=1),
        metadata={
            "key": false.public,
            "signature": base64.b64encode(false.key.sign(b"liuhen docking sheet v1\n" + sent.body)).decode(),
        },
    )
    bureau.lose()
    rebuilt = bureau.rebuild()
    assert (rebuilt.sheets, rebuilt.words) == (0, {"bad-sheet": 2})
    assert bureau.all(Sheet) == []
    assert [clip.id for clip in bureau.all(Clip)] == [clip]


def planted(bureau: Bureau, maker: SheetMaker, files: list[dict[str, object]], revision: int = 1) -> None:
    """A whole sheet that somebody with the storage's everyday key put there."""
    sent = maker.of(bureau.intake, files, revision=revision)
    bureau.store.put_locked(
        f"sheets/{bureau.intake.docking}/{revision}.json",
        sent.body,
        lock_until=bureau.intake.now + timedelta(days=1),
        metadata={"key": sent.public_key, "signature": sent.signature},
    )


def test_a_key_the_catalog_knows_is_not_replaced_by_a_planted_sheet(bureau: Bureau) -> None:
    (clip,) = bureau.dock(b"a.mp4")
    bureau.sheet([bureau.listed(b"a.mp4", clip)])
    planted(bureau, SheetMaker(), [], revision=2)
    rebuilt = bureau.rebuild(add=True)
    assert rebuilt.words == {"bad-sheet": 1}
    assert [station.sheet_key for station in bureau.all(Station)] == [bureau.maker.public]
    # Where nothing else is known, it is named.
    bureau.lose()
    assert bureau.rebuild().words == {"other-key": 1}


def test_a_sheet_that_lists_another_digest_leads_to_no_clip(bureau: Bureau) -> None:
    (clip,) = bureau.dock(b"a.mp4")
    planted(bureau, bureau.maker, [entry(b"DCIM/a.mp4", clip, size=60, sha256="0" * 64)])
    bureau.lose()
    assert bureau.rebuild().words == {"checksum": 1}
    assert sorted(str(one.clip_id) for one in bureau.all(Sighting)) == sorted([str(clip), "None"])


def test_what_a_sheet_lists_and_storage_lacks_is_named(bureau: Bureau) -> None:
    (clip,) = bureau.dock(b"a.mp4")
    bureau.sheet([bureau.listed(b"a.mp4", clip)])
    original, listing = f"originals/{clip}", bureau.readers[0].versions
    bureau.readers[0].versions = lambda prefix="": (  # type: ignore[method-assign]
        line for line in listing(prefix) if line.key != original
    )
    bureau.lose()
    rebuilt = bureau.rebuild()
    assert [(one.word, one.key) for one in rebuilt.troubles] == [("missing-clip", original)]
    assert [one.clip_id for one in bureau.all(Sighting)] == [None]


def test_that_recordings_were_restricted_is_said_to_be_lost(bureau: Bureau) -> None:
    """What comes back open because nothing in storage says otherwise must not do so in silence."""
    (clip,) = bureau.dock(b"a.mp4")
    with bureau.intake.database.write() as session:
        session.get_one(Clip, clip).restricted = True
    bureau.lose()
    bureau.rebuild()
    assert [one.restricted for one in bureau.all(Clip)] == [False]
    assert [lost for lost in LOST if "restricted or sealed" in lost]
    # The books say it where somebody reads who has no back-up.
    books = Path(__file__).parents[3] / "docs"
    lost = (books / "operators" / "backup.md").read_text(encoding="utf-8").partition("Lost for good:")[2]
    assert "restricted or sealed" in lost.partition("##")[0]
    assert "限制查看" in (books / "zh" / "operators.md").read_text(encoding="utf-8")


def test_a_catalog_that_holds_something_is_refused(bureau: Bureau) -> None:
    bureau.dock(b"a.mp4")
    before = len(bureau.all(CustodyEntry))
    with pytest.raises(NotEmpty, match="clips"):
        bureau.rebuild()
    assert len(bureau.all(CustodyEntry)) == before


def test_a_rebuilding_cut_short_goes_on(bureau: Bureau) -> None:
    clips = bureau.dock(b"a.mp4", b"b.mp4")
    bureau.sheet([bureau.listed(b"a.mp4", clips[0])])
    bureau.lose()
    look = bureau.readers[0].look

    def broken(key: str, version: str) -> object:
        if key == f"originals/{clips[1]}":
            raise StorageSilent("away")
        return look(key, version)

    bureau.readers[0].look = broken  # type: ignore[method-assign, assignment]
    with pytest.raises(StorageSilent):
        bureau.rebuild()
    assert [clip.id for clip in bureau.all(Clip)] == clips[:1]
    bureau.readers[0].look = look  # type: ignore[method-assign]
    bureau.rebuild()
    assert {clip.id for clip in bureau.all(Clip)} == set(clips)
    with pytest.raises(NotEmpty):
        bureau.rebuild()
    assert bureau.inventory().agrees


@pytest.mark.parametrize(
    ("where", "error", "blind"),
    [
        ("look", ObjectMissing("gone"), False),
        ("look", StorageError("rotten"), True),
        ("facts", StorageUnavailable("answered 500, again and again"), False),
    ],
    ids=["missing", "error, nameless", "fault of one object"],
)
def test_one_original_that_cannot_be_read_holds_up_no_other(
    bureau: Bureau, where: str, error: StorageError, blind: bool
) -> None:
    clips = bureau.dock(b"a.mp4", b"b.mp4", b"c.mp4")
    names = (b"a.mp4", b"b.mp4", b"c.mp4")
    bureau.sheet([bureau.listed(name, clip) for name, clip in zip(names, clips, strict=True)])
    bureau.lose()
    asked = bureau.readers[0] if where == "look" else bureau.store
    whole = getattr(asked, where)

    def broken(key: str, version: str) -> object:
        if key == f"originals/{clips[1]}":
            raise error
        return whole(key, version)

    setattr(asked, where, broken)
    rebuilt = bureau.rebuild()
    assert [(one.word, one.key) for one in rebuilt.troubles] == [("unreadable", f"originals/{clips[1]}")]
    assert str(error) in rebuilt.troubles[0].said
    assert {clip.id for clip in bureau.all(Clip)} == {clips[0], clips[2]}
    setattr(asked, where, whole)
    assert bureau.rebuild(add=True, blind=blind).words == ({"unreadable-name": 1} if blind else {})
    assert {clip.id for clip in bureau.all(Clip)} == set(clips)
    told = sorted((one.path, str(one.clip_id), one.reason) for one in bureau.all(Sighting))
    assert told == [(b"DCIM/" + name, str(clip), "") for name, clip in zip(names, clips, strict=True)]


@pytest.mark.parametrize("error", [StorageSilent("away"), Forbidden("no")], ids=["silent", "forbidden"])
def test_what_is_of_the_whole_storage_ends_the_round(bureau: Bureau, error: StorageError) -> None:
    bureau.dock(b"a.mp4")
    bureau.lose()

    def broken(_key: str, _version: str) -> object:
        raise error

    bureau.store.facts = broken  # type: ignore[method-assign, assignment]
    with pytest.raises(type(error)):
        bureau.rebuild()


def test_a_sheet_that_cannot_be_read_holds_up_no_other(bureau: Bureau) -> None:
    first = bureau.dock(b"a.mp4")[0]
    bureau.sheet([bureau.listed(b"a.mp4", first)])
    spoiled = f"sheets/{bureau.intake.docking}/1.json"
    bureau.intake.docking = new_docking(bureau.intake.database, bureau.intake.station, bureau.intake.now)
    second = bureau.dock(b"b.mp4")[0]
    bureau.sheet([bureau.listed(b"b.mp4", second)])
    bureau.lose()
    read = bureau.readers[0].read

    def broken(key: str, version: str) -> Iterator[bytes]:
        if key == spoiled:
            raise StorageError("rotten")
        return read(key, version)

    bureau.readers[0].read = broken  # type: ignore[method-assign]
    rebuilt = bureau.rebuild()
    assert (rebuilt.sheets, [(one.word, one.key) for one in rebuilt.troubles]) == (
        1,
        [("unreadable", spoiled)],
    )
    assert {clip.id for clip in bureau.all(Clip)} == {first, second}


@pytest.mark.parametrize("how", ["damaged", "missing"])
def test_a_sheet_whose_bytes_changed_since_tells_nothing_and_the_others_do(bureau: Bureau, how: str) -> None:
    first = bureau.dock(b"a.mp4")[0]
    bureau.sheet([bureau.listed(b"a.mp4", first)])
    spoiled = f"sheets/{bureau.intake.docking}/1.json"
    bureau.intake.docking = new_docking(bureau.intake.database, bureau.intake.station, bureau.intake.now)
    bureau.sheet([entry(b"z", end="refused")])
    bureau.lose()
    read = bureau.store.read

    def broken(key: str, version: str, *, chunk: int = 1 << 22) -> Iterator[bytes]:
        if key != spoiled:
            return read(key, version, chunk=chunk)
        if how == "missing":
            raise ObjectMissing("gone")
        return iter([b"other bytes"])

    bureau.store.read = broken  # type: ignore[method-assign]
    rebuilt = bureau.rebuild()
    assert [(one.word, one.key) for one in rebuilt.troubles] == [("unreadable", spoiled)]
    assert b"z" in {one.path for one in bureau.all(Sighting)}


def test_add_takes_in_what_the_catalog_does_not_know(bureau: Bureau, tmp_path: Path) -> None:
    """As after a restore: the catalog is of yesterday; one upload was open then and was completed since."""
    (old,) = bureau.dock(b"old.mp4")
    body = os.urandom(60)
    (wanted,) = bureau.intake.offer(new_file(body, path=b"DCIM/half.mp4"))
    docking = bureau.intake.docking
    assert isinstance(wanted, Wanted)
    yesterday = bureau.intake.database
    with yesterday.read() as session:
        open_upload = session.scalars(select(Upload).where(Upload.state == "open")).one()
    bureau.sheet([bureau.listed(b"old.mp4", old)])
    with yesterday.write() as session:  # as if the back-up had been made before the sheet came
        session.execute(delete(Sheet))
    bureau.intake.send(wanted, body)
    # Since then, in a catalog that is lost: another docking at another station.
    today = bureau.lose()
    bureau.intake.station = new_station(today, bureau.intake.now, "st-9")
    bureau.intake.docking = new_docking(today, bureau.intake.station, bureau.intake.now, "DSJ-9")
    (new,) = bureau.dock(b"new.mp4")
    bureau.maker = SheetMaker()
    sheet = bureau.maker.sheet(bureau.intake.docking, [bureau.listed(b"new.mp4", new)], station="st-9")
    keep_sheet(
        today,
        bureau.store,
        actor=bureau.intake.station,
        sent=sheet,
        shape=ANY_SHAPE,
        now=bureau.intake.now,
    )
    bureau.intake.database = yesterday
    assert bureau.inventory().words == {"extra": 3}
    assert bureau.inventory().on_their_way == 1

    rebuilt = bureau.rebuild(add=True)

    assert (rebuilt.originals, rebuilt.completed, rebuilt.known, rebuilt.sheets) == (1, 1, 1, 2)
    assert rebuilt.stations == ["st-9"]
    assert {clip.id for clip in bureau.all(Clip)} == {old, new, open_upload.id}
    assert bureau.inventory().agrees
    with yesterday.read() as session:
        assert session.get_one(Upload, open_upload.id).state == "received"
        ends = dict(session.execute(select(Sighting.path, Sighting.end)).all())
        (before,) = session.scalars(select(Docking).where(Docking.id == docking))
    assert ends[b"DCIM/half.mp4"] == "received"
    assert (before.end_reason, before.ended_at is not None) == ("done", True)
    assert bureau.rebuild(add=True).known == 3
