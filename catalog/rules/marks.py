"""What may be marked in a clip, and which marks belong to a range. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol, TypeVar

from catalog.refused import Refused
from catalog.rules.free_text import plain, spoken

PRESETS: Mapping[str, tuple[str, ...]] = {
    "patrol": ("show-credentials", "tell-recording", "signed", "not-signed"),
    "investigation": (
        "show-credentials",
        "tell-recording",
        "tell-rights",
        "inventory-sealing",
        "signed",
        "not-signed",
    ),
    "questioning": (
        "show-credentials",
        "tell-recording",
        "tell-rights",
        "statement-defence",
        "signed",
        "not-signed",
    ),
    "service": ("show-credentials", "tell-recording", "left-in-place", "signed", "not-signed"),
    "hearing": ("tell-recording", "tell-rights", "statement-defence", "signed", "not-signed"),
    "coercion": (
        "show-credentials",
        "tell-recording",
        "tell-rights",
        "statement-defence",
        "inventory-sealing",
        "signed",
        "not-signed",
    ),
}
"""亮证、告知录音录像、告知权利、陈述申辩、清点封存、留置送达、签字、拒签: what is looked for in a recording of each
activity (R2.6), in the order in which it happens. A bureau adds its own by a setting."""

ORDER = (
    "show-credentials",
    "tell-recording",
    "tell-rights",
    "statement-defence",
    "inventory-sealing",
    "left-in-place",
    "signed",
    "not-signed",
)
"""All of them: what is offered as long as a clip is attached to no step."""

NOTE_LIMIT = 500
REASON_LIMIT = 500
PRESET_LIMIT = 32
LONGEST = 7 * 86_400.0
"""Seconds a place may have in a clip whose running time nobody knows."""
SLACK = 1.0
"""Seconds a place may lie after the known running time: players round up."""

WHY = (
    "mark-no-time",
    "mark-incomplete",
    "mark-order",
    "mark-outside",
    "mark-empty",
    "mark-preset",
    "mark-note-long",
    "mark-twice",
    "mark-gone",
    "mark-not-yours",
    "mark-changed",
    "mark-removed",
    "mark-no-reason",
    "mark-reason-long",
)


class CannotMark(Refused):
    """Marking was refused; `why` is one of `WHY`, and nothing was changed."""


@dataclass(frozen=True, slots=True)
class MarkWish:
    """A place to be marked. Seconds from the clip's start; `end` None for a moment."""

    start: float | None
    end: float | None = None
    preset: str = ""
    note: str = ""


def presets_for(activities: Iterable[str], own: Collection[str] = ()) -> tuple[str, ...]:
    """Answer what to offer for steps of these activities, in the order in which it happens; `own` are the bureau's.

    Without an activity, or for one that has none of its own, everything is offered.
    """
    wanted: set[str] = set()
    for activity in activities:
        wanted |= set(PRESETS.get(activity, ORDER))
    return (*(code for code in ORDER if not wanted or code in wanted), *own)


def check_mark(wish: MarkWish, *, kind: str, duration: float | None, own: Collection[str] = ()) -> MarkWish:
    """Answer the mark as it may be kept: places to the millisecond, plain text. Raises CannotMark.

    `duration` is the running time in seconds, None when nobody knows it.
    """
    if kind not in {"video", "audio"}:
        raise CannotMark("mark-no-time")
    if wish.start is None:
        raise CannotMark("mark-incomplete")
    last = LONGEST if duration is None else duration + SLACK
    start, end = wish.start, wish.end
    # Written so that "not a number" fails as well.
    if not 0 <= start <= last or (end is not None and not 0 <= end <= last):
        raise CannotMark("mark-outside")
    start = round(start, 3)
    end = None if end is None else round(end, 3)
    if end is not None and end <= start:
        raise CannotMark("mark-order")
    if wish.preset and wish.preset not in ORDER and wish.preset not in own:
        raise CannotMark("mark-preset")
    note = check_note(wish.note)
    if not note and not wish.preset:
        raise CannotMark("mark-empty")
    return MarkWish(start, end, wish.preset, note)


def check_note(note: str) -> str:
    """Answer a note as it may be kept. Raises CannotMark when it is too long."""
    kept = plain(note)  # a mark may say no more than “?”
    if len(kept) > NOTE_LIMIT:
        raise CannotMark("mark-note-long")
    return kept


def check_reason(reason: str) -> str:
    """Answer the reason for removing a mark. Raises CannotMark when there is none, or too much of it."""
    kept = spoken(reason)
    if not kept:
        raise CannotMark("mark-no-reason")
    if len(kept) > REASON_LIMIT:
        raise CannotMark("mark-reason-long")
    return kept


class Placed(Protocol):
    """Anything with a place in a clip."""

    @property
    def start(self) -> float:
        """Seconds."""

    @property
    def end(self) -> float | None:
        """Seconds; None for a moment."""


One = TypeVar("One", bound=Placed)


def within(marks: Iterable[One], start: float | None, end: float | None) -> list[One]:
    """Answer the marks that share at least a moment with a range; all of them for the whole clip (None, None)."""
    if start is None or end is None:
        return list(marks)
    return [m for m in marks if m.start <= end and (m.start if m.end is None else m.end) >= start]
