"""Which clips may belong to which step, how well they fit, and why. Pure.

A suggestion is an offer and decides nothing: somebody attaches, or says no. It is made only where two things agree: who
recorded it and when, or when and where, or when and what was marked.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from catalog.rules.marks import PRESETS
from catalog.rules.places import METRES_PER_DEGREE
from catalog.rules.words import folded

REASONS = (
    "handler",
    "second-handler",
    "named-at-step",
    "recorder-holder",
    "during",
    "during-by-error",
    "near-time",
    "same-day",
    "at-place",
    "near-place",
    "place-named",
    "marks-fit",
)
"""In the order in which they are said."""
NEAR = timedelta(hours=1)
SAME_DAY = timedelta(hours=12)
AT_PLACE, NEAR_PLACE = 200.0, 1000.0
"""Metres."""
LEAST_WORD = 3
"""Characters of a part of a place's name that says anything."""
_WEIGHTS = {
    "handler": 40,
    "second-handler": 36,
    "named-at-step": 32,
    "recorder-holder": 24,
    "during": 50,
    "during-by-error": 40,
    "near-time": 28,
    "same-day": 8,
    "at-place": 25,
    "near-place": 12,
    "place-named": 15,
    "marks-fit": 10,
}
_PERSON = frozenset({"handler", "second-handler", "named-at-step", "recorder-holder"})
_CLOSE = frozenset({"during", "during-by-error", "near-time"})
_TELLING = frozenset({"tell-rights", "statement-defence", "inventory-sealing", "left-in-place"})
"""Kinds of marks that are not made in every activity alike."""


@dataclass(frozen=True, slots=True)
class StepFacts:
    """What is known of a step. `start` is when it began, else when it was planned; without one nothing is suggested."""

    start: datetime | None
    end: datetime | None = None
    handler: UUID | None = None
    second: UUID | None = None
    people: Collection[str] = ()
    """Names of those present, as entered."""
    place: str = ""
    point: tuple[float, float] | None = None
    """Latitude and longitude, where something attached to it has them."""
    activity: str = "other"


@dataclass(frozen=True, slots=True)
class ClipFacts:
    """What is known of a clip. `start` and `end` are true time as far as known, `error` widens both."""

    start: datetime | None
    end: datetime | None = None
    error: timedelta = timedelta()
    officer: UUID | None = None
    officer_name: str = ""
    recorder_holder: UUID | None = None
    """Whom the recorder is assigned to."""
    point: tuple[float, float] | None = None
    marks: Collection[str] = ()
    """Kinds of its marks."""
    notes: Collection[str] = ()
    """What was written with its marks."""


@dataclass(frozen=True, slots=True)
class Fit:
    """How well a clip fits a step: more is better; `apart` is the time between them, which breaks ties."""

    score: int
    reasons: tuple[str, ...] = field(default=())
    apart: timedelta = timedelta()


def fit(step: StepFacts, clip: ClipFacts) -> Fit | None:
    """Answer how a clip fits a step, None when it is not to be suggested."""
    if step.start is None or clip.start is None:
        return None
    apart = _apart(step, clip)
    reasons = [
        reason
        for reason in (
            _person(step, clip),
            _time(apart, clip.error),
            _place(step, clip),
            "place-named" if _named(step.place, clip.notes) else None,
            "marks-fit" if _TELLING & set(clip.marks) & set(PRESETS.get(step.activity, ())) else None,
        )
        if reason is not None
    ]
    found = set(reasons)
    person, close = bool(found & _PERSON), bool(found & _CLOSE)
    somewhere = bool(found & {"at-place", "near-place", "place-named", "marks-fit"})
    nobody = clip.officer is None and clip.recorder_holder is None and bool(found & {"during"})
    if not (person and (close or "same-day" in found)) and not (close and somewhere) and not nobody:
        return None
    ordered = tuple(r for r in REASONS if r in found)
    return Fit(sum(_WEIGHTS[r] for r in ordered), ordered, apart)


def best_first(fits: Iterable[tuple[UUID, Fit]]) -> list[tuple[UUID, Fit]]:
    """Answer suggestions in their order: score, then nearness in time, then id, so that it never jumps."""
    return sorted(fits, key=lambda one: (-one[1].score, one[1].apart, str(one[0])))


def _apart(step: StepFacts, clip: ClipFacts) -> timedelta:
    """How much time lies between the two; nothing when they overlap."""
    assert step.start is not None and clip.start is not None  # noqa: S101, PT018 - `fit` has seen to it
    step_end = max(step.end or step.start, step.start)
    clip_end = max(clip.end or clip.start, clip.start)
    return max(clip.start - step_end, step.start - clip_end, timedelta())


def _time(apart: timedelta, error: timedelta) -> str | None:
    if not apart:
        return "during"
    if apart <= error:
        return "during-by-error"
    if apart <= NEAR + error:
        return "near-time"
    return "same-day" if apart <= SAME_DAY + error else None


def _person(step: StepFacts, clip: ClipFacts) -> str | None:
    if clip.officer is not None:
        if clip.officer == step.handler:
            return "handler"
        if clip.officer == step.second:
            return "second-handler"
        name = folded(clip.officer_name)
        return "named-at-step" if name and any(name == folded(p) for p in step.people) else None
    held = clip.recorder_holder
    return "recorder-holder" if held is not None and held in {step.handler, step.second} else None


def _place(step: StepFacts, clip: ClipFacts) -> str | None:
    if step.point is None or clip.point is None:
        return None
    metres = _metres(step.point, clip.point)
    if metres <= AT_PLACE:
        return "at-place"
    return "near-place" if metres <= NEAR_PLACE else None


def _metres(one: tuple[float, float], other: tuple[float, float]) -> float:
    high = (one[0] - other[0]) * METRES_PER_DEGREE
    turn = abs(one[1] - other[1])
    wide = min(turn, 360 - turn) * METRES_PER_DEGREE * math.cos(math.radians((one[0] + other[0]) / 2))
    return math.hypot(high, wide)


def _named(place: str, notes: Collection[str]) -> bool:
    """Whether a note names the step's place, or a part of its name."""
    words = [w for w in folded(place).split(" ") if len(w) >= LEAST_WORD]
    close = "".join(folded(place).split(" "))
    if len(close) < LEAST_WORD:
        return False
    texts = ["".join(folded(note).split(" ")) for note in notes]
    return any(word in text for word in [close, *words] for text in texts)
