"""The list of cases: narrowed down by state, type, unit, handler and words, in the order asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, joinedload

from catalog.actors import Actor
from catalog.case_files.cases import CaseLine
from catalog.case_files.standing import ON_THE_LIST
from catalog.case_files.words import has_words
from catalog.finding.visible import told_to
from catalog.models import Attachment, Case, Clip, Officer, Step, Unit
from catalog.permissions import Permission

PAGE = 50
ORDERS = ("opened", "number", "title", "type", "state", "unit", "filed", "closed")


@dataclass(frozen=True, slots=True)
class CaseFilter:
    """What is asked for; None and empty: not narrowed."""

    state: str = ""
    type: str = ""
    unit: UUID | None = None
    handler: UUID | None = None
    words: str = ""
    order: str = "opened"
    up: bool = False
    """In rising order."""


@dataclass(frozen=True, slots=True)
class CasePage:
    """One page of the list, and how many cases fit in all."""

    lines: Sequence[CaseLine]
    count: int


def page_of_cases(session: Session, wanted: CaseFilter, page: int = 1, *, actor: Actor | None) -> CasePage:
    """Answer one page of cases, with how many steps each has and how many clips `actor` may find."""
    conditions = []
    if wanted.state:
        conditions.append(Case.state == wanted.state)
    if wanted.type:
        conditions.append(Case.type == wanted.type)
    if wanted.unit is not None:
        conditions.append(Case.unit_id == wanted.unit)
    if wanted.handler is not None:
        conditions.append(or_(Case.handler_id == wanted.handler, Case.second_handler_id == wanted.handler))
    if wanted.words:
        conditions.append(has_words(wanted.words))
    steps = select(func.count(Step.id)).where(Step.case_id == Case.id).correlate(Case).scalar_subquery()
    clips = (
        select(func.count(func.distinct(Attachment.clip_id)))
        .join(Step, Step.id == Attachment.step_id)
        .join(Clip, Clip.id == Attachment.clip_id)
        .where(Step.case_id == Case.id, ON_THE_LIST, told_to(actor, Permission.CASE_READ))
        .correlate(Case)
        .scalar_subquery()
    )
    column = {
        "opened": Case.opened_at,
        "number": Case.number,
        "title": Case.title,
        "type": Case.type,
        "state": Case.state,
        "unit": Unit.name,
        "filed": Case.filed_on,
        "closed": Case.closed_on,
    }[wanted.order]
    # What has no value comes last, whichever way: nobody looks for it there.
    order = (column.is_(None), column.asc() if wanted.up else column.desc(), Case.id.desc())
    rows = session.execute(
        select(Case, steps, clips)
        .outerjoin(Unit, Unit.id == Case.unit_id)
        .where(*conditions)
        .options(joinedload(Case.handler), joinedload(Case.second_handler), joinedload(Case.unit))
        .order_by(*order)
        .offset((page - 1) * PAGE)
        .limit(PAGE)
    ).all()
    count = session.scalar(select(func.count(Case.id)).where(*conditions)) or 0
    return CasePage([CaseLine(case, s, c) for case, s, c in rows], count)


def handlers_to_filter(session: Session) -> Sequence[Officer]:
    """Answer the officers who handle any case, by number."""
    ids = select(Case.handler_id).union(select(Case.second_handler_id))
    return session.scalars(select(Officer).where(Officer.id.in_(ids)).order_by(Officer.number)).all()
