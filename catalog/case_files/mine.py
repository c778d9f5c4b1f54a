"""我的案件: the cases somebody handles, and what each still lacks before its file can be made up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from catalog.actors import Actor
from catalog.case_files.standing import IN_FORCE, WAITING
from catalog.case_files.suggesting import count_for_cases
from catalog.finding.visible import visible_to
from catalog.models import Attachment, Case, Clip, Step
from catalog.rules.case_life import CHANGEABLE

SHOWN = 100


@dataclass(frozen=True, slots=True)
class MyCase:
    """One case with what it lacks. Times planned are the deadlines there are."""

    case: Case
    without: Sequence[Step]
    """Steps that have begun and to which nothing is attached."""
    overdue: Sequence[Step]
    """Steps whose planned time has passed and that have not begun."""
    following: Step | None
    """The next planned step."""
    suggestions: int
    waiting: int
    """Detachments that wait for the legal section."""

    @property
    def lacking(self) -> bool:
        """Whether there is something to do."""
        return bool(self.without or self.overdue or self.suggestions)


def my_cases(session: Session, officer: UUID, actor: Actor, now: datetime) -> list[MyCase]:
    """Answer the cases that an officer handles as first or second and that may still be changed, the neediest first."""
    cases = session.scalars(
        select(Case)
        .where(or_(Case.handler_id == officer, Case.second_handler_id == officer), Case.state.in_(CHANGEABLE))
        .order_by(Case.opened_at.desc(), Case.id.desc())
        .limit(SHOWN)
        .options(joinedload(Case.handler), joinedload(Case.second_handler), selectinload(Case.steps))
    ).all()
    steps = [step.id for case in cases for step in case.steps]
    attached = set(
        session.scalars(
            select(Attachment.step_id)
            .join(Clip, Clip.id == Attachment.clip_id)
            .where(Attachment.step_id.in_(steps), IN_FORCE, visible_to(actor))
        )
    )
    waiting = Counter(
        session.scalars(
            select(Step.case_id)
            .join(Attachment, Attachment.step_id == Step.id)
            .join(Clip, Clip.id == Attachment.clip_id)
            .where(Step.id.in_(steps), WAITING, visible_to(actor))
        )
    )
    suggested = count_for_cases(session, cases, actor)
    lines = [
        MyCase(
            case,
            without=[s for s in case.steps if s.started_at is not None and s.id not in attached],
            overdue=[
                s
                for s in case.steps
                if s.started_at is None and s.planned_at is not None and s.planned_at < now
            ],
            following=min(
                (
                    s
                    for s in case.steps
                    if s.started_at is None and s.planned_at is not None and s.planned_at >= now
                ),
                key=lambda s: s.planned_at or now,
                default=None,
            ),
            suggestions=suggested.get(case.id, 0),
            waiting=waiting[case.id],
        )
        for case in cases
    ]
    return sorted(lines, key=lambda one: (not one.overdue, not one.lacking))
