"""Who is who: several accounts of one officer are one person, wherever a procedure asks for different people."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.models import Account


def persons(session: Session, accounts: Iterable[UUID | None]) -> dict[UUID, UUID]:
    """Answer for each account whose it is: its officer, or itself where it is of none. None is left out."""
    asked = {one for one in accounts if one is not None}
    rows = session.execute(select(Account.id, Account.officer_id).where(Account.id.in_(asked)))
    officers = {account: officer for account, officer in rows if officer is not None}
    return {account: officers.get(account, account) for account in asked}


def is_among(session: Session, account: UUID | None, others: Collection[UUID | None]) -> bool:
    """Whether the person of `account` is one of those of `others`."""
    if account is None:
        return False
    known = persons(session, [account, *others])
    return known[account] in {known[one] for one in others if one is not None}


def accounts_of(session: Session, account: UUID) -> set[UUID]:
    """Answer every account of the person of `account`, that one included."""
    officer = session.scalar(select(Account.officer_id).where(Account.id == account))
    if officer is None:
        return {account}
    return {account, *session.scalars(select(Account.id).where(Account.officer_id == officer))}
