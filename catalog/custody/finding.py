"""Finding entries of the custody log by who, what, where and when, however long the log has become.

Each thing an entry is found by lies in `custody_lookups` in the order of time. A search walks along the one that has the
fewest entries and asks for the others by their key, so it never reads the log.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from catalog.actors import Actor
from catalog.custody.readers import audits, told_of
from catalog.models import CustodyEntry, CustodyLookup
from catalog.rules.scopes import Scope, finds

WEIGHED = 2000
"""How far entries are counted to see which of several things has the fewest."""

COUNTED = 2000
"""Entries of one day that are counted at most."""

Key = tuple[datetime, UUID]
Thing = tuple[str, tuple[str, ...]]
"""What an entry may be found by: the name in `custody_lookups`, and the values that fit."""


@dataclass(frozen=True, slots=True)
class LogFilter:
    """Which entries are asked for; what is empty narrows nothing."""

    actor: str = ""
    """Id of an account or station."""
    role: str = ""
    """One that the person had then."""
    group: str = ""
    """One of `catalog.rules.act_groups.GROUPS`."""
    action: str = ""
    kind: str = ""
    """clip, case, recorder, account …"""
    address: str = ""
    subjects: tuple[UUID, ...] | None = None
    """About any of these; an empty tuple finds nothing."""
    since: datetime | None = None
    until: datetime | None = None
    """Not included."""
    without: tuple[str, ...] = ()
    """Actions that are left out."""
    reader: Actor | None = None
    """Somebody who is no auditor, and is told of a part only (`catalog.custody.readers`)."""

    def lookups(self) -> list[Thing]:
        """Answer what is to be found by, each with the values that fit."""
        named = {
            "actor": self.actor,
            "role": self.role,
            "group": self.group,
            "action": self.action,
            "kind": self.kind,
            "address": self.address,
        }
        things: list[Thing] = [(name, (value,)) for name, value in named.items() if value]
        if self.subjects is not None:
            things.append(("subject", tuple(sorted({str(one) for one in self.subjects}))))
        return things


def as_read_by(reader: Actor | None, wanted: LogFilter) -> LogFilter:
    """Answer what `reader` is told of what is asked for.

    Who works with the whole bureau's recordings reads about all things. Everybody else reads about a thing he names, and
    where he names none, his own acts.
    """
    if audits(reader) or reader is None:
        return wanted
    told = replace(wanted, reader=reader)
    if wanted.subjects is None and Scope.BUREAU not in finds(reader.roles):
        return replace(told, actor=str(reader.id))
    return told


def find_entries(session: Session, wanted: LogFilter, *, before: Key | None = None, limit: int) -> list[Key]:
    """Answer time and id of the entries asked for, newest first, those after `before` in this order."""
    query, at, entry = _query(session, wanted, before)
    rows = session.execute(query.order_by(at.desc(), entry.desc()).limit(limit)).all()
    return [(row[0], row[1]) for row in rows]


def count_by_day(session: Session, wanted: LogFilter, days: Sequence[tuple[datetime, datetime]]) -> list[int]:
    """Answer how many of the entries asked for fall on each of `days` (from, until before), counted up to `COUNTED`."""
    counts = []
    for since, until in days:
        that_day = replace(
            wanted,
            since=max(since, wanted.since) if wanted.since else since,
            until=min(until, wanted.until) if wanted.until else until,
        )
        query, _at, _entry = _query(session, that_day, None)
        counts.append(session.scalar(select(func.count()).select_from(query.limit(COUNTED).subquery())) or 0)
    return counts


def _query(session: Session, wanted: LogFilter, before: Key | None) -> tuple[Any, Any, Any]:
    """Answer what selects time and id of the entries, and both columns, to put them in order by."""
    asked = wanted.lookups()
    if not asked:
        at: Any = CustodyEntry.at
        entry: Any = CustodyEntry.id
        query = select(at, entry)
    else:
        first = _rarest(session, wanted, asked)
        asked.remove(first)
        at, entry = CustodyLookup.at, CustodyLookup.entry_id
        query = select(at, entry).where(_is(CustodyLookup, first))
        if len(first[1]) > 1:
            query = query.distinct()  # an entry about several of them is one entry
    return query.where(*_narrowed(wanted, asked, at, entry, before)), at, entry


def _is(lookup: Any, thing: Thing) -> ColumnElement[bool]:
    name, values = thing
    fits = lookup.value == values[0] if len(values) == 1 else lookup.value.in_(values)
    return and_(lookup.name == name, fits)


def _narrowed(wanted: LogFilter, asked: list[Thing], at: Any, entry: Any, before: Key | None) -> list[Any]:
    conditions: list[Any] = []
    if wanted.since is not None:
        conditions.append(at >= wanted.since)
    if wanted.until is not None:
        conditions.append(at < wanted.until)
    if before is not None:
        conditions += [at <= before[0], or_(at < before[0], and_(at == before[0], entry < before[1]))]
    for thing in asked:
        other = aliased(CustodyLookup)
        conditions.append(exists().where(_is(other, thing), other.at == at, other.entry_id == entry))
    if wanted.reader is not None:
        conditions += told_of(wanted.reader, at, entry)
    if wanted.without:
        left_out = aliased(CustodyEntry)
        conditions.append(~exists().where(left_out.id == entry, left_out.action.in_(wanted.without)))
    return conditions


def _rarest(session: Session, wanted: LogFilter, asked: list[Thing]) -> Thing:
    """Answer which of the things asked for has the fewest entries in the period, as far as counting goes."""
    if len(asked) == 1:
        return asked[0]

    def weight(one: Thing) -> int:
        rows = select(CustodyLookup.entry_id).where(_is(CustodyLookup, one))
        if wanted.since is not None:
            rows = rows.where(CustodyLookup.at >= wanted.since)
        if wanted.until is not None:
            rows = rows.where(CustodyLookup.at < wanted.until)
        return session.scalar(select(func.count()).select_from(rows.limit(WEIGHED).subquery())) or 0

    return min(asked, key=weight)
