"""Personal tokens for programmes that read: chosen permissions of their person, until a day, revocable."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from catalog.actors import Actor
from catalog.custody.log import add_entry
from catalog.models import Account, ApiToken
from catalog.people import UnknownAccount, find_account, person
from catalog.permissions import TOKEN_PERMISSIONS, Permission, may
from catalog.refused import Refused
from catalog.rules.free_text import spoken

LONGEST = timedelta(days=366)
NAME_LIMIT = 128
MOST = 20
"""Tokens of one person that are good at the same time."""
PREFIX = "liuhen_"
"""Programmes that look for leaked secrets find it by this."""

WHY = (
    "no-name",
    "no-permission",
    "not-yours",
    "not-offered",
    "expiry-past",
    "expiry-far",
    "too-many-tokens",
    "unknown-token",
    "revoked-already",
)


class TokenRefused(Refused):
    """A token was not made, or not revoked; `why` is one of `WHY`."""


@dataclass(frozen=True, slots=True)
class TokenBearer:
    """The person behind a token, no more than the token allows, and the token."""

    actor: Actor
    token: UUID


def offered(actor: Actor) -> list[Permission]:
    """Answer what a token of this person can be given today."""
    return [one for one in TOKEN_PERMISSIONS if may(actor, one)]


def create_token(
    session: Session,
    *,
    actor: Actor,
    account: UUID,
    name: str,
    permissions: Collection[str],
    expires: datetime,
    now: datetime,
) -> tuple[ApiToken, str]:
    """Answer a fresh token of `account` and its secret, which is told once: only its SHA-256 is kept.

    Raises TokenRefused.
    """
    whose = session.get_one(Account, account, with_for_update=True)
    if not (name := " ".join(spoken(name).split())[:NAME_LIMIT]):
        raise TokenRefused("no-name")
    if not permissions:
        raise TokenRefused("no-permission")
    if set(permissions) - {one.value for one in TOKEN_PERMISSIONS}:
        raise TokenRefused("not-offered")
    if set(permissions) - {one.value for one in offered(person(whose, None))}:
        raise TokenRefused("not-yours")
    if expires <= now:
        raise TokenRefused("expiry-past")
    if expires > now + LONGEST:
        raise TokenRefused("expiry-far")
    if count_good(session, account, now) >= MOST:
        raise TokenRefused("too-many-tokens")
    secret = PREFIX + secrets.token_urlsafe(32)
    token = ApiToken(
        account_id=account,
        digest=_digest(secret),
        name=name,
        permissions=sorted(permissions),
        created_at=now,
        expires_at=expires,
    )
    session.add(token)
    session.flush()
    add_entry(
        session,
        actor=actor,
        action="account.token-created",
        subjects={"account": account},
        facts={
            "token": str(token.id),
            "permissions": sorted(permissions),
            "expires": expires.isoformat(timespec="seconds"),
        },
        private={"name": name},
        now=now,
    )
    return token, secret


def tokens_of(session: Session, account: UUID) -> Sequence[ApiToken]:
    """Answer the tokens of an account, the newest first."""
    return session.scalars(
        select(ApiToken)
        .where(ApiToken.account_id == account)
        .order_by(ApiToken.created_at.desc(), ApiToken.id.desc())
    ).all()


def count_good(session: Session, account: UUID, now: datetime) -> int:
    """Answer how many tokens of an account may still be used."""
    return sum(is_good(one, now) for one in tokens_of(session, account))


def all_tokens(session: Session, username: str | None = None) -> list[tuple[ApiToken, str]]:
    """Answer tokens with the user names of their persons, the newest first. Raises UnknownAccount."""
    query = select(ApiToken, Account.username).join(Account, Account.id == ApiToken.account_id)
    if username is not None:
        account = find_account(session, username)
        if account is None:
            raise UnknownAccount(username)
        query = query.where(ApiToken.account_id == account.id)
    rows = session.execute(query.order_by(ApiToken.created_at.desc(), ApiToken.id.desc())).all()
    return [(token, name) for token, name in rows]


def revoke_token(
    session: Session, *, actor: Actor, token: UUID, now: datetime, of: UUID | None = None
) -> None:
    """End a token at once; `of`: only one of this account. Raises TokenRefused (`unknown-token`, `revoked-already`)."""
    found = session.get(ApiToken, token, with_for_update=True)
    if found is None or (of is not None and found.account_id != of):
        raise TokenRefused("unknown-token")
    if found.revoked_at is not None:
        raise TokenRefused("revoked-already")
    found.revoked_at = now
    add_entry(
        session,
        actor=actor,
        action="account.token-revoked",
        subjects={"account": found.account_id},
        facts={"token": str(token), "before": {"revoked": False}, "after": {"revoked": True}},
        now=now,
    )


def revoke_all(session: Session, *, actor: Actor, account: UUID, now: datetime) -> int:
    """End all tokens of an account that is closed; answer how many. Opened again, it has none."""
    good = [one.id for one in tokens_of(session, account) if is_good(one, now)]
    for token in good:
        revoke_token(session, actor=actor, token=token, now=now)
    return len(good)


def bearer_of(session: Session, secret: str, address: str | None, now: datetime) -> TokenBearer | None:
    """Answer who a token speaks for; None for one that is unknown, expired, revoked, or of a closed account.

    The person's roles of this moment count, and of them no more than the token was given. A sealed clip shows to no
    token, also where its person was named: each look at one has a purpose.
    """
    row = session.execute(
        select(ApiToken, Account)
        .join(Account, Account.id == ApiToken.account_id)
        .where(ApiToken.digest == _digest(secret))
        .options(joinedload(Account.officer))
    ).one_or_none()
    if row is None or not is_good(row[0], now) or not row[1].active:
        return None
    token, account = row
    return TokenBearer(replace(person(account, address), only=frozenset(token.permissions)), token.id)


def note_used(
    session: Session,
    bearer: TokenBearer,
    *,
    asked: str,
    subjects: dict[str, UUID],
    status: int,
    now: datetime,
) -> None:
    """Enter that a token was used, and for what; the answer leaves only after this."""
    token = session.get_one(ApiToken, bearer.token)
    token.last_used_at = now
    add_entry(
        session,
        actor=bearer.actor,
        action="account.token-used",
        subjects={"account": token.account_id, **subjects},
        facts={"token": str(bearer.token), "asked": asked, "status": status},
        now=now,
    )


def is_good(token: ApiToken, now: datetime) -> bool:
    """Answer whether a token may still be used."""
    return token.revoked_at is None and token.expires_at > now


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
