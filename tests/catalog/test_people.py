"""Sign-in links, accounts, and what of them stands in the log."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from catalog.database import Database
from catalog.demo import seed
from catalog.models import Account, CustodyEntry, CustodyPrivate, SigninToken
from catalog.people import (
    SIGNIN_VALID,
    UnknownAccount,
    create_account,
    find_account,
    issue_signin_token,
    note_signin_refused,
    peek_signin_token,
    person,
    set_language,
    set_password,
    use_signin_token,
)
from catalog.permissions import ROLES
from tests.catalog.world import entries


@pytest.fixture
def seeded(database: Database, now: datetime) -> Database:
    with database.write() as session:
        seed(session, now)
    return database


def test_a_link_signs_in_once(seeded: Database, now: datetime) -> None:
    with seeded.write() as session:
        token = issue_signin_token(session, "wang", now)
    with seeded.write() as session:
        first = use_signin_token(session, token, now + timedelta(minutes=1))
    with seeded.write() as session:
        second = use_signin_token(session, token, now + timedelta(minutes=1))
    assert first is not None
    assert first.username == "wang"
    assert second is None


def test_looking_at_a_link_does_not_use_it(seeded: Database, now: datetime) -> None:
    with seeded.write() as session:
        token = issue_signin_token(session, "wang", now)
    with seeded.read() as session:
        assert peek_signin_token(session, token, now) is not None
        assert peek_signin_token(session, token, now) is not None
    with seeded.write() as session:
        assert use_signin_token(session, token, now) is not None


def test_a_link_grows_old(seeded: Database, now: datetime) -> None:
    with seeded.write() as session:
        token = issue_signin_token(session, "wang", now)
        assert use_signin_token(session, token, now + SIGNIN_VALID) is None


def test_only_the_digest_of_a_link_is_kept(seeded: Database, now: datetime) -> None:
    with seeded.write() as session:
        token = issue_signin_token(session, "wang", now)
        kept = session.scalars(select(SigninToken)).one()
        records = session.scalars(select(CustodyEntry.record)).all()
        private = session.scalars(select(CustodyPrivate.value)).all()
    assert token not in kept.digest
    assert not any(token in text for text in [*records, *private])


def test_no_link_for_nobody(seeded: Database, now: datetime) -> None:
    with seeded.write() as session, pytest.raises(UnknownAccount):
        issue_signin_token(session, "nobody", now)


def test_no_link_and_no_sign_in_for_a_closed_account(seeded: Database, now: datetime) -> None:
    with seeded.write() as session:
        token = issue_signin_token(session, "wang", now)
        find = find_account(session, "wang")
        assert find is not None
        find.active = False
    with seeded.write() as session:
        assert use_signin_token(session, token, now) is None
        with pytest.raises(UnknownAccount):
            issue_signin_token(session, "wang", now)


def test_accounts_are_found_by_either_name_in_any_case(seeded: Database) -> None:
    with seeded.read() as session:
        assert find_account(session, " WANG ") is not None
        assert find_account(session, "Wang@Liuhen.example") is not None
        assert find_account(session, "") is None
        assert find_account(session, "%") is None


def test_a_new_password_ends_all_sessions(seeded: Database, now: datetime) -> None:
    with seeded.write() as session:
        account = find_account(session, "wang")
        assert account is not None
        before = account.fs_uniquifier
        after = set_password(session, person(account, None), "argon2-hash", now)
        assert after != before
        assert len(entries(session, "account.password-set")) == 1


def test_language_is_kept_and_entered_once(seeded: Database, now: datetime) -> None:
    with seeded.write() as session:
        account = find_account(session, "wang")
        assert account is not None
        actor = person(account, None)
        set_language(session, actor, "en", now)
        set_language(session, actor, "en", now)
        assert account.language == "en"
        assert len(entries(session, "account.language-changed")) == 1
        with pytest.raises(ValueError, match="xx"):
            set_language(session, actor, "xx", now)


def test_what_was_typed_at_a_refused_sign_in_is_private(seeded: Database, now: datetime) -> None:
    with seeded.write() as session:
        note_signin_refused(
            session, name="my-Secret1", account=None, address="10.0.0.9", why="unknown", now=now
        )
        record = session.scalars(
            select(CustodyEntry.record).where(CustodyEntry.action == "account.sign-in-refused")
        ).one()
    assert "my-Secret1" not in record
    assert "10.0.0.9" not in record


def test_a_role_that_does_not_exist_is_refused(seeded: Database, now: datetime) -> None:
    with seeded.write() as session:
        wang = session.scalars(select(Account).where(Account.username == "wang")).one()
        with pytest.raises(ValueError, match="emperor"):
            create_account(
                session,
                actor=person(wang, None),
                username="x",
                email="x@y.example",
                roles=["emperor"],
                officer=None,
                now=now,
            )


def test_seeding_twice_changes_nothing(seeded: Database, now: datetime) -> None:
    with seeded.write() as session:
        before = len(session.scalars(select(CustodyEntry.id)).all())
        facts = seed(session, now + timedelta(days=1))
        after = len(session.scalars(select(CustodyEntry.id)).all())
    assert before == after
    assert facts.fresh is False
    assert {a.role for a in facts.accounts} == set(ROLES)
    with seeded.read() as session:
        assert all(a.password is None for a in session.scalars(select(Account)))
