"""设备台账: the recorders, who holds them, and when they were last docked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from catalog.models import Clip, Docking, Recorder


@dataclass(frozen=True, slots=True)
class RecorderLine:
    """A recorder in the register."""

    recorder: Recorder
    dockings: int
    clips: int
    last_docked: datetime | None
    last_docking: UUID | None


def list_recorders(session: Session, limit: int = 500) -> list[RecorderLine]:
    """Answer recorders, those not registered first, then by label."""
    visits = (
        select(
            Docking.recorder_id,
            func.count().label("dockings"),
            func.max(Docking.opened_at).label("last"),
        )
        .group_by(Docking.recorder_id)
        .subquery()
    )
    made = select(Clip.recorder_id, func.count().label("clips")).group_by(Clip.recorder_id).subquery()
    newest = (
        select(Docking.id)
        .where(Docking.recorder_id == Recorder.id)
        .order_by(Docking.opened_at.desc())
        .limit(1)
        .correlate(Recorder)
        .scalar_subquery()
    )
    rows = session.execute(
        select(Recorder, visits.c.dockings, made.c.clips, visits.c.last, newest)
        .outerjoin(visits, visits.c.recorder_id == Recorder.id)
        .outerjoin(made, made.c.recorder_id == Recorder.id)
        .options(joinedload(Recorder.holder))
        .order_by(Recorder.registered, Recorder.label)
        .limit(limit)
    ).all()
    return [RecorderLine(r, d or 0, c or 0, last, docking) for r, d, c, last, docking in rows]
