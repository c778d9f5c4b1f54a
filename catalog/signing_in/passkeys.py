"""Passkeys: added and removed by their person, used instead of password and code, out of use when one may be a copy."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session, joinedload

from catalog.actors import Actor
from catalog.custody.log import add_entry
from catalog.incidents import open_incident
from catalog.models import Account, Passkey, UsedChallenge
from catalog.people import UnknownAccount, end_sessions
from catalog.refused import Refused
from catalog.rules.free_text import spoken
from catalog.rules.passkeys import CHALLENGE_VALID, MOST, NAME_LIMIT, Party, went_back
from catalog.signing_in.ceremonies import Made, NotProven, credential_of, read_made, read_shown

COPIED = "passkey-copied"
TOLD = "The counter of a passkey went back, so there may be a copy of it. It opens nothing any more; ask its person, and remove it."

WHY = (
    "no-name",
    "name-too-long",
    "too-many",
    "known-already",
    "malformed",
    "not-verified",
    "other-origin",
    "too-late",
    "unknown-passkey",
)
"""Why one was not added, renamed or removed."""
WHY_NOT_IN = (
    "malformed",
    "not-verified",
    "other-origin",
    "too-late",
    "no-such-passkey",
    "removed",
    "other-account",
    "account-closed",
    "suspended",
    "counter",
)
"""Why one opened nothing; for the custody log alone, the page says less."""


class PasskeyRefused(Refused):
    """A passkey was not added, renamed or removed; `why` is one of `WHY`."""


@dataclass(frozen=True, slots=True)
class Proof:
    """Whom a passkey stands for; `account` is None when for nobody, and `why` is then one of `WHY_NOT_IN`."""

    account: UUID | None = None
    passkey: UUID | None = None
    why: str = ""


def passkeys_of(session: Session, account: UUID) -> Sequence[Passkey]:
    """Answer the passkeys of an account that were not removed, oldest first."""
    return session.scalars(
        select(Passkey)
        .where(Passkey.account_id == account, Passkey.removed_at.is_(None))
        .order_by(Passkey.added_at, Passkey.id)
    ).all()


def has_passkey(session: Session, account: UUID) -> bool:
    """Answer whether an account has a passkey that opens something."""
    return any(one.suspended_at is None for one in passkeys_of(session, account))


def suspended_accounts(session: Session) -> Sequence[Account]:
    """Answer the accounts of which a passkey is out of use because there may be a copy, by user name."""
    query = select(Passkey.account_id).where(Passkey.suspended_at.is_not(None), Passkey.removed_at.is_(None))
    return session.scalars(
        select(Account)
        .where(Account.id.in_(query))
        .options(joinedload(Account.officer))
        .order_by(Account.username)
    ).all()


def take_challenge(session: Session, challenge: bytes, now: datetime) -> bool:
    """Use a challenge up; answer whether it was unused. Of two requests at the same instant one is answered False.

    Its age is the caller's to look at. In a transaction of its own, so that no refusal undoes it.
    """
    session.execute(delete(UsedChallenge).where(UsedChallenge.used_at < now - 4 * CHALLENGE_VALID))
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    row = {"digest": hashlib.sha256(challenge).hexdigest(), "used_at": now}
    added = insert(UsedChallenge).values(row).on_conflict_do_nothing().returning(UsedChallenge.digest)
    return session.scalar(added) is not None


def add(
    session: Session,
    actor: Actor,
    *,
    party: Party,
    challenge: bytes | None,
    answer: str,
    name: str,
    now: datetime,
) -> Passkey:
    """Keep the passkey that a browser made for this challenge, under a name of the person's. Raises PasskeyRefused.

    No challenge: what was asked is too old, or was answered before.
    """
    if challenge is None:
        raise PasskeyRefused("too-late")
    account = _own(session, actor)
    name = _named(name)
    if _count(session, account.id) >= MOST:
        raise PasskeyRefused("too-many")
    try:
        made: Made = read_made(party, challenge, answer)
    except NotProven as error:
        raise PasskeyRefused(error.why) from error
    if session.scalar(select(Passkey.id).where(Passkey.credential == made.credential)) is not None:
        raise PasskeyRefused("known-already")
    row = Passkey(
        account_id=account.id,
        credential=made.credential,
        public_key=made.public_key,
        counter=made.counter,
        transports=made.transports,
        name=name,
        added_at=now,
    )
    session.add(row)
    session.flush()
    _enter(session, actor, "account.passkey-added", row, now)
    return row


def rename(session: Session, actor: Actor, passkey: UUID, name: str, now: datetime) -> None:
    """Give one of one's own another name. Raises PasskeyRefused (`unknown-passkey`, `no-name`, `name-too-long`)."""
    row = _mine(session, actor, passkey)
    name = _named(name)
    if row.name == name:
        return
    before, row.name = row.name, name
    session.flush()
    _enter(session, actor, "account.passkey-renamed", row, now, before={"name": before}, after={"name": name})


