"""Codes of an authenticator app: which count, and that each counts once; on both databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from catalog.actors import Actor
from catalog.database import Database
from catalog.models import Account, CustodyEntry, RecoveryCode, SecondFactor
from catalog.people import UnknownAccount, create_account, person
from catalog.signing_in import second_factor as sf

SECRET = b"12345678901234567890"
VAULT = sf.Vault(bytes(range(32)))


def make(database: Database, now: datetime) -> Actor:
    with database.write() as session:
        account = create_account(
            session,
            actor=Actor(kind="system", id=None, name="test"),
            username="wang",
            email="wang@example.cn",
            roles=["officer"],
            officer=None,
            now=now,
        )
        return person(account, None)


def code(now: datetime, steps: int = 0) -> str:
    return sf.code_at(SECRET, int(now.timestamp()) // sf.STEP_SECONDS + steps)


def set_up(database: Database, now: datetime) -> tuple[Actor, list[str]]:
    actor = make(database, now)
    with database.write() as session:
        sf.begin(session, actor, VAULT, SECRET, now)
    with database.write() as session:
        return actor, sf.confirm(session, actor, VAULT, code(now), now)


def take(database: Database, actor: Actor, shown: str, now: datetime) -> str | None:
    assert actor.id is not None
    with database.write() as session:
        return sf.take_code(session, actor.id, VAULT, shown, now)


def actions(database: Database) -> list[str]:
    with database.read() as session:
        return list(session.scalars(select(CustodyEntry.action).order_by(CustodyEntry.at, CustodyEntry.id)))


@pytest.mark.parametrize(
    ("seconds", "digits"),
    [(59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (20000000000, "353130")],
)
def test_codes_are_those_of_rfc_6238(seconds: int, digits: str) -> None:
    assert sf.code_at(SECRET, seconds // 30) == digits


def test_it_counts_only_after_a_code_was_shown(database: Database, now: datetime) -> None:
    actor = make(database, now)
    assert actor.id is not None
    with database.write() as session, pytest.raises(sf.SecondFactorRefused, match="not-begun"):
        sf.confirm(session, actor, VAULT, code(now), now)
    with database.write() as session:
        sf.begin(session, actor, VAULT, SECRET, now)
        assert not sf.has_second_factor(session, actor.id)
        assert sf.begun_secret(session, actor.id, VAULT) == SECRET
    assert take(database, actor, code(now), now) is None, "not yet"
    with database.write() as session, pytest.raises(sf.SecondFactorRefused, match="wrong-code"):
        sf.confirm(session, actor, VAULT, "000000", now)
    with database.write() as session:
        before = session.get_one(Account, actor.id).fs_uniquifier
        assert len(set(sf.confirm(session, actor, VAULT, code(now), now))) == sf.CODES
        assert session.get_one(Account, actor.id).fs_uniquifier != before, "other sessions end"
        assert sf.begun_secret(session, actor.id, VAULT) is None, "never shown again"
    with database.write() as session, pytest.raises(sf.SecondFactorRefused, match="set-already"):
        sf.begin(session, actor, VAULT, b"x" * 20, now)
    assert actions(database)[-1] == "account.second-factor-set"


def test_each_code_counts_once_and_no_earlier_one_after_it(database: Database, now: datetime) -> None:
    actor, _ = set_up(database, now)
    assert take(database, actor, code(now), now) is None, "the one it was confirmed with"
    later = now + timedelta(seconds=90)
    assert take(database, actor, code(later, 1), later) == "app"
    assert take(database, actor, code(later, 1), later) is None
    assert take(database, actor, code(later), later) is None, "an earlier one, seen over a shoulder"
    assert take(database, actor, code(later, 2), later) is None, "too early"
    much = later + timedelta(minutes=5)
    assert take(database, actor, code(much, -2), much) is None, "too late"
    assert take(database, actor, code(much, -1), much) == "app"


@pytest.mark.parametrize("typed", ["", " ", "12345", "1234567", "١٢٣٤٥٦", "abcdef", "-00001", "\x00" * 6])
def test_what_is_no_code_is_none(database: Database, now: datetime, typed: str) -> None:
    actor, _ = set_up(database, now)
    assert take(database, actor, typed, now + timedelta(minutes=2)) is None


def test_two_at_once_with_one_code(database: Database, now: datetime) -> None:
    actor, codes = set_up(database, now)
    later = now + timedelta(minutes=2)
    for shown in (code(later), codes[0]):
        with ThreadPoolExecutor(4) as pool:
            taken = list(pool.map(lambda s: take(database, actor, s, later), [shown] * 4))
        assert sum(one is not None for one in taken) == 1, taken


def test_recovery_codes_count_once_and_only_as_digests(database: Database, now: datetime) -> None:
    actor, codes = set_up(database, now)
    assert actor.id is not None
    with database.read() as session:
        kept = {row.digest for row in session.scalars(select(RecoveryCode))}
    assert len(kept) == 10
    assert not any(one.replace("-", "") in "".join(kept) for one in codes)
    assert take(database, actor, codes[3].lower().replace("-", " "), now) == "recovery"
    assert take(database, actor, codes[3], now) is None
    with database.write() as session:
        assert sf.codes_left(session, actor.id) == 9
        fresh = sf.renew_codes(session, actor, now)
    assert take(database, actor, codes[4], now) is None, "earlier ones end"
    assert take(database, actor, fresh[4], now) == "recovery"


def test_a_recovery_code_of_another_person_opens_nothing(database: Database, now: datetime) -> None:
    _, codes = set_up(database, now)
    with database.write() as session:
        other = create_account(
            session,
            actor=Actor(kind="system", id=None, name="test"),
            username="li",
            email="li@example.cn",
            roles=["handler"],
            officer=None,
            now=now,
        )
        them = person(other, None)
        sf.begin(session, them, VAULT, b"another-secret-of-20", now)
        step = int(now.timestamp()) // sf.STEP_SECONDS
        sf.confirm(session, them, VAULT, sf.code_at(b"another-secret-of-20", step), now)
    assert take(database, them, codes[0], now) is None


def test_the_secret_is_encrypted_and_bound_to_its_account(database: Database, now: datetime) -> None:
    actor, _ = set_up(database, now)
    assert actor.id is not None
    with database.read() as session:
        sealed = session.get_one(SecondFactor, actor.id).sealed
    assert SECRET.decode() not in sealed
    assert VAULT.open(actor.id, sealed) == SECRET
    with pytest.raises(sf.Unreadable):
        VAULT.open(UUID(int=1), sealed)
    with pytest.raises(sf.Unreadable):
        sf.Vault(bytes(32)).open(actor.id, sealed)


def test_it_is_switched_off_with_a_code_and_not_where_the_role_needs_it(
    database: Database, now: datetime
) -> None:
    actor, codes = set_up(database, now)
    assert actor.id is not None
    later = now + timedelta(minutes=2)
    for shown, needed, why in (("000000", (), "wrong-code"), (code(later), ("officer",), "needed-for-role")):
        with database.write() as session, pytest.raises(sf.SecondFactorRefused, match=why):
            sf.remove(session, actor, VAULT, shown, needed_for=needed, now=later)
    with database.write() as session:
        sf.remove(session, actor, VAULT, code(later), needed_for=("legal",), now=later)
        assert not sf.has_second_factor(session, actor.id)
    assert take(database, actor, codes[0], later) is None
    assert actions(database)[-1] == "account.second-factor-removed"


def test_reset_on_the_server(database: Database, now: datetime) -> None:
    actor, _ = set_up(database, now)
    assert actor.id is not None
    with database.write() as session:
        before = session.get_one(Account, actor.id).fs_uniquifier
        assert sf.reset(session, "WANG", now)
        assert session.get_one(Account, actor.id).fs_uniquifier != before
        assert not sf.reset(session, "wang", now)
        with pytest.raises(UnknownAccount):
            sf.reset(session, "nobody", now)
    assert actions(database)[-1] == "account.second-factor-reset"
