"""记录情况: how well a step was recorded (R2.13). Pure.

Times are compared with the times of the step as people entered them. A recorder's clock has an error: all recordings
by one clock may be shifted together by as much, the one way that covers most, and no further. A recording that is too
short covers no more for an inexact clock.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from catalog.rules.recording_rules import TIMED, Asked

Level = Literal["whole", "key-moments", "missing", "not-required", "not-yet"]
LEVELS: tuple[Level, ...] = ("whole", "key-moments", "missing", "not-required", "not-yet")
"""全程, 关键环节+文书, 应录未录 (未录 where it is only advised), 无需记录, 尚未进行."""
Span = tuple[datetime, datetime]
EDGE = 60.0
"""Seconds that may lack at the beginning and the end of a step: people enter minutes."""
EDGE_SHARE = 0.25
"""Of a short step no more than this share may lack at either end."""
JOIN = 3.0
"""Seconds that may lack between two recordings: what recorders that cut files lose, and whole seconds of names."""
REASONS = (
    "no-row",
    "need-not",
    "planned-later",
    "time-missing",
    "time-wrong",
    "covered",
    "clock-shifted",
    "nothing-recorded",
    "span-missing",
    "moments-marked",
    "still-suffices",
    "moments-missing",
    "record-there",
    "record-missing",
    "time-unknown",
)
"""Why a step is judged as it is."""


@dataclass(frozen=True, slots=True)
class Footage:
    """What is attached of one recording. Times in UTC, lengths in seconds."""

    key: str
    """Of the recording; pieces of one recording share it."""
    kind: str
    start: datetime | None = None
    """When the recording began, by the best reading of its clock; None when nobody knows."""
    length: float | None = None
    """Running time; None when nobody knows."""
    error: float = 0.0
    """By how much its clock may be wrong, at most."""
    clock: str = ""
    """Recordings of one clock are wrong by the same; "" is a clock of its own."""
    part: tuple[float, float] | None = None
    """The range that is attached; None: all of it."""
    follows: str | None = None
    """The recording of which this is the next part: it begins where that one ends."""
    marks: tuple[str, ...] = ()
    """Kinds of the marks within what is attached."""


@dataclass(frozen=True, slots=True)
class StepFacts:
    """What is known of a step. `recorded_in_writing`: the number of its document was stated."""

    planned: datetime | None
    started: datetime | None
    ended: datetime | None
    footage: Sequence[Footage] = ()
    recorded_in_writing: bool = False


@dataclass(frozen=True, slots=True)
class Judgement:
    """How well a step was recorded, what lacks, and why it is said."""

    level: Level
    spans: tuple[Span, ...] = ()
    """Times of the step that no recording covers; only with `missing`."""
    moments: tuple[tuple[str, ...], ...] = ()
    """Key moments that nobody marked; of each group one would do. Only with `missing`."""
    record_missing: bool = False
    reasons: tuple[str, ...] = ()
    review_at: datetime | None = None
    """When time alone may change it."""


@dataclass(slots=True)
class _Group:
    """Recordings by one clock."""

    error: float
    pieces: list[tuple[float, float]] = field(default_factory=list)


def judge(asked: Asked, facts: StepFacts, now: datetime) -> Judgement:
    """Answer how well a step was recorded, by what is asked of it (R2.13).

    The whole process is enough for every row. Key moments are enough only with the written record made; where photos or
    documents count as recordings, one of them stands for the moments. An advised step lacks the same and owes nothing.
    """
    if asked.requirement == "need-not":
        return Judgement("not-required", reasons=("need-not" if asked.rows else "no-row",))
    if (early := _not_yet(facts, now)) is not None:
        return early
    assert facts.started is not None  # noqa: S101 - _not_yet has seen to it
    assert facts.ended is not None  # noqa: S101
    counted = [one for one in facts.footage if one.kind in asked.media]
    spans, shifted = uncovered(facts.started, facts.ended, counted)
    reasons: list[str] = ["clock-shifted"] if shifted else []
    if any(one.kind in TIMED and (one.start is None or one.length is None) for one in counted):
        reasons.append("time-unknown")
    if not spans and any(one.kind in TIMED for one in counted):
        return Judgement("whole", reasons=("covered", *reasons))
    marked = {mark for one in counted for mark in one.marks}
    still = any(one.kind not in TIMED for one in counted)
    moments = () if still else tuple(group for group in asked.moments if not marked & set(group))
    record = _in_writing(facts, counted)
    reasons.append("record-there" if record else "record-missing")
    if counted and not moments and record:
        return Judgement("key-moments", reasons=("still-suffices" if still else "moments-marked", *reasons))
    if not counted:
        reasons.insert(0, "nothing-recorded")
        moments = asked.moments
    elif asked.scope == "moments":
        spans = ()  # what is asked for are moments, and something was recorded
    if spans:
        reasons.insert(0, "span-missing")
    if moments:
        reasons.append("moments-missing")
    return Judgement("missing", spans, moments, not record, tuple(reasons))


def _not_yet(facts: StepFacts, now: datetime) -> Judgement | None:
    begun = facts.started
    if begun is not None and begun > now:
        return Judgement("not-yet", reasons=("planned-later",), review_at=begun)
    if begun is None and facts.planned is not None and facts.planned > now:
        return Judgement("not-yet", reasons=("planned-later",), review_at=facts.planned)
    if begun is None or facts.ended is None:
        return Judgement("not-yet", reasons=("time-missing",))
    if facts.ended < begun:
        return Judgement("not-yet", reasons=("time-wrong",))
    if facts.ended > now:
        return Judgement("not-yet", reasons=("planned-later",), review_at=facts.ended)
    return None


def _in_writing(facts: StepFacts, counted: Sequence[Footage]) -> bool:
    """Whether the written record was made: its number stated, or a document attached that is not the recording itself."""
    if facts.recorded_in_writing:
        return True
    documents = {one.key for one in facts.footage if one.kind == "document"}
    stills = {one.kind for one in counted if one.kind not in TIMED}
    return len(documents) > (1 if stills == {"document"} else 0)


def uncovered(
    started: datetime, ended: datetime, footage: Iterable[Footage]
) -> tuple[tuple[Span, ...], bool]:
    """Answer the times of a step that no recording covers, and whether a clock's error was made use of.

    Clocks are taken one after another, the surest first; each is shifted, within its error, to where its recordings
    cover most of what is still open, and stays where it is when that is as good. Up to `EDGE` seconds at either end of
    the step (of a short one `EDGE_SHARE`) and `JOIN` between recordings count as covered.
    """
    length = max((ended - started).total_seconds(), 1.0)
    edge = min(EDGE, length * EDGE_SHARE)
    open_: list[tuple[float, float]] = [(0.0, length)]
    shifted = False
    for group in _groups(started, footage):
        shift = _best_shift(group, open_)
        shifted = shifted or shift != 0
        open_ = _without(open_, [(a + shift, b + shift) for a, b in group.pieces])
    if _length(open_) >= length:
        return ((started, ended),), False
    left = tuple(
        (started + timedelta(seconds=a), started + timedelta(seconds=b))
        for a, b in open_
        if b - a > (edge if a <= 0 or b >= length else JOIN)
    )
    return left, shifted


def _groups(started: datetime, footage: Iterable[Footage]) -> list[_Group]:
    """Place every recording on the step's own time, seconds from its start; grouped by clock, the surest first."""
    timed = [one for one in footage if one.kind in TIMED]
    whole = {one.key: one for one in timed}
    starts: dict[str, float | None] = {}
    groups: dict[str, _Group] = {}
    for one in timed:
        begin = _start(one.key, whole, starts, started)
        if begin is None or one.length is None:
            continue
        low, high = one.part or (0.0, one.length)
        low, high = max(0.0, low), min(high, one.length)
        if high <= low:
            continue
        group = groups.setdefault(one.clock or f"own {one.key}", _Group(one.error))
        group.error = min(group.error, one.error)  # what is known of a clock once is known of it
        group.pieces.append((begin + low, begin + high))
    return sorted(groups.values(), key=lambda g: (g.error, sorted(g.pieces)))


