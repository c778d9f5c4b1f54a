"""The maintenance log beside a clip: in which state its recorder was when it recorded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from catalog.maintenance.log import state_at
from catalog.maintenance.verdicts import verdicts_of
from catalog.models import (
    MaintenanceEntry,
    RecallVerdict,
    Recorder,
    RecorderCheck,
    RecorderFault,
    RecorderRepair,
)


@dataclass(frozen=True, slots=True)
class MaintenanceThen:
    """The state of a recorder at a moment, by its log."""

    at: datetime
    known: bool
    """Whether `at` is when it recorded; else when the recording was first docked."""
    state: str
    checked: RecorderCheck | None
    """The last check before."""
    faults: Sequence[RecorderFault]
    """Open at that moment; those that were rejected later are left out."""
    firmware: str
    repair: RecorderRepair | None
    """The next one after it, or the one it was in."""
    verdicts: Sequence[RecallVerdict]


def maintenance_then(
    session: Session, recorder: Recorder, *, at: datetime, known: bool, clip_id: UUID
) -> MaintenanceThen:
    """Answer how a recorder was at a moment."""
    checked = session.scalar(
        select(RecorderCheck)
        .where(RecorderCheck.recorder_id == recorder.id, RecorderCheck.at <= at)
        .order_by(RecorderCheck.at.desc(), RecorderCheck.id.desc())
        .limit(1)
    )
    faults = session.scalars(
        select(RecorderFault)
        .where(
            RecorderFault.recorder_id == recorder.id,
            RecorderFault.reported_at <= at,
            or_(RecorderFault.closed_at.is_(None), RecorderFault.closed_at > at),
            or_(RecorderFault.outcome.is_(None), RecorderFault.outcome != "rejected"),
        )
        .order_by(RecorderFault.reported_at)
    ).all()
    repair = session.scalar(
        select(RecorderRepair)
        .where(
            RecorderRepair.recorder_id == recorder.id,
            or_(RecorderRepair.closed_at.is_(None), RecorderRepair.closed_at >= at),
        )
        .order_by(RecorderRepair.sent_at)
        .limit(1)
    )
    return MaintenanceThen(
        at, known, state_at(session, recorder, at), checked, faults, _firmware(session, recorder, at), repair,
        verdicts_of(session, clip_id),
    )  # fmt: skip


def _firmware(session: Session, recorder: Recorder, at: datetime) -> str:
    """Answer the firmware at a moment: what the next update or entry in the register replaced, else what it has now."""
    lines = session.scalars(
        select(MaintenanceEntry)
        .where(
            MaintenanceEntry.recorder_id == recorder.id,
            MaintenanceEntry.kind.in_(("work-noted", "register-changed")),
            MaintenanceEntry.at > at,
        )
        .order_by(MaintenanceEntry.at, MaintenanceEntry.id)
    )
    later = next((line for line in lines if "firmware_before" in line.facts), None)
    return str(later.facts["firmware_before"]) if later is not None else recorder.firmware
