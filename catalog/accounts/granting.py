"""Granting roles, refusing them, taking them: the security administrator, never on himself, with a fresh sign-in."""

from __future__ import annotations

import secrets
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from catalog.accounts.refusals import CannotAdminister
from catalog.accounts.standing import (
    account_of,
    acting_person,
    end_grant,
    open_grants,
    others_with,
    person_of,
    role_row,
    roles_of,
    take_turn,
)
from catalog.actors import Actor
from catalog.custody.log import add_entry
from catalog.models import Account, RoleGrant
from catalog.permissions import ROLES
from catalog.rules.administrations import SECURITY, Person, clashes, why_not_grant, why_not_take
from catalog.rules.fresh_signin import is_fresh


def grant(
    session: Session,
    *,
    actor: Actor,
    account_id: UUID,
    role: str,
    signed_in_at: datetime | None,
    now: datetime,
) -> RoleGrant:
    """Bring a role into force, wished for or not; it counts from the person's next click. Raises CannotAdminister."""
    account, by = _begin(session, actor, account_id, signed_in_at, now)
    to, before = person_of(session, account), roles_of(account)
    why = why_not_grant(role, known=ROLES, by=by, to=to, held=before, closed=account.closed_at is not None)
    if why is not None:
        against = clashes(role, to.roles | before) if why == "incompatible" else []
        raise CannotAdminister(why, against[0] if against else None)
    row = open_grants(session, account).get(role)
    if row is None:
        row = RoleGrant(account_id=account.id, role=role)
        session.add(row)
    row.granted_at, row.granted_by = now, actor.id
    account.roles.append(role_row(session, role))
    session.flush()
    _enter(session, actor, "account.role-granted", account, role=role, before=before, now=now)
    return row


def refuse(
    session: Session,
    *,
    actor: Actor,
    account_id: UUID,
    role: str,
    signed_in_at: datetime | None,
    now: datetime,
) -> None:
    """Turn down a role that was wished for. Raises CannotAdminister."""
    account, by = _begin(session, actor, account_id, signed_in_at, now)
    _refuse_own(session, by.who, account)
    row = open_grants(session, account).get(role)
    if row is None or row.granted_at is not None:
        raise CannotAdminister("not-wished")
    end_grant(row, how="refused", by=actor.id, now=now)
    session.flush()
    _enter(session, actor, "account.role-refused", account, role=role, before=roles_of(account), now=now)


def take(
    session: Session,
    *,
    actor: Actor,
    account_id: UUID,
    role: str,
    signed_in_at: datetime | None,
    now: datetime,
) -> None:
    """Take a role away; it is gone from the person's next click. Raises CannotAdminister."""
    account, by = _begin(session, actor, account_id, signed_in_at, now)
    before = roles_of(account)
    why = why_not_take(
        role, by=by, of=person_of(session, account), held=before, others=others_with(session, account)
    )
    if why is not None:
        raise CannotAdminister(why)
    row = open_grants(session, account).get(role)
    if row is not None:
        end_grant(row, how="taken", by=actor.id, now=now)
    account.roles = [one for one in account.roles if one.name != role]
    session.flush()
    _enter(session, actor, "account.role-taken", account, role=role, before=before, now=now)


def end_sessions(session: Session, *, actor: Actor, account_id: UUID, now: datetime) -> None:
    """End every session of somebody else's account at once. Raises CannotAdminister."""
    take_turn(session)
    by = _security(session, actor)
    account = account_of(session, account_id)
    _refuse_own(session, by, account)
    account.fs_uniquifier = secrets.token_hex(32)
    session.flush()
    add_entry(
        session, actor=actor, action="account.sessions-ended", subjects={"account": account.id}, now=now
    )


def _begin(
    session: Session, actor: Actor, account_id: UUID, signed_in_at: datetime | None, now: datetime
) -> tuple[Account, Person]:
    take_turn(session)
    person = acting_person(session, actor)
    if SECURITY not in person.roles:
        raise CannotAdminister("not-yours")
    account = account_of(session, account_id)
    if not is_fresh(signed_in_at, now):
        raise CannotAdminister("not-fresh")
    return account, person


def _security(session: Session, actor: Actor) -> UUID:
    person = acting_person(session, actor)
    if SECURITY not in person.roles:
        raise CannotAdminister("not-yours")
    return person.who


def _refuse_own(session: Session, by: UUID, account: Account) -> None:
    if person_of(session, account).who == by:
        raise CannotAdminister("own-roles")


def _enter(
    session: Session,
    actor: Actor,
    action: str,
    account: Account,
    *,
    role: str,
    before: frozenset[str],
    now: datetime,
) -> None:
    add_entry(
        session,
        actor=actor,
        action=action,
        subjects={"account": account.id},
        facts={"role": role, "before": sorted(before), "after": sorted(roles_of(account))},
        now=now,
    )
