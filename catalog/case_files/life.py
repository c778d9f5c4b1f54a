"""Moving a case file along its life (R2.8). Which moves there are is data: `catalog.rules.case_life`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from catalog.actors import Actor
from catalog.archiving.checking import is_stale, latest_check
from catalog.case_files.whose import NOT_YOUR_CASE, roles_on
from catalog.coverage.archiving import archiving_hindrance
from catalog.custody.log import add_entry
from catalog.models import Case, CaseMove
from catalog.refused import Refused
from catalog.retention.due import locks_of_case_due
from catalog.rules.case_dates import dates_wrong
from catalog.rules.case_life import ENDED_WITHOUT_FILE, MOVES, moves_from, refusal
from catalog.rules.free_text import spoken
from catalog.same_person import is_among

NOTE_LIMIT = 2000
NUMBER_LIMIT = 128


class CannotMove(Refused):
    """A move was refused; `why` is a stable word, and nothing was changed."""


WHY = (
    "unknown-case",
    "unknown-move",
    "wrong-state",
    "not-yours",
    "not-your-case",
    "note-missing",
    "same-person",
    "number-missing",
    "number-taken",
    "date-missing",
    "date-in-future",
    "date-wrong",
    "dates-crossed",
    "text-too-long",
    "split-off-stays",
    "archive-number-missing",
    "archive-number-taken",
    "coverage-unexplained",
    "coverage-unconfirmed",
    "check-failed-note",
)


@dataclass(frozen=True, slots=True)
class MoveFacts:
    """What is stated with a move. Dates are of the bureau's calendar."""

    note: str = ""
    number: str = ""
    """With `file`: the case's number, where it has none yet."""
    closed_on: date | None = None
    """With `finish`."""
    executed_on: date | None = None
    archive_number: str = ""
    """With `archive`."""


def move_case(
    session: Session, *, actor: Actor, case_id: UUID, move: str, facts: MoveFacts, today: date, now: datetime
) -> Case:
    """Make one move; the case's row is locked, so two people at once make one move. Raises CannotMove.

    `today` is the bureau's date at `now`. Acceptance takes the server's clock, nothing else (invariant 3): the archive
    cannot be made to have accepted a file earlier. A reopened case keeps `accepted_at` in its moves and loses it on the
    row: it is counted anew when it is accepted again.
    """
    case = session.scalar(select(Case).where(Case.id == case_id).with_for_update())
    if case is None:
        raise CannotMove("unknown-case")
    note = spoken(facts.note)
    if len(note) > NOTE_LIMIT or max(len(facts.number), len(facts.archive_number)) > NUMBER_LIMIT:
        raise CannotMove("text-too-long")
    why = refusal(
        case.state, move, actor.roles, note=note, same_as_giver=_handed_over(session, case.id, actor)
    )
    if why is not None:
        raise CannotMove(why)
    roles = roles_on(actor, case) & MOVES[move].roles
    if not roles:
        raise CannotMove(NOT_YOUR_CASE)
    _state(session, case, move, _Stated(facts, today, now))
    asked = MOVES[move]
    before, case.state = case.state, asked.target
    role = min(roles)
    session.add(
        CaseMove(
            case_id=case.id, move=move, from_state=before, to_state=case.state, by_id=actor.id,
            role=role, note=note, at=now,
        )
    )  # fmt: skip
    try:
        session.flush()
    except IntegrityError as error:  # two people gave the same number at once (PostgreSQL)
        raise CannotMove("archive-number-taken" if move == "archive" else "number-taken") from error
    locks_of_case_due(session, case.id, now)
    add_entry(
        session,
        actor=actor,
        action="case.moved",
        subjects={"case": case.id},
        facts={"move": move, "from": before, "to": case.state, "role": role},
        private={"note": note or None, "number": facts.number or None},
        now=now,
    )
    return case


@dataclass(frozen=True, slots=True)
class Offer:
    """What somebody is offered to do with a case file as it stands."""

    moves: tuple[str, ...]
    as_giver: tuple[str, ...]
    """Moves of his roles that are not offered, since he handed the file over himself: another person makes them."""


