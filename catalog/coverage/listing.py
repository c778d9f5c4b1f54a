"""应录未录: the steps of all cases whose recording lacks something, from the judgements that were kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session, joinedload

from catalog.coverage.judging import moments_from, spans_from
from catalog.models import Case, CoverageDue, Step, StepCoverage
from catalog.rules.case_life import ENDED_WITHOUT_FILE
from catalog.rules.coverage import Span
from catalog.rules.coverage_notes import OPEN_STATES, STATES

Order = Literal["deadline", "case", "step", "unit", "handler", "state"]
ORDERS: tuple[Order, ...] = ("deadline", "case", "step", "unit", "handler", "state")
SHOWN = 100
"""Lines of one page."""
LISTED = tuple(state for state in STATES if state != "fine")


@dataclass(frozen=True, slots=True)
class Asked:
    """Which gaps. `state` None: all that something is still to be done about."""

    unit: UUID | None = None
    handler: UUID | None = None
    """An officer who handles the case, in either place."""
    state: str | None = None
    overdue: bool = False
    order: Order = "deadline"
    falling: bool = False
    page: int = 0


@dataclass(frozen=True, slots=True)
class Line:
    """A step with what lacks of it, and until when it should be explained."""

    coverage: StepCoverage
    step: Step
    case: Case
    deadline: datetime | None
    overdue: bool

    @property
    def spans(self) -> tuple[Span, ...]:
        """What no recording covers."""
        return spans_from(self.coverage.spans)

    @property
    def moments(self) -> tuple[tuple[str, ...], ...]:
        """Key moments nobody marked."""
        return moments_from(self.coverage.moments)


@dataclass(frozen=True, slots=True)
class GapPage:
    """One page of the list."""

    lines: Sequence[Line]
    total: int
    """Lines on all pages."""
    counts: dict[str, int]
    """By state, of the same unit and handler."""
    overdue: int
    """Of the same unit and handler: not explained in time."""
    waiting: int
    """Steps to be judged anew, whose line may not be true any more; 1000 at most are counted."""


def list_gaps(session: Session, asked: Asked, *, days: int, now: datetime) -> GapPage:
    """Answer a page of gaps. The time for an explanation is `days` calendar days after the step's end.

    What was explained in time and waits for the head of the section is not overdue.
    """
    whose = _whose(asked)
    late = and_(
        StepCoverage.state.in_(("untimed", "unexplained", "returned")),
        StepCoverage.counted_from < now - timedelta(days=days),
    )
    counts = dict.fromkeys(LISTED, 0)
    overdue = 0
    for state, many, too_late in session.execute(
        select(StepCoverage.state, func.count(), func.count().filter(late))
        .join(Step, Step.id == StepCoverage.step_id)
        .join(Case, Case.id == Step.case_id)
        .where(StepCoverage.state.in_(LISTED), *whose)
        .group_by(StepCoverage.state)
    ):
        counts[state] = many
        overdue += too_late
    wanted = [
        StepCoverage.state == asked.state if asked.state is not None else StepCoverage.state.in_(OPEN_STATES),
        *whose,
    ]
    if asked.overdue:
        wanted.append(late)
    total = session.scalar(
        select(func.count())
        .select_from(StepCoverage)
        .join(Step, Step.id == StepCoverage.step_id)
        .join(Case, Case.id == Step.case_id)
        .where(*wanted)
    )
    # The page's lines are found by narrow rows first: sorting whole ones costs more than all the rest.
    page = session.scalars(
        select(StepCoverage.step_id)
        .join(Step, Step.id == StepCoverage.step_id)
        .join(Case, Case.id == Step.case_id)
        .where(*wanted)
        .order_by(*_order(asked), StepCoverage.step_id)
        .offset(asked.page * SHOWN)
        .limit(SHOWN)
    ).all()
    rows = {
        row.step_id: row
        for row in session.scalars(
            select(StepCoverage)
            .where(StepCoverage.step_id.in_(page))
            .options(
                joinedload(StepCoverage.step)
                .joinedload(Step.case)
                .options(joinedload(Case.unit), joinedload(Case.handler), joinedload(Case.second_handler))
            )
        )
    }
    waiting = session.scalar(
        select(func.count()).select_from(select(CoverageDue.step_id).distinct().limit(1000).subquery())
    )
    return GapPage([_line(rows[step], days, now) for step in page], total or 0, counts, overdue, waiting or 0)


def _whose(asked: Asked) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [Case.state.not_in(ENDED_WITHOUT_FILE)]
    if asked.unit is not None:
        found.append(Case.unit_id == asked.unit)
    if asked.handler is not None:
        found.append(or_(Case.handler_id == asked.handler, Case.second_handler_id == asked.handler))
    return found


def _order(asked: Asked) -> list[ColumnElement[object]]:
    columns = {
        "deadline": StepCoverage.counted_from,
        "case": Case.number,
        "step": Step.title,
        "unit": Case.unit_id,
        "handler": Case.handler_id,
        "state": StepCoverage.state,
    }
    column = columns[asked.order]
    ordered = column.desc() if asked.falling else column.asc()
    # Without a time a step comes last in either direction, on both databases.
    return [column.is_(None), ordered, StepCoverage.counted_from.asc()]  # type: ignore[list-item]


def _line(row: StepCoverage, days: int, now: datetime) -> Line:
    deadline = row.counted_from + timedelta(days=days) if row.counted_from is not None else None
    late = deadline is not None and deadline < now and row.state in {"untimed", "unexplained", "returned"}
    return Line(row, row.step, row.step.case, deadline, late)
