"""Accounts as the administrations see them: lists with a state for each, and one with its whole history."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, exists, func, or_, select
from sqlalchemy.orm import Session, joinedload

from catalog.accounts.inviting import officers_left
from catalog.accounts.standing import open_grants, person_of
from catalog.models import Account, AccountClosing, AccountUnlock, Invitation, Officer, Role, RoleGrant
from catalog.rules.administrations import Person

STATES = ("active", "invited", "closed")
LIMIT = 300
"""Accounts on one page: more than any bureau of this kind has; the filter finds the others."""


@dataclass(frozen=True, slots=True)
class AccountLine:
    """An account in the list: roles in force, roles wished for, and the link that is still good."""

    account: Account
    roles: tuple[str, ...]
    wished: tuple[str, ...]
    invitation: Invitation | None


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to an account: `what` is a stable word, `by` None for a command on the server."""

    at: datetime
    what: str
    by: Account | None
    role: str = ""
    note: str = ""
    own: bool = False
    """Done by the person, not to it."""


@dataclass(frozen=True, slots=True)
class AccountView:
    """One account with everything that its page shows."""

    account: Account
    person: Person
    others: Sequence[Account]
    """Further accounts of the same officer."""
    grants: Sequence[RoleGrant]
    """Wished for and in force, alphabetically."""
    invitation: Invitation | None
    """The newest link, if it is neither used nor withdrawn; it may be too old."""
    history: Sequence[Event]
    """Newest first."""


def list_accounts(
    session: Session, *, state: str = "", role: str = "", words: str = "", waiting: bool = False
) -> tuple[list[AccountLine], bool]:
    """Answer accounts by user name, at most `LIMIT`, and whether there are more.

    `state` is one of `STATES`, `role` one in force, `words` part of a name or user name, `waiting` with wishes only.
    """
    closed = or_(
        Account.closed_at.is_not(None), and_(Account.active.is_(False), Account.confirmed_at.is_not(None))
    )
    query = select(Account).outerjoin(Officer, Officer.id == Account.officer_id)
    if state == "closed":
        query = query.where(closed)
    elif state == "active":
        query = query.where(Account.active, Account.closed_at.is_(None))
    elif state == "invited":
        query = query.where(
            Account.active.is_(False), Account.confirmed_at.is_(None), Account.closed_at.is_(None)
        )
    if role:
        query = query.where(Account.roles.any(Role.name == role))
    if text := words.strip().lower():
        pattern = "%" + text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        query = query.where(
            or_(
                *(
                    func.lower(column).like(pattern, escape="\\")
                    for column in (Account.username, Account.display_name, Officer.name, Officer.number)
                )
            )
        )
    if waiting:
        query = query.where(_wished())
    found = session.scalars(
        query.options(joinedload(Account.officer)).order_by(Account.username).limit(LIMIT + 1)
    ).all()
    shown = found[:LIMIT]
    ids = [one.id for one in shown]
    wishes: dict[UUID, list[str]] = {}
    for account, name in session.execute(
        select(RoleGrant.account_id, RoleGrant.role)
        .where(RoleGrant.account_id.in_(ids), RoleGrant.ended_at.is_(None), RoleGrant.granted_at.is_(None))
        .order_by(RoleGrant.role)
    ):
        wishes.setdefault(account, []).append(name)
    links = {
        link.account_id: link
        for link in session.scalars(
            select(Invitation)
            .where(
                Invitation.account_id.in_(ids),
                Invitation.used_at.is_(None),
                Invitation.withdrawn_at.is_(None),
            )
            .order_by(Invitation.issued_at)
        )
    }
    lines = [
        AccountLine(
            one,
            tuple(sorted(r.name for r in one.roles)),
            tuple(wishes.get(one.id, ())),
            links.get(one.id) if one.state == "invited" else None,
        )
        for one in shown
    ]
    return lines, len(found) > LIMIT


def count_wishes(session: Session) -> int:
    """Count the accounts that wait for the security administrator."""
    return session.scalar(select(func.count()).select_from(Account).where(_wished())) or 0


