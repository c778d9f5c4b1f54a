"""采集缺口: numbers that are missing in what a recorder brought; shown until somebody explains them."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from catalog.actors import Actor
from catalog.custody.log import add_entry
from catalog.models import Docking, Gap, Sighting
from catalog.refused import Refused
from catalog.rules.free_text import seen_in, spoken

SERIES_LIMIT = 255
EXPLANATION_LIMIT = 2000
FEWEST_LETTERS = 2


class CannotExplain(Refused):
    """The gap stays open. `why`: `unknown-gap`, `no-explanation`, `explained-already`."""


def note_gaps(
    session: Session, *, actor: Actor, docking: Docking, gaps: Sequence[Mapping[str, Any]], now: datetime
) -> int:
    """Keep the gaps a docking's sheet shows, in the caller's transaction; answer how many were not known before.

    Numbers that this recorder brought at any docking are not missing: they were cleared from it since. A gap is known
    by recorder, series and numbers: seen again at each docking, it is one, and stays explained.
    """
    wanted = [(str(gap["series"]).replace("\x00", ""), int(gap["first"]), int(gap["last"])) for gap in gaps]
    brought = _brought(session, docking.recorder_id, {series for series, _, _ in wanted})
    known = {
        (gap.series, gap.first, gap.last)
        for gap in session.scalars(select(Gap).where(Gap.recorder_id == docking.recorder_id))
    }
    fresh = []
    for place in [
        (_series(series), first, last)
        for series, begin, end in wanted
        for first, last in without(begin, end, brought.get(series, frozenset()))
    ]:
        if place in known:
            continue
        known.add(place)
        fresh.append(
            Gap(
                recorder_id=docking.recorder_id,
                docking_id=docking.id,
                series=place[0],
                first=place[1],
                last=place[2],
                seen_at=now,
                explanation="",
            )
        )
    if fresh:
        session.add_all(fresh)
        session.flush()
        add_entry(
            session,
            actor=actor,
            action="recorder.gaps-seen",
            subjects={"docking": docking.id, "recorder": docking.recorder_id},
            facts={"gaps": len(fresh)},
            now=now,
        )
    return len(fresh)


def without(first: int, last: int, there: Collection[int]) -> list[tuple[int, int]]:
    """Answer what of `first` to `last` is missing still when these numbers are there. Pure."""
    left, low = [], first
    for number in sorted(n for n in there if first <= n <= last):
        if number > low:
            left.append((low, number - 1))
        low = number + 1
    return left if low > last else [*left, (low, last)]


def _brought(session: Session, recorder: UUID, series: set[str]) -> dict[str, set[int]]:
    """Numbers of these series that came in from a recorder at any docking, parts of cut recordings among them."""
    found: dict[str, set[int]] = {}
    if not series:
        return found
    for row, number in (("series", "sequence"), ("chain", "part")):
        named = Sighting.named[row].as_string()
        for one, value in session.execute(
            select(
                named, Sighting.named[number].as_string()
            )  # numbers may be longer than a database's integer
            .join(Docking, Docking.id == Sighting.docking_id)
            .where(Docking.recorder_id == recorder, Sighting.clip_id.is_not(None), named.in_(series))
        ):
            if value is not None:
                found.setdefault(one, set()).add(int(value))
    return found


def explain_gap(session: Session, *, actor: Actor, gap_id: UUID, explanation: str, now: datetime) -> Gap:
    """Say why numbers are missing. The gap and its explanation are kept for good. Raises CannotExplain."""
    gap = session.get(Gap, gap_id)
    if gap is None:
        raise CannotExplain("unknown-gap")
    if gap.explained_at is not None:
        raise CannotExplain("explained-already")
    said = spoken(explanation)[:EXPLANATION_LIMIT]
    if seen_in(said) < FEWEST_LETTERS:
        raise CannotExplain("no-explanation")
    gap.explained_at, gap.explained_by, gap.explanation = now, actor.id, said
    add_entry(
        session,
        actor=actor,
        action="recorder.gap-explained",
        subjects={"recorder": gap.recorder_id, "docking": gap.docking_id},
        facts={
            "first": str(gap.first),
            "last": str(gap.last),
            "before": {"explained": False},
            "after": {"explained": True},
        },
        private={"reason": said, "series": gap.series},
        now=now,
    )
    return gap


@dataclass(frozen=True, slots=True)
class GapPage:
    """A page of gaps, and how many there are of each kind."""

    gaps: list[Gap]
    open: int
    explained: int


def list_gaps(
    session: Session,
    *,
    recorder: UUID | None = None,
    docking: UUID | None = None,
    explained: bool = False,
    limit: int = 500,
) -> GapPage:
    """Answer the gaps nobody explained yet, or those that were; by recorder, then by series and number."""
    query = select(Gap).options(joinedload(Gap.recorder), joinedload(Gap.docking))
    counting = select(func.count(Gap.id), func.count(Gap.explained_at))
    if recorder is not None:
        query, counting = (
            query.where(Gap.recorder_id == recorder),
            counting.where(Gap.recorder_id == recorder),
        )
    if docking is not None:
        query, counting = query.where(Gap.docking_id == docking), counting.where(Gap.docking_id == docking)
    query = query.where(Gap.explained_at.is_not(None) if explained else Gap.explained_at.is_(None))
    found = session.scalars(query.order_by(Gap.recorder_id, Gap.series, Gap.first).limit(limit)).all()
    all_of_them, those_explained = session.execute(counting).one()
    return GapPage(list(found), open=all_of_them - those_explained, explained=those_explained)


def open_gaps(session: Session) -> dict[UUID, int]:
    """Answer how many gaps nobody explained, by recorder; recorders without are left out."""
    rows = session.execute(
        select(Gap.recorder_id, func.count()).where(Gap.explained_at.is_(None)).group_by(Gap.recorder_id)
    ).all()
    return {recorder: count for recorder, count in rows}  # noqa: C416  a row is no pair to mypy


def _series(text: str) -> str:
    """What fits the column; two long ones that differ stay different."""
    if len(text) <= SERIES_LIMIT:
        return text
    mark = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:16]
    return f"{text[: SERIES_LIMIT - 17]}…{mark}"
