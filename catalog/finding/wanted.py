"""What is looked for, and the two ways to say it: conditions on a row, and terms the row must have."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlalchemy.orm import InstrumentedAttribute, Session

from catalog.actors import Actor
from catalog.finding import labels
from catalog.finding.terms import NUMBER, WORD, Needed, holds
from catalog.finding.visible import visible_to
from catalog.models import ClipIndex
from catalog.rules.places import METRES_PER_DEGREE, Box, Circle, box_around, cells_over, shrinking
from catalog.rules.words import needed_terms, words_of

KINDS = ("video", "audio", "photo", "document", "unknown")
STATES = ("verified", "waiting", "attention", "failed", "partial")
"""waiting: received, not yet read back; attention: flagged, or a stage failed; partial: not all of it could be read."""
ANY_MARK = "any"
"""Stands for every kind of mark, and for one of no kind."""
ORDERS = ("received", "recorded", "duration", "size")

OrderBy = Literal["received", "recorded", "duration", "size"]
COLUMNS: dict[str, InstrumentedAttribute[Any]] = {
    "received": ClipIndex.received_at,
    "recorded": ClipIndex.recorded_at,
    "duration": ClipIndex.duration,
    "size": ClipIndex.size,
}


@dataclass(frozen=True, slots=True)
class ClipFilter:
    """What is looked for; None and empty mean: whatever. Times are UTC, `since` included, `until` not."""

    order: OrderBy = "received"
    """Receipt is always known, recording is a claim; what has no such value is left out of the order."""
    rising: bool = False
    """Oldest, shortest or smallest first."""
    timed_by: Literal["received", "recorded"] = "received"
    """Which time `since` and `until` are about."""
    since: datetime | None = None
    until: datetime | None = None
    officer: UUID | None = None
    unit: UUID | None = None
    recorder: UUID | None = None
    kind: str | None = None
    state: str | None = None
    stage: str | None = None
    activity: str | None = None
    """With `stage`: of one and the same step."""
    mark: str | None = None
    """A kind of mark it has, or `ANY_MARK`."""
    case: str = ""
    """Part of the number of a case it is attached to."""
    place: Circle | Box | None = None
    unattached: bool = False
    without: Literal["", "recorded", "duration"] = ""
    """Only what has no such value."""
    words: str = ""
    """All of them are somewhere in what is known of the clip."""

    @property
    def timed(self) -> bool:
        """Whether a time limits what is looked for."""
        return self.since is not None or self.until is not None

    @property
    def column(self) -> InstrumentedAttribute[Any]:
        """The column of the order."""
        return COLUMNS[self.order]


def labels_wanted(wanted: ClipFilter) -> list[str]:
    """Answer the labels every clip has that fits."""
    found = []
    if wanted.officer is not None:
        found.append(labels.officer(wanted.officer))
    if wanted.unit is not None:
        found.append(labels.unit(wanted.unit))
    if wanted.recorder is not None:
        found.append(labels.recorder(wanted.recorder))
    if wanted.kind:
        found.append(labels.kind(wanted.kind))
    if wanted.state:
        found.append(labels.state(wanted.state))
    if wanted.stage or wanted.activity:
        found.append(labels.step(wanted.stage, wanted.activity))
    if wanted.mark:
        found.append(labels.MARKED if wanted.mark == ANY_MARK else labels.mark(wanted.mark))
    if wanted.unattached:
        found.append(labels.UNATTACHED)
    if wanted.without:
        found.append({"recorded": labels.NO_TIME, "duration": labels.NO_DURATION}[wanted.without])
    return found


def conditions(session: Session, wanted: ClipFilter, actor: Actor | None) -> list[ColumnElement[bool]]:
    """Answer what must be true of a row; these alone decide who is a hit."""
    found = [visible_to(actor, ClipIndex)]
    found += [holds(session, ClipIndex.labels, f" {label} ") for label in labels_wanted(wanted)]
    found += [holds(session, ClipIndex.words, word) for word in words_of(wanted.words)]
    found += [holds(session, ClipIndex.numbers, word) for word in words_of(wanted.case)]
    time = COLUMNS[wanted.timed_by]
    if wanted.since is not None:
        found.append(time >= wanted.since)
    if wanted.until is not None:
        found.append(time < wanted.until)
    if wanted.place is not None:
        found += _within(wanted.place)
    return found


def _within(place: Circle | Box) -> list[ColumnElement[bool]]:
    box = box_around(place) if isinstance(place, Circle) else place
    found: list[ColumnElement[bool]] = [
        ClipIndex.latitude.between(box.south, box.north),
        ClipIndex.longitude.between(box.west, box.east),
    ]
    if isinstance(place, Circle):
        down = (ClipIndex.latitude - place.latitude) * METRES_PER_DEGREE
        across = (ClipIndex.longitude - place.longitude) * (METRES_PER_DEGREE * shrinking(place.latitude))
        found.append(down * down + across * across <= place.metres * place.metres)
    return found


def needed(wanted: ClipFilter) -> Needed:
    """Answer the terms a hit has, as far as they narrow anything down; empty where only the order helps."""
    groups: list[list[str]] = [[label] for label in labels_wanted(wanted)]
    groups += [[term] for word in words_of(wanted.words) for term in needed_terms(word, WORD)]
    groups += [[term] for word in words_of(wanted.case) for term in needed_terms(word, NUMBER)]
    if wanted.place is not None:
        groups.append(
            cells_over(box_around(wanted.place) if isinstance(wanted.place, Circle) else wanted.place)
        )
    if wanted.since is not None and wanted.until is not None:
        groups.append(labels.months(wanted.timed_by, wanted.since, wanted.until))
    return list(dict.fromkeys(tuple(group) for group in groups if group))
