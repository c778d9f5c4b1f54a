"""Inviting somebody: an account without password and without roles in force, and a link that sets the first password."""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from catalog.accounts.refusals import CannotAdminister, InvitationRefused
from catalog.accounts.standing import account_of, acting_person, person_of, take_turn
from catalog.actors import Actor
from catalog.custody.finding import LogFilter, find_entries
from catalog.custody.log import add_entry
from catalog.custody.record import utc_text
from catalog.ids import new_id
from catalog.models import Account, CustodyEntry, Invitation, Officer, OfficerTerm, RoleGrant
from catalog.people import person
from catalog.permissions import ROLES
from catalog.rules.administrations import SYSTEM, clashes, clashes_among
from catalog.rules.free_text import spoken

VALID = timedelta(hours=72)
NAME_LIMIT = 64
REFUSED = "account.invitation-refused"
REFUSED_AGAIN = timedelta(hours=1)
LOOKED_BACK = 100
_USER_NAME = re.compile(r"[a-z][a-z0-9._-]{1,31}")


@dataclass(frozen=True, slots=True)
class Guest:
    """Whom to invite: an officer, or somebody who is none by `name`; with the roles that are wished for."""

    username: str
    officer: UUID | None = None
    name: str = ""
    roles: frozenset[str] = field(default_factory=frozenset)


def invite(
    session: Session, *, actor: Actor, guest: Guest, today: date, now: datetime
) -> tuple[Account, str]:
    """Make an account and answer it with its link's secret, good once and for 72 hours (R2.12). Raises CannotAdminister.

    The wished roles come into force when the security administrator grants them, not before. `today` is the bureau's
    day: who has left the service by then is not invited.
    """
    take_turn(session)
    _require_system(session, actor)
    username = guest.username.strip().lower()
    if not _USER_NAME.fullmatch(username):
        raise CannotAdminister("bad-user-name")
    officer = _officer(session, guest.officer, today) if guest.officer is not None else None
    name = "" if officer else _name(guest.name)
    if guest.roles - set(ROLES):
        raise CannotAdminister("unknown-role")
    if session.scalar(select(Account.id).where(func.lower(Account.username) == username)) is not None:
        raise CannotAdminister("name-taken")
    account = Account(
        username=username,
        email=f"{username}@liuhen.invalid",
        display_name=name,
        active=False,
        fs_uniquifier=secrets.token_hex(32),
        officer_id=officer.id if officer else None,
        created_at=now,
    )
    session.add(account)
    try:
        session.flush()
    except IntegrityError as error:  # an account made by the command at the same moment
        raise CannotAdminister("name-taken") from error
    refuse_clashes(session, account, guest.roles)
    session.add_all(
        RoleGrant(account_id=account.id, role=role, wished_at=now, wished_by=actor.id)
        for role in sorted(guest.roles)
    )
    session.flush()
    add_entry(
        session,
        actor=actor,
        action="account.created",
        subjects={"account": account.id, **({"officer": officer.id} if officer else {})},
        facts={"roles": [], "wished": sorted(guest.roles)},
        private={"username": username, "name": name},
        now=now,
    )
    return account, _issue(session, actor, account, now)


def invite_anew(session: Session, *, actor: Actor, account_id: UUID, now: datetime) -> tuple[Account, str]:
    """Withdraw the link of an account nobody has taken yet, and answer a fresh one. Raises CannotAdminister."""
    take_turn(session)
    _require_system(session, actor)
    account = _waiting(session, account_id)
    _withdraw(session, actor, account, now)
    return account, _issue(session, actor, account, now)


def withdraw(session: Session, *, actor: Actor, account_id: UUID, now: datetime) -> None:
    """Make a link useless; the account waits for another. Raises CannotAdminister."""
    take_turn(session)
    _require_system(session, actor)
    account = _waiting(session, account_id)
    if not _withdraw(session, actor, account, now):
        raise CannotAdminister("unknown-invitation")


def peek(session: Session, token: str, now: datetime) -> Account:
    """Answer whom a link invites, without using it. Raises InvitationRefused with the reason."""
    invitation = session.scalar(select(Invitation).where(Invitation.digest == _digest(token)))
    if invitation is None:
        raise InvitationRefused("unknown")
    return _invited(invitation, now)


def accept(
    session: Session, *, token: str, password_hash: str, address: str | None, now: datetime
) -> Account:
    """Take the account of a link: keep the password's hash, and let it sign in. Raises InvitationRefused.

    The caller has asked `catalog.rules.passwords`. Of two requests with one link at the same instant, one wins.
    """
    found = session.scalar(select(Invitation).where(Invitation.digest == _digest(token)))
    if found is None:
        raise InvitationRefused("unknown")
    session.execute(
        select(Account.id).where(Account.id == found.account_id).with_for_update(key_share=True)
    ).all()
    session.expire_all()
    account = _invited(found, now)
    used = session.execute(
        update(Invitation)
        .where(Invitation.id == found.id, Invitation.used_at.is_(None), Invitation.withdrawn_at.is_(None))
        .values(used_at=now)
    )
    if used.rowcount != 1:  # type: ignore[attr-defined]
        raise InvitationRefused("used")
    account.password, account.fs_uniquifier = password_hash, secrets.token_hex(32)
    account.active, account.confirmed_at = True, now
    session.flush()
    add_entry(
        session,
        actor=person(account, address),
        action="account.invitation-used",
        subjects={"account": account.id},
        now=now,
    )
    return account


