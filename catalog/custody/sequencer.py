"""Gives every entry its place in the log: 0, 1, 2 … in one table, by one writer at a time.

Database ids are not commit order: an entry may be written first and committed last. So places are given
afterwards, to committed entries only, and never change.
"""

from __future__ import annotations

from sqlalchemy import exists, func, select, text
from sqlalchemy.orm import Session

from catalog.models import CustodyEntry, CustodyPlace

POSTGRES_LOCK = 0x11005
"""Advisory lock that keeps a second sequencer waiting."""


def place_entries(session: Session, *, limit: int = 5000) -> int:
    """Give places to committed entries that have none, oldest first; answer how many were placed.

    Call in a writing transaction of its own. SQLite has one writer; PostgreSQL waits on an advisory lock.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": POSTGRES_LOCK})
    waiting = session.scalars(
        select(CustodyEntry.id)
        .where(~exists().where(CustodyPlace.entry_id == CustodyEntry.id))
        .order_by(CustodyEntry.id)
        .limit(limit)
    ).all()
    if not waiting:
        return 0
    last = session.scalar(select(func.max(CustodyPlace.place)))
    start = 0 if last is None else last + 1
    session.add_all(CustodyPlace(place=start + n, entry_id=entry) for n, entry in enumerate(waiting))
    return len(waiting)
