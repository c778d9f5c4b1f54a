"""承办人: who handles a case from when to when, and changing it with a reason (R2.2)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.actors import Actor
from catalog.case_files.whose import NOT_YOUR_CASE, roles_on
from catalog.custody.log import add_entry
from catalog.models import Case, CaseHandler, Officer
from catalog.refused import Refused
from catalog.rules.case_joining import handlers_refusal
from catalog.rules.free_text import spoken

REASON_LIMIT = 500


class CannotHandOn(Refused):
    """Changing the handlers was refused; `why` is a stable word, and nothing was changed."""


WHY = (
    "unknown-case",
    "not-yours",
    "not-your-case",
    "wrong-state",
    "changed-meanwhile",
    "unknown-officer",
    "handler-missing",
    "same-handler",
    "nothing-changed",
    "reason-missing",
    "reason-too-long",
)


def begin_handling(
    session: Session, case: Case, first: UUID | None, second: UUID | None, *, reason: str, now: datetime
) -> None:
    """Put the first handlers of a case in place."""
    case.handler_id, case.second_handler_id = first, second
    for place, officer in ((1, first), (2, second)):
        if officer is not None:
            session.add(
                CaseHandler(case_id=case.id, officer_id=officer, place=place, since=now, reason=reason)
            )
    session.flush()


def change_handlers(
    session: Session,
    *,
    actor: Actor,
    case_id: UUID,
    first: UUID | None,
    second: UUID | None,
    seen: tuple[UUID | None, UUID | None],
    reason: str,
    now: datetime,
) -> Case:
    """Give a case to other handlers, from now on; `seen` are those the page showed. Raises CannotHandOn."""
    case = session.scalar(select(Case).where(Case.id == case_id).with_for_update())
    if case is None:
        raise CannotHandOn("unknown-case")
    if (why := handlers_refusal(case.state, actor.roles)) is not None:
        raise CannotHandOn(why)
    if handlers_refusal(case.state, roles_on(actor, case)) is not None:
        raise CannotHandOn(NOT_YOUR_CASE)
    before = (case.handler_id, case.second_handler_id)
    if seen != before:
        raise CannotHandOn("changed-meanwhile")
    said = spoken(reason)
    if (why := _wrong(session, before, (first, second), said)) is not None:
        raise CannotHandOn(why)
    put_handlers(session, case, (first, second), said, now)
    session.flush()
    add_entry(
        session,
        actor=actor,
        action="case.handlers-changed",
        subjects={"case": case.id, "officer": [o for o in {first, second, *before} if o is not None]},
        facts={"state": case.state},
        private={
            "before": [str(o) if o else None for o in before],
            "after": [str(first), str(second) if second else None],
            "reason": said or None,
        },
        now=now,
    )
    return case


def _wrong(
    session: Session,
    before: tuple[UUID | None, UUID | None],
    after: tuple[UUID | None, UUID | None],
    said: str,
) -> str | None:
    first, second = after
    if first is None:
        return "handler-missing"
    if first == second:
        return "same-handler"
    if after == before:
        return "nothing-changed"
    if any(one is not None and session.get(Officer, one) is None for one in after):
        return "unknown-officer"
    if before != (None, None) and not said:
        return "reason-missing"
    return "reason-too-long" if len(said) > REASON_LIMIT else None


def put_handlers(
    session: Session, case: Case, after: tuple[UUID | None, UUID | None], said: str, now: datetime
) -> None:
    """End the rows of those who leave, begin those of who comes, and put both on the case."""
    rows = {
        row.place: row
        for row in session.scalars(
            select(CaseHandler).where(CaseHandler.case_id == case.id, CaseHandler.until.is_(None))
        )
    }
    for place, was, becomes in ((1, case.handler_id, after[0]), (2, case.second_handler_id, after[1])):
        if was == becomes:
            continue
        row = rows.get(place)
        if row is None and was is not None:  # a case from before handlers were kept over time
            row = CaseHandler(case_id=case.id, officer_id=was, place=place, since=case.opened_at)
            session.add(row)
        if row is not None:
            row.until = now
        if becomes is not None:
            session.add(CaseHandler(case_id=case.id, officer_id=becomes, place=place, since=now, reason=said))
    case.handler_id, case.second_handler_id = after


def handlers_of(session: Session, case_id: UUID) -> Sequence[tuple[CaseHandler, Officer]]:
    """Answer who handled a case, oldest first."""
    rows = session.execute(
        select(CaseHandler, Officer)
        .join(Officer, Officer.id == CaseHandler.officer_id)
        .where(CaseHandler.case_id == case_id)
        .order_by(CaseHandler.since, CaseHandler.place)
    )
    return [(row, officer) for row, officer in rows]
