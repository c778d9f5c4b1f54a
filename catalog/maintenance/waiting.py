"""What waits for whoever manages recorders, as one number for the navigation; the boards say what it is."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import and_, exists, func, or_, select
from sqlalchemy.orm import Session

from catalog.models import Recorder, RecorderCheck, RecorderDoubt, RecorderFault
from catalog.rules.check_due import checked_since
from catalog.rules.recorder_readings import Limits
from catalog.rules.recorder_state import ITEMS

WHOLE = and_(*(RecorderCheck.results[item].as_string() != "not-checked" for item in ITEMS))
"""`Check.whole` in SQL: an item that is not named is NULL there, and counts as not looked at."""


def count_recorders_waiting(session: Session, *, limits: Limits, now: datetime) -> int:
    """Count the recorders of which something waits: an overdue check, a fault without an order, a question of readings.

    One query, for it is asked with every page: no check older than the interval is read.
    """
    since = checked_since(limits.check_days, now)
    checked = exists().where(
        RecorderCheck.recorder_id == Recorder.id,
        RecorderCheck.at >= since,
        RecorderCheck.occasion != "docking",
        WHOLE,
    )
    overdue = and_(
        Recorder.registered, Recorder.state == "in-service", Recorder.created_at < since, ~checked
    )  # fmt: skip
    faulty = and_(
        Recorder.state != "retired",
        exists().where(
            RecorderFault.recorder_id == Recorder.id,
            RecorderFault.closed_at.is_(None),
            RecorderFault.repair_id.is_(None),
        ),
    )
    asked = exists().where(RecorderDoubt.recorder_id == Recorder.id, RecorderDoubt.resolved_at.is_(None))
    return session.scalar(select(func.count(Recorder.id)).where(or_(overdue, faulty, asked))) or 0
