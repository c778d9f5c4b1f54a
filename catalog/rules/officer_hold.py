"""Whether a hold on officers and a span of time is about a clip. Pure; where something is unknown it holds, not loses."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

CLOCK_ERROR = timedelta(days=1)
"""How far a recorder's clock is taken to be off, either way, where nobody measured more."""
LONGEST = timedelta(days=1)
"""Running time of a recording that is not measured yet."""


@dataclass(frozen=True, slots=True)
class OfficerSpan:
    """What such a hold is about: `since` included, `until` not."""

    officers: frozenset[UUID]
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Recorded:
    """What is known of when and by whom a clip was recorded."""

    officer: UUID | None
    at: datetime | None
    """The recorder's word, in UTC."""
    seconds: float | None
    received: datetime
    """By the server's clock: no recording is younger than its receipt."""
    clock_off: float | None = None
    """Seconds by which the recorder's clock was off when it was docked, with the error of that measure, whichever way."""


def caught(span: OfficerSpan, clip: Recorded) -> Literal["surely", "perhaps"] | None:
    """Answer whether `span` is about `clip`.

    `surely`: by somebody named, at a time that is known. `perhaps`: who recorded it or when is not known, and what is
    known does not speak against it; a clip whose time nobody knows may be as old as you like, but no younger than its
    receipt. None: it is about others, or another time.
    """
    if clip.officer is not None and clip.officer not in span.officers:
        return None
    if clip.received < span.since:
        return None
    if clip.at is None or _clock_is_lost(clip):
        return "perhaps"
    end = clip.at + (LONGEST if clip.seconds is None else timedelta(seconds=max(clip.seconds, 0.0)))
    if not (clip.at - CLOCK_ERROR < span.until and end + CLOCK_ERROR >= span.since):
        return None
    known = clip.officer is not None and clip.seconds is not None
    return "surely" if known else "perhaps"


def _clock_is_lost(clip: Recorded) -> bool:
    return clip.clock_off is not None and clip.clock_off > CLOCK_ERROR.total_seconds()
