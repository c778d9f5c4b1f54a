"""Who recorded a clip: whoever held the recorder then, else whom the name states, else who was picked. Pure.

The word of the register comes first, and where another source contradicts it, that is a flag, never silence.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

Source = Literal["held-then", "name", "picked", "assigned"]
SOURCES: tuple[Source, ...] = ("held-then", "name", "picked", "assigned")
"""Best first: held the recorder at the clip's time; stands in the file's name; was picked at the station; is whom the
recorder was assigned to when it was docked."""

DISAGREES = "officer-disagrees"
"""Another source names somebody else."""
UNCERTAIN = "officer-uncertain"
"""The recorder changed hands so close to the clip that its clock cannot tell who had it."""
FLAGS = frozenset({DISAGREES, UNCERTAIN})

UNMEASURED = timedelta(minutes=5)
"""By how much a recorder's clock is taken to be wrong when nobody measured it."""
BESIDES = timedelta(seconds=5)
"""What is added to a measured error: clocks drift between the recording and the docking."""
NOT_THE_DEVICE = frozenset({"exif-gps", "gpmf"})
"""Times that do not come from the recorder's clock."""
_ENDS = frozenset({"file-modified"})
"""Times that state the end of a recording."""


@dataclass(frozen=True, slots=True)
class Held:
    """Somebody had the recorder from `since`, to `until` or until now."""

    officer: UUID
    since: datetime
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Taken:
    """When a clip was recorded, by true time as far as known; `error` widens it at both ends."""

    start: datetime
    end: datetime
    error: timedelta


@dataclass(frozen=True, slots=True)
class WhoFacts:
    """What is known when the question is asked."""

    taken: Taken | None
    holdings: Sequence[Held]
    number: str = ""
    """The officer number in the file's name."""
    named: UUID | None = None
    """The officer of that number, if there is one in the register."""
    picked: UUID | None = None
    assigned: UUID | None = None
    """Whom the recorder was assigned to when it was docked."""
    pool: bool = False
    """Shared: whom it is assigned to now says nothing of earlier."""


@dataclass(frozen=True, slots=True)
class Who:
    """The answer; `officer` and `source` are both None when nobody can be named."""

    officer: UUID | None
    source: Source | None
    flags: tuple[str, ...] = ()


def stated(number: str) -> str:
    """Answer an officer number as stated in a name; recorders that nobody set up state 000000, which is none."""
    return number if number.strip("0") else ""


def taken_when(
    recorded: datetime | None,
    origin: str | None,
    duration: float | None,
    *,
    offset: float | None = None,
    offset_error: float | None = None,
) -> Taken | None:
    """Answer when a clip was taken, None when no time is known.

    `recorded` is the device's time in UTC, `origin` whose word it is, `duration` in seconds; `offset` is the
    recorder's clock minus true time in seconds, `offset_error` its bound. Device time itself is not altered by this.
    """
    if recorded is None:
        return None
    length = timedelta(seconds=max(0.0, duration or 0.0))
    if origin in NOT_THE_DEVICE:
        error = BESIDES
    elif offset is None:
        error = UNMEASURED
    else:
        recorded -= timedelta(seconds=offset)
        error = timedelta(seconds=abs(offset_error or 0.0)) + BESIDES
    start = recorded - length if origin in _ENDS else recorded
    return Taken(start, start + length, error)


def who_recorded(facts: WhoFacts) -> Who:
    """Answer who recorded a clip, whose word that is, and what is to be looked at."""
    number = stated(facts.number)
    holders = _holders(facts)
    if len(holders) == 1:
        flags = (DISAGREES,) if number and facts.named != holders[0] else ()
        return Who(holders[0], "held-then", flags)
    if holders:
        return _one_of(holders, facts, number)
    if facts.named is not None and number:
        flags = (DISAGREES,) if facts.picked not in {None, facts.named} else ()
        return Who(facts.named, "name", flags)
    if facts.picked is not None:
        return Who(facts.picked, "picked")
    if facts.assigned is not None and not facts.pool:
        return Who(facts.assigned, "assigned")
    return Who(None, None)


def _holders(facts: WhoFacts) -> list[UUID]:
    """Answer everybody who may have had the recorder while the clip was taken, in the order they had it."""
    if facts.taken is None:
        return []
    first, last = facts.taken.start - facts.taken.error, facts.taken.end + facts.taken.error
    held = [
        h
        for h in sorted(facts.holdings, key=lambda h: h.since)
        if h.since <= last and (h.until is None or (h.until > first and h.until > h.since))
    ]
    return list(dict.fromkeys(h.officer for h in held))


def _one_of(holders: Sequence[UUID], facts: WhoFacts, number: str) -> Who:
    """The clock cannot tell which of several: the name decides among them, else the pick, else the clip's start."""
    if number and facts.named in holders:
        return Who(facts.named, "name", (UNCERTAIN,))
    flags = (DISAGREES, UNCERTAIN) if number else (UNCERTAIN,)
    if facts.picked in holders:
        return Who(facts.picked, "picked", flags)
    assert facts.taken is not None  # noqa: S101 - holders follow from it
    start = facts.taken.start
    then = [h.officer for h in facts.holdings if h.since <= start and (h.until is None or h.until > start)]
    return Who(then[-1] if then else holders[0], "held-then", flags)
