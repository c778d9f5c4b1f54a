"""What waits for the archivist: files to accept, to archive, coming, sent back, and the next that expire."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from catalog.actors import Actor
from catalog.archiving.contents import digests_of
from catalog.archiving.expiry import FileExpiry, files_until
from catalog.archiving.register import IN_REGISTER, count_states
from catalog.finding.visible import unsealed_to
from catalog.models import AcceptanceCheck, Account, Attachment, Case, CaseMove, Clip, Step
from catalog.same_person import persons

SHOWN = 60


@dataclass(frozen=True, slots=True)
class Waiting:
    """A file that waits, with the move that brought it here."""

    case: Case
    clips: int
    move: CaseMove | None
    check: AcceptanceCheck | None
    stale: bool
    own: bool
    """Whoever reads this made that move himself: what he handed over, another person accepts (R2.8)."""

    @property
    def ready(self) -> bool:
        """It may be accepted without a note: its check is of what is in it now, and was passed; by another person."""
        return not self.own and self.check is not None and not self.stale and self.check.outcome == "pass"


@dataclass(frozen=True, slots=True)
class Home:
    """The archivist's start page."""

    to_accept: Sequence[Waiting]
    to_archive: Sequence[Waiting]
    corrections: Sequence[Waiting]
    """Sent back by the legal section."""
    counts: dict[str, int]
    """How many files stand in each state, also where only the first are listed."""
    expiring: Sequence[FileExpiry]


def home_of(session: Session, actor: Actor | None) -> Home:
    """Answer what waits. Of files to be accepted it is looked up whether their check is of what is in them now."""
    return Home(
        to_accept=_waiting(session, actor, "handed-over", checking=True),
        to_archive=_waiting(session, actor, "accepted"),
        corrections=_waiting(session, actor, "returned"),
        counts=count_states(session, (*IN_REGISTER, "returned")),
        expiring=files_until(session, actor, None, None, limit=8),
    )


def _waiting(session: Session, actor: Actor | None, state: str, *, checking: bool = False) -> list[Waiting]:
    cases = session.scalars(
        select(Case)
        .where(Case.state == state)
        .order_by(Case.closed_on, Case.id)
        .limit(SHOWN)
        .options(joinedload(Case.unit), joinedload(Case.handler))
    ).all()
    ids = [case.id for case in cases]
    moves = _newest_moves(session, ids)
    counts = _counts(session, actor, ids)
    checks = _newest_checks(session, ids) if checking else {}
    digests = digests_of(session, sorted(checks))
    own = _made_by(session, actor, moves)
    return [
        Waiting(
            case,
            counts.get(case.id, 0),
            moves.get(case.id),
            check := checks.get(case.id),
            check is not None and digests[case.id] != check.content_sha256,
            case.id in own,
        )
        for case in cases
    ]


def _made_by(session: Session, actor: Actor | None, moves: Mapping[UUID, CaseMove]) -> set[UUID]:
    """Answer the cases whose move the person of `actor` made, by whichever account."""
    if actor is None or actor.id is None:
        return set()
    known = persons(session, [actor.id, *(move.by_id for move in moves.values())])
    return {
        case
        for case, move in moves.items()
        if move.by_id is not None and known[move.by_id] == known[actor.id]
    }


def _newest_moves(session: Session, cases: Sequence[UUID]) -> dict[UUID, CaseMove]:
    rows = session.scalars(
        select(CaseMove)
        .where(CaseMove.case_id.in_(cases))
        .order_by(CaseMove.at, CaseMove.id)
        .options(joinedload(CaseMove.by).joinedload(Account.officer))
    )
    return {move.case_id: move for move in rows}


def _newest_checks(session: Session, cases: Sequence[UUID]) -> dict[UUID, AcceptanceCheck]:
    rows = session.scalars(
        select(AcceptanceCheck)
        .where(AcceptanceCheck.case_id.in_(cases))
        .order_by(AcceptanceCheck.checked_at, AcceptanceCheck.id)
    )
    return {check.case_id: check for check in rows}


def _counts(session: Session, actor: Actor | None, cases: Sequence[UUID]) -> dict[UUID, int]:
    rows = session.execute(
        select(Step.case_id, func.count(func.distinct(Clip.id)))
        .join(Attachment, Attachment.step_id == Step.id)
        .join(Clip, Clip.id == Attachment.clip_id)
        .where(Step.case_id.in_(cases), Attachment.detach_confirmed_at.is_(None), unsealed_to(actor))
        .group_by(Step.case_id)
    )
    return {case: count for case, count in rows}  # noqa: C416 - rows are not quite pairs