def moves_offered(session: Session, actor: Actor, case: Case) -> Offer:
    """Answer the moves that `actor` may make of a case: of his roles on it, and as giver or receiver of the file."""
    roles = roles_on(actor, case)
    of_roles = moves_from(case.state, roles)
    if not any(MOVES[move].giver for move in of_roles) or not _handed_over(session, case.id, actor):
        return Offer(of_roles, ())
    moves = moves_from(case.state, roles, same_as_giver=True)
    return Offer(moves, tuple(move for move in of_roles if move not in moves))


def _handed_over(session: Session, case_id: UUID, actor: Actor) -> bool:
    """Whether it was `actor`, by whichever account, who handed the file over last."""
    giver = session.scalar(
        select(CaseMove.by_id)
        .where(CaseMove.case_id == case_id, CaseMove.move == "hand-over")
        .order_by(CaseMove.at.desc(), CaseMove.id.desc())
        .limit(1)
    )
    return is_among(session, actor.id, [giver])


@dataclass(frozen=True, slots=True)
class _Stated:
    facts: MoveFacts
    today: date
    now: datetime


def _state(session: Session, case: Case, move: str, stated: _Stated) -> None:
    """Put on the case what the move states, or say what is missing."""
    if move == "file":
        _file(session, case, stated)
    elif move == "finish":
        _finish(case, stated)
    elif move == "accept":
        _accept(session, case, stated)
    elif move == "archive":
        _archive(session, case, stated)
    elif move == "reopen":
        case.accepted_at = None
    elif move == "drop":
        _drop(session, case)


def _drop(session: Session, case: Case) -> None:
    """What was split off a filed case cannot be dropped: it would be a way around making up that case's file."""
    before: Case | None = case
    while before is not None:
        if before.filed_on is not None or before.state not in {"lead", *ENDED_WITHOUT_FILE}:
            raise CannotMove("split-off-stays")
        before = session.get(Case, before.split_from_id) if before.split_from_id is not None else None


def _file(session: Session, case: Case, stated: _Stated) -> None:
    number = spoken(stated.facts.number) or case.number
    if not number:
        raise CannotMove("number-missing")
    if session.scalar(select(Case.id).where(Case.number == number, Case.id != case.id)) is not None:
        raise CannotMove("number-taken")
    case.number, case.filed_on = number, stated.today
    if (why := dates_wrong(case, stated.today)) in {"date-wrong", "dates-crossed"}:
        raise CannotMove(why)


def _finish(case: Case, stated: _Stated) -> None:
    dates = [d for d in (stated.facts.closed_on, stated.facts.executed_on) if d is not None]
    if not dates:
        raise CannotMove("date-missing")
    if max(dates) > stated.today:
        raise CannotMove("date-in-future")
    case.closed_on, case.executed_on = stated.facts.closed_on, stated.facts.executed_on
    if (why := dates_wrong(case, stated.today)) in {"date-wrong", "dates-crossed"}:
        raise CannotMove(why)


def _accept(session: Session, case: Case, stated: _Stated) -> None:
    """A check that was not passed cannot be passed over in silence, whichever way the file is accepted.

    The archive's pages ask for a check of what is in the file now (`catalog.archiving.accepting`).
    """
    check = latest_check(session, case.id)
    if (
        check is not None
        and check.outcome != "pass"
        and not spoken(stated.facts.note)
        and not is_stale(session, check)
    ):
        raise CannotMove("check-failed-note")
    case.accepted_at = stated.now


def _archive(session: Session, case: Case, stated: _Stated) -> None:
    number = spoken(stated.facts.archive_number) or case.archive_number
    if not number:
        raise CannotMove("archive-number-missing")
    twin = select(Case.id).where(Case.archive_number == number, Case.id != case.id)
    if session.scalar(twin) is not None:
        raise CannotMove("archive-number-taken")
    if (hindrance := archiving_hindrance(session, case.id, stated.now)) is not None:
        raise CannotMove(hindrance)
    case.archive_number = number
    case.archive_year = case.archive_year or stated.today.year
