"""Refused sign-ins, counted by the hour: each is counted, and the log has as many entries as can be read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session, joinedload

from catalog.actors import system
from catalog.custody.log import add_entry
from catalog.custody.record import utc_text
from catalog.models import Account, RefusalTally
from catalog.people import note_signin_refused
from catalog.rules.refused_tally import MOST_ADDRESSES, WINDOW, is_entered

ACTOR = system("tally of refused sign-ins")
UNKNOWN = "unknown"


def note_refusal(
    session: Session,
    *,
    name: str,
    account: Account | None,
    address: str | None,
    why: str,
    now: datetime,
    waits_until: datetime | None = None,
) -> None:
    """Count a refused sign-in, and enter it where `is_entered` says so; `waits_until` is when the next may be tried."""
    row = _of(session, account.id if account else None, now)
    row.refused, row.last_at = row.refused + 1, now
    if address and address not in row.addresses and len(row.addresses) < MOST_ADDRESSES:
        row.addresses = [*row.addresses, address]
    if waits_until is not None and (row.waits_until is None or waits_until > row.waits_until):
        row.waits_until = waits_until
    if is_entered(row.refused):
        row.entered += 1
        note_signin_refused(
            session, name=name, account=account, address=address, why=why, now=now, nth=row.refused
        )
    session.flush()


def count_lock_out(session: Session, account: UUID | None, now: datetime) -> bool:
    """Count that a waiting began, and answer whether it is to be entered."""
    row = _of(session, account, now)
    row.lock_outs += 1
    entered = is_entered(row.lock_outs)
    row.entered += entered
    session.flush()
    return entered


def waits_until(session: Session, account: UUID, now: datetime) -> datetime | None:
    """Answer until when an account has to wait on some device or from some address; None where it has not."""
    row = session.get(RefusalTally, str(account))
    return None if row is None or row.waits_until is None or row.waits_until <= now else row.waits_until


def waiting_accounts(session: Session, now: datetime) -> Sequence[Account]:
    """Answer the accounts that have to wait on some device or from some address, by user name; at most 20."""
    return session.scalars(
        select(Account)
        .join(RefusalTally, RefusalTally.account_id == Account.id)
        .where(RefusalTally.waits_until > now)
        .options(joinedload(Account.officer))
        .order_by(Account.username)
        .limit(20)
    ).all()


def forget_wait(session: Session, account: UUID) -> None:
    """Note that an account waits nowhere any more."""
    row = session.get(RefusalTally, str(account), with_for_update=True)
    if row is not None:
        row.waits_until = None
        session.flush()


def close_tallies(session: Session, now: datetime) -> int:
    """Enter what was counted in hours that are over; answer how many entries it were. Repeating it adds nothing."""
    rows = session.scalars(
        select(RefusalTally)
        .where(
            RefusalTally.began_at <= now - WINDOW, or_(RefusalTally.refused > 0, RefusalTally.lock_outs > 0)
        )
        .order_by(RefusalTally.about)
        .with_for_update()
    ).all()
    return sum(_close(session, row, now) for row in rows)


def _of(session: Session, account: UUID | None, now: datetime) -> RefusalTally:
    about = str(account) if account else UNKNOWN
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    fresh: dict[str, object] = {
        "about": about,
        "account_id": account,
        "began_at": now,
        "last_at": now,
        "refused": 0,
        "lock_outs": 0,
        "entered": 0,
        "addresses": [],
    }
    session.execute(insert(RefusalTally).values(fresh).on_conflict_do_nothing())
    row = session.get_one(RefusalTally, about, with_for_update=True, populate_existing=True)
    if now - row.began_at >= WINDOW:
        _close(session, row, now)
    if row.refused == row.lock_outs == 0:
        row.began_at = now
    return row


def _close(session: Session, row: RefusalTally, now: datetime) -> bool:
    """Enter what has no entry of its own, and begin anew; answer whether there was any."""
    silent = row.refused + row.lock_outs > row.entered
    if silent:
        add_entry(
            session,
            actor=ACTOR,
            action="account.refusals-counted",
            subjects={"account": row.account_id} if row.account_id else {},
            facts={
                "refused": row.refused,
                "lock_outs": row.lock_outs,
                "entered_singly": row.entered,
                "from": utc_text(row.began_at),
                "to": utc_text(row.last_at),
            },
            private={"addresses": ", ".join(row.addresses) or None},
            now=now,
        )
    row.began_at = now
    row.refused = row.lock_outs = row.entered = 0
    row.addresses = []
    session.flush()
    return silent
