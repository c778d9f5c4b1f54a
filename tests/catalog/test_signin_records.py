"""Sessions, tokens and lock-outs as kept in the catalog; on both databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select

from catalog.actors import system
from catalog.database import Database
from catalog.models import CustodyEntry, Incident, SigninSession
from catalog.people import create_account
from catalog.permissions import Permission, may
from catalog.signing_in import guessing, sessions, tokens
from catalog.signing_in.restored import end_sessions_and_tokens

OPERATOR = system("operator")


@pytest.fixture
def li(database: Database, now: datetime) -> UUID:
    with database.write() as session:
        return create_account(
            session,
            actor=OPERATOR,
            username="li",
            email="li@example.cn",
            roles=["handler"],
            officer=None,
            now=now,
        ).id


def count(database: Database, action: str) -> int:
    with database.read() as session:
        query = select(func.count()).select_from(CustodyEntry).where(CustodyEntry.action == action)
        return session.scalar(query) or 0


def make(database: Database, account: UUID, now: datetime) -> tuple[UUID, str]:
    with database.write() as session:
        token, secret = tokens.create_token(
            session,
            actor=OPERATOR,
            account=account,
            name="x",
            permissions={"office:case:read"},
            expires=now + timedelta(days=1),
            now=now,
        )
        return token.id, secret


def test_a_session_ends_once_and_stays_ended(database: Database, li: UUID, now: datetime) -> None:
    with database.write() as session:
        sitting = sessions.begin_session(session, li, now)
    later = now + timedelta(minutes=5)
    with database.write() as session:
        sessions.note_seen(session, sitting, later)
        sessions.note_seen(session, sitting, now)  # a slower request, which began before
    with database.read() as session:
        found = sessions.find_session(session, sitting)
        assert found is not None
        assert found.seen_at == later

    def end(_: int) -> None:
        with database.write() as session:
            sessions.note_idle(session, sitting, address="10.0.0.1", now=later)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(end, range(4)))
    assert count(database, "account.session-idle") == 1
    with database.write() as session:
        sessions.note_seen(session, sitting, later + timedelta(minutes=1))
        assert session.get_one(SigninSession, sitting).seen_at == later


def test_old_sessions_are_forgotten(database: Database, li: UUID, now: datetime) -> None:
    with database.write() as session:
        old = sessions.begin_session(session, li, now - timedelta(days=8))
    with database.write() as session:
        fresh = sessions.begin_session(session, li, now)
        assert sessions.find_session(session, old) is None
        assert sessions.find_session(session, fresh) is not None


def test_a_token_speaks_for_its_person_within_its_list(database: Database, li: UUID, now: datetime) -> None:
    token, secret = make(database, li, now)
    with database.write() as session:
        bearer = tokens.bearer_of(session, secret, "10.0.0.1", now)
        assert bearer is not None
        assert (bearer.token, bearer.actor.id) == (token, li)
        assert may(bearer.actor, Permission.CASE_READ)
        assert not may(bearer.actor, Permission.CLIP_READ)
        assert not may(bearer.actor, Permission.SELF)
        tokens.note_used(session, bearer, asked="cases", subjects={"case": uuid4()}, status=200, now=now)
        assert tokens.bearer_of(session, secret + "x", None, now) is None
        assert tokens.bearer_of(session, "", None, now) is None
        assert tokens.bearer_of(session, secret, None, now + timedelta(days=1)) is None
        assert [name for _, name in tokens.all_tokens(session, "LI")] == ["li"]
    assert count(database, "account.token-used") == 1


def test_two_revoke_at_once(database: Database, li: UUID, now: datetime) -> None:
    token, secret = make(database, li, now)

    def revoke(_: int) -> str:
        try:
            with database.write() as session:
                tokens.revoke_token(session, actor=OPERATOR, token=token, now=now)
        except tokens.TokenRefused as refusal:
            return refusal.why
        return ""

    with ThreadPoolExecutor(4) as pool:
        said = sorted(pool.map(revoke, range(4)))
    assert said == ["", *["revoked-already"] * 3]
    assert count(database, "account.token-revoked") == 1
    with database.read() as session:
        assert tokens.bearer_of(session, secret, None, now) is None


def test_a_restore_ends_what_it_cannot_know(database: Database, li: UUID, now: datetime) -> None:
    _, secret = make(database, li, now)
    with database.write() as session:
        sitting = sessions.begin_session(session, li, now)
    with database.write() as session:
        assert end_sessions_and_tokens(session, now) == 1
        assert end_sessions_and_tokens(session, now) == 0
        assert sessions.find_session(session, sitting) is None
        assert tokens.bearer_of(session, secret, None, now) is None


def test_whoever_guesses_does_not_bury_other_incidents(database: Database, li: UUID, now: datetime) -> None:
    def note(scope: str, account: UUID | None, address: str) -> None:
        with database.write() as session:
            guessing.note_locked_out(
                session,
                scope=scope,  # type: ignore[arg-type]
                account=account,
                typed="typed",
                address=address,
                failures=20,
                seconds=5,
                now=now,
            )

    note("place", li, "10.0.0.1")
    with database.read() as session:
        assert session.scalars(select(Incident)).all() == [], "a forgotten password is none"
    for _ in range(3):
        note("name", li, "10.0.0.1")
        note("name", None, "10.0.0.1")
    for n in range(30):
        note("address", None, f"10.0.1.{n}")
    with database.read() as session:
        found = session.scalars(select(Incident)).all()
    assert len(found) == guessing.MOST_OPEN
    assert [one.details["about"] for one in found].count(f"account {li}") == 1
    assert count(database, "account.locked-out") == 37
