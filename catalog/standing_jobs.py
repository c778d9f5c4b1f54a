"""The jobs that are done again and again by themselves: noted when they begin and end, for whoever looks after the house."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.models import StandingJob


def note_start(session: Session, name: str, now: datetime) -> None:
    """Note that a job begins."""
    _row(session, name).started_at = now


def note_end(
    session: Session, name: str, now: datetime, *, trouble: str = "", next_at: datetime | None
) -> None:
    """Note that a job ended, in which trouble if any, and when it comes next."""
    row = _row(session, name)
    row.ended_at, row.succeeded, row.trouble, row.next_at = now, not trouble, trouble[:2000], next_at


def note_planned(session: Session, plan: dict[str, datetime]) -> None:
    """Note when jobs come next; those that are no longer planned are forgotten."""
    for row in session.scalars(select(StandingJob)).all():
        if row.name not in plan:
            session.delete(row)
    for name, next_at in plan.items():
        _row(session, name).next_at = next_at


def standing_jobs(session: Session) -> list[StandingJob]:
    """Answer all of them, the next one first."""
    rows = session.scalars(select(StandingJob)).all()
    return sorted(rows, key=lambda r: (r.next_at is None, r.next_at, r.name))


def _row(session: Session, name: str) -> StandingJob:
    row = session.get(StandingJob, name)
    if row is None:
        row = StandingJob(name=name, trouble="")
        session.add(row)
    return row
