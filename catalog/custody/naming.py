"""Whom and what an auditor names when he narrows the log down, and what the ids in entries are called."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select, true
from sqlalchemy.orm import Session

from catalog.actors import Actor
from catalog.custody.readers import audits
from catalog.finding.visible import told_to
from catalog.models import Account, Case, Clip, Officer, Recorder, Station, Unit
from catalog.permissions import Permission
from catalog.rules.free_text import plain

ID_LENGTH, ID_DASHES = 36, 4
MOST = 50
"""Things of one name that are looked for together."""


@dataclass(frozen=True, slots=True)
class Person:
    """An account as chosen from a list."""

    id: UUID
    username: str
    name: str


def people(session: Session) -> list[Person]:
    """Answer everybody who has or had an account, by user name."""
    rows = session.execute(
        select(Account.id, Account.username, Officer.name)
        .outerjoin(Officer, Officer.id == Account.officer_id)
        .order_by(Account.username)
    )
    return [Person(number, username, name or "") for number, username, name in rows]


def subjects_called(session: Session, text: str, actor: Actor | None) -> tuple[UUID, ...]:
    """Answer what `text` names: an id, a case's number, a clip's name, a recorder's serial or label, a person's name.

    A clip that `actor` may not find is not found by its name or id either, and people only by auditors and themselves.
    """
    text = plain(text)
    if not text:
        return ()
    try:
        return _known(session, UUID(text), actor)
    except ValueError:
        pass
    asked = (
        select(Case.id).where(Case.number == text),
        select(Clip.id).where(Clip.name == text, told_to(actor, Permission.CUSTODY_READ)),
        select(Recorder.id).where(or_(Recorder.serial == text, Recorder.label == text)),
        select(Account.id)
        .outerjoin(Officer, Officer.id == Account.officer_id)
        .where(
            or_(Account.username == text, Officer.name == text, Officer.number == text),
            _told_of(actor, Account.id),
        ),
        select(Officer.id).where(
            or_(Officer.name == text, Officer.number == text), _told_of(actor, Officer.id)
        ),
        select(Station.id).where(or_(Station.code == text, Station.name == text)),
    )
    return tuple(one for query in asked for one in session.scalars(query.limit(MOST)))


def _known(session: Session, one: UUID, actor: Actor | None) -> tuple[UUID, ...]:
    """The id itself, unless it is of a clip out of the reader's scope, or of somebody else."""
    if audits(actor) or actor is None:
        return (one,)
    if session.get(Clip, one) is not None:
        may_know = select(Clip.id).where(Clip.id == one, told_to(actor, Permission.CUSTODY_READ))
        return tuple(session.scalars(may_know))
    if one not in {actor.id, actor.officer_id} and any(session.get(of, one) for of in (Account, Officer)):
        return ()
    return (one,)


def _told_of(actor: Actor | None, number: Any) -> ColumnElement[bool]:
    """People are looked for by auditors; everybody else finds himself."""
    if audits(actor) or actor is None:
        return true()
    return or_(number == actor.id, number == actor.officer_id)


def called(session: Session, ids: Iterable[UUID], actor: Actor | None) -> dict[UUID, str]:
    """Answer what those of `ids` are called that have a name; of clips, those that `actor` may find."""
    wanted = list(set(ids))
    asked = (
        select(Case.id, Case.number).where(Case.id.in_(wanted)),
        select(Clip.id, Clip.name).where(Clip.id.in_(wanted), told_to(actor, Permission.CUSTODY_READ)),
        select(Recorder.id, Recorder.label).where(Recorder.id.in_(wanted)),
        select(Officer.id, Officer.name).where(Officer.id.in_(wanted)),
        select(Station.id, Station.code).where(Station.id.in_(wanted)),
        select(Unit.id, Unit.name).where(Unit.id.in_(wanted)),
    )
    names = {number: name for query in asked for number, name in session.execute(query) if name}
    accounts = (
        select(Account.id, Account.username, func.coalesce(Officer.name, Account.display_name))
        .outerjoin(Officer, Officer.id == Account.officer_id)
        .where(Account.id.in_(wanted))
    )
    for number, username, name in session.execute(accounts):
        names[number] = f"{name} ({username})" if name else username
    return names


def ids_in(told: Any, most: int = 40) -> list[UUID]:
    """Answer the ids that stand anywhere in the fields of an entry, in their order, at most so many."""
    if most <= 0:
        return []
    if isinstance(told, str):
        return (
            [UUID(told)] if len(told) == ID_LENGTH and told.count("-") == ID_DASHES and _is_id(told) else []
        )
    inside: Iterable[Any] = ()
    if isinstance(told, Mapping):
        inside = told.values()
    elif isinstance(told, list):
        inside = told
    found: list[UUID] = []
    for one in inside:
        found += ids_in(one, most - len(found))
    return found[:most]


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
