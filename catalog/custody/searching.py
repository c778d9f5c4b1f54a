"""Searches as entries of the log: what was looked for, once for each search, not for each page of what was found."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, exists, select
from sqlalchemy.orm import Session, aliased

from catalog.actors import Actor
from catalog.custody.log import add_entry
from catalog.custody.record import canonical
from catalog.database import Database
from catalog.models import CustodyEntry, CustodyLookup, CustodyPrivate
from catalog.rules.free_text import plain

SAME_SEARCH = timedelta(minutes=10)
"""The same words again within this time are the same search: a page turned, sorted, or opened again."""
WORDS_LIMIT = 200
REFUSED_AGAIN = timedelta(hours=1)
"""A page refused to somebody who tries it again within this time leaves no further entry: pages ask by themselves."""
LOOKED_BACK = 100
SEARCHED = "search.made"
LOOK_REFUSED = "account.look-refused"


def note_search(
    database: Database, actor: Actor, *, where: str, asked: Mapping[str, str], now: datetime
) -> bool:
    """Enter that `actor` looked for words or for a person; answer whether an entry was made.

    `where` is the list (clips, cases …), `asked` what was typed or chosen by the name of its field. The values are
    private; which fields were used is not. Nothing is entered when nothing was asked for.
    """
    words = {name: plain(value)[:WORDS_LIMIT] for name, value in asked.items() if plain(value)}
    if not words:
        return False
    value = canonical({"where": where, **words})
    with database.read() as session:
        if _said_lately(session, actor, value, now):
            return False
    with (
        database.write() as session
    ):  # twice in one moment makes two entries: better than asking while others wait
        add_entry(
            session,
            actor=actor,
            action="search.made",
            subjects={},
            facts={"where": where, "by": sorted(words)},
            private={"words": {"where": where, **words}},
            now=now,
        )
    return True


def note_look_refused(database: Database, actor: Actor, *, act: str, permission: str, now: datetime) -> None:
    """Enter that `actor` asked for a page his roles do not include; the same page once an hour."""
    with database.read() as session:
        if _refused_lately(session, actor, act, now):
            return
    with database.write() as session:
        add_entry(
            session,
            actor=actor,
            action="account.look-refused",
            subjects={"account": actor.id} if actor.id else {},
            facts={"permission": permission, "act": act},
            now=now,
        )


def _lately(session: Session, actor: Actor, action: str, since: datetime) -> list[Any]:
    # Along what this person did since then, which is little; `find_entries` would first count what is rarer.
    did, kind = aliased(CustodyLookup), aliased(CustodyLookup)
    same = and_(kind.name == "action", kind.value == action, kind.at == did.at, kind.entry_id == did.entry_id)
    query = select(did.entry_id).where(did.name == "actor", did.value == str(actor.id), did.at >= since)
    newest = query.where(exists().where(same)).order_by(did.at.desc(), did.entry_id.desc())
    return list(session.scalars(newest.limit(LOOKED_BACK)))


def _said_lately(session: Session, actor: Actor, value: str, now: datetime) -> bool:
    ids = _lately(session, actor, SEARCHED, now - SAME_SEARCH)
    query = select(CustodyPrivate.value).where(
        CustodyPrivate.entry_id.in_(ids), CustodyPrivate.field == "words"
    )
    return value in session.scalars(query).all()


def _refused_lately(session: Session, actor: Actor, act: str, now: datetime) -> bool:
    ids = _lately(session, actor, LOOK_REFUSED, now - REFUSED_AGAIN)
    records = session.scalars(select(CustodyEntry.record).where(CustodyEntry.id.in_(ids)))
    return any(json.loads(record)["facts"].get("act") == act for record in records)
