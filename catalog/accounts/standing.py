"""Who acts on whom: read anew under a lock, since what a page knew may be a minute old.

Acts on accounts are rare and look at several accounts at once (the last of an administration, other accounts of the same
officer), so each takes all accounts' rows: two acts come one after the other, whichever accounts they are about.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.accounts.refusals import CannotAdminister
from catalog.actors import Actor
from catalog.models import Account, AccountRole, Role, RoleGrant
from catalog.rules.administrations import NEVER_NONE, Person


def take_turn(session: Session) -> None:
    """Wait until nobody else acts on accounts, and read from here on what they left."""
    # NO KEY UPDATE: rows elsewhere that point to an account are written meanwhile.
    session.execute(select(Account.id).order_by(Account.id).with_for_update(key_share=True)).all()
    session.expire_all()


def account_of(session: Session, account_id: UUID) -> Account:
    """Answer an account. Raises CannotAdminister for one that is not there."""
    account = session.get(Account, account_id)
    if account is None:
        raise CannotAdminister("unknown-account")
    return account


def person_of(session: Session, account: Account) -> Person:
    """Answer whose an account is, and the roles in force on all accounts of that person that are not closed."""
    if account.officer_id is None:
        return Person(account.id, roles_of(account))
    others = session.scalars(
        select(Account).where(Account.officer_id == account.officer_id, Account.closed_at.is_(None))
    )
    return Person(account.officer_id, frozenset(role for one in others for role in roles_of(one)))


def roles_of(account: Account) -> frozenset[str]:
    """Answer the roles in force on one account."""
    return frozenset(role.name for role in account.roles)


def acting_person(session: Session, actor: Actor) -> Person:
    """Answer the actor as he is now, by the account he acts with. Raises CannotAdminister for one that lets nobody act."""
    account = session.get(Account, actor.id) if actor.kind == "person" and actor.id else None
    if account is None or not account.active or account.closed_at is not None:
        raise CannotAdminister("not-yours")
    return Person(account.officer_id or account.id, roles_of(account))


def others_with(session: Session, account: Account) -> Counter[str]:
    """Count, for each role of which somebody must be left, the other accounts that may sign in and hold it."""
    return Counter(
        session.scalars(
            select(Role.name)
            .join(AccountRole, AccountRole.role_id == Role.id)
            .join(Account, Account.id == AccountRole.account_id)
            .where(
                Role.name.in_(NEVER_NONE),
                Account.id != account.id,
                Account.active,
                Account.closed_at.is_(None),
            )
        )
    )


def open_grants(session: Session, account: Account) -> dict[str, RoleGrant]:
    """Answer what is wished for or in force, by role."""
    rows = session.scalars(
        select(RoleGrant).where(RoleGrant.account_id == account.id, RoleGrant.ended_at.is_(None))
    )
    return {row.role: row for row in rows}


def end_grant(grant: RoleGrant, *, how: str, by: UUID | None, now: datetime) -> None:
    """Note that a role or a wish for it has ended."""
    grant.ended_at, grant.ended_by, grant.ending = now, by, how


def role_row(session: Session, name: str) -> Role:
    """Answer the row of a role, made when it is used for the first time."""
    row = session.scalar(select(Role).where(Role.name == name))
    if row is None:
        row = Role(name=name)
        session.add(row)
        session.flush()
    return row
