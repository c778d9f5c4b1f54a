"""Which of the times a file states is shown as the start of its recording. Pure; device time is never altered.

All statements stay side by side in the clip's facts; this only chooses the one that lists are sorted by, and says
which it is. It is never used for a retention period (invariant 3).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
"""Clocks that were never set say 1904, 1970 or 1980."""

PREFERENCE = (
    "quicktime-creationdate",
    "exif-gps",
    "file-name",
    "exif-original",
    "exif-digitized",
    "timecode",
    "riff-date",
    "container-utc",
    "stream-utc",
    "exif-modified",
    "file-modified",
)
"""Best first. A file's name comes before the container's "UTC": body cameras write local time into that field, while
the name is what they also print into the picture. The file system's time is the end of the recording at best."""


@dataclass(frozen=True, slots=True)
class StatedTime:
    """One statement: ISO 8601, with an offset or `Z` where the file states one, else the device's local time."""

    origin: str
    value: str


@dataclass(frozen=True, slots=True)
class ChosenTime:
    """The start shown in lists, UTC, and whose word it is."""

    at: datetime
    origin: str


def choose_recorded_time(stated: Sequence[StatedTime], zone: tzinfo, received: datetime) -> ChosenTime | None:
    """Answer the most trustworthy plausible statement, or None.

    Local times are read in `zone`, the bureau's time zone. A time before 2000, or more than a day after receipt, is
    a clock that was never set, and is passed over.
    """
    for origin in PREFERENCE:
        for one in stated:
            if one.origin != origin:
                continue
            at = parse_stated(one.value, zone)
            if at is not None and EARLIEST <= at <= received + timedelta(days=1):
                return ChosenTime(at, origin)
    return None


@dataclass(frozen=True, slots=True)
class ComparedTime:
    """One statement beside the one that was chosen."""

    origin: str
    value: str
    """As found."""
    at: datetime | None
    """UTC; None when it is no time that could be read."""
    plausible: bool
    """False for a clock that was never set."""
    chosen: bool
    after: float | None
    """Seconds after the chosen start; negative before it, None when either is unknown."""


def compare_times(
    stated: Sequence[StatedTime],
    zone: tzinfo,
    received: datetime,
    *,
    chosen: datetime | None,
    origin: str | None,
) -> list[ComparedTime]:
    """Answer every statement side by side, in the order of trust; those of unknown origin last."""
    found: list[ComparedTime] = []
    for one in stated:
        at = parse_stated(one.value, zone)
        found.append(
            ComparedTime(
                one.origin,
                one.value,
                at,
                plausible=at is not None and EARLIEST <= at <= received + timedelta(days=1),
                chosen=at is not None and at == chosen and one.origin == origin,
                after=(at - chosen).total_seconds() if at is not None and chosen is not None else None,
            )
        )
    order = {name: place for place, name in enumerate(PREFERENCE)}
    return sorted(found, key=lambda one: order.get(one.origin, len(order)))


def parse_stated(value: str, zone: tzinfo) -> datetime | None:
    """Answer a statement as UTC, local times read in `zone`; None for what is no time."""
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    try:
        return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
    except (OverflowError, ValueError):
        return None
