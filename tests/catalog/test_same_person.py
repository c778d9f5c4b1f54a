"""Two accounts of one officer are one person, in every procedure that asks for two."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

import pytest
from sqlalchemy import select, update

from catalog.case_files.life import CannotMove, MoveFacts, move_case
from catalog.database import Database
from catalog.holds.acts import CannotHold, HoldWish, lift_hold, set_hold
from catalog.holds.readers import confirm_reader, name_reader
from catalog.holds.seals import (
    CannotSeal,
    SealWish,
    confirm_lift,
    confirm_seal,
    propose_lift,
    propose_seal,
)
from catalog.ids import new_id
from catalog.models import Account, Case, Clip, RetentionSchedule, SealReader
from catalog.refused import Refused
from catalog.retention.schedules import (
    CannotChange,
    Draft,
    approve,
    digest_now,
    make_draft,
    propose,
    try_out,
)
from catalog.retention.walking import go_on_with_schedules
from catalog.same_person import accounts_of, is_among, persons
from tests.catalog.holds.people import Office, open_office
from tests.catalog.retention.office import ZONE, row
from tests.catalog.world import add_clip


@pytest.fixture
def office(database: Database, now: datetime) -> Office:
    with database.write() as session:
        return open_office(session, now)


@pytest.fixture
def clip(database: Database, now: datetime) -> UUID:
    with database.write() as session:
        return add_clip(session, now, "一.MP4", recorded=now).id


def twins(database: Database, office: Office, *names: str, officer: int = 0) -> None:
    """Make accounts those of one officer, behind the back of everybody signed in."""
    with database.write() as session:
        session.execute(
            update(Account)
            .where(Account.id.in_([office[name].id for name in names]))
            .values(officer_id=office.officers[officer])
        )


def refused(kind: type[Refused], database: Database, act: Callable[..., object], **said: object) -> None:
    with database.write() as session, pytest.raises(kind) as refusal:
        act(session, **said)
    assert refusal.value.why == "same-person"


def test_whose_an_account_is(database: Database, office: Office) -> None:
    twins(database, office, "legal", "archivist")
    legal, archivist, other = (office[name].id for name in ("legal", "archivist", "handler"))
    stranger = new_id()
    with database.read() as session:
        assert is_among(session, legal, [archivist])
        assert is_among(session, stranger, [stranger]), "an account that is gone is still itself"
        assert not is_among(session, legal, [other, None, stranger])
        assert not is_among(session, None, [None, legal])
        assert persons(session, [legal, None, stranger]) == {legal: office.officers[0], stranger: stranger}
        assert legal is not None
        assert {legal, archivist} <= accounts_of(session, legal)
        assert accounts_of(session, stranger) == {stranger}


def test_a_hold_is_not_lifted_by_a_second_account(
    database: Database, office: Office, clip: UUID, now: datetime
) -> None:
    with database.write() as session:
        wish = HoldWish(target="clip", clip=clip, reason="audit", document="审〔2026〕1 号", note="")
        held = set_hold(session, actor=office["legal"], wish=wish, now=now).id
    twins(database, office, "legal", "legal2")
    refused(CannotHold, database, lift_hold, actor=office["legal2"], hold_id=held, reason="x", now=now)
    with database.write() as session:
        lift_hold(session, actor=office["archivist"], hold_id=held, reason="x", now=now)


def test_a_seal_needs_two_people_each_time(
    database: Database, office: Office, clip: UUID, now: datetime
) -> None:
    archivist = office["archivist"].id
    wish = SealWish(clip=clip, ground="unlawful", basis="x", readers=frozenset({office["handler"].id}))  # type: ignore[arg-type]
    with database.write() as session:
        seal = propose_seal(session, actor=office["legal"], wish=wish, now=now).id
    twins(database, office, "legal", "archivist")
    twins(database, office, "handler", "archivist2", officer=1)
    refused(CannotSeal, database, confirm_seal, actor=office["archivist"], seal_id=seal, now=now)
    with database.write() as session:
        # His own second account was proposed as a reader: sealing does not let it in.
        confirm_seal(session, actor=office["archivist2"], seal_id=seal, now=now)
        assert session.get_one(Clip, clip).restricted
        own = session.scalars(select(SealReader).where(SealReader.account_id == office["handler"].id)).one()
        assert own.confirmed_at is None
        named = name_reader(
            session, actor=office["legal"], seal_id=seal, account_id=office["officer"].id, now=now
        )  # type: ignore[arg-type]
        readers = own.id, named.id
    refused(CannotSeal, database, confirm_reader, actor=office["archivist2"], reader_id=readers[0], now=now)
    refused(CannotSeal, database, confirm_reader, actor=office["archivist"], reader_id=readers[1], now=now)
    with database.write() as session:
        propose_lift(session, actor=office["legal"], seal_id=seal, reason="x", now=now)
    refused(CannotSeal, database, confirm_lift, actor=office["archivist"], seal_id=seal, now=now)
    with database.read() as session:
        assert session.get_one(Clip, clip).restricted
    assert archivist is not None


def test_a_case_file_is_not_taken_over_from_oneself(
    database: Database, office: Office, now: datetime
) -> None:
    with database.write() as session:
        session.get_one(Case, office.cases[0]).state = "reviewed"

    def move(name: str, what: str) -> None:
        with database.write() as session:
            move_case(
                session, actor=office[name], case_id=office.cases[0], move=what, facts=MoveFacts(),
                today=now.date(), now=now,
            )  # fmt: skip

    move("legal", "hand-over")
    twins(database, office, "legal", "archivist")
    with pytest.raises(CannotMove) as refusal:
        move("archivist", "accept")
    assert refusal.value.why == "same-person"
    move("archivist2", "accept")


def test_a_schedule_is_approved_by_neither_second_account(
    database: Database, office: Office, now: datetime
) -> None:
    with database.write() as session:
        draft = Draft(version="2026-1", rows=(row(30),), consent="档案局 2026-9")
        schedule = make_draft(session, actor=office["archivist"], draft=draft, now=now).id
        try_out(session, actor=office["archivist"], schedule_id=schedule, now=now)
    go_on_with_schedules(database, ZONE, now)
    with database.write() as session:
        propose(session, actor=office["archivist"], schedule_id=schedule, now=now)
        digest = digest_now(session, session.get_one(RetentionSchedule, schedule))
    twins(database, office, "archivist", "leader")
    said = {"schedule_id": schedule, "digest": digest, "now": now}
    refused(CannotChange, database, approve, actor=office["leader"], **said)
    with database.write() as session:
        approve(session, actor=office["office-head"], schedule_id=schedule, digest=digest, now=now)
    twins(database, office, "office-head", "leader2", officer=1)
    with database.write() as session, pytest.raises(CannotChange) as refusal:
        approve(session, actor=office["leader2"], schedule_id=schedule, digest=digest, now=now)
    assert refusal.value.why == "approved-already"
    with database.read() as session:
        assert session.get_one(RetentionSchedule, schedule).state == "proposed"
