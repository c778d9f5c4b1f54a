"""Sessions: begun by a sign-in, ended by the person, by being left alone, or by the day's end."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from catalog.actors import Actor
from catalog.custody.log import add_entry
from catalog.models import Account, SigninSession

FORGOTTEN = timedelta(days=7)
"""Rows of sessions that ended long ago are dropped; what happened in them stands in the custody log."""


def begin_session(session: Session, account: UUID, now: datetime) -> UUID:
    """Begin a session of this account and answer its id."""
    session.execute(delete(SigninSession).where(SigninSession.started_at < now - FORGOTTEN))
    begun = SigninSession(account_id=account, started_at=now, seen_at=now)
    session.add(begun)
    session.flush()
    return begun.id


def find_session(session: Session, sitting: UUID) -> SigninSession | None:
    """Answer a session, or None for one that is not known."""
    return session.get(SigninSession, sitting)


def note_seen(session: Session, sitting: UUID, now: datetime) -> None:
    """Note that the person did something. One that was left alone too long stays ended."""
    session.execute(
        update(SigninSession)
        .where(SigninSession.id == sitting, SigninSession.idle_at.is_(None), SigninSession.seen_at < now)
        .values(seen_at=now)
    )


def note_idle(session: Session, sitting: UUID, *, address: str | None, now: datetime) -> None:
    """Enter, once, that a session ended because nobody did anything."""
    ended = session.execute(
        update(SigninSession)
        .where(SigninSession.id == sitting, SigninSession.idle_at.is_(None))
        .values(idle_at=now)
    )
    if ended.rowcount != 1:  # type: ignore[attr-defined]
        return
    account = session.get_one(Account, session.get_one(SigninSession, sitting).account_id)
    add_entry(
        session,
        actor=Actor(kind="person", id=account.id, name=account.username, address=address),
        action="account.session-idle",
        subjects={"account": account.id},
        now=now,
    )
