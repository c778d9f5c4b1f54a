"""How long stages took: one row for each attempt, and what is concluded from them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from catalog.models import Clip, Stage, StageRun

KEPT = timedelta(days=60)
SPEED_OF = timedelta(days=14)
"""A speed is that of so many days: machines and recorders change."""


def note_run(session: Session, stage: Stage, outcome: str, now: datetime) -> None:
    """Note how an attempt at `stage` ended. To be called in the transaction that ends it, before its fields change."""
    if stage.started_at is None:
        return
    duration, size = session.execute(select(Clip.duration, Clip.size).where(Clip.id == stage.clip_id)).one()
    session.add(
        StageRun(
            clip_id=stage.clip_id,
            stage=stage.stage,
            outcome=outcome,
            seconds=max(0.0, (now - stage.started_at).total_seconds()),
            media_seconds=duration,
            size=size,
            ended_at=now,
        )
    )


@dataclass(frozen=True, slots=True)
class Pace:
    """How long a stage takes, over the attempts that were done."""

    stage: str
    runs: int
    per_minute: float | None
    """Seconds of work for a minute of recording; None without any that has a running time."""
    each: float
    """Seconds of work for one recording."""


def paces(session: Session, now: datetime, over: timedelta = SPEED_OF) -> list[Pace]:
    """Answer the pace of every stage that was done lately."""
    timed = StageRun.media_seconds > 0
    rows = session.execute(
        select(
            StageRun.stage,
            func.count(),
            func.sum(StageRun.seconds),
            func.sum(StageRun.seconds).filter(timed),
            func.sum(StageRun.media_seconds).filter(timed),
        )
        .where(StageRun.ended_at > now - over, StageRun.outcome == "done")
        .group_by(StageRun.stage)
    ).all()
    return [
        Pace(stage, runs, 60 * of_timed / media if media else None, spent / runs)
        for stage, runs, spent, of_timed, media in rows
    ]


def expected_seconds(session: Session, clip: Clip, stage: str, now: datetime) -> float | None:
    """Answer how long `stage` of this clip will take, by the pace of late; None when nothing is known to say so."""
    pace = next((p for p in paces(session, now) if p.stage == stage), None)
    if pace is None or pace.per_minute is None or clip.duration is None:
        return None
    return pace.per_minute * clip.duration / 60


def forget_runs(session: Session, now: datetime) -> None:
    """Remove what is older than is of use."""
    session.execute(delete(StageRun).where(StageRun.ended_at < now - KEPT))


def runs_of(session: Session, clip: UUID) -> list[StageRun]:
    """Answer what was noted about a clip, oldest first."""
    return list(
        session.scalars(
            select(StageRun).where(StageRun.clip_id == clip).order_by(StageRun.ended_at, StageRun.id)
        )
    )
