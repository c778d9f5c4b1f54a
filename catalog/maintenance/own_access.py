"""Whether an act on officers or recorders is about the access of whoever acts, by whichever account of theirs."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Session

from catalog.accounts.standing import person_of
from catalog.actors import Actor
from catalog.models import Account
from catalog.rules.own_access import comes_into_sight
from catalog.same_person import persons


def is_own_record(session: Session, actor: Actor, officer: UUID) -> bool:
    """Answer whether the person who acts is this officer. Commands on the server are nobody's own."""
    if actor.kind != "person" or actor.id is None:
        return False
    return persons(session, [actor.id])[actor.id] == officer


def brings_into_sight(session: Session, actor: Actor, before: UUID | None, after: UUID | None) -> bool:
    """Answer whether the person who acts finds recordings of one unit only once they are of the other."""
    account = session.get(Account, actor.id) if actor.kind == "person" and actor.id else None
    if account is None or before == after:
        return False
    own = account.officer.unit_id if account.officer is not None else None
    return comes_into_sight(person_of(session, account).roles, own, before, after)
