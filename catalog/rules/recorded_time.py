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
            at = _parse(one.value, zone)
            if at is not None and EARLIEST <= at <= received + timedelta(days=1):
                return ChosenTime(at, origin)
    return None


def _parse(value: str, zone: tzinfo) -> datetime | None:
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    try:
        return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
    except (OverflowError, ValueError):
        return None
