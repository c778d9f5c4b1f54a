"""Labels of a clip: short words for everything it is filtered by, small letters and digits only. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from uuid import UUID

UNATTACHED = "sunattached"
MARKED = "smarked"
NO_TIME = "snotime"
NO_DURATION = "snoduration"


def officer(one: UUID | None) -> str:
    """Label of who recorded it."""
    return f"o{one.hex}" if one else "onobody"


def unit(one: UUID) -> str:
    """Label of the unit of who recorded it."""
    return f"u{one.hex}"


def recorder(one: UUID) -> str:
    """Label of the recorder that made it."""
    return f"r{one.hex}"


def kind(one: str) -> str:
    """Label of its kind."""
    return f"k{one}"


def state(one: str) -> str:
    """Label of a state: verified, waiting, attention, failed, partial."""
    return f"s{one}"


def step(stage: str | None, activity: str | None) -> str:
    """Label of a step it is attached to, by stage, by activity, or by both of one and the same step."""
    return f"g{stage or ''}a{activity or ''}"


def mark(preset: str) -> str:
    """Label of a kind of mark it has; a bureau's own kinds may be called anything."""
    return f"p{preset.encode('utf-8', 'replace').hex()}"


def month(which: str, moment: datetime) -> str:
    """Label of the month (UTC) of its receipt (`which` "received") or recording."""
    return f"m{which}{moment:%Y%m}"


def months(which: str, since: datetime, until: datetime, most: int = 36) -> list[str]:
    """Labels of the months from `since` to `until`; none where there are more than `most`."""
    since, until = since.astimezone(UTC), until.astimezone(UTC)
    first, last = since.year * 12 + since.month - 1, until.year * 12 + until.month - 1
    if last - first >= most:
        return []
    return [f"m{which}{n // 12:04}{n % 12 + 1:02}" for n in range(first, last + 1)]


def line(labels: Iterable[str]) -> str:
    """All labels as one text in which each stands between blanks."""
    return f" {' '.join(sorted(set(labels)))} "
