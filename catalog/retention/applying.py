"""Bringing the storage to what the catalog desires, copy by copy, and reading back by version what it says then.

The order is the safety: a hold is put on before anything else and taken off after everything else, and only while the
catalog still says so. Two workers never are at one clip: each clip is claimed with a lease, for one's late "off" could
undo another's "on". What is read back is written, and the claim ends, in one transaction; a crash before that leaves
the claim to run out, and doing it all again changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from catalog.database import Database
from catalog.disposal.keeping import being_destroyed
from catalog.incidents import open_incident
from catalog.models import Clip, Copy, LockApply, LockDue
from catalog.ports import LockStore, ObjectFacts
from catalog.retention.desiring import ACTOR
from catalog.retention.due import locks_due
from catalog.retention.observing import observe

AT_ONCE = 50
"""Clips claimed and written at once."""
LEASE = timedelta(minutes=10)
"""Many times what a batch takes; a storage that falls silent ends the batch long before."""
AGAIN_REFUSED = timedelta(hours=1)
AGAIN_FAULT = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Claim:
    """A clip that is ours until the lease ends, with what is desired of it."""

    clip: UUID
    turn: int
    lock_until: datetime
    hold: bool
    copies: tuple[Copy, ...]
    resumed: bool
    """Somebody was at it before and may have come as far as the storage: what is found there may be ours."""


@dataclass(slots=True)
class Applied:
    """What became of a claim."""

    claim: Claim
    seen: dict[UUID, ObjectFacts] = field(default_factory=dict)
    """By copy, as read back."""
    troubles: list[tuple[UUID, str, str]] = field(default_factory=list)
    """Copy, kind of incident, what happened."""
    again_after: timedelta | None = None
    """It did not come to an end: how long until it is tried again."""


def apply_pending(database: Database, store: LockStore, now: datetime, limit: int = AT_ONCE) -> int:
    """Apply what has waited longest, at most `limit` clips; answer how many were dealt with.

    A lock the storage refuses, or an object that is gone, is an incident; the others go on. Raises the store's own
    error when the storage is out of reach: what was claimed and not reached is free again.
    """
    claims = _claim(database, store, now, limit)
    results: list[Applied] = []
    try:
        for claim in claims:
            results.append(_apply(database, store, claim, now))  # noqa: PERF401 - what was done before an error counts
    finally:
        reached = {one.claim.clip for one in results}
        with database.write() as session:
            for result in results:
                write_observed(session, result, now)
            _free(session, [c for c in claims if c.clip not in reached])
    return len(results)


def _claim(database: Database, store: LockStore, now: datetime, limit: int) -> list[Claim]:
    with database.write() as session:
        rows = session.scalars(
            select(LockApply)
            .where(or_(LockApply.lease_until.is_(None), LockApply.lease_until <= now))
            .order_by(LockApply.since, LockApply.clip_id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        ).all()
        resumed = {row.clip_id for row in rows if row.lease_until is not None}
        for row in rows:
            row.lease_until = now + LEASE
        turns = {row.clip_id: row.turn for row in rows}
        clips = {clip.id: clip for clip in session.scalars(select(Clip).where(Clip.id.in_(turns)))}
        copies: dict[UUID, list[Copy]] = {clip: [] for clip in turns}
        for copy in session.scalars(
            select(Copy).where(Copy.clip_id.in_(turns), Copy.bucket == store.bucket).order_by(Copy.created_at)
        ):
            copies[copy.clip_id].append(copy)
        gone = [clip for clip in turns if clips[clip].destroyed_at is not None]
        session.execute(delete(LockApply).where(LockApply.clip_id.in_(gone)))
        going = being_destroyed(session, turns)
        return [
            Claim(
                clip,
                turn,
                clips[clip].lock_desired,
                clips[clip].hold_desired,
                tuple(copies[clip]),
                clip in resumed,
            )
            for clip, turn in turns.items()
            if clip not in gone and clip not in going
        ]


def _apply(database: Database, store: LockStore, claim: Claim, now: datetime) -> Applied:
    result = Applied(claim)
    for copy in claim.copies:
        try:
            seen = _bring(database, store, claim, copy, now)
        except store.OutOfReach:
            raise
        except store.ObjectMissing:
            what = "The storage says that this original is not there."
            result.troubles.append((copy.id, "object-missing", what))
            result.again_after = AGAIN_REFUSED
        except store.LockRefused as error:
            what = f"The storage would not prolong this lock: {error}"
            result.troubles.append((copy.id, "lock-refused", what))
            result.again_after = AGAIN_REFUSED
        except store.StorageError:
            # A fault with this one says nothing of the others; it is tried again soon.
            result.again_after = result.again_after or AGAIN_FAULT
        else:
            result.seen[copy.id] = seen
            trouble = _departs(claim, copy, seen, now)
            if trouble:
                result.troubles.append((copy.id, *trouble))
                # A lock found weaker than it was is mended at once, now that it is known.
                result.again_after = timedelta() if trouble[0] == "lock-weaker" else AGAIN_REFUSED
    return result


def _bring(database: Database, store: LockStore, claim: Claim, copy: Copy, now: datetime) -> ObjectFacts:
    """Bring one copy to what is desired and answer what the storage says of it then."""
    if claim.hold and not copy.hold:
        store.set_hold(copy.key, copy.version, True)
    shorter = copy.lock_until < claim.lock_until or copy.lock_mode != "COMPLIANCE"
    if shorter and claim.lock_until > now:
        try:
            store.extend_lock(copy.key, copy.version, claim.lock_until)
        except store.LockRefused:
            # It may be locked longer than was last read back, as when a crash came between the lock and its row.
            seen = store.facts(copy.key, copy.version)
            if (
                seen.lock_mode != "COMPLIANCE"
                or seen.lock_until is None
                or seen.lock_until < claim.lock_until
            ):
                raise
    seen = store.facts(copy.key, copy.version)
    # A hold that nobody here put on is not ours to take off.
    may_lift = not claim.hold and (copy.hold or claim.resumed)
    if seen.hold and may_lift and _locked(seen, claim, now) and _still(database, claim):
        store.set_hold(copy.key, copy.version, False)
        seen = store.facts(copy.key, copy.version)
    return seen


def _locked(seen: ObjectFacts, claim: Claim, now: datetime) -> bool:
    if claim.lock_until <= now:
        return True
    return (
        seen.lock_mode == "COMPLIANCE" and seen.lock_until is not None and seen.lock_until >= claim.lock_until
    )


def _still(database: Database, claim: Claim) -> bool:
    """Whether nothing has changed since the claim that could put the hold on again."""
    with database.read() as session:
        row = session.get(LockApply, claim.clip)
        return (
            row is not None
            and row.turn == claim.turn
            and not session.get_one(Clip, claim.clip).hold_desired
            and session.get(LockDue, claim.clip) is None
        )


def _departs(claim: Claim, copy: Copy, seen: ObjectFacts, now: datetime) -> tuple[str, str] | None:
    """Answer what is wrong with what was read back, as kind of incident and sentence, or None."""
    if seen.lock_mode != "COMPLIANCE" or seen.lock_until is None:
        return (
            ("lock-missing", "No lock protects this original in storage.") if claim.lock_until > now else None
        )
    if seen.lock_until < copy.lock_until:
        return "lock-weaker", "The lock of this original is weaker than was read back before."
    if seen.lock_until < claim.lock_until and claim.lock_until > now:
        return "lock-refused", "The lock read back is not the one that was set."
    if claim.hold and not seen.hold:
        return "hold-missing", "The hold of this original was put on and is not there when read back."
    return None


def write_observed(session: Session, result: Applied, now: datetime) -> None:
    """Write what was read back, with entries and incidents, and end the claim if nothing came between."""
    claim = result.claim
    copies: Mapping[UUID, Copy] = {
        copy.id: copy for copy in session.scalars(select(Copy).where(Copy.clip_id == claim.clip))
    }
    for copy_id, seen in result.seen.items():
        if copy_id not in copies:
            continue  # disposed of meanwhile
        observe(session, copies[copy_id], seen, now, ours=claim.hold or claim.resumed)
    for copy_id, kind, what in result.troubles:
        if copy_id not in copies:
            continue
        copy = copies[copy_id]
        details = {"copy": str(copy.id), "key": copy.key, "version": copy.version}
        open_incident(session, actor=ACTOR, kind=kind, what=what, clip=claim.clip, details=details, now=now)
    if result.again_after is not None:
        session.execute(
            update(LockApply)
            .where(LockApply.clip_id == claim.clip)
            .values(lease_until=now + result.again_after)
        )
        return
    if claim.hold or any(seen.hold for seen in result.seen.values()):
        # The long lock is there now: whether the hold may go is worked out anew.
        locks_due(session, [claim.clip], now)
    session.execute(delete(LockApply).where(LockApply.clip_id == claim.clip, LockApply.turn == claim.turn))
    _free(session, [claim])


def _free(session: Session, claims: Sequence[Claim]) -> None:
    session.execute(
        update(LockApply).where(LockApply.clip_id.in_([c.clip for c in claims])).values(lease_until=None)
    )
