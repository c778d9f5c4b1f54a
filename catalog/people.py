"""Accounts: finding them, one-time sign-in links, and what of signing in goes into the custody log."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session

from catalog.actors import Actor, system
from catalog.custody.log import add_entry
from catalog.models import Account, Officer, Role, RoleGrant, SigninToken
from catalog.permissions import ROLES

SIGNIN_VALID = timedelta(minutes=30)
LANGUAGES = ("zh_Hans_CN", "en")


class UnknownAccount(LookupError):
    """There is no account of this name."""


def find_account(session: Session, name: str) -> Account | None:
    """Answer the account whose user name or e-mail address this is, whatever the case of its letters."""
    wanted = name.strip().lower()
    if not wanted:
        return None
    return session.scalar(
        select(Account).where(
            or_(func.lower(Account.username) == wanted, func.lower(Account.email) == wanted)
        )
    )


def account_by_uniquifier(session: Session, uniquifier: str) -> Account | None:
    """Answer the account a session cookie names; changing the uniquifier ends all its sessions."""
    return session.scalar(select(Account).where(Account.fs_uniquifier == uniquifier))


def end_sessions(account: Account) -> str:
    """End all sessions of an account at once, and answer its new uniquifier."""
    account.fs_uniquifier = secrets.token_hex(32)
    return account.fs_uniquifier


def person(
    account: Account,
    address: str | None,
    named: frozenset[UUID] = frozenset(),
    opened: frozenset[UUID] = frozenset(),
) -> Actor:
    """Answer the person behind an account as an actor.

    `named` are the sealed clips that person may see, `opened` those for which a purpose was stated that is valid now.
    """
    officer = account.officer
    return Actor(
        kind="person",
        id=account.id,
        name=account.username,
        roles=frozenset(role.name for role in account.roles),
        officer_id=account.officer_id,
        unit_id=officer.unit_id if officer else None,
        address=address,
        named=named,
        opened=opened,
    )


def create_account(
    session: Session,
    *,
    actor: Actor,
    username: str,
    email: str,
    roles: Collection[str],
    officer: Officer | None,
    now: datetime,
    display_name: str = "",
) -> Account:
    """Create an account without a password, its roles in force at once. Raises ValueError for a role that does not exist.

    For the command on the server, which asks the rules first, and the demonstration; people invite one another by
    `catalog.accounts.inviting`. `display_name` is what somebody is called who is no officer.
    """
    if unknown := set(roles) - set(ROLES):
        raise ValueError(f"no such role: {', '.join(sorted(unknown))}")
    rows = {role.name: role for role in session.scalars(select(Role).where(Role.name.in_(roles)))}
    for name in sorted(set(roles) - set(rows)):
        rows[name] = Role(name=name)
        session.add(rows[name])
    account = Account(
        username=username,
        email=email,
        fs_uniquifier=secrets.token_hex(32),
        officer_id=officer.id if officer else None,
        confirmed_at=now,
        created_at=now,
        display_name="" if officer else display_name,
        roles=[rows[name] for name in sorted(roles)],
    )
    session.add(account)
    session.flush()
    session.add_all(
        RoleGrant(account_id=account.id, role=role, granted_at=now, granted_by=actor.id)
        for role in sorted(roles)
    )
    add_entry(
        session,
        actor=actor,
        action="account.created",
        subjects={"account": account.id},
        facts={"roles": sorted(roles)},
        private={"username": username},
        now=now,
    )
    return account


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def issue_signin_token(session: Session, username: str, now: datetime) -> str:
    """Answer the secret of a fresh sign-in link, good once and for 30 minutes. Raises UnknownAccount.

    Only its SHA-256 is kept: the secret is 256 random bits, so no slow hash is needed.
    """
    account = find_account(session, username)
    if account is None or not account.active:
        raise UnknownAccount(username)
    token = secrets.token_urlsafe(32)
    session.add(
        SigninToken(
            digest=_digest(token), account_id=account.id, issued_at=now, expires_at=now + SIGNIN_VALID
        )
    )
    session.flush()
    add_entry(
        session,
        actor=system("sign-in link"),
        action="account.link-issued",
        subjects={"account": account.id},
        now=now,
    )
    return token


def peek_signin_token(session: Session, token: str, now: datetime) -> Account | None:
    """Answer whom a link would sign in, without using it: previews of links in mail must not burn them."""
    return session.scalar(
        select(Account)
        .join(SigninToken, SigninToken.account_id == Account.id)
        .where(
            SigninToken.digest == _digest(token),
            SigninToken.used_at.is_(None),
            SigninToken.expires_at > now,
            Account.active,
        )
    )


def use_signin_token(session: Session, token: str, now: datetime) -> Account | None:
    """Use a sign-in link up and answer whom it signs in; None when it is unknown, used or too old."""
    account = peek_signin_token(session, token, now)
    used = session.execute(
        update(SigninToken)
        .where(
            SigninToken.digest == _digest(token), SigninToken.used_at.is_(None), SigninToken.expires_at > now
        )
        .values(used_at=now)
    )
    # Two requests with the same link at the same instant: only one of them changes the row.
    return account if account is not None and used.rowcount == 1 else None  # type: ignore[attr-defined]


def note_signed_in(
    session: Session,
    account: Account,
    *,
    address: str | None,
    how: str,
    now: datetime,
    passkey: UUID | None = None,
) -> None:
    """Enter a sign-in; `how` is `passkey` (and which), `password` or `link`.

    The latter two with `+app` or `+recovery` where a second factor was shown.
    """
    account.signed_in_at = now
    add_entry(
        session,
        actor=person(account, address),
        action="account.signed-in",
        subjects={"account": account.id},
        facts={"how": how, **({"passkey": str(passkey)} if passkey else {})},
        now=now,
    )


def note_signin_refused(
    session: Session,
    *,
    name: str,
    account: Account | None,
    address: str | None,
    why: str,
    now: datetime,
    nth: int = 1,
) -> None:
    """Enter a refused sign-in, the `nth` of its hour; what was typed as a name is private: people type passwords there.

    Pages go by `catalog.signing_in.tallying`, which enters as many as can be read.
    """
    add_entry(
        session,
        actor=Actor(kind="person", id=None, name="", address=address),
        action="account.sign-in-refused",
        subjects={"account": account.id} if account else {},
        facts={"why": why, "nth": nth},
        private={"typed": name[:64] or None},
        now=now,
    )


def note_signed_out(session: Session, actor: Actor, now: datetime) -> None:
    """Enter that somebody signed out, and end every session of the account: a copied cookie opens nothing any more."""
    account = session.get(Account, actor.id) if actor.id else None
    if account is not None:
        end_sessions(account)
    assert actor.id is not None  # noqa: S101 - persons have accounts
    add_entry(session, actor=actor, action="account.signed-out", subjects={"account": actor.id}, now=now)


def set_language(session: Session, actor: Actor, language: str, now: datetime) -> None:
    """Keep the language a person wants to read. Raises ValueError for one we do not speak."""
    if language not in LANGUAGES:
        raise ValueError(language)
    account = _own(session, actor)
    if account.language == language:
        return
    before, account.language = account.language, language
    add_entry(
        session,
        actor=actor,
        action="account.language-changed",
        subjects={"account": account.id},
        facts={"before": {"language": before}, "after": {"language": language}},
        now=now,
    )


def set_password(session: Session, actor: Actor, password_hash: str, now: datetime) -> str:
    """Keep a new password's hash, end all sessions of the account, and answer its new uniquifier.

    Personal tokens stay: programmes of the bureau depend on them, and their page ends each at once.
    """
    account = _own(session, actor)
    account.password = password_hash
    add_entry(session, actor=actor, action="account.password-set", subjects={"account": account.id}, now=now)
    return end_sessions(account)


def keep_rehash(session: Session, account: UUID, password_hash: str) -> None:
    """Keep the same password under newer Argon2 settings; nothing a person would call a change."""
    session.execute(update(Account).where(Account.id == account).values(password=password_hash))


def _own(session: Session, actor: Actor) -> Account:
    if actor.id is None:
        raise UnknownAccount(actor.name)
    return session.get_one(Account, actor.id)
