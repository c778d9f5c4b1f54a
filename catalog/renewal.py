"""Locks that near their end are prolonged: nothing expires because nobody looked (invariants 2 and 4).

Until a retention schedule says otherwise, every original is unreviewed, and its lock is renewed for ever.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import exists, select

from catalog.actors import system
from catalog.custody.log import add_entry
from catalog.database import Database
from catalog.incidents import open_incident
from catalog.models import AppraisalItem, Clip, Copy
from catalog.ports import IntakeStore, ObjectFacts
from catalog.rules.intake_lock import lock_at_receipt

RENEW_BEFORE = timedelta(days=60)
"""Two months: time enough for somebody to notice that renewing fails."""
AT_ONCE = 500


def renew_locks(database: Database, store: IntakeStore, now: datetime) -> int:
    """Prolong the locks that end within RENEW_BEFORE, read each back, and answer how many were renewed.

    A lock the storage will not prolong, or an object that is gone, is an incident; the others go on. The storage being
    out of reach ends the round with the store's own error; the next round goes on where it stood.
    """
    renewed = 0
    seen: set[UUID] = set()
    while True:
        with database.read() as session:
            ending = session.scalars(
                select(Copy)
                .where(
                    Copy.lock_until < now + RENEW_BEFORE,
                    Copy.bucket == store.bucket,
                    Copy.id.not_in(seen),
                    # What is being appraised has expired; when it leaves the list undestroyed it is renewed again.
                    ~exists().where(AppraisalItem.active_clip_id == Copy.clip_id),
                )
                .order_by(Copy.lock_until)
                .limit(AT_ONCE)
            ).all()
        if not ending:
            return renewed
        for copy in ending:
            seen.add(copy.id)
            renewed += _renew(database, store, copy, now)


def _renew(database: Database, store: IntakeStore, copy: Copy, now: datetime) -> bool:
    until = lock_at_receipt(now)
    try:
        store.extend_lock(copy.key, copy.version, until)
        facts = store.facts(copy.key, copy.version)
    except store.LockRefused as error:
        _incident(database, copy, "lock-refused", f"The storage would not prolong this lock: {error}", now)
        return False
    except store.ObjectMissing:
        _incident(database, copy, "object-missing", "The storage says that this original is not there.", now)
        return False
    if facts.lock_mode != "COMPLIANCE" or facts.lock_until is None or facts.lock_until < until:
        _incident(database, copy, "lock-refused", "The lock read back is not the one that was set.", now)
        return False
    _keep(database, copy, facts, now)
    return True


def _keep(database: Database, copy: Copy, facts: ObjectFacts, now: datetime) -> None:
    assert facts.lock_until is not None  # noqa: S101 - looked at above
    with database.write() as session:
        kept, clip = session.get_one(Copy, copy.id), session.get_one(Clip, copy.clip_id)
        earlier = kept.lock_until
        kept.lock_until, kept.lock_read_at = facts.lock_until, now
        clip.lock_desired = max(clip.lock_desired, facts.lock_until)
        add_entry(
            session,
            actor=system("renew-locks"),
            action="clip.lock-extended",
            subjects={"clip": clip.id},
            facts={
                "from": earlier.isoformat(),
                "until": facts.lock_until.isoformat(),
                "version": kept.version,
            },
            now=now,
        )


def _incident(database: Database, copy: Copy, kind: str, what: str, now: datetime) -> None:
    with database.write() as session:
        if session.get(Copy, copy.id) is None:
            return  # disposed of meanwhile
        open_incident(
            session,
            actor=system("renew-locks"),
            kind=kind,
            what=what,
            clip=copy.clip_id,
            details={"copy": str(copy.id), "key": copy.key, "version": copy.version},
            now=now,
        )
