"""Parts of one recording that a recorder cut: whether each begins where the one before ends. Pure.

Device times are compared with device times only: of the same origin, on the same recorder. Nothing is corrected.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

Join = Literal["follows", "gap", "overlap", "unknown"]

ENDS = "file-modified"
"""The file system's time of a file is when its last byte was written: the end of a part, not its beginning."""
ORIGINS = (
    "quicktime-creationdate",
    "file-name",
    "timecode",
    "riff-date",
    "container-utc",
    "stream-utc",
    ENDS,
)
"""Whose word is taken, best first: the first that both parts have and that tells them apart."""
WITHIN: Mapping[str, float] = {ENDS: 3.0}
WITHIN_ELSE = 2.0
"""Seconds that times of whole seconds leave open, on both sides together; FAT counts in steps of two."""
_LONGEST = 366 * 86_400.0


@dataclass(frozen=True, slots=True)
class Part:
    """One part. `stated` is what it says of time, by origin; local times of one recorder have no zone and need none."""

    number: int
    seconds: float | None
    stated: Mapping[str, datetime] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Joint:
    """Where two parts meet."""

    join: Join
    seconds: float | None
    """Between the end of one and the start of the next; below zero they overlap."""
    origin: str | None
    """Whose word it is."""
    within: float
    """Seconds that remain open."""
    missing: tuple[int, ...] = ()
    """Numbers of the parts that are not there in between; the first hundred."""


def joint(before: Part, after: Part) -> Joint:
    """Answer how `after`, the next part that is there, follows `before`. Raises ValueError when it does not."""
    if after.number <= before.number:
        raise ValueError("the parts are not in their order")
    missing = tuple(range(before.number + 1, min(after.number, before.number + 101)))
    for origin in ORIGINS:
        between = _between(before, after, origin)
        if between is None:
            continue
        within = WITHIN.get(origin, WITHIN_ELSE)
        join: Join = "follows" if abs(between) <= within else "gap" if between > 0 else "overlap"
        return Joint(join, round(between, 1), origin, within, missing)
    return Joint("unknown", None, None, 0.0, missing)


def first_missing(first: Part, first_number: int) -> tuple[int, ...]:
    """Answer the numbers that lack before the first part that is there, the first hundred."""
    return tuple(range(first_number, min(first.number, first_number + 100)))


def _between(before: Part, after: Part, origin: str) -> float | None:
    """Seconds from the end of one to the beginning of the other, by one origin; None where it does not tell."""
    one, other = before.stated.get(origin), after.stated.get(origin)
    if one is None or other is None or (one.tzinfo is None) != (other.tzinfo is None):
        return None
    apart = (other - one).total_seconds()
    if apart == 0:
        return None  # a name may state when the whole recording began, in each of its parts
    length = after.seconds if origin == ENDS else before.seconds
    if length is None or abs(apart) > _LONGEST:
        return None
    return apart - length
