"""What a docking's readings say of a recorder: to be checked 待核实, a fault that stops it, or nothing. Pure.

Readings raise questions, people answer them. Only where it cannot be read at all, its card loses bytes or no picture can
be decoded is it stopped without asking: what it records next would be lost (R2.14, R2.15).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

DAY = 86_400.0
BROKEN = frozenset({"empty", "unreadable", "no-index", "truncated", "damaged-inside"})
"""Warnings of describing that say a recording was not written to its end or not whole."""
UNREADABLE_PLACES = frozenset(
    {"unreadable-folder", "medium-unreadable", "filesystem-damaged", "filesystem-unknown"}
)
"""A station's words for a folder, a partition or a medium of which nothing could be read.

What the station itself lacks (the right to mount, a kernel module, room on its disk) is none of them: it says nothing of the
recorder, and neither does a docking that ended `failed`.
"""
UNREADABLE_FILE = "unreadable"
NO_PICTURE = frozenset({"undecodable"})


@dataclass(frozen=True, slots=True)
class Limits:
    """Thresholds of the bureau."""

    clock_seconds_per_day: float = 3.0
    """GA/T 947.2 6.4.17 allows three seconds a day."""
    battery_fall_percent: int = 30
    """By so many points in all, over three dockings each lower than the one before."""
    battery_low_percent: int = 15
    """At or under it the battery of a docking is "to be watched"."""
    broken_files: int = 2
    """So many damaged recordings of one docking."""
    check_days: int = 90
    """Days after a check by hand before the next one is due."""


@dataclass(frozen=True, slots=True)
class ClockReading:
    """A recorder's clock against the station's: seconds fast (+) and their bound; `at` is the server's time."""

    at: datetime
    offset: float
    error: float
    set_now: bool
    """It was set after this reading, so that it started anew from about zero."""


@dataclass(frozen=True, slots=True)
class Readings:
    """What is known at the end of a docking. Sequences run from the oldest to the newest, the present one last."""

    clocks: Sequence[ClockReading] = ()
    batteries: Sequence[int] = ()
    unreadable: bool = False
    """The recorder could not be read: a folder, a partition or its medium."""
    unreadable_files: int = 0
    """Single files that could not be read, where their folder could."""
    lost_ranges: int = 0
    """Files of which ranges could not be read from the card."""
    complete: bool = False
    """The docking went through to its end, and none of its files failed: only then it read the memory."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something a person must look at; `stops` when it is a fault that takes the recorder out of service by itself."""

    kind: str
    stops: bool
    facts: Mapping[str, Any] = field(default_factory=dict)


def findings(readings: Readings, limits: Limits) -> list[Finding]:
    """Answer what the readings of a docking raise."""
    found: list[Finding] = []
    if readings.unreadable:
        found.append(Finding("reading", True))
    if readings.lost_ranges:
        found.append(Finding("card", True, {"files": readings.lost_ranges}))
    drift = seconds_per_day(readings.clocks)
    if drift is not None and drift > limits.clock_seconds_per_day:
        found.append(Finding("clock-drift", False, {"seconds_per_day": f"{drift:.1f}"}))
    last = tuple(readings.batteries[-3:])
    if len(last) == 3 and last[0] > last[1] > last[2] and last[0] - last[2] >= limits.battery_fall_percent:
        found.append(Finding("battery-falling", False, {"percent": list(last)}))
    if readings.unreadable_files:
        found.append(Finding("broken-files", False, {"files": readings.unreadable_files}))
    return found


def findings_of_files(warnings: Sequence[Sequence[str]], limits: Limits) -> list[Finding]:
    """Answer what the recordings of one docking raise; one sequence of warnings for each."""
    broken = sum(1 for each in warnings if BROKEN & set(each))
    dark = sum(1 for each in warnings if NO_PICTURE & set(each))
    found = [Finding("no-picture", True, {"files": dark})] if dark else []
    if broken >= limits.broken_files:
        found.append(Finding("broken-files", False, {"files": broken}))
    return found


def seconds_per_day(clocks: Sequence[ClockReading]) -> float | None:
    """Answer the least drift that the last two readings prove, in seconds a day; None where they prove none.

    The bounds of both readings are taken off, so that a coarse reading accuses no clock. Where the clock was set at the
    earlier reading it is counted from zero.
    """
    if len(clocks) < 2:
        return None
    before, now = clocks[-2], clocks[-1]
    days = (now.at - before.at).total_seconds() / DAY
    if days <= 0:
        return None
    start = 0.0 if before.set_now else before.offset
    moved = abs(now.offset - start) - now.error - before.error
    return moved / days if moved > 0 else None


def results(readings: Readings, limits: Limits) -> dict[str, str]:
    """Answer the results of the check that a docking is (R2.14): battery, memory and clock as far as they were read.

    A good memory shortens recalls (`recorder_state.vouches_against`), so nothing is said of one that was read in part.
    """
    answer: dict[str, str] = {}
    if readings.batteries:
        answer["battery"] = "watch" if readings.batteries[-1] <= limits.battery_low_percent else "good"
    raised = {finding.kind for finding in findings(readings, limits)}
    if "battery-falling" in raised:
        answer["battery"] = "watch"
    if readings.unreadable or readings.lost_ranges:
        answer["memory"] = "failed"
    elif "broken-files" in raised:
        answer["memory"] = "watch"
    elif readings.complete:
        answer["memory"] = "good"
    if len(readings.clocks) >= 2:
        answer["clock"] = "watch" if "clock-drift" in raised else "good"
    return answer
