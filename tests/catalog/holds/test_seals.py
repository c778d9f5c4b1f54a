"""Seals 封存: two people for each step, nothing derived left, shown to nobody but those named, and opened again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from catalog.actors import Actor
from catalog.custody.listing import list_entries, prove_entry
from catalog.database import Database
from catalog.describing import NewRendition, keep_renditions
from catalog.finding.visible import visible_to
from catalog.holds.emptying import empty_sealed
from catalog.holds.readers import confirm_reader, name_reader, remove_reader
from catalog.holds.reading import CannotLook, look, named_clips
from catalog.holds.seals import (
    CannotSeal,
    SealWish,
    confirm_lift,
    confirm_seal,
    propose_lift,
    propose_seal,
    refuse_lift,
    withdraw_seal,
)
from catalog.holds.standing import holds_on
from catalog.looking import NothingToShow, play_addresses
from catalog.models import Clip, CustodyEntry, LockDue, Rendition, Seal, SealReader, Stage
from catalog.permissions import ROLES
from catalog.stages import SEALED, ContentSealed, add_stages, claim, finish, request_again, sweep
from storage.keys import rendition_key
from storage.settings import StorageSettings
from storage.store import ObjectStore
from tests.catalog.holds.people import Office, open_office
from tests.catalog.world import add_clip

DAY = timedelta(days=1)


@pytest.fixture
def office(database: Database, now: datetime) -> Office:
    with database.write() as session:
        return open_office(session, now)


@pytest.fixture
def clip(database: Database, now: datetime) -> UUID:
    with database.write() as session:
        return add_clip(session, now, "密.MP4", recorded=now, renditions=("poster", "thumb")).id


def propose(database: Database, who: Actor, clip: UUID, now: datetime, **more: object) -> UUID:
    wish = {"ground": "unlawful", "basis": "《行政处罚法》第四十六条", **more}
    with database.write() as session:
        return propose_seal(session, actor=who, wish=SealWish(clip=clip, **wish), now=now).id  # type: ignore[arg-type]


def confirm(database: Database, who: Actor, seal: UUID, now: datetime) -> None:
    with database.write() as session:
        confirm_seal(session, actor=who, seal_id=seal, now=now)


def sealed(database: Database, office: Office, clip: UUID, now: datetime, *readers: str) -> UUID:
    accounts = frozenset(office[name].id for name in readers)
    seal = propose(database, office["legal"], clip, now, readers=accounts)
    confirm(database, office["archivist"], seal, now)
    return seal


def refused(why: str, act: Callable[[], object]) -> None:
    with pytest.raises(CannotSeal) as refusal:
        act()
    assert refusal.value.why == why


@pytest.mark.parametrize("role", ROLES)
def test_each_step_has_its_roles(
    database: Database, office: Office, clip: UUID, now: datetime, role: str
) -> None:
    if role == "legal":
        seal = propose(database, office[role], clip, now)
    else:
        refused("not-yours", lambda: propose(database, office[role], clip, now))
        seal = propose(database, office["legal"], clip, now)
    with database.read() as session:
        assert not session.get_one(Clip, clip).restricted  # proposed is not yet closed, but kept already
        assert [h.reason for h in holds_on(session, [clip])[clip]] == ["seal"]
    if role == "legal":
        refused("same-person", lambda: confirm(database, office[role], seal, now))
        confirm(database, office["legal2"], seal, now)
    elif role == "archivist":
        confirm(database, office[role], seal, now)
    else:
        refused("not-yours", lambda: confirm(database, office[role], seal, now))
        with database.read() as session:
            assert not session.get_one(Clip, clip).restricted
        return
    refused("wrong-state", lambda: confirm(database, office["archivist2"], seal, now))
    with database.read() as session:
        assert session.get_one(Clip, clip).restricted
        (held,) = holds_on(session, [clip])[clip]
        assert held.reason == "seal"


def test_lifting_takes_two_again(database: Database, office: Office, clip: UUID, now: datetime) -> None:
    seal = sealed(database, office, clip, now)

    def ask(who: str, reason: str = "依据不足") -> None:
        with database.write() as session:
            propose_lift(session, actor=office[who], seal_id=seal, reason=reason, now=now)

    def lift(who: str) -> list[str]:
        with database.write() as session:
            return [d.stage for d in confirm_lift(session, actor=office[who], seal_id=seal, now=now + DAY)]

    refused("wrong-state", lambda: lift("archivist"))
    refused("not-yours", lambda: ask("archivist"))
    refused("reason-missing", lambda: ask("legal", " "))
    ask("legal")
    refused("wrong-state", lambda: ask("legal2"))
    refused("same-person", lambda: lift("legal"))
    refused("not-yours", lambda: lift("leader"))
    with database.write() as session:
        refuse_lift(session, actor=office["archivist"], seal_id=seal, now=now)
    refused("wrong-state", lambda: lift("archivist"))
    ask("legal2")
    assert sorted(lift("legal")) == ["analyse", "render"]
    refused("wrong-state", lambda: lift("legal"))
    with database.read() as session:
        assert not session.get_one(Clip, clip).restricted
        assert holds_on(session, [clip]) == {}
        assert session.scalar(select(LockDue.turn).where(LockDue.clip_id == clip)) == 3
        assert session.get_one(Stage, (clip, "render")).state == "pending"
    sealed(database, office, clip, now + DAY)  # and once more, if it must be


@pytest.mark.parametrize(
    ("wish", "why"),
    [
        ({"ground": "whim"}, "unknown-ground"),
        ({"basis": "\x00"}, "basis-missing"),
        ({"basis": "x" * 501}, "text-too-long"),
        ({"clip": uuid4()}, "unknown-clip"),
        ({"readers": frozenset({uuid4()})}, "unknown-person"),
    ],
)
def test_what_cannot_be_proposed(
    database: Database, office: Office, clip: UUID, now: datetime, wish: dict[str, object], why: str
) -> None:
    refused(why, lambda: propose(database, office["legal"], now=now, **{"clip": clip, **wish}))  # type: ignore[arg-type]
    with database.read() as session:
        assert session.scalars(select(Seal)).all() == []


def test_one_at_a_time(database: Database, office: Office, clip: UUID, now: datetime) -> None:
    seal = propose(database, office["legal"], clip, now)
    refused("sealed-already", lambda: propose(database, office["legal2"], clip, now))
    with database.write() as session:
        withdraw_seal(session, actor=office["archivist"], seal_id=seal, now=now)
    refused("wrong-state", lambda: confirm(database, office["archivist"], seal, now))
    with database.read() as session:
        assert holds_on(session, [clip]) == {}
    sealed(database, office, clip, now)
    # Whoever seals does not see it either: a second seal finds no such clip.
    refused("unknown-clip", lambda: propose(database, office["legal2"], clip, now))


def test_people_are_named_by_one_and_let_in_by_another(
    database: Database, office: Office, clip: UUID, now: datetime
) -> None:
    seal = sealed(database, office, clip, now, "leader", "archivist")

    def named(who: str) -> bool:
        with database.read() as session:
            return named_clips(session, office[who].id) == {clip}  # type: ignore[arg-type]

    assert named("leader")
    assert not named("archivist")  # who confirmed the seal did not let in themselves by it
    with database.write() as session:
        (mine,) = session.scalars(
            select(SealReader.id).where(SealReader.account_id == office["archivist"].id)
        )
        theirs = name_reader(
            session, actor=office["legal"], seal_id=seal, account_id=office["handler"].id, now=now
        ).id  # type: ignore[arg-type]

    def let_in(who: str, reader: UUID) -> None:
        with database.write() as session:
            confirm_reader(session, actor=office[who], reader_id=reader, now=now)

    refused("same-person", lambda: let_in("archivist", mine))
    refused("same-person", lambda: let_in("legal", theirs))
    refused("not-yours", lambda: let_in("handler", theirs))
    assert not named("handler")
    let_in("archivist", theirs)
    let_in("legal2", mine)
    assert named("handler")
    assert named("archivist")
    refused("wrong-state", lambda: let_in("archivist2", theirs))
    with database.write() as session:
        remove_reader(session, actor=office["archivist"], reader_id=theirs, now=now)
    assert not named("handler")
    refused("unknown-reader", lambda: let_in("archivist2", theirs))
    for nobody in ("administrator", "auditor"):
        with database.write() as session:
            refused(
                "unknown-person",
                lambda n=nobody: name_reader(
                    session, actor=office["legal"], seal_id=seal, account_id=office[n].id, now=now
                ),
            )  # type: ignore[misc]
    with database.write() as session:
        propose_lift(session, actor=office["legal"], seal_id=seal, reason="x", now=now)
        confirm_lift(session, actor=office["archivist"], seal_id=seal, now=now)
    assert not named("leader")


class Addresses:
    """A store that gives addresses and notes for which version."""

    def get_address(self, key: str, *, version: str, valid: timedelta, **_: object) -> object:
        class Given:
            url, expires = (
                f"https://storage/{key}?{version}",
                datetime.fromisoformat("2026-11-23T10:15:00+00:00"),
            )

        return Given


def test_each_look_is_an_entry_with_its_purpose(
    database: Database, office: Office, clip: UUID, now: datetime
) -> None:
    sealed(database, office, clip, now, "leader")
    store = Addresses()

    def see(who: str, purpose: str, clip: UUID = clip) -> str:
        with database.write() as session:
            return look(session, store, actor=office[who], clip_id=clip, purpose=purpose, now=now).url  # type: ignore[arg-type]

    for who in ROLES:
        if who != "leader":
            with pytest.raises(CannotLook, match="unknown-clip"):
                see(who, "x")
    with pytest.raises(CannotLook, match="purpose-missing"):
        see("leader", " \x00")
    assert see("leader", "复核非法证据排除").endswith("?6715aa0968d5")
    see("leader", "再次查看")
    with database.write() as session:
        lines = session.scalars(select(CustodyEntry).where(CustodyEntry.action == "seal.looked")).all()
        assert len(lines) == 2
        record = json.loads(lines[0].record)
        assert set(record["private"]) == {"actor", "address", "purpose"}
        assert "复核" not in lines[0].record
        with pytest.raises(NothingToShow):  # the everyday way asks no purpose
            play_addresses(
                session, store, store, actor=office["leader"], clip=session.get_one(Clip, clip), now=now
            )  # type: ignore[arg-type]


def test_the_log_keeps_what_it_says_of_it(
    database: Database, office: Office, clip: UUID, now: datetime
) -> None:
    sealed(database, office, clip, now, "leader")
    with database.read() as session:
        lines, _ = list_entries(session, subject=clip, actor=office["auditor"])
        assert len(lines) == 2
        assert all(line.withheld and set(line.private) <= {"actor", "address"} for line in lines)
        proof = prove_entry(session, lines[0].entry.id, office["auditor"])
        assert proof is not None
        assert proof.leaf_holds
        assert {f.name for f in proof.fields} == {"actor", "address"}


@pytest.fixture
def store(seaweed: StorageSettings) -> Iterator[ObjectStore]:
    opened = ObjectStore(seaweed, seaweed.derived_bucket)
    yield opened
    opened.close()


def render(database: Database, store: ObjectStore, clip: UUID, now: datetime, kinds: tuple[str, ...]) -> None:
    """As the worker does: into storage first, then into the catalog."""
    made = []
    for kind in kinds:
        body = f"{kind} of {clip}".encode()
        key = rendition_key(clip, kind, hashlib.sha256(body).hexdigest())
        store.put(key, body, content_type="image/jpeg")
        made.append(
            NewRendition(
                kind,
                store.bucket,
                key,
                len(body),
                hashlib.sha256(body).hexdigest(),
                "image/jpeg",
                {},
                True,
                "",
            )
        )
    with database.write() as session:
        keep_renditions(session, clip, made, now, instead_of=set(kinds))


def objects(store: ObjectStore, clip: UUID) -> list[str]:
    return [one.key for one in store.list_versions(f"renditions/{clip}/") if not one.marker]


def test_nothing_derived_is_left_in_a_real_storage(
    database: Database, office: Office, clip: UUID, now: datetime, store: ObjectStore
) -> None:
    with database.write() as session:
        other = add_clip(session, now, "open.MP4").id
    render(database, store, clip, now, ("poster", "thumb", "sprite"))
    render(database, store, other, now, ("poster",))
    store.put(f"renditions/{clip}/poster-of-an-earlier-making", b"x", content_type="image/jpeg")
    seal = sealed(database, office, clip, now)
    with database.read() as session:
        assert session.scalars(select(Rendition).where(Rendition.clip_id == clip)).all() == []
    assert len(objects(store, clip)) == 4
    assert empty_sealed(database, store, now) == 4
    assert objects(store, clip) == []
    assert len(objects(store, other)) == 1
    assert empty_sealed(database, store, now) == 0  # again changes nothing
    with database.read() as session:
        assert session.get_one(Seal, seal).emptied_at == now
        assert (
            len(
                session.scalars(
                    select(CustodyEntry).where(CustodyEntry.action == "clip.renditions-removed")
                ).all()
            )
            == 1
        )
    # A worker that was at it when the seal came: what it still writes is refused by the catalog and removed.
    with pytest.raises(ContentSealed):
        render(database, store, clip, now, ("poster",))
    assert len(objects(store, clip)) == 1
    assert empty_sealed(database, store, now + timedelta(hours=1)) == 1
    assert objects(store, clip) == []
    store.put(f"renditions/{clip}/late", b"x", content_type="image/jpeg")
    assert empty_sealed(database, store, now + 2 * DAY) == 0
    assert empty_sealed(database, store, now + 2 * DAY, everything=True) == 1


class Dying:
    """The real store, of a process that is killed at its n-th act on it."""

    def __init__(self, store: ObjectStore, acts: int) -> None:
        self._store, self._left = store, acts
        self.bucket = store.bucket

    def _act(self) -> None:
        self._left -= 1
        if self._left < 0:
            raise KeyboardInterrupt

    def list_versions(self, prefix: str = "") -> object:
        self._act()
        return self._store.list_versions(prefix)

    def delete(self, key: str) -> None:
        self._act()
        self._store.delete(key)


@pytest.mark.parametrize("acts", range(5))
def test_killed_anywhere_it_ends_empty(
    database: Database, office: Office, clip: UUID, now: datetime, store: ObjectStore, acts: int
) -> None:
    render(database, store, clip, now, ("poster", "thumb", "sprite"))
    seal = sealed(database, office, clip, now)
    with pytest.raises(KeyboardInterrupt):
        empty_sealed(database, Dying(store, acts), now)  # type: ignore[arg-type]
    with database.read() as session:
        assert session.get_one(Seal, seal).emptied_at is None
        assert session.get_one(Clip, clip).restricted
    empty_sealed(database, store, now)
    assert objects(store, clip) == []
    with database.read() as session:
        assert session.get_one(Seal, seal).emptied_at == now


def test_what_is_removed_while_it_is_opened_is_made_again(
    database: Database, office: Office, clip: UUID, now: datetime, store: ObjectStore
) -> None:
    """The seal is lifted between two removals: none further is made, and the work is asked for once more."""
    render(database, store, clip, now, ("poster", "thumb"))
    seal = sealed(database, office, clip, now)

    class Opened(Dying):
        def delete(self, key: str) -> None:
            super().delete(key)
            with database.write() as session:
                propose_lift(session, actor=office["legal"], seal_id=seal, reason="x", now=now)
                confirm_lift(session, actor=office["archivist"], seal_id=seal, now=now)
                session.get_one(Stage, (clip, "render")).state = "done"

    assert empty_sealed(database, Opened(store, 100), now) == 1  # type: ignore[arg-type]
    assert len(objects(store, clip)) == 1
    with database.read() as session:
        assert session.get_one(Stage, (clip, "render")).state == "pending"


def test_no_work_on_its_content_begins_or_is_kept(
    database: Database, office: Office, clip: UUID, now: datetime
) -> None:
    with database.write() as session:
        add_stages(session, clip, ["analyse"], now)
        claimed = claim(session, clip, "analyse", now)
    assert claimed is not None
    seal = sealed(database, office, clip, now)
    with database.write() as session:
        assert not finish(session, clip, "analyse", claimed, now)
        states = {s.stage: s.state for s in session.scalars(select(Stage).where(Stage.clip_id == clip))}
        assert states == {"verify": "done", "describe": "done", "render": SEALED, "analyse": SEALED}
        for stage in ("render", "encode", "analyse"):
            add_stages(session, clip, [stage], now)
            session.flush()
            assert request_again(session, clip, stage, now) is None
            assert claim(session, clip, stage, now) is None
        assert not [
            d
            for d in sweep(session, now + DAY)
            if d.clip == clip and d.stage in {"render", "encode", "analyse"}
        ]
        assert request_again(session, clip, "verify", now) is not None  # proving it goes on
        # Added at the very moment of sealing, by somebody who did not know yet: nobody claims it.
        session.get_one(Stage, (clip, "encode")).state = "pending"
        session.flush()
        assert claim(session, clip, "encode", now) is None
    with database.write() as session:
        propose_lift(session, actor=office["legal"], seal_id=seal, reason="x", now=now)
        confirm_lift(session, actor=office["archivist"], seal_id=seal, now=now)
        assert claim(session, clip, "render", now) is not None


def test_a_hold_stays_when_the_seal_goes(
    database: Database, office: Office, clip: UUID, now: datetime
) -> None:
    from catalog.holds.acts import HoldWish, set_hold  # noqa: PLC0415

    with database.write() as session:
        set_hold(session, actor=office["legal"], wish=HoldWish("clip", "court", "x", clip=clip), now=now)
    seal = sealed(database, office, clip, now)
    with database.write() as session:
        propose_lift(session, actor=office["legal"], seal_id=seal, reason="x", now=now)
        confirm_lift(session, actor=office["archivist"], seal_id=seal, now=now)
    with database.read() as session:
        assert [h.reason for h in holds_on(session, [clip])[clip]] == ["court"]
        assert session.scalars(select(Clip.id).where(visible_to(None))).all() == [clip]
