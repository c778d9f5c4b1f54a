"""The life of a case file as a strip of steps: which were reached, by whom and when. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

WAY = ("open", "finished", "made-up", "corrected", "reviewed", "handed-over", "accepted", "archived")
"""The file's way (R2.8), for every case. `lead` stands before it where there was one, `transferred` after it."""


@dataclass(frozen=True, slots=True)
class MoveMade:
    """A move that was made, oldest first."""

    move: str
    target: str
    at: datetime
    by: str
    """Who, as shown; empty for an import."""


@dataclass(frozen=True, slots=True)
class StripStep:
    """One state of the strip; `look` is done, now, ahead, or back where the file was sent back to."""

    state: str
    look: Literal["done", "now", "ahead", "back"]
    at: datetime | None = None
    by: str = ""


def strip_of(state: str, opened_at: datetime, moves: Sequence[MoveMade]) -> list[StripStep]:
    """Answer the strip of a case in `state`.

    Only what was made since the file last came back to a state counts for the ones behind it: after a return or a
    reopening, later signatures stand for nothing any more.
    """
    way = (
        ["lead", *WAY] if state in {"lead", "dropped"} or any(m.move == "file" for m in moves) else list(WAY)
    )
    reached = _reached(way, moves)
    if state in _ENDS:
        way.append(state)
    if state == "returned":
        way.insert(way.index("made-up"), "returned")
    at = way.index(state) if state in way else 0
    if state in {"dropped", "merged"}:  # what it never came to is not ahead of it either
        way = [name for n, name in enumerate(way) if n == 0 or name == state or name in reached]
        at = len(way) - 1
    strip = []
    for n, name in enumerate(way):
        made = reached.get(name)
        look: Literal["done", "now", "ahead", "back"] = "done" if n < at else "now" if n == at else "ahead"
        if name == "returned":
            look = "back"
        when = made.at if made else opened_at if n == 0 else None
        strip.append(StripStep(name, look, when, made.by if made else ""))
    return strip


_ENDS = ("transferred", "dropped", "merged")


def _reached(way: Sequence[str], moves: Sequence[MoveMade]) -> dict[str, MoveMade]:
    """Answer by which move each state was last reached, of those that still stand."""
    reached: dict[str, MoveMade] = {}
    for made in moves:
        target = "made-up" if made.target == "returned" else made.target
        if target in way:
            for later in way[way.index(target) + (made.target != "returned") :]:
                reached.pop(later, None)
        if made.move not in {"send-back", "take-back", "take-in", "split"}:
            reached[made.target] = made
    return reached
