"""The life of a case file: its way, what each move asks for, two people at once."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from catalog.actors import Actor
from catalog.case_files.attaching import Wish, attach
from catalog.case_files.cases import add_step, create_case
from catalog.case_files.life import WHY, CannotMove, MoveFacts, move_case
from catalog.database import Database
from catalog.models import Case, CaseMove, LockDue
from catalog.people import create_account, person
from catalog.rules.case_life import CHANGEABLE, IN_ARCHIVE, MOVES, STATES, moves_from, refusal
from tests.catalog.world import add_clip, entries

NOW = datetime(2026, 11, 23, 10, 0, 0, tzinfo=UTC)
TODAY = date(2026, 11, 23)
WAY = ("finish", "make-up", "correct", "pass", "hand-over", "accept", "archive", "transfer")
FACTS = {
    "finish": MoveFacts(closed_on=TODAY),
    "archive": MoveFacts(archive_number="1-2026-D30-0007"),
    "transfer": MoveFacts(note="taken over by the district archive"),
}


@pytest.fixture
def people(database: Database) -> dict[str, Actor]:
    names = ("handler", "section-head", "legal", "archivist", "leader", "officer")
    with database.write() as session:
        return {
            name: person(
                create_account(
                    session, actor=Actor("system", None, "test"), username=name, email=f"{name}@x.example",
                    roles=[name], officer=None, now=NOW,
                ),
                None,
            )
            for name in names
        }  # fmt: skip


def new_case(database: Database, state: str = "open") -> UUID:
    with database.write() as session:
        case = create_case(
            session, actor=Actor("system", None, "test"), title="x", case_type="penalty-general", number=None,
            party="", unit=None, handler=None, second_handler=None, now=NOW,
        )  # fmt: skip
        case.state = state
        return case.id


def who(people: dict[str, Actor], move: str) -> Actor:
    return next(p for name, p in people.items() if name in MOVES[move].roles)


def do(
    database: Database,
    case: UUID,
    move: str,
    actor: Actor,
    facts: MoveFacts | None = None,
    now: datetime = NOW,
) -> None:
    with database.write() as session:
        move_case(
            session, actor=actor, case_id=case, move=move, facts=facts or FACTS.get(move, MoveFacts()),
            today=TODAY, now=now,
        )  # fmt: skip


def test_the_whole_way(database: Database, people: dict[str, Actor]) -> None:
    case = new_case(database)
    for move in WAY:
        do(database, case, move, who(people, move))
    with database.read() as session:
        row = session.get_one(Case, case)
        assert row.state == "transferred"
        assert (row.closed_on, row.accepted_at) == (TODAY, NOW)
        assert (row.archive_number, row.archive_year) == ("1-2026-D30-0007", 2026)
        moves = session.scalars(select(CaseMove).where(CaseMove.case_id == case).order_by(CaseMove.id)).all()
        assert [m.move for m in moves] == list(WAY)
        assert len(entries(session, "case.moved")) == len(WAY)


@pytest.mark.parametrize("move", MOVES)
@pytest.mark.parametrize("state", STATES)
def test_no_move_from_elsewhere(state: str, move: str) -> None:
    asked = MOVES[move]
    why = refusal(state, move, asked.roles, note="because", same_as_giver=False)
    assert why == (None if state in asked.sources else "wrong-state")
    assert refusal(
        state, move, frozenset({"officer", "administrator", "auditor"}), note="x", same_as_giver=False
    )


def test_every_state_but_the_last_goes_on() -> None:
    everybody = frozenset().union(*(m.roles for m in MOVES.values()))
    for state in set(STATES) - {"transferred", "dropped", "merged"}:
        assert moves_from(state, everybody)
    assert not CHANGEABLE & IN_ARCHIVE


def test_what_a_move_asks_for(database: Database, people: dict[str, Actor]) -> None:
    case = new_case(database)
    refused = {
        "date-missing": ("finish", "handler", MoveFacts()),
        "date-in-future": ("finish", "handler", MoveFacts(closed_on=date(2026, 11, 24))),
        "not-yours": ("finish", "archivist", MoveFacts(closed_on=TODAY)),
        "wrong-state": ("archive", "archivist", FACTS["archive"]),
        "unknown-move": ("vanish", "archivist", MoveFacts()),
    }
    for why, (move, name, facts) in refused.items():
        with pytest.raises(CannotMove) as caught:
            do(database, case, move, people[name], facts)
        assert caught.value.why == why
    with pytest.raises(CannotMove, match="unknown-case"):
        do(database, uuid4(), "finish", people["handler"])
    accepted = new_case(database, "accepted")
    with pytest.raises(CannotMove, match="archive-number-missing"):
        do(database, accepted, "archive", people["archivist"], MoveFacts())
    do(database, accepted, "archive", people["archivist"])
    twin = new_case(database, "accepted")
    with pytest.raises(CannotMove, match="archive-number-taken"):
        do(database, twin, "archive", people["archivist"])
    with pytest.raises(CannotMove, match="note-missing"):
        do(database, twin, "reopen", people["legal"], MoveFacts(note="  "))
    lead = new_case(database, "lead")
    with pytest.raises(CannotMove, match="number-missing"):
        do(database, lead, "file", people["handler"])
    do(database, lead, "file", people["handler"], MoveFacts(number="2026-1"))
    other = new_case(database, "lead")
    with pytest.raises(CannotMove, match="number-taken"):
        do(database, other, "file", people["handler"], MoveFacts(number="2026-1"))
    assert {"same-person"} < set(WHY)


def test_the_one_who_hands_over_does_not_take_over(database: Database) -> None:
    with database.write() as session:
        both = person(
            create_account(
                session, actor=Actor("system", None, "test"), username="both", email="b@x.example",
                roles=["legal", "archivist"], officer=None, now=NOW,
            ),
            None,
        )  # fmt: skip
    case = new_case(database, "reviewed")
    do(database, case, "hand-over", both)
    with pytest.raises(CannotMove, match="same-person"):
        do(database, case, "accept", both)


def test_reopened_it_is_accepted_anew(database: Database, people: dict[str, Actor]) -> None:
    case = new_case(database, "handed-over")
    do(database, case, "accept", people["archivist"])
    do(database, case, "reopen", people["leader"], MoveFacts(note="reconsideration ordered it"))
    with database.read() as session:
        row = session.get_one(Case, case)
        assert (row.state, row.accepted_at) == ("open", None)


def test_two_at_once_make_one_move(database: Database, people: dict[str, Actor]) -> None:
    case = new_case(database, "handed-over")
    begin, refused, moments = threading.Barrier(2), [], [NOW, NOW.replace(hour=11)]

    def accept(now: datetime) -> None:
        begin.wait()
        try:
            do(database, case, "accept", people["archivist"], now=now)
        except CannotMove as error:
            refused.append((error.why, now))

    threads = [threading.Thread(target=accept, args=(now,)) for now in moments]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert [why for why, _ in refused] == ["wrong-state"]
    (winner,) = set(moments) - {refused[0][1]}
    with database.read() as session:
        assert session.get_one(Case, case).accepted_at == winner
        assert len(session.scalars(select(CaseMove).where(CaseMove.case_id == case)).all()) == 1


def test_its_clips_are_due_with_every_move(database: Database, people: dict[str, Actor]) -> None:
    case = new_case(database)
    with database.write() as session:
        step = add_step(
            session, actor=people["handler"], case=session.get_one(Case, case), stage="investigation",
            activity="questioning", title="x", now=NOW,
        )  # fmt: skip
        clip = add_clip(session, NOW, "a.mp4")
        attach(
            session, actor=people["handler"], clip_id=clip.id, step_id=step.id,
            wish=Wish("process", "main"), now=NOW,
        )  # fmt: skip
        assert session.get_one(LockDue, clip.id).turn == 1
        identity = clip.id
    do(database, case, "finish", people["handler"])
    with database.read() as session:
        assert session.get_one(LockDue, identity).turn == 2
