"""Recall 追溯: which recordings a fault may have touched. Pure.

From the last check that shows the fault was not there, to the repair or to now. A recording is in when any moment it may
have been made lies in that window: the error of its clock widens it, and one without a time is placed by its dockings.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from catalog.rules.holder import Taken

VERDICTS = ("usable", "usable-with-explanation", "not-to-be-relied-on")
"""可用, 说明后可用, 不可采信."""
NOTED = frozenset({"usable-with-explanation", "not-to-be-relied-on"})
"""These need a note."""
FLAG = "not-to-be-relied-on"


@dataclass(frozen=True, slots=True)
class Window:
    """From when to when; `since` None: no check ever showed it sound, so from its first recording. Both ends belong to it."""

    since: datetime | None
    until: datetime


@dataclass(frozen=True, slots=True)
class Made:
    """When a recording may have been made."""

    taken: Taken | None
    """By its own time, corrected, with its error; None when none is known."""
    after: datetime | None
    """When the recorder was docked the time before and did not have it yet; None when there was no such docking."""
    before: datetime
    """When it was first seen at a docking: it was made by then."""


def bounds(made: Made, *, clock_trusted: bool) -> tuple[datetime | None, datetime]:
    """Answer the earliest and the latest moment it may have been made; None: no earliest one is known.

    Where the clock itself is what failed, its time says nothing, and the dockings alone do.
    """
    if made.taken is not None and clock_trusted:
        return made.taken.start - made.taken.error, made.taken.end + made.taken.error
    return made.after, made.before


def touched(made: Made, window: Window, *, clock_trusted: bool) -> bool:
    """Answer whether a recording belongs to a recall."""
    first, last = bounds(made, clock_trusted=clock_trusted)
    if window.since is not None and last < window.since:
        return False
    return first is None or first <= window.until
