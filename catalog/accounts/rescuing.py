"""What the security administrator does for somebody who cannot get in, or whose device is lost; never for himself."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from catalog.accounts.closing import REASON_LIMIT
from catalog.accounts.refusals import CannotAdminister
from catalog.accounts.standing import account_of, acting_person, person_of, take_turn
from catalog.actors import Actor
from catalog.custody.log import add_entry
from catalog.models import Account, AccountUnlock
from catalog.people import end_sessions
from catalog.rules.administrations import SECURITY
from catalog.rules.free_text import spoken
from catalog.signing_in.passkeys import remove_all
from catalog.signing_in.tallying import forget_wait, waits_until


def unlock(session: Session, *, actor: Actor, account_id: UUID, reason: str, now: datetime) -> None:
    """Let an account try again at once that waits after refused sign-ins, wherever it waits. Raises CannotAdminister."""
    account, reason = _begin(session, actor, account_id, reason)
    waiting = waits_until(session, account.id, now)
    if waiting is None:
        raise CannotAdminister("not-locked")
    assert actor.id is not None  # noqa: S101 - a person acts
    session.add(AccountUnlock(account_id=account.id, at=now, by=actor.id, reason=reason))
    forget_wait(session, account.id)
    session.flush()
    add_entry(
        session,
        actor=actor,
        action="account.unlocked",
        subjects={"account": account.id},
        facts={
            "before": {"seconds_left": int((waiting - now).total_seconds())},
            "after": {"seconds_left": 0},
        },
        private={"reason": reason},
        now=now,
    )


def take_passkeys(session: Session, *, actor: Actor, account_id: UUID, reason: str, now: datetime) -> int:
    """Remove every passkey of an account, and end its sessions; answer how many it were. Raises CannotAdminister."""
    account, reason = _begin(session, actor, account_id, reason)
    count = remove_all(session, actor, account.id, now)
    if count == 0:
        raise CannotAdminister("no-passkey")
    end_sessions(account)
    session.flush()
    add_entry(
        session,
        actor=actor,
        action="account.passkeys-taken",
        subjects={"account": account.id},
        facts={"count": count, "before": {"passkeys": count}, "after": {"passkeys": 0}},
        private={"reason": reason},
        now=now,
    )
    return count


def count_unlocks(session: Session, account_id: UUID) -> int:
    """Answer how often an account was unlocked: refused tries are counted apart before and after each."""
    query = select(func.count()).select_from(AccountUnlock)
    return session.scalar(query.where(AccountUnlock.account_id == account_id)) or 0


def _begin(session: Session, actor: Actor, account_id: UUID, reason: str) -> tuple[Account, str]:
    take_turn(session)
    by = acting_person(session, actor)
    if SECURITY not in by.roles:
        raise CannotAdminister("not-yours")
    account = account_of(session, account_id)
    if person_of(session, account).who == by.who:
        raise CannotAdminister("own-roles")
    if account.state == "closed":
        raise CannotAdminister("closed")
    reason = spoken(reason)
    if not reason:
        raise CannotAdminister("reason-missing")
    if len(reason) > REASON_LIMIT:
        raise CannotAdminister("reason-too-long")
    return account, reason
