"""Closing the account of somebody who leaves, and opening it again: one administration closes, the other opens."""

from __future__ import annotations

import secrets
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.accounts.inviting import withdraw_open
from catalog.accounts.refusals import CannotAdminister
from catalog.accounts.standing import (
    account_of,
    acting_person,
    end_grant,
    open_grants,
    others_with,
    person_of,
    roles_of,
    take_turn,
)
from catalog.actors import Actor
from catalog.custody.log import add_entry
from catalog.models import Account, AccountClosing
from catalog.rules.administrations import SECURITY, why_not_close
from catalog.rules.free_text import spoken
from catalog.rules.fresh_signin import is_fresh
from catalog.signing_in.passkeys import remove_all
from catalog.signing_in.tokens import revoke_all

REASON_LIMIT = 500


def close_account(session: Session, *, actor: Actor, account_id: UUID, reason: str, now: datetime) -> None:
    """Close an account: sessions, passkeys, tokens, links, wishes and roles end, the history stays (R2.7, R2.12). Raises CannotAdminister."""
    take_turn(session)
    by = acting_person(session, actor)
    account = account_of(session, account_id)
    before = roles_of(account)
    why = why_not_close(
        by=by, of=person_of(session, account), held=before, others=others_with(session, account)
    )
    if why is not None:
        raise CannotAdminister(why)
    if account.closed_at is not None:
        raise CannotAdminister("closed")
    reason = spoken(reason)
    if not reason:
        raise CannotAdminister("reason-missing")
    if len(reason) > REASON_LIMIT:
        raise CannotAdminister("reason-too-long")
    account.active, account.closed_at = False, now
    account.password, account.fs_uniquifier = None, secrets.token_hex(32)
    account.roles = []
    for row in open_grants(session, account).values():
        end_grant(row, how="closed", by=actor.id, now=now)
    withdraw_open(session, account, by=actor.id, now=now)
    revoke_all(session, actor=actor, account=account.id, now=now)  # opened again, it has none
    remove_all(session, actor, account.id, now)
    session.add(AccountClosing(account_id=account.id, closed_at=now, closed_by=actor.id, reason=reason))
    session.flush()
    add_entry(
        session,
        actor=actor,
        action="account.closed",
        subjects={"account": account.id},
        facts={"before": sorted(before), "after": []},
        private={"reason": reason},
        now=now,
    )


def reopen(
    session: Session, *, actor: Actor, account_id: UUID, signed_in_at: datetime | None, now: datetime
) -> Account:
    """Open an account again, without password and roles: it waits for an invitation and grants. Raises CannotAdminister."""
    take_turn(session)
    by = acting_person(session, actor)
    if SECURITY not in by.roles:
        raise CannotAdminister("not-yours")
    account = account_of(session, account_id)
    if person_of(session, account).who == by.who:
        raise CannotAdminister("own-roles")
    if account.state != "closed":
        raise CannotAdminister("not-closed")
    if not is_fresh(signed_in_at, now):
        raise CannotAdminister("not-fresh")
    closing = session.scalar(
        select(AccountClosing).where(
            AccountClosing.account_id == account.id, AccountClosing.reopened_at.is_(None)
        )
    )
    if closing is not None:
        closing.reopened_at, closing.reopened_by = now, actor.id
    account.closed_at = account.confirmed_at = account.password = None
    account.active, account.fs_uniquifier = False, secrets.token_hex(32)
    session.flush()
    add_entry(
        session,
        actor=actor,
        action="account.reopened",
        subjects={"account": account.id},
        facts={"before": {"state": "closed"}, "after": {"state": account.state}},
        now=now,
    )
    return account
