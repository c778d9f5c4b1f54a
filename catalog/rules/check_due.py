"""定期检查: when a recorder is to be checked by hand again, and from when its holder is told (R2.14). Pure functions."""

from __future__ import annotations

from datetime import datetime, timedelta

TOLD_DAYS = 14
"""So many days before the check its holder is told; of a short interval no more than its last third."""


def check_due(last: datetime | None, entered: datetime, days: int) -> datetime:
    """Answer by when it is to be checked: so many days after its last whole check, else after it was entered."""
    return (last or entered) + timedelta(days=days)


def checked_since(days: int, now: datetime) -> datetime:
    """Answer since when it has to have been checked, or entered, so that nothing is overdue at `now`."""
    return now - timedelta(days=days)


def holder_told(due: datetime, days: int, now: datetime) -> bool:
    """Answer whether its holder is told of the check: shortly before it is due, and until it is done."""
    return now >= due - timedelta(days=min(TOLD_DAYS, days // 3))
