"""Questions about clips that people keep under a name: their own, and those that others share with all."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, joinedload

from catalog.actors import Actor
from catalog.custody.log import add_entry
from catalog.models import Account, SavedView
from catalog.refused import Refused
from catalog.rules.free_text import spoken

NAME_LIMIT = 40
QUERY_LIMIT = 2000
MOST = 30
"""Views of one person."""


class CannotSave(Refused):
    """Saving was refused; `why` is a stable word, and nothing was changed."""


WHY = ("no-name", "name-too-long", "query-too-long", "too-many")


def views_for(session: Session, actor: Actor) -> Sequence[SavedView]:
    """Answer a person's own views by name, then those others share, with whom they are of."""
    return session.scalars(
        select(SavedView)
        .where(or_(SavedView.account_id == actor.id, SavedView.shared))
        .order_by(SavedView.account_id != actor.id, SavedView.name, SavedView.id)
        .options(joinedload(SavedView.account).joinedload(Account.officer))
    ).all()


def save_view(
    session: Session, *, actor: Actor, name: str, query: str, shared: bool, now: datetime
) -> SavedView:
    """Keep a question under a name; a person's view of that name is replaced. Raises CannotSave."""
    name = " ".join(spoken(name).split())
    if not name:
        raise CannotSave("no-name")
    if len(name) > NAME_LIMIT:
        raise CannotSave("name-too-long")
    if len(query) > QUERY_LIMIT:
        raise CannotSave("query-too-long")
    assert actor.id is not None  # noqa: S101 - only persons save views
    mine = SavedView.account_id == actor.id
    view = session.scalar(select(SavedView).where(mine, SavedView.name == name))
    if view is None:
        if (session.scalar(select(func.count()).select_from(SavedView).where(mine)) or 0) >= MOST:
            raise CannotSave("too-many")
        view = SavedView(account_id=actor.id, name=name, created_at=now)
        session.add(view)
        before = {}
    else:
        before = {"query": view.query, "shared": view.shared}
    view.query, view.shared = query, shared
    session.flush()
    _enter(session, actor, "view.saved", view, now, before=before, after={"query": query, "shared": shared})
    return view


def remove_view(session: Session, *, actor: Actor, view_id: UUID, now: datetime) -> bool:
    """Remove a view of `actor`; answer whether there was one. Those of others are as if they were not there."""
    view = session.scalar(select(SavedView).where(SavedView.id == view_id, SavedView.account_id == actor.id))
    if view is None:
        return False
    session.delete(view)
    _enter(
        session,
        actor,
        "view.removed",
        view,
        now,
        before={"query": view.query, "shared": view.shared},
        after={},
    )
    return True


def _enter(
    session: Session,
    actor: Actor,
    action: str,
    view: SavedView,
    now: datetime,
    *,
    before: dict[str, object],
    after: dict[str, object],
) -> None:
    add_entry(
        session,
        actor=actor,
        action=action,
        subjects={"view": view.id},
        facts={"shared": view.shared},
        # A question may name a person.
        private={"name": view.name, "query": view.query, "before": before, "after": after},
        now=now,
    )
