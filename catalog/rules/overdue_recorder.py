"""Which recorders should have been docked by now. Pure.

The rule, in words: whoever takes a recorder docks it at the latest N hours later, and again within N hours of each
docking while they keep it. When it was handed back, it must have been docked at the hand-over (from two hours before it) or
within N hours after it. A recorder nobody took since it was last docked owes nothing; one that is out of service or
sealed is not asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

DOCKED_WITH_HAND_OVER = timedelta(hours=2)
"""A docking so shortly before a hand-back belongs to it: people dock first, then hand in."""


@dataclass(frozen=True, slots=True)
class RecorderFacts:
    """A recorder's hand-overs and dockings, UTC."""

    held_since: datetime | None = None
    """Since when somebody has it; None when nobody does."""
    handed_back_at: datetime | None = None
    """When it was last handed back."""
    last_docked: datetime | None = None
    out_of_service: bool = False
    sealed: bool = False


def due_at(facts: RecorderFacts, within: timedelta) -> datetime | None:
    """Answer when the recorder is (or was) to be docked at the latest; None when it owes no docking."""
    if facts.out_of_service or facts.sealed:
        return None
    if facts.held_since is not None:
        since = facts.held_since
        if facts.last_docked is not None and facts.last_docked > since:
            since = facts.last_docked
        return since + within
    back = facts.handed_back_at
    if back is None:
        return None
    if facts.last_docked is not None and facts.last_docked >= back - DOCKED_WITH_HAND_OVER:
        return None
    return back + within


def overdue(facts: RecorderFacts, within: timedelta, now: datetime) -> bool:
    """Answer whether it should have been docked before `now`."""
    due = due_at(facts, within)
    return due is not None and now > due
