"""Answering a question quickly, whatever it is: first by walking the order, then by the index.

What is common is found by walking: a short stretch of the order is looked at row by row, and holds a page of hits.
What is not is asked of the index, which then answers few enough rows to sort. Neither needs to guess beforehand
which it will be, as a planner would have to; the figures are in `docs/decisions/0017-…`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, FromClause, Select, func, literal, select, text, tuple_
from sqlalchemy.orm import Session

from catalog.actors import Actor
from catalog.finding.terms import on_sqlite, rows_with
from catalog.finding.wanted import ClipFilter, conditions, needed
from catalog.models import ClipIndex

STRETCH = 8192
"""Rows of the order that are looked at before the index is asked."""
COUNTED = 1000
"""Hits are counted up to here; beyond it only said to be more."""


@dataclass(frozen=True, slots=True)
class Key:
    """Where a page ends: the value its last clip is ordered by, and the clip."""

    value: Any
    clip: UUID


@dataclass(frozen=True, slots=True)
class Hits:
    """One page of clips in order; `next` where there are more; `count` up to `COUNTED` + 1, None where not asked."""

    clips: Sequence[UUID]
    next: Key | None
    count: int | None
    by_index: bool = False
    """Whether the index was asked for the page (for tests and benches)."""


def find(
    session: Session,
    wanted: ClipFilter,
    actor: Actor | None,
    *,
    after: Key | None = None,
    limit: int,
    counting: bool = True,
    stretch: int = STRETCH,
) -> Hits:
    """Answer a page of what fits and `actor` may find; `counting` only where the page is the first."""
    most = max(limit, COUNTED if counting else 0) + 1
    groups = needed(wanted)
    narrowed = bool(groups) or (wanted.order != wanted.timed_by and wanted.timed)
    end = _end_of_stretch(session, wanted, after, stretch) if narrowed else None
    rows, met = _walk(session, wanted, actor, after=after, end=end, most=most, limit=limit)
    if end is None or met >= most:
        return _page(rows, limit, min(met, COUNTED + 1) if counting else None)
    if len(rows) > limit:
        return _page(rows, limit, _count(session, wanted, actor) if counting else None)
    rows = _ask(session, wanted, actor, after, limit)
    count = min(rows[0].hits, COUNTED + 1) if rows else 0
    return _page(rows, limit, count if counting else None, by_index=True)


def _page(rows: Sequence[Any], limit: int, count: int | None, *, by_index: bool = False) -> Hits:
    page = rows[:limit]
    following = Key(page[-1].value, page[-1].clip_id) if len(rows) > limit else None
    return Hits([row.clip_id for row in page], following, count, by_index)


def _keys(wanted: ClipFilter) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    """What the order goes by; the clip's id tells equal values apart."""
    return wanted.column.expression, ClipIndex.clip_id.expression


def _in_order(query: Select[Any], wanted: ClipFilter) -> Select[Any]:
    return query.order_by(*(k.asc() if wanted.rising else k.desc() for k in _keys(wanted)))


def _after(wanted: ClipFilter, after: Key | None) -> list[ColumnElement[bool]]:
    """What has a place in the order, and one after the last page."""
    value, clip = _keys(wanted)
    found: list[ColumnElement[bool]] = []
    if wanted.order in {"recorded", "duration"}:
        found.append(value.is_not(None))
    if after is not None:
        here, there = tuple_(value, clip), _key(wanted, after)
        found.append(here > there if wanted.rising else here < there)
    return found


def _key(wanted: ClipFilter, key: Key) -> Any:
    value, clip = _keys(wanted)
    return tuple_(literal(key.value, value.type), literal(key.clip, clip.type))


def _end_of_stretch(session: Session, wanted: ClipFilter, after: Key | None, stretch: int) -> Key | None:
    """Answer the last key of the stretch that is walked; None where the order ends before."""
    query = select(wanted.column, ClipIndex.clip_id).where(*_after(wanted, after))
    if wanted.order == wanted.timed_by:
        if wanted.since is not None:
            query = query.where(wanted.column >= wanted.since)
        if wanted.until is not None:
            query = query.where(wanted.column < wanted.until)
    row = session.execute(_in_order(query, wanted).offset(stretch).limit(1)).first()
    return Key(row[0], row[1]) if row is not None else None


def _walk(
    session: Session,
    wanted: ClipFilter,
    actor: Actor | None,
    *,
    after: Key | None,
    end: Key | None,
    most: int,
    limit: int,
) -> tuple[Sequence[Any], int]:
    """Answer a page of hits of the order and one more, none beyond `end`; and how many there are, up to `most`."""
    query = select(ClipIndex.clip_id, wanted.column.label("value")).where(
        *_after(wanted, after), *conditions(session, wanted, actor)
    )
    if end is not None:
        here, there = tuple_(*_keys(wanted)), _key(wanted, end)
        query = query.where(here <= there if wanted.rising else here >= there)
    # Counted where they are found: a thousand keys that are made only to be counted cost more than the page.
    met = _in_order(query, wanted).limit(most).subquery("met")
    page = select(met.c.clip_id, met.c.value, func.count().over().label("hits")).limit(limit + 1)
    rows = session.execute(_by(met, page, rising=wanted.rising)).all()
    return rows, rows[0].hits if rows else 0


def _by(found: FromClause, query: Select[Any], *, rising: bool) -> Select[Any]:
    """Put what was found in order once more: a subquery promises none."""
    value, clip = found.c.value, found.c.clip_id
    return query.order_by(value.asc() if rising else value.desc(), clip.asc() if rising else clip.desc())


def _ask(
    session: Session, wanted: ClipFilter, actor: Actor | None, after: Key | None, limit: int
) -> Sequence[Any]:
    """Answer a page by the index, each row with the number of all hits after the last page."""
    source, with_terms = rows_with(session, needed(wanted))
    found = (
        select(ClipIndex.clip_id, wanted.column.label("value"))
        .select_from(source)
        .where(*with_terms, *_after(wanted, after), *conditions(session, wanted, actor))
        .cte("found")
        .prefix_with("MATERIALIZED")
    )
    query = select(found.c.clip_id, found.c.value, func.count().over().label("hits")).limit(limit + 1)
    with _index_preferred(session):
        return session.execute(_by(found, query, rising=wanted.rising)).all()


def _count(session: Session, wanted: ClipFilter, actor: Actor | None) -> int:
    """Count all hits by the index, up to `COUNTED` + 1."""
    source, with_terms = rows_with(session, needed(wanted))
    some = (
        select(literal(1))
        .select_from(source)
        .where(*with_terms, *_after(wanted, None), *conditions(session, wanted, actor))
        .limit(COUNTED + 1)
        .subquery()
    )
    with _index_preferred(session):
        return session.scalar(select(func.count()).select_from(some)) or 0


@contextmanager
def _index_preferred(session: Session) -> Iterator[None]:
    """PostgreSQL would rather read the whole table when it takes a word for more common than it is."""
    if on_sqlite(session):
        yield
        return
    session.execute(text("SET LOCAL enable_seqscan = off"))
    try:
        yield
    finally:
        session.execute(text("SET LOCAL enable_seqscan = on"))