def note_refused(session: Session, *, token: str, address: str | None, why: str, now: datetime) -> None:
    """Enter that a link was tried and let nobody in; the link itself is not kept.

    The same again from the same address is entered once an hour: anybody can try links, and must not fill the log.
    """
    account = session.scalar(select(Invitation.account_id).where(Invitation.digest == _digest(token)))
    if _refused_lately(session, account, address, why, now):
        return
    add_entry(
        session,
        actor=Actor(kind="person", id=None, name="", address=address),
        action=REFUSED,
        subjects={"account": account} if account else {},
        facts={"why": why},
        now=now,
    )


def _refused_lately(
    session: Session, account: UUID | None, address: str | None, why: str, now: datetime
) -> bool:
    subjects = (account,) if account else None
    asked = LogFilter(action=REFUSED, address=address or "", subjects=subjects, since=now - REFUSED_AGAIN)
    ids = [entry for _, entry in find_entries(session, asked, limit=LOOKED_BACK)]
    for text in session.scalars(select(CustodyEntry.record).where(CustodyEntry.id.in_(ids))):
        record = json.loads(text)
        if record["facts"]["why"] == why and bool(record["subjects"].get("account")) == bool(account):
            return True
    return False


def _invited(invitation: Invitation, now: datetime) -> Account:
    account = invitation.account
    for why, holds in (
        ("closed", account.closed_at is not None),
        ("used", invitation.used_at is not None),
        ("withdrawn", invitation.withdrawn_at is not None),
        ("expired", not invitation.issued_at <= now < invitation.expires_at),
        ("used", account.active or account.confirmed_at is not None),
    ):
        if holds:
            raise InvitationRefused(why)
    return account


def _require_system(session: Session, actor: Actor) -> None:
    if SYSTEM not in acting_person(session, actor).roles:
        raise CannotAdminister("not-yours")


def _waiting(session: Session, account_id: UUID) -> Account:
    account = account_of(session, account_id)
    if account.state != "invited":
        raise CannotAdminister("closed" if account.state == "closed" else "not-invited")
    return account


def _issue(session: Session, actor: Actor, account: Account, now: datetime) -> str:
    token = secrets.token_urlsafe(32)
    invitation = Invitation(
        id=new_id(),
        account_id=account.id,
        digest=_digest(token),
        issued_at=now,
        issued_by=actor.id,
        expires_at=now + VALID,
    )
    session.add(invitation)
    session.flush()
    add_entry(
        session,
        actor=actor,
        action="account.invited",
        subjects={"account": account.id},
        facts={"invitation": str(invitation.id), "expires": utc_text(invitation.expires_at)},
        now=now,
    )
    return token


def _withdraw(session: Session, actor: Actor, account: Account, now: datetime) -> bool:
    ended = withdraw_open(session, account, by=actor.id, now=now)
    if ended:
        add_entry(
            session,
            actor=actor,
            action="account.invitation-withdrawn",
            subjects={"account": account.id},
            facts={"before": {"withdrawn": False}, "after": {"withdrawn": True}},
            now=now,
        )
    return ended


def withdraw_open(session: Session, account: Account, *, by: UUID | None, now: datetime) -> bool:
    """Make every link of an account useless that is not used; answer whether there was one. The caller enters it."""
    rows = session.scalars(
        select(Invitation).where(
            Invitation.account_id == account.id,
            Invitation.used_at.is_(None),
            Invitation.withdrawn_at.is_(None),
        )
    ).all()
    for row in rows:
        row.withdrawn_at, row.withdrawn_by = now, by
    session.flush()
    return bool(rows)


def _digest(token: str) -> str:
    """SHA-256: the secret is 256 random bits, so no slow hash is needed."""
    return hashlib.sha256(token.encode()).hexdigest()


def _name(text: str) -> str:
    name = " ".join(spoken(text).split())
    if not name:
        raise CannotAdminister("name-missing")
    if len(name) > NAME_LIMIT:
        raise CannotAdminister("name-too-long")
    return name


def _officer(session: Session, officer_id: UUID, today: date) -> Officer:
    officer = session.get(Officer, officer_id)
    if officer is None:
        raise CannotAdminister("unknown-officer")
    if officer_id in officers_left(session, today):
        raise CannotAdminister("officer-left")
    return officer


def officers_left(session: Session, today: date) -> set[UUID]:
    """Answer the officers who have left by `today`, by the row that holds on that day: no account is made for them."""
    rows = session.execute(
        select(OfficerTerm.officer_id, OfficerTerm.has_left)
        .where(OfficerTerm.since <= today)
        .order_by(OfficerTerm.since, OfficerTerm.noted_at, OfficerTerm.id)
    )
    return {officer for officer, left in {row[0]: row[1] for row in rows}.items() if left}


def refuse_clashes(session: Session, account: Account, roles: Collection[str]) -> None:
    """Raise CannotAdminister where roles clash with one another, or with what the account's person holds elsewhere."""
    held = person_of(session, account).roles
    against = clashes_among(roles) or [clash for role in sorted(roles) for clash in clashes(role, held)]
    if against:
        raise CannotAdminister("incompatible", against[0])