def _start(
    key: str, whole: dict[str, Footage], starts: dict[str, float | None], started: datetime
) -> float | None:
    """Seconds from the step's start to a recording's; a later part of a cut one begins where the earlier ends."""
    if key in starts:
        return starts[key]
    one = whole[key]
    starts[key] = (
        None if one.start is None else (one.start - started).total_seconds()
    )  # ends a circle of parts
    before = whole.get(one.follows) if one.follows is not None else None
    if before is not None and before.length is not None:
        begin = _start(before.key, whole, starts, started)
        if begin is not None:
            starts[key] = begin + before.length
    return starts[key]


def _best_shift(group: _Group, open_: Sequence[tuple[float, float]]) -> float:
    """Seconds by which a clock's recordings are shifted so that they cover most; the least shift that does."""
    edges = {edge for span in open_ for edge in span}
    wished = {edge - end for edge in edges for piece in group.pieces for end in piece}
    shifts = {0.0, group.error, -group.error} | {s for s in wished if abs(s) <= group.error}
    return max(
        shifts,
        key=lambda s: (
            round(_length(open_) - _length(_without(open_, [(a + s, b + s) for a, b in group.pieces])), 6),
            -abs(s),
            s,
        ),
    )


def _length(spans: Iterable[tuple[float, float]]) -> float:
    return sum(b - a for a, b in spans)


def _without(
    open_: Sequence[tuple[float, float]], pieces: Sequence[tuple[float, float]]
) -> list[tuple[float, float]]:
    """Answer what of `open_` is left without `pieces`."""
    left = list(open_)
    for low, high in sorted(pieces):
        left = [
            (a, b)
            for begin, end in left
            for a, b in ((begin, min(low, end)), (max(high, begin), end))
            if b > a
        ]
    return left