def remove(session: Session, actor: Actor, passkey: UUID, now: datetime) -> None:
    """Remove one of one's own; all sessions of the account end. Raises PasskeyRefused (`unknown-passkey`)."""
    row = _mine(session, actor, passkey)
    _remove(session, actor, row, now)
    end_sessions(_own(session, actor))


def remove_all(session: Session, actor: Actor, account: UUID, now: datetime) -> int:
    """Remove all passkeys of an account, whoever does it; answer how many it were. Each has its entry."""
    rows = session.scalars(
        select(Passkey)
        .where(Passkey.account_id == account, Passkey.removed_at.is_(None))
        .order_by(Passkey.id)
        .with_for_update()
    ).all()
    for row in rows:
        _remove(session, actor, row, now)
    return len(rows)


def owner_of(session: Session, answer: str) -> Account | None:
    """Answer whose passkey an answer says it is of, before anything of it is checked; None for none we know."""
    try:
        credential = credential_of(answer)
    except NotProven:
        return None
    return session.scalar(
        select(Account)
        .join(Passkey, Passkey.account_id == Account.id)
        .where(Passkey.credential == credential)
    )


def prove(
    session: Session,
    *,
    party: Party,
    challenge: bytes,
    answer: str,
    only: UUID | None,
    address: str | None,
    now: datetime,
) -> Proof:
    """Answer whom an answer to this challenge stands for; `only` is who it has to be, if that is known.

    Raises nothing for a wrong answer: a passkey whose counter went back is out of use from then on, and that must stay.
    """
    try:
        credential = credential_of(answer)
        # Two answers at once come one after the other, so that each is held against the other's counter.
        row = session.scalar(select(Passkey).where(Passkey.credential == credential).with_for_update())
        if row is None:
            return Proof(why="no-such-passkey")
        if row.removed_at is not None:
            return Proof(why="removed")
        shown = read_shown(party, challenge, answer, row.public_key)
    except NotProven as error:
        return Proof(why=error.why)
    account = session.get_one(Account, row.account_id)
    # A device may leave its word out only where it was told which passkeys to look for.
    named = shown.user if shown.user or only is None else account.id.bytes
    if named != account.id.bytes or only not in {None, account.id}:
        return Proof(why="other-account")
    if not account.active or account.closed_at is not None:
        return Proof(why="account-closed")
    if row.suspended_at is not None:
        return Proof(why="suspended")
    if went_back(row.counter, shown.counter):
        _suspend(session, row, shown.counter, address, now)
        return Proof(why="counter")
    row.counter, row.used_at = shown.counter, now
    session.flush()
    return Proof(account.id, row.id)


def _suspend(session: Session, row: Passkey, shown: int, address: str | None, now: datetime) -> None:
    row.suspended_at = now
    session.flush()
    actor = Actor(kind="person", id=None, name="", address=address)
    add_entry(
        session,
        actor=actor,
        action="account.passkey-suspended",
        subjects={"account": row.account_id},
        facts={"passkey": str(row.id), "counter_kept": row.counter, "counter_shown": shown},
        private={"name": row.name},
        now=now,
    )
    open_incident(
        session,
        actor=actor,
        kind=COPIED,
        what=TOLD,
        details={
            "about": f"account {row.account_id}",
            "account": str(row.account_id),
            "passkey": str(row.id),
            "address": address,
        },
        now=now,
    )


def _remove(session: Session, actor: Actor, row: Passkey, now: datetime) -> None:
    row.removed_at, row.removed_by = now, actor.id
    session.flush()
    _enter(session, actor, "account.passkey-removed", row, now, before={"name": row.name}, after={})


def _named(name: str) -> str:
    name = " ".join(spoken(name).split())
    if not name:
        raise PasskeyRefused("no-name")
    if len(name) > NAME_LIMIT:
        raise PasskeyRefused("name-too-long")
    return name


def _count(session: Session, account: UUID) -> int:
    query = select(func.count()).select_from(Passkey)
    return session.scalar(query.where(Passkey.account_id == account, Passkey.removed_at.is_(None))) or 0


def _mine(session: Session, actor: Actor, passkey: UUID) -> Passkey:
    row = session.get(Passkey, passkey, with_for_update=True)
    if row is None or actor.id is None or row.account_id != actor.id or row.removed_at is not None:
        raise PasskeyRefused("unknown-passkey")
    return row


def _own(session: Session, actor: Actor) -> Account:
    if actor.id is None:
        raise UnknownAccount(actor.name)
    return session.get_one(Account, actor.id, with_for_update=True)


def _enter(
    session: Session, actor: Actor, action: str, row: Passkey, now: datetime, **private: object
) -> None:
    add_entry(
        session,
        actor=actor,
        action=action,
        subjects={"account": row.account_id},
        facts={"passkey": str(row.id)},
        private={"name": row.name, **private},
        now=now,
    )
