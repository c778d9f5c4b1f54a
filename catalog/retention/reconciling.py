"""The round that compares, for every copy, what is desired, what was last read back, and what the storage says now.

It goes through all copies in the order of their ids, a page at a time, and remembers where it is: a storage that falls
silent ends it, and the next one goes on from there. Each page works its clips out anew, so that rolling dates roll and
nothing depends on somebody having noted a change. A difference that nobody is at already is an incident, and put right.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.database import Database
from catalog.disposal.keeping import being_destroyed
from catalog.incidents import open_incident
from catalog.models import Clip, Copy, LockApply, LockRound
from catalog.ports import LockStore, ObjectFacts
from catalog.retention.applying import apply_pending
from catalog.retention.desiring import ACTOR, work_out, work_out_dues
from catalog.retention.due import applies_due
from catalog.retention.facts import copy_facts
from catalog.retention.observing import observe
from catalog.rules.desired_lock import met

PAGE = 200
"""Copies looked at together."""
THREADS = 4
"""Questions to the storage at once."""
ROUND = "reconcile"


@dataclass(slots=True)
class Round:
    """What a round came to."""

    looked: int = 0
    differing: int = 0
    """Copies that were not as last read back, or not there."""
    applied: int = 0


@dataclass(frozen=True, slots=True)
class _Look:
    """One copy as the storage answered."""

    copy: Copy
    seen: ObjectFacts | None
    trouble: str
    """missing, fault or empty."""


@dataclass(frozen=True, slots=True)
class _Where:
    database: Database
    store: LockStore
    zone: ZoneInfo
    threads: ThreadPoolExecutor


def reconcile(
    database: Database, store: LockStore, zone: ZoneInfo, now: Callable[[], datetime], *, page: int = PAGE
) -> Round:
    """Go on with the round to its end; answer what it came to from here.

    Raises the store's own error when the storage is out of reach; the next call goes on where this one stood. A fault
    with one object stops nothing.
    """
    found = Round()
    with ThreadPoolExecutor(THREADS, thread_name_prefix="locks") as threads:
        after = _begin(database, now())
        while True:
            with database.read() as session:
                copies = _page(session, store.bucket, after, page)
            part = Round()
            if copies:
                part = _page_through(_Where(database, store, zone, threads), copies, now())
                after = copies[-1].id
            ended = len(copies) < page
            _note(database, part, None if ended else after, now() if ended else None)
            found.looked += part.looked
            found.differing += part.differing
            found.applied += part.applied
            if ended:
                return found


def _begin(database: Database, now: datetime) -> UUID | None:
    with database.write() as session:
        row = session.get(LockRound, ROUND)
        if row is None:
            row = LockRound(name=ROUND, begun_at=now)
            session.add(row)
        elif row.after is None:
            row.begun_at, row.ended_at, row.looked, row.differing = now, None, 0, 0
        return row.after


def _note(database: Database, part: Round, after: UUID | None, ended: datetime | None) -> None:
    with database.write() as session:
        row = session.get_one(LockRound, ROUND)
        row.after, row.ended_at = after, ended
        row.looked += part.looked
        row.differing += part.differing


def _page(session: Session, bucket: str, after: UUID | None, limit: int) -> Sequence[Copy]:
    query = (
        select(Copy)
        .join(Clip, Clip.id == Copy.clip_id)
        .where(Copy.bucket == bucket, Clip.destroyed_at.is_(None))
    )
    if after is not None:
        query = query.where(Copy.id > after)
    return session.scalars(query.order_by(Copy.id).limit(limit)).all()


def _page_through(where: _Where, copies: Sequence[Copy], now: datetime) -> Round:
    clips = sorted({copy.clip_id for copy in copies})
    with where.database.write() as session:
        work_out(session, clips, where.zone, now)
    looks = list(where.threads.map(lambda copy: _look(where.store, copy), copies))
    with where.database.write() as session:
        differing = _compare(session, looks, now)
    return Round(len(looks), differing, settle(where.database, where.store, where.zone, now))


def _look(store: LockStore, copy: Copy) -> _Look:
    try:
        return _Look(copy, store.facts(copy.key, copy.version), "")
    except store.OutOfReach:
        raise
    except store.ObjectMissing:
        return _Look(copy, None, "missing")
    except store.StorageError:
        return _Look(copy, None, "fault")


def _compare(session: Session, looks: Iterable[_Look], now: datetime) -> int:
    """Write what was seen and open incidents for what differs; answer how many copies differed."""
    asked = {look.copy.id: look for look in looks}
    rows = session.scalars(
        select(Copy)
        .where(Copy.id.in_(asked))
        .order_by(Copy.clip_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    clips: Mapping[UUID, Clip] = {
        clip.id: clip
        for clip in session.scalars(select(Clip).where(Clip.id.in_({row.clip_id for row in rows})))
    }
    going = being_destroyed(session, clips)
    busy = set(session.scalars(select(LockApply.clip_id).where(LockApply.clip_id.in_(clips))))
    differing = 0
    for row in rows:
        look, clip = asked[row.id], clips[row.clip_id]
        if row.lock_read_at != look.copy.lock_read_at or clip.destroyed_at is not None or clip.id in going:
            continue  # somebody was at it between: what was seen may be older than what is written
        trouble = _trouble(row, look, clip, now)
        if look.seen is not None:
            observe(session, row, look.seen, now, ours=clip.hold_desired or clip.id in busy)
            if not met([copy_facts(row)], clip.lock_desired, clip.hold_desired, now):
                applies_due(session, [clip.id], now)
        if trouble is None:
            continue
        differing += 1
        if clip.id not in busy or trouble[0] in {"object-missing", "lock-missing", "lock-weaker"}:
            open_incident(
                session,
                actor=ACTOR,
                kind=trouble[0],
                what=trouble[1],
                clip=clip.id,
                details={"copy": str(row.id), "key": row.key, "version": row.version},
                now=now,
            )
    return differing


def _trouble(copy: Copy, look: _Look, clip: Clip, now: datetime) -> tuple[str, str] | None:
    """Answer how the storage departs from what was last read back, as kind of incident and sentence."""
    seen = look.seen
    if look.trouble == "missing":
        return "object-missing", "The storage says that this original is not there."
    if seen is None:
        return None
    if copy.lock_until > now and (seen.lock_mode != "COMPLIANCE" or seen.lock_until is None):
        return "lock-missing", "No lock protects this original in storage."
    if seen.lock_until is not None and seen.lock_until < copy.lock_until:
        return "lock-weaker", "The lock of this original is weaker than was read back before."
    if copy.hold and not seen.hold and clip.hold_desired:
        return (
            "hold-missing",
            "The hold of this original was switched off at the storage; it is put on again.",
        )
    return None


def settle(database: Database, store: LockStore, zone: ZoneInfo, now: datetime, rounds: int = 1000) -> int:
    """Work out and apply until nothing waits that can be done now; answer how many clips were applied."""
    applied = 0
    for _ in range(rounds):
        worked = work_out_dues(database, zone, now)
        done = apply_pending(database, store, now)
        applied += done
        if not worked and not done:
            break
    return applied
