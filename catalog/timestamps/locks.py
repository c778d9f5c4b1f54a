"""Locks of time stamps: prolonged like those of originals, and never ending before those of the clips they are for."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import exists, func, or_, select

from catalog.actors import system
from catalog.custody.log import add_entry
from catalog.custody.record import utc_text
from catalog.database import Database
from catalog.locked_objects import lock_of, prolong
from catalog.models import Copy, TimestampBatch, TimestampLeaf, TimestampToken
from catalog.ports import SheetStore
from catalog.rules.intake_lock import RENEW_BEFORE, lock_at_receipt
from catalog.timestamps.trouble import unproven


def renew_timestamp_locks(database: Database, store: SheetStore, now: datetime) -> int:
    """Prolong the locks of stamps that end soon, or before one of their clips; answer how many batches it was.

    A lock the storage will not prolong, or an object that is gone, is an incident; the others go on. Raises the
    store's own error when the storage is out of reach.
    """
    longest = (
        select(func.max(Copy.lock_until))
        .join(TimestampLeaf, TimestampLeaf.clip_id == Copy.clip_id)
        .where(TimestampLeaf.batch_id == TimestampBatch.id)
        .correlate(TimestampBatch)
        .scalar_subquery()
    )
    of_batch = TimestampToken.batch_id == TimestampBatch.id
    soon = now + RENEW_BEFORE
    with database.read() as session:
        ending = session.execute(
            select(TimestampBatch.id, longest).where(
                or_(
                    TimestampBatch.lock_desired < soon,
                    TimestampBatch.lock_desired < longest,
                    exists().where(of_batch, TimestampToken.lock_desired < soon),
                    exists().where(of_batch, TimestampToken.lock_desired < longest),
                )
            )
        ).all()
    return sum(
        _renew(database, store, batch, max(lock_at_receipt(now), until or now), now)
        for batch, until in ending
    )


def _renew(database: Database, store: SheetStore, batch_id: UUID, until: datetime, now: datetime) -> bool:
    with database.read() as session:
        batch = session.get_one(TimestampBatch, batch_id)
        kept = {"": batch.objects} | {t.authority: t.objects for t in batch.tokens if t.state == "kept"}
    fresh: dict[str, dict[str, Any]] = {}
    for authority, objects in kept.items():
        found, trouble = _prolonged(store, objects, until, now)
        if trouble:
            with database.write() as session:
                unproven(session, batch_id, authority, trouble, now)
            return False
        if len(found) < len(objects):
            return False
        fresh[authority] = found
    with database.write() as session:
        batch = session.get_one(TimestampBatch, batch_id)
        earlier, batch.lock_desired, batch.objects = batch.lock_desired, until, fresh[""]
        for token in batch.tokens:
            if token.authority in fresh:
                token.lock_desired, token.objects = until, fresh[token.authority]
        add_entry(
            session,
            actor=system("reconcile-locks"),
            action="timestamps.lock-extended",
            subjects={},
            facts={
                "batch": str(batch_id),
                "from": utc_text(earlier) if earlier else None,
                "until": utc_text(until),
            },
            now=now,
        )
    return True


def _prolonged(
    store: SheetStore, objects: Mapping[str, Any], until: datetime, now: datetime
) -> tuple[dict[str, Any], str]:
    """Prolong the locks of these objects; answer them as read back, and in words what went wrong.

    None of them, without words: the storage had a fault with one, which may pass.
    """
    found: dict[str, Any] = {}
    for kind, place in objects.items():
        try:
            found[kind] = prolong(store, place, until, now)
        except store.LockRefused as error:
            return {}, f"the storage would not prolong the lock of {place['key']}: {error}"
        except store.ObjectMissing:
            return {}, f"{place['key']} is not in storage"
        except store.OutOfReach:
            raise
        except store.StorageError:
            return {}, ""  # a fault with this one says nothing of the others; the next round tries it again
        read_back = lock_of(found[kind])
        if found[kind]["lock_mode"] != "COMPLIANCE" or read_back is None or read_back < until:
            return {}, f"the lock of {place['key']} read back is not the one that was set"
    return found, ""
