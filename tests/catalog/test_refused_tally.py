"""Refused sign-ins: all are counted, few are entered, and an account that waits can be unlocked; on both databases."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from catalog.accounts.refusals import CannotAdminister
from catalog.accounts.rescuing import count_unlocks, take_passkeys, unlock
from catalog.actors import Actor
from catalog.database import Database
from catalog.models import Account, AccountUnlock, CustodyEntry, RefusalTally
from catalog.rules.refused_tally import MOST_ADDRESSES, SINGLY, WINDOW, is_entered
from catalog.signing_in.tallying import (
    close_tallies,
    count_lock_out,
    note_refusal,
    waiting_accounts,
    waits_until,
)
from tests.catalog.test_passkeys import make


def refuse(database: Database, who: Actor | None, now: datetime, n: int = 0, **more: Any) -> None:
    with database.write() as session:
        account = session.get_one(Account, who.id) if who else None
        note_refusal(
            session,
            name="typed",
            account=account,
            address=f"10.0.{n // 250}.{n % 250}",
            why="password",
            now=now,
            **more,
        )


def facts(database: Database, action: str) -> list[dict[str, Any]]:
    with database.read() as session:
        found = session.scalars(
            select(CustodyEntry.record).where(CustodyEntry.action == action).order_by(CustodyEntry.id)
        )
        return [json.loads(text)["facts"] for text in found]


def test_which_are_entered() -> None:
    assert [n for n in range(-1, 400) if is_entered(n)] == [*range(1, 11), 20, 40, 80, 160, 320]


@pytest.mark.parametrize("known", [True, False])
def test_an_hour_of_guessing_is_a_few_entries_with_the_true_count(
    database: Database, now: datetime, *, known: bool
) -> None:
    wang = make(database, now)
    for n in range(95):
        refuse(database, wang if known else None, now + timedelta(seconds=n), n)
    entered = facts(database, "account.sign-in-refused")
    assert [one["nth"] for one in entered] == [*range(1, SINGLY + 1), 20, 40, 80]
    with database.write() as session:
        assert close_tallies(session, now + timedelta(minutes=59)) == 0
    for _ in range(2):
        with database.write() as session:
            close_tallies(session, now + WINDOW)
    (counted,) = facts(database, "account.refusals-counted")
    assert (counted["refused"], counted["lock_outs"], counted["entered_singly"]) == (95, 0, 13)
    with database.read() as session:
        (record,) = session.scalars(
            select(CustodyEntry.record).where(CustodyEntry.action == "account.refusals-counted")
        )
        assert session.scalars(select(RefusalTally)).one().refused == 0
    assert "10.0.0.1" not in record, "addresses are private"
    refuse(database, wang if known else None, now + 2 * WINDOW)
    assert facts(database, "account.sign-in-refused")[-1]["nth"] == 1


def test_the_next_refusal_closes_an_hour_too_and_few_need_no_summing(
    database: Database, now: datetime
) -> None:
    wang = make(database, now)
    for n in range(SINGLY):
        refuse(database, wang, now, n)
    refuse(database, wang, now + WINDOW)
    assert facts(database, "account.refusals-counted") == []
    for n in range(SINGLY + 4):
        refuse(database, wang, now + WINDOW, n)
    refuse(database, wang, now + 3 * WINDOW)
    assert [one["refused"] for one in facts(database, "account.refusals-counted")] == [SINGLY + 5]


def test_waits_that_begin_are_bounded_as_well(database: Database, now: datetime) -> None:
    entered = 0
    for _ in range(50):
        with database.write() as session:
            entered += count_lock_out(session, None, now)
    assert entered == SINGLY + 2
    with database.write() as session:
        assert close_tallies(session, now + WINDOW) == 1
    assert facts(database, "account.refusals-counted")[0]["lock_outs"] == 50


def test_addresses_are_bounded(database: Database, now: datetime) -> None:
    for n in range(MOST_ADDRESSES + 5):
        refuse(database, None, now, n)
    with database.read() as session:
        assert len(session.scalars(select(RefusalTally)).one().addresses) == MOST_ADDRESSES


def test_many_at_once_are_all_counted(database: Database, now: datetime) -> None:
    wang = make(database, now)
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda n: refuse(database, wang, now, n), range(24)))
    with database.read() as session:
        assert session.scalars(select(RefusalTally)).one().refused == 24
    assert sorted(one["nth"] for one in facts(database, "account.sign-in-refused")) == [*range(1, 11), 20]


def test_unlocking(database: Database, now: datetime) -> None:
    wang, security = make(database, now), make(database, now, "shi", "security-administrator")
    assert wang.id is not None
    with database.write() as session, pytest.raises(CannotAdminister, match="not-locked"):
        unlock(session, actor=security, account_id=wang.id, reason="打来电话", now=now)
    refuse(database, wang, now, waits_until=now + timedelta(minutes=15))
    refuse(database, wang, now, waits_until=now + timedelta(minutes=1))
    with database.write() as session:
        assert waits_until(session, wang.id, now) == now + timedelta(minutes=15)
        assert [one.username for one in waiting_accounts(session, now)] == ["wang"]
        assert waits_until(session, wang.id, now + timedelta(minutes=15)) is None
        unlock(session, actor=security, account_id=wang.id, reason=" 打来电话 ", now=now)
        assert count_unlocks(session, wang.id) == 1
        assert waits_until(session, wang.id, now) is None
        assert waiting_accounts(session, now) == []
        assert session.scalars(select(AccountUnlock)).one().reason == "打来电话"
    (kept,) = facts(database, "account.unlocked")
    assert kept == {"before": {"seconds_left": 900}, "after": {"seconds_left": 0}}
    with database.write() as session, pytest.raises(CannotAdminister, match="not-locked"):
        unlock(session, actor=security, account_id=wang.id, reason="再来", now=now)


@pytest.mark.parametrize("act", [unlock, take_passkeys])
def test_who_may_not(database: Database, now: datetime, act: Any) -> None:
    wang, security = make(database, now), make(database, now, "shi", "security-administrator")
    system = make(database, now, "yun", "system-administrator")
    refuse(database, wang, now, waits_until=now + timedelta(minutes=15))
    refuse(database, security, now, waits_until=now + timedelta(minutes=15))

    def refused(by: Actor, of: Actor, reason: str = "x") -> str:
        with database.write() as session, pytest.raises(CannotAdminister) as found:
            act(session, actor=by, account_id=of.id, reason=reason, now=now)
        return str(found.value.why)

    assert refused(system, wang) == refused(wang, wang) == "not-yours"
    assert refused(security, security) == "own-roles"
    assert refused(security, wang, " \n") == "reason-missing"
    assert refused(security, wang, "x" * 501) == "reason-too-long"
    with database.write() as session:
        account = session.get_one(Account, wang.id)
        account.closed_at, account.active = now, False
    assert refused(security, wang) == "closed"
    assert facts(database, "account.unlocked") == []
