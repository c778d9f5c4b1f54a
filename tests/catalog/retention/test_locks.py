"""Desired and observed locks on a real storage: what is decided is set, read back by version, and compared again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update

from catalog.custody.log import entries_about
from catalog.incidents import resolve
from catalog.models import Attachment, Clip, Copy, Incident, LockApply, LockDue
from catalog.ports import ObjectFacts
from catalog.retention.applying import apply_pending
from catalog.retention.desiring import work_out_dues
from catalog.retention.due import locks_due
from catalog.rules.desired_lock import until_of
from catalog.rules.intake_lock import lock_at_receipt
from storage.errors import LockRefused, StorageSilent, StorageUnavailable
from tests.catalog.intake_desk import Intake
from tests.catalog.retention.office import HOUSE, ZONE, Office, row, some_bytes


@pytest.fixture
def office(intake: Intake) -> Office:
    return Office(intake.database, intake.store, intake.now)


@pytest.fixture
def clip(intake: Intake) -> UUID:
    return intake.take(some_bytes()).clip


def seen(office: Office, clip: UUID) -> ObjectFacts:
    _, copies = office.clip(clip)
    return office.store.facts(copies[0].key, copies[0].version)


def meets(office: Office, clip: UUID) -> Clip:
    """Desired, observed and the storage agree, and the reason computes to the date."""
    found, copies = office.clip(clip)
    for copy in copies:
        at = office.store.facts(copy.key, copy.version)
        assert (at.lock_mode, at.lock_until, at.hold) == ("COMPLIANCE", copy.lock_until, copy.hold)
        assert copy.lock_until >= found.lock_desired
        assert copy.hold == found.hold_desired
    assert until_of(found.lock_reason) == found.lock_desired
    return found


def kinds(office: Office) -> list[str]:
    with office.database.read() as session:
        return list(
            session.scalars(select(Incident.kind).where(Incident.resolved_at.is_(None)).order_by(Incident.id))
        )


def waiting(office: Office) -> int:
    with office.database.read() as session:
        return len(session.scalars(select(LockDue)).all()) + len(session.scalars(select(LockApply)).all())


def test_from_receipt_to_the_archive(office: Office, clip: UUID) -> None:
    office.schedule(row(30))
    office.settle()
    assert meets(office, clip).lock_reason["rule"]["kind"] == "unreviewed"
    case = office.open_case()
    office.attach(clip, case)
    office.settle()
    found = meets(office, clip)
    assert found.hold_desired
    assert found.lock_desired >= office.now + timedelta(days=365)
    office.accept(case)
    office.settle()
    found = meets(office, clip)
    assert not found.hold_desired
    assert found.lock_desired.year == office.today.year + 30
    assert found.lock_reason["rule"]["row"] == 1
    with office.database.read() as session:
        told = [e.action for e in entries_about(session, "clip", clip)]
    assert told[-2:] == ["clip.lock-decided", "clip.hold-lifted"], "the hold goes last of all"
    assert waiting(office) == 0
    assert kinds(office) == []


def test_reopened_it_is_held_again_and_detached_until_confirmed(office: Office, clip: UUID) -> None:
    office.schedule(row(30))
    case = office.open_case()
    attachment = office.attach(clip, case)
    office.accept(case)
    office.settle()
    long = meets(office, clip).lock_desired
    office.move(case, "reopen")
    office.settle()
    assert meets(office, clip).hold_desired
    for name, held in (("detached_at", True), ("detach_confirmed_at", False)):
        with office.database.write() as session:
            session.execute(update(Attachment).where(Attachment.id == attachment).values({name: office.now}))
            locks_due(session, [clip], office.now)
        office.settle()
        found = meets(office, clip)
        assert (found.hold_desired, found.lock_desired) == (held, long)
    assert found.lock_reason["stands"]


def test_a_further_copy_gets_the_lock_of_its_clip(office: Office, clip: UUID, intake: Intake) -> None:
    office.schedule(row(30))
    case = office.open_case()
    office.attach(clip, case)
    office.accept(case)
    office.settle()
    _, (copy,) = office.clip(clip)
    version = intake.store.put_locked(
        f"originals/further-{clip}", b"x", lock_until=lock_at_receipt(office.now), metadata={}
    )
    with office.database.write() as session:
        session.add(
            Copy(
                clip_id=clip, bucket=copy.bucket, key=f"originals/further-{clip}", version=version,
                lock_mode="COMPLIANCE", lock_until=lock_at_receipt(office.now), lock_read_at=office.now,
                created_at=office.now,
            )
        )  # fmt: skip
        locks_due(session, [clip], office.now)
    office.settle()
    found = meets(office, clip)
    assert len(office.clip(clip)[1]) == 2
    assert not found.hold_desired


def test_the_nightly_round_rolls_forward(office: Office, clip: UUID, intake: Intake) -> None:
    held = intake.take(some_bytes(), path=b"b").clip
    office.attach(held, office.open_case())
    office.settle()
    before = [office.clip(one)[0].lock_desired for one in (clip, held)]
    office.pass_time(days=130)
    assert office.reconcile(page=1).looked == 2
    for one, earlier in zip((clip, held), before, strict=True):
        assert meets(office, one).lock_desired > earlier
    assert office.clip(clip)[0].lock_desired >= office.now + timedelta(days=60)
    assert office.clip(held)[0].lock_desired >= office.now + timedelta(days=365)
    assert office.reconcile().applied == 0


def test_one_missing_object_is_an_incident_and_the_rest_goes_on(
    office: Office, clip: UUID, intake: Intake
) -> None:
    other = intake.take(some_bytes(), path=b"b").clip
    case = office.open_case()
    with office.database.write() as session:
        session.execute(update(Copy).where(Copy.clip_id == clip).values(version="0" * 32))
    office.attach(clip, case)
    office.attach(other, case)
    office.settle()
    assert meets(office, other).hold_desired
    assert kinds(office) == ["object-missing"]
    assert office.reconcile().differing == 1
    assert kinds(office) == ["object-missing"], "one incident, however often it is seen"


def test_what_was_switched_off_at_the_storage_is_an_incident_and_put_on_again(
    office: Office, clip: UUID
) -> None:
    office.attach(clip, office.open_case())
    office.settle()
    _, (copy,) = office.clip(clip)
    office.store.set_hold(copy.key, copy.version, False)
    assert office.reconcile().differing == 1
    assert meets(office, clip).hold_desired
    assert kinds(office) == ["hold-missing"]


def test_a_hold_of_somebody_else_stays_until_a_person_has_looked(office: Office, clip: UUID) -> None:
    office.settle()
    _, (copy,) = office.clip(clip)
    office.store.set_hold(copy.key, copy.version, True)
    office.reconcile()
    found = meets(office, clip)
    assert found.hold_desired
    assert found.lock_reason["holds"] == [{"kind": "found"}]
    assert kinds(office) == ["hold-unexpected"]
    office.reconcile()
    assert meets(office, clip).hold_desired
    with office.database.write() as session:
        incident = session.scalars(select(Incident)).one()
        resolve(session, actor=HOUSE, incident=incident.id, note="the prosecutors", now=office.now)
    office.reconcile()
    assert not meets(office, clip).hold_desired
    assert not seen(office, clip).hold


def test_a_lock_that_somebody_prolonged_stays(office: Office, clip: UUID) -> None:
    _, (copy,) = office.clip(clip)
    longer = lock_at_receipt(office.now) + timedelta(days=3000)
    office.store.extend_lock(copy.key, copy.version, longer)
    office.reconcile()
    office.reconcile()
    found = meets(office, clip)
    assert found.lock_desired == longer
    assert found.lock_reason["stands"]


def test_a_catalog_that_is_wrong_about_the_storage_shortens_nothing(office: Office, clip: UUID) -> None:
    with office.database.write() as session:
        session.execute(update(Copy).values(lock_until=office.now))
    at = seen(office, clip).lock_until
    office.pass_time(days=-30)
    office.reconcile()
    assert seen(office, clip).lock_until == at
    meets(office, clip)


class Troubled:
    """The real storage, except where it is told to fail."""

    def __init__(self, store: Any) -> None:
        self.store = store
        self.fail: dict[str, list[Exception]] = {}

    def __getattr__(self, name: str) -> Any:
        real = getattr(self.store, name)
        if name not in {"facts", "extend_lock", "set_hold"}:
            return real

        def act(key: str, *rest: Any) -> Any:
            for waits in (self.fail.get(key, []), self.fail.get("*", [])):
                if waits:
                    raise waits.pop()
            return real(key, *rest)

        return act


@pytest.fixture
def troubled(office: Office) -> Troubled:
    store = Troubled(office.store)
    office.store = store  # type: ignore[assignment]
    return store


def test_a_storage_that_is_away_ends_the_round_and_the_next_goes_on(
    office: Office, clip: UUID, intake: Intake, troubled: Troubled
) -> None:
    others = [intake.take(some_bytes(), path=b"%d" % n).clip for n in range(3)]
    case = office.open_case()
    for one in (clip, *others):
        office.attach(one, case)
    troubled.fail["*"] = [StorageSilent("away")]
    with pytest.raises(StorageSilent):
        office.settle()
    office.settle()
    for one in (clip, *others):
        assert meets(office, one).hold_desired
    # The same for the round: it goes on behind the page it came to.
    looked = office.reconcile(page=2).looked
    assert looked == 4
    seen_keys: list[str] = []
    facts = troubled.store.facts

    class Counting(Troubled):
        def __getattr__(self, name: str) -> Any:
            if name != "facts":
                return getattr(self.store, name)

            def look(key: str, version: str) -> Any:
                if len(seen_keys) == 2 and not self.fail.get("done"):
                    self.fail["done"] = [StorageSilent("away")]
                    raise StorageSilent("away")
                seen_keys.append(key)
                return facts(key, version)

            return look

    office.store = Counting(troubled.store)  # type: ignore[assignment]
    with pytest.raises(StorageSilent):
        office.reconcile(page=2)
    assert office.reconcile(page=2).looked == 2
    assert len(set(seen_keys)) == 4


def test_a_fault_with_one_object_is_tried_again_soon(
    office: Office, clip: UUID, intake: Intake, troubled: Troubled
) -> None:
    other = intake.take(some_bytes(), path=b"b").clip
    case = office.open_case()
    office.attach(clip, case)
    office.attach(other, case)
    key = office.clip(clip)[1][0].key
    troubled.fail[key] = [StorageUnavailable("500")]
    office.settle()
    assert meets(office, other).hold_desired
    assert not office.clip(clip)[1][0].hold
    assert kinds(office) == []
    office.pass_time(minutes=6)
    office.settle()
    assert meets(office, clip).hold_desired


def test_a_refusal_is_an_incident_and_tried_again(office: Office, clip: UUID, troubled: Troubled) -> None:
    office.attach(clip, office.open_case())
    troubled.fail[office.clip(clip)[1][0].key] = [LockRefused("no")]
    office.settle()
    assert kinds(office) == ["lock-refused"]
    office.pass_time(hours=2)
    office.settle()
    assert meets(office, clip).hold_desired


def test_a_crash_between_the_storage_and_the_row(office: Office, clip: UUID, troubled: Troubled) -> None:
    """Killed after the lock and the hold were set and before that was written: done again, nothing is lost."""
    office.schedule(row(30))
    case = office.open_case()
    office.attach(clip, case)
    key = office.clip(clip)[1][0].key

    class Killed(BaseException):
        pass

    def crash() -> None:
        troubled.fail[key] = []
        real = troubled.store.facts

        class Dying(Troubled):
            def __getattr__(self, name: str) -> Any:
                if name != "facts":
                    return getattr(self.store, name)

                def look(*args: Any) -> Any:
                    real(*args)
                    raise Killed

                return look

        office.store = Dying(troubled.store)  # type: ignore[assignment]
        with pytest.raises(Killed):
            office.settle()
        office.store = troubled.store

    crash()
    assert seen(office, clip).hold, "the storage has it"
    assert not office.clip(clip)[1][0].hold, "the catalog does not know"
    office.pass_time(minutes=11)
    office.settle()
    assert meets(office, clip).hold_desired
    office.accept(case)
    crash()
    assert seen(office, clip).hold, "the long lock was not written as read back, so the hold stands"
    office.pass_time(minutes=11)
    office.settle()
    assert not meets(office, clip).hold_desired
    assert kinds(office) == []


def test_what_was_destroyed_is_left_alone(office: Office, clip: UUID) -> None:
    office.settle()
    with office.database.write() as session:
        session.get_one(Clip, clip).destroyed_at = office.now
        session.execute(update(Copy).values(version="0" * 32))
        locks_due(session, [clip], office.now)
    office.pass_time(days=300)
    office.settle()
    assert office.reconcile().looked == 0
    assert (waiting(office), kinds(office)) == (0, [])


class Watched:
    """The real storage, with something that happens whenever it is asked, and a list of the holds taken off it."""

    def __init__(self, store: Any, asked: Callable[[ObjectFacts], ObjectFacts]) -> None:
        self.store, self.asked = store, asked
        self.lifted: list[str] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self.store, name)

    def facts(self, key: str, version: str) -> ObjectFacts:
        return self.asked(self.store.facts(key, version))

    def set_hold(self, key: str, version: str, on: bool) -> None:
        if not on:
            self.lifted.append(key)
        self.store.set_hold(key, version, on)


def about_to_lift(office: Office, clip: UUID) -> UUID:
    """Bring a case so far that the long lock was read back and the hold is the next to go; answers the case."""
    office.schedule(row(30))
    case = office.open_case()
    office.attach(clip, case)
    office.settle()
    office.accept(case)
    work_out_dues(office.database, ZONE, office.now)
    apply_pending(office.database, office.store, office.now)
    work_out_dues(office.database, ZONE, office.now)
    assert not office.clip(clip)[0].hold_desired
    assert seen(office, clip).hold, "it is still there"
    return case


def test_a_storage_that_takes_the_long_lock_back_keeps_the_hold(office: Office, clip: UUID) -> None:
    """Once read back is not for ever: what it says at the moment of lifting counts (invariant 5)."""
    about_to_lift(office, clip)
    real = office.store

    def lying(at: ObjectFacts) -> ObjectFacts:
        assert at.lock_until is not None
        return replace(at, lock_until=at.lock_until - timedelta(days=3650))

    watched = Watched(real, lying)
    apply_pending(office.database, watched, office.now)  # type: ignore[arg-type]
    assert watched.lifted == []
    assert real.facts(*where(office, clip)).hold
    assert kinds(office) == ["lock-weaker"]


def test_a_case_reopened_while_the_hold_is_being_lifted_keeps_it(office: Office, clip: UUID) -> None:
    """Between the claim and the lifting somebody reopens the case: the late "off" is not sent (invariant 5)."""
    case = about_to_lift(office, clip)
    real, reopened = office.store, []

    def meanwhile(at: ObjectFacts) -> ObjectFacts:
        if not reopened:
            reopened.append(case)
            office.move(case, "reopen")
        return at

    watched = Watched(real, meanwhile)
    apply_pending(office.database, watched, office.now)  # type: ignore[arg-type]
    assert (reopened, watched.lifted) == ([case], [])
    assert real.facts(*where(office, clip)).hold
    office.settle()
    assert meets(office, clip).hold_desired
    assert kinds(office) == []


def where(office: Office, clip: UUID) -> tuple[str, str]:
    copy = office.clip(clip)[1][0]
    return copy.key, copy.version
