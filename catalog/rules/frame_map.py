"""Which frame of the original shows at a time of its copy for playing. Pure functions on a compact map.

A map lists the frames of the original in the order they are shown, by their presentation stamps (pts) in the units of
its stream, as runs of equal steps; says how the copy's clock is shifted against the original's; and names the frames
that the copy lacks. Frames are counted from 0.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import lcm
from typing import Any

VERSION = 1
TOLERANCE = Fraction(1, 500)
"""Seconds by which a frame's time may differ in the copy: stamps are rounded to the units of another container."""


@dataclass(frozen=True, slots=True)
class FrameMap:
    """See the module. Build one with `map_frames` or `from_json`."""

    unit: Fraction
    """Seconds of one unit of the stamps."""
    stamps: tuple[int, ...]
    """Presentation stamps of the original's frames, rising."""
    shift: Fraction
    """Seconds to be added to a time of the copy to come to the original's own clock."""
    absent: tuple[tuple[int, int], ...]
    """Ranges of frames that the copy lacks: first and last."""


@dataclass(frozen=True, slots=True)
class OriginalFrame:
    """One frame of the original."""

    number: int
    """In the order of showing, from 0."""
    stamp: int
    """Its pts, in the units of its stream: what names it in the original, whatever plays it."""
    seconds: float
    """Since the original's first frame."""


def map_frames(
    original: Sequence[int], unit: Fraction, copy: Sequence[int], copy_unit: Fraction
) -> FrameMap | None:
    """Answer the map between the stamps of an original and of its copy; None when the two do not fit together.

    The shift is found, not believed: of those that lay one of the copy's first frames on one of the original's first
    ones, the one under which most frames meet. Every frame of the copy must meet one of the original: where a recorder
    wrote a wrong stamp the tool guesses, and from there on times would name a neighbouring frame (seen in a camera's file).
    """
    stamps, copied = sorted(set(original)), sorted(set(copy))
    if not stamps or not copied:
        return None
    # Whole numbers of a common unit: an hour has a hundred thousand frames, and fractions are slow.
    scale = lcm(unit.denominator, copy_unit.denominator)
    times = [stamp * int(unit * scale) for stamp in stamps]
    places = [stamp * int(copy_unit * scale) for stamp in copied]
    tolerance = int(max(TOLERANCE, unit, copy_unit) * scale)
    shifts = {times[i] - places[j] for i in range(min(40, len(times))) for j in range(min(2, len(places)))}
    sample = places[:: max(1, len(places) // 400)]
    shift = max(
        shifts, key=lambda s: (_meeting(times, sample, s, tolerance), -abs(s - (times[0] - places[0])))
    )
    found = [_nearest(times, place + shift, tolerance) for place in places]
    if None in found:
        return None
    met = set(found)
    absent = _ranges(n for n in range(len(stamps)) if n not in met)
    return FrameMap(unit, tuple(stamps), Fraction(shift, scale), absent)


def without_second_fields(frames: FrameMap) -> FrameMap:
    """Answer the map of a film recorded in fields, each with a stamp of its own: a frame is named by its first field.

    A map in which not every other one is absent is answered as it is.
    """
    alone = all(first == last for first, last in frames.absent)
    if not alone or abs(2 * len(frames.absent) - len(frames.stamps)) > 1:
        return frames
    second = {first for first, _ in frames.absent}
    stamps = tuple(stamp for number, stamp in enumerate(frames.stamps) if number not in second)
    return FrameMap(frames.unit, stamps, frames.shift, ())


def frame_at(frames: FrameMap, seconds: float | Fraction) -> OriginalFrame:
    """Answer the frame of the original that shows when the copy stands at `seconds`; before the first one, the first."""
    place = Fraction(seconds).limit_denominator(1_000_000) + frames.shift
    # A player that was sent to a frame stands at its time as a float, a hair before or after it.
    number = bisect_right(frames.stamps, (place + TOLERANCE / 2) / frames.unit) - 1
    number = max(0, number)
    for first, last in reversed(frames.absent):
        if first <= number <= last:
            number = first - 1 if first > 0 else last + 1  # the one before it goes on being shown
            break
    number = min(number, len(frames.stamps) - 1)
    stamp = frames.stamps[number]
    return OriginalFrame(number, stamp, float((stamp - frames.stamps[0]) * frames.unit))


def time_of(frames: FrameMap, number: int) -> Fraction | None:
    """Answer at which second the copy shows frame `number` of the original; None when it lacks it. Raises IndexError."""
    if number < 0:
        raise IndexError(number)
    stamp = frames.stamps[number]
    if any(first <= number <= last for first, last in frames.absent):
        return None
    return stamp * frames.unit - frames.shift


def to_json(frames: FrameMap) -> dict[str, Any]:
    """Answer the map as plain JSON values: stamps as the first one and runs `[how many, step]`."""
    steps: list[list[int]] = []
    for before, after in zip(frames.stamps, frames.stamps[1:], strict=False):
        if steps and steps[-1][1] == after - before:
            steps[-1][0] += 1
        else:
            steps.append([1, after - before])
    return {
        "version": VERSION,
        "frames": len(frames.stamps),
        "unit": [frames.unit.numerator, frames.unit.denominator],
        "first": frames.stamps[0],
        "steps": steps,
        "shift": [frames.shift.numerator, frames.shift.denominator],
        "absent": [list(one) for one in frames.absent],
    }


def from_json(value: Mapping[str, Any]) -> FrameMap:
    """Answer the map of `to_json`'s answer. Raises ValueError, KeyError, TypeError for anything else."""
    if value["version"] != VERSION:
        raise ValueError(f"version {value['version']!r} of a map of frames is not known")
    stamps = [int(value["first"])]
    for count, step in value["steps"]:
        if step <= 0 or count <= 0:
            raise ValueError("stamps must rise")
        for _ in range(count):
            stamps.append(stamps[-1] + step)
    if len(stamps) != value["frames"]:
        raise ValueError("the map does not hold as many frames as it says")
    return FrameMap(
        Fraction(*value["unit"]),
        tuple(stamps),
        Fraction(*value["shift"]),
        tuple((int(first), int(last)) for first, last in value["absent"]),
    )


def _meeting(times: Sequence[int], places: Sequence[int], shift: int, tolerance: int) -> int:
    return sum(_nearest(times, place + shift, tolerance) is not None for place in places)


def _nearest(times: Sequence[int], place: int, tolerance: int) -> int | None:
    right = bisect_right(times, place)
    best = min(
        (n for n in (right - 1, right) if 0 <= n < len(times)),
        key=lambda n: abs(times[n] - place),
        default=None,
    )
    return best if best is not None and abs(times[best] - place) <= tolerance else None


def _ranges(numbers: Iterable[int]) -> tuple[tuple[int, int], ...]:
    found: list[tuple[int, int]] = []
    for number in numbers:
        if found and found[-1][1] == number - 1:
            found[-1] = (found[-1][0], number)
        else:
            found.append((number, number))
    return tuple(found)
