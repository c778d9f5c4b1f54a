"""Locks of sheets and manifests: prolonged like those of originals, and never ending before those of what they list."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from catalog.actors import system
from catalog.custody.log import add_entry
from catalog.custody.record import utc_text
from catalog.database import Database
from catalog.incidents import open_incident
from catalog.locked_objects import Place, lock_of, prolong
from catalog.models import Copy, Incident, Sheet, Sighting
from catalog.ports import SheetStore
from catalog.rules.intake_lock import RENEW_BEFORE, lock_at_receipt


def renew_sheet_locks(database: Database, store: SheetStore, now: datetime) -> int:
    """Prolong the locks of sheets that end soon, or before one of what they list; answer how many sheets it was.

    A lock the storage will not prolong, or an object that is gone, is an incident; the others go on. Raises the
    store's own error when the storage is out of reach.
    """
    longest = (
        select(func.max(Copy.lock_until))
        .join(Sighting, Sighting.clip_id == Copy.clip_id)
        .where(Sighting.docking_id == Sheet.docking_id)
        .correlate(Sheet)
        .scalar_subquery()
    )
    with database.read() as session:
        ending: list[tuple[UUID, datetime | None]] = [
            (sheet, until)
            for sheet, until in session.execute(
                select(Sheet.id, longest).where(
                    or_(Sheet.lock_desired < now + RENEW_BEFORE, Sheet.lock_desired < longest)
                )
            )
        ]
    return sum(
        _renew(database, store, sheet, max(lock_at_receipt(now), until or now), now)
        for sheet, until in ending
    )


def _renew(database: Database, store: SheetStore, sheet_id: UUID, until: datetime, now: datetime) -> bool:
    with database.read() as session:
        sheet = session.get_one(Sheet, sheet_id)
    fresh: dict[str, Place] = {}
    for kind, place in sheet.objects.items():
        if "key" not in place:
            continue
        try:
            fresh[kind] = prolong(store, place, until, now)
        except store.LockRefused as error:
            _incident(
                database, sheet, "lock-refused", f"The storage would not prolong this lock: {error}", now
            )
            return False
        except store.ObjectMissing:
            _incident(
                database,
                sheet,
                "sheet-incomplete",
                f"The sheet of docking {sheet.docking_id} is not in storage as recorded: the {kind} is not there",
                now,
            )
            return False
        except store.OutOfReach:
            raise
        except store.StorageError:
            return False  # a fault with this one says nothing of the others; the next round tries it again
        read_back = lock_of(fresh[kind])
        if fresh[kind]["lock_mode"] != "COMPLIANCE" or read_back is None or read_back < until:
            _incident(database, sheet, "lock-refused", "The lock read back is not the one that was set.", now)
            return False
    with database.write() as session:
        _keep(session, sheet_id, fresh, until, now)
    return True


def _keep(session: Session, sheet_id: UUID, fresh: dict[str, Any], until: datetime, now: datetime) -> None:
    kept = session.get_one(Sheet, sheet_id)
    earlier, kept.lock_desired = kept.lock_desired, max(kept.lock_desired, until)
    kept.objects = {**kept.objects, **fresh}
    add_entry(
        session,
        actor=system("reconcile-locks"),
        action="docking.sheet-lock-extended",
        subjects={"docking": kept.docking_id},
        facts={"revision": kept.revision, "from": utc_text(earlier), "until": utc_text(kept.lock_desired)},
        now=now,
    )


def _incident(database: Database, sheet: Sheet, kind: str, what: str, now: datetime) -> None:
    """Open an incident about a sheet unless one of this kind is open."""
    with database.write() as session:
        for known in session.scalars(
            select(Incident).where(Incident.kind == kind, Incident.resolved_at.is_(None))
        ):
            if known.details.get("sheet") == str(sheet.id):
                return
        open_incident(
            session,
            actor=system("reconcile-locks"),
            kind=kind,
            what=what,
            details={
                "sheet": str(sheet.id),
                "docking": str(sheet.docking_id),
                "revision": sheet.revision,
            },
            now=now,
        )
