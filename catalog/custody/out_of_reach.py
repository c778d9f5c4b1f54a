"""A recording asked for by its address that the asker has no business with: answered as unknown, and kept in the log."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.actors import Actor
from catalog.custody.finding import LogFilter, find_entries
from catalog.custody.log import add_entry
from catalog.database import Database
from catalog.finding.visible import reached
from catalog.models import Clip

AGAIN = timedelta(hours=1)
"""The same recording asked for again within this time, by whichever address, is one entry: pages ask by themselves."""
OUT_OF_REACH = "clip.out-of-reach"


def note_out_of_reach(database: Database, actor: Actor, clip_id: UUID, *, act: str, now: datetime) -> bool:
    """Enter that `actor` asked for a clip out of his scope; answer whether an entry was made.

    Of what does not exist nothing is entered, nor of what is sealed, which shows nowhere (invariant 11).
    """
    with database.read() as session:
        if not _is_so(session, actor, clip_id, now):
            return False
    with database.write() as session:
        if not _is_so(session, actor, clip_id, now):
            return False
        add_entry(
            session, actor=actor, action=OUT_OF_REACH, subjects={"clip": clip_id}, facts={"act": act}, now=now
        )
    return True


def _is_so(session: Session, actor: Actor, clip_id: UUID, now: datetime) -> bool:
    open_ = session.scalar(select(Clip.id).where(Clip.id == clip_id, Clip.restricted.is_(False)))
    if open_ is None or reached(session, actor, [clip_id]):
        return False
    lately = LogFilter(actor=str(actor.id), action=OUT_OF_REACH, subjects=(clip_id,), since=now - AGAIN)
    return not find_entries(session, lately, limit=1)
