"""检测所见: what decoding the whole recording found, arranged for the clip's page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from catalog.clips import ClipView
from web.formats import time_code
from web.speech import _

QUIETEST = -60.0
"""LUFS at which a bar of the level drawing has no height; speech lies around -30 to -15."""
BARS = 120
"""Bars of the level drawing at most."""
HEIGHT = 28
"""Units of its height."""


@dataclass(frozen=True, slots=True)
class Line:
    """One place: where it begins, for the player, and what is said of it."""

    start: float
    words: str


@dataclass(frozen=True, slots=True)
class Group:
    """All places of one kind; `note` sums them up."""

    kind: str
    note: str
    lines: Sequence[Line]


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of the level drawing."""

    x: int
    y: int
    height: int
    start: float
    words: str


@dataclass(frozen=True, slots=True)
class Seen:
    """What the card shows; `found` is everything, as found."""

    found: Mapping[str, Any]
    groups: Sequence[Group]
    bars: Sequence[Bar]


def seen_in(view: ClipView) -> Seen | None:
    """Answer what was measured; None where nothing was."""
    if view.clip.analysis is None:
        return None
    found = view.clip.analysis.found
    picture, sound = found.get("picture") or {}, found.get("sound") or {}
    groups = [
        _stretches("black", picture.get("black"), picture.get("black_seconds")),
        _stretches("frozen", picture.get("frozen"), picture.get("frozen_seconds")),
        _stretches("silence", sound.get("silence"), sound.get("silence_seconds")),
        _faults(found.get("faults") or [], int(found.get("fault_count") or 0)),
        _jumps(found.get("jumps") or [], int(found.get("jump_count") or 0)),
    ]
    return Seen(found, [group for group in groups if group is not None], _bars(sound))


def _stretches(
    kind: str, stretches: Sequence[Mapping[str, Any]] | None, seconds: float | None
) -> Group | None:
    if not stretches:
        return None
    lines = [
        Line(s["start"], f"{time_code(s['start'])}–{time_code(s['end'])} · {_seconds(s['end'] - s['start'])}")
        for s in stretches
    ]
    return Group(kind, _("%(n)s places, %(time)s", n=len(lines), time=_seconds(seconds or 0.0)), lines)


def _faults(faults: Sequence[Mapping[str, Any]], count: int) -> Group | None:
    if not count:
        return None
    lines = [Line(f["start"], f"{_range(f)} · {_track(f)} ×{f['count']}") for f in faults]
    return Group("fault", _("%(n)s pieces", n=count), lines)


def _jumps(jumps: Sequence[Mapping[str, Any]], count: int) -> Group | None:
    if not count:
        return None
    lines = [
        Line(
            j["at"],
            f"{time_code(j['at'])} · {_track(j)} · "
            + (
                _("%(time)s are missing", time=_seconds(j["seconds"]))
                if j["seconds"] > 0
                else _("goes back by %(time)s", time=_seconds(-j["seconds"]))
            ),
        )
        for j in jumps
    ]
    return Group("jump", _("%(n)s places", n=count), lines)


def _range(fault: Mapping[str, Any]) -> str:
    start, end = time_code(fault["start"]), time_code(fault["end"])
    return start if start == end else f"{start}–{end}"


def _track(thing: Mapping[str, Any]) -> str:
    return _("picture") if thing["track"] == "video" else _("sound")


def _seconds(seconds: float) -> str:
    return _("%(n)s s", n=f"{seconds:.1f}") if seconds < 120 else time_code(round(seconds))


def _bars(sound: Mapping[str, Any]) -> list[Bar]:
    """Levels as bars, the loudest of what one bar stands for; louder than -60 LUFS shows."""
    levels: Sequence[float | None] = sound.get("levels") or []
    each = float(sound.get("level_seconds") or 0.0)
    if len(levels) < 2 or not each:
        return []
    at_once = -(-len(levels) // BARS)
    bars = []
    for number, first in enumerate(range(0, len(levels), at_once)):
        heard = [level for level in levels[first : first + at_once] if level is not None]
        loudest = max(heard, default=None)
        height = 0 if loudest is None else round(HEIGHT * min(1.0, max(0.0, 1 - loudest / QUIETEST)))
        words = _("no sound") if loudest is None else f"{loudest:.1f} LUFS"
        start = first * each
        bars.append(
            Bar(number * 4, HEIGHT - max(1, height), max(1, height), start, f"{time_code(start)} {words}")
        )
    return bars
