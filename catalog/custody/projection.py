"""What of an entry leaves the system, in a file or to a log collector: one form for both.

The record as committed to, its place and its leaf digest. What is private in a record are salted digests, and neither a
value nor a salt is among what is read here.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from catalog.custody.record import canonical
from catalog.database import Database
from catalog.models import CustodyEntry, CustodyPlace

PAGE = 2000


class Placed(NamedTuple):
    """An entry where it stands in the log."""

    place: int
    leaf: str
    """Hexadecimal."""
    record: str
    """RFC 8785 text; empty where records were not asked for."""


def outward(entry: Placed) -> str:
    """Answer an entry as it leaves: RFC 8785 JSON of place, leaf and record, without a line feed."""
    return canonical({"place": entry.place, "leaf": entry.leaf, "record": entry.record})


def newest_place(session: Session) -> int | None:
    """Answer the highest place in the log, or None while nothing has one."""
    return session.scalar(select(func.max(CustodyPlace.place)))


def placed(database: Database, first: int, last: int, *, records: bool) -> Iterator[Placed]:
    """Give the entries from place `first` to `last` in order, in short transactions: places never change."""
    for start in range(first, last + 1, PAGE):
        with database.read() as session:
            page = placed_page(session, start, min(start + PAGE - 1, last), records=records)
        yield from page


def placed_page(session: Session, first: int, last: int, *, records: bool = True) -> list[Placed]:
    """Answer the entries from place `first` to `last` in order."""
    columns: list[Any] = [CustodyPlace.place, CustodyEntry.leaf]
    if records:
        columns.append(CustodyEntry.record)
    rows = session.execute(
        select(*columns)
        .join(CustodyEntry, CustodyEntry.id == CustodyPlace.entry_id)
        .where(CustodyPlace.place >= first, CustodyPlace.place <= last)
        .order_by(CustodyPlace.place)
    )
    return [Placed(row[0], row[1], row[2] if records else "") for row in rows]