def view_account(session: Session, account_id: UUID) -> AccountView | None:
    """Answer one account with its history; None where there is none of this id."""
    account = session.get(Account, account_id, options=[joinedload(Account.officer)])
    if account is None:
        return None
    others = (
        session.scalars(
            select(Account)
            .where(Account.officer_id == account.officer_id, Account.id != account.id)
            .order_by(Account.username)
        ).all()
        if account.officer_id
        else []
    )
    grants = session.scalars(
        select(RoleGrant)
        .where(RoleGrant.account_id == account_id)
        .options(
            *(
                joinedload(way).joinedload(Account.officer)
                for way in (RoleGrant.granter, RoleGrant.wisher, RoleGrant.ender)
            )
        )
    ).all()
    links = session.scalars(
        select(Invitation)
        .where(Invitation.account_id == account_id)
        .order_by(Invitation.issued_at)
        .options(
            *(
                joinedload(way).joinedload(Account.officer)
                for way in (Invitation.issuer, Invitation.withdrawer)
            )
        )
    ).all()
    closings = session.scalars(
        select(AccountClosing)
        .where(AccountClosing.account_id == account_id)
        .options(
            *(
                joinedload(way).joinedload(Account.officer)
                for way in (AccountClosing.closer, AccountClosing.reopener)
            )
        )
    ).all()
    standing = [link for link in links if link.used_at is None and link.withdrawn_at is None]
    return AccountView(
        account=account,
        person=person_of(session, account),
        others=others,
        grants=sorted(open_grants(session, account).values(), key=lambda row: row.role),
        invitation=standing[-1] if standing and account.state == "invited" else None,
        history=_history(account, grants, links, closings, _unlocks(session, account_id)),
    )


def officers_to_invite(session: Session, today: date) -> list[Officer]:
    """Answer the officers who have not left, by number; those with an account too, since one may need a second."""
    left = officers_left(session, today)
    found = session.scalars(select(Officer).options(joinedload(Officer.unit)).order_by(Officer.number))
    return [one for one in found if one.id not in left]


def _unlocks(session: Session, account_id: UUID) -> list[tuple[AccountUnlock, Account]]:
    query = (
        select(AccountUnlock, Account)
        .join(Account, Account.id == AccountUnlock.by)
        .where(AccountUnlock.account_id == account_id)
        .options(joinedload(Account.officer))
    )
    return [(row, by) for row, by in session.execute(query)]


def _wished() -> Any:
    return exists().where(
        RoleGrant.account_id == Account.id,
        RoleGrant.ended_at.is_(None),
        RoleGrant.granted_at.is_(None),
        Account.closed_at.is_(None),
    )


def _history(
    account: Account,
    grants: Sequence[RoleGrant],
    links: Sequence[Invitation],
    closings: Sequence[AccountClosing],
    unlocks: Sequence[tuple[AccountUnlock, Account]],
) -> list[Event]:
    found = [Event(account.created_at, "created", links[0].issuer if links else None)]
    for row in grants:
        if row.wished_at is not None:
            found.append(Event(row.wished_at, "wished", row.wisher, row.role))
        if row.granted_at is not None:
            found.append(Event(row.granted_at, "granted", row.granter, row.role))
        if row.ended_at is not None and row.ending != "closed":
            found.append(Event(row.ended_at, row.ending, row.ender, row.role))
    for link in links:
        found.append(Event(link.issued_at, "invited", link.issuer))
        if link.used_at is not None:
            found.append(Event(link.used_at, "accepted", account, own=True))
        if link.withdrawn_at is not None:
            found.append(Event(link.withdrawn_at, "withdrawn", link.withdrawer))
    for stretch in closings:
        found.append(Event(stretch.closed_at, "closed", stretch.closer, note=stretch.reason))
        if stretch.reopened_at is not None:
            found.append(Event(stretch.reopened_at, "reopened", stretch.reopener))
    found += [Event(row.at, "unlocked", by, note=row.reason) for row, by in unlocks]
    return sorted(found, key=lambda event: (event.at, EVENTS.index(event.what)), reverse=True)


EVENTS = (
    "created",
    "wished",
    "granted",
    "taken",
    "refused",
    "invited",
    "accepted",
    "withdrawn",
    "closed",
    "reopened",
    "unlocked",
)
