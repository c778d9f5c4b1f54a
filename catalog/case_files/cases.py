"""Cases and their steps: making them, listing them, and what a case's page shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload, selectinload

from catalog.actors import Actor
from catalog.case_files.handling import begin_handling
from catalog.case_files.standing import ON_THE_LIST
from catalog.case_files.words import has_words
from catalog.custody.log import add_entry
from catalog.finding.visible import not_so, reachable_by, takes_in_from, told_to
from catalog.models import Attachment, Case, Clip, Officer, Step, Unit
from catalog.permissions import Permission
from catalog.rules.case_life import CHANGEABLE

STAGES = ("initiation", "investigation", "decision", "execution")
"""启动, 调查取证, 审核决定, 送达执行 (R2.2), in this order in every case."""
ACTIVITIES = ("patrol", "investigation", "questioning", "service", "hearing", "coercion", "other")
"""R2.6."""
TYPES = (
    "penalty-general",
    "penalty-summary",
    "licence",
    "confirmation",
    "inspection",
    "complaint",
    "other",
)


@dataclass(frozen=True, slots=True)
class CaseLine:
    """A case in a list."""

    case: Case
    steps: int
    clips: int


@dataclass(frozen=True, slots=True)
class CaseView:
    """A case with its steps by stage."""

    case: Case
    by_stage: Mapping[str, Sequence[Step]]

    @property
    def clips(self) -> list[Clip]:
        """Every clip attached to the case, once each."""
        return list({a.clip_id: a.clip for s in self.case.steps for a in s.attachments}.values())


def create_case(
    session: Session,
    *,
    actor: Actor,
    title: str,
    case_type: str,
    number: str | None,
    party: str,
    unit: Unit | None,
    handler: Officer | None,
    second_handler: Officer | None,
    now: datetime,
) -> Case:
    """Create an open case. Raises ValueError for a type that does not exist."""
    if case_type not in TYPES:
        raise ValueError(f"no such type of case: {case_type}")
    case = Case(
        title=title,
        type=case_type,
        number=number,
        party=party,
        state="open",
        unit_id=unit.id if unit else None,
        opened_at=now,
    )
    session.add(case)
    session.flush()
    begin_handling(
        session,
        case,
        handler.id if handler else None,
        second_handler.id if second_handler else None,
        reason="",
        now=now,
    )
    add_entry(
        session,
        actor=actor,
        action="case.created",
        subjects={"case": case.id},
        facts={"type": case_type},
        private={"title": title, "number": number, "party": party or None},
        now=now,
    )
    return case


def add_step(
    session: Session,
    *,
    actor: Actor,
    case: Case,
    stage: str,
    activity: str,
    title: str,
    now: datetime,
    place: str = "",
    started: datetime | None = None,
    ended: datetime | None = None,
) -> Step:
    """Add a step at the end of its case. Raises ValueError for a stage or an activity that does not exist."""
    if stage not in STAGES or activity not in ACTIVITIES:
        raise ValueError(f"no such stage or activity: {stage}, {activity}")
    last = session.scalar(select(func.max(Step.position)).where(Step.case_id == case.id))
    step = Step(
        case_id=case.id,
        stage=stage,
        activity=activity,
        title=title,
        place=place,
        started_at=started,
        ended_at=ended,
        position=0 if last is None else last + 1,
    )
    session.add(step)
    session.flush()
    add_entry(
        session,
        actor=actor,
        action="step.added",
        subjects={"case": case.id, "step": step.id},
        facts={"stage": stage, "activity": activity},
        private={"title": title, "place": place or None},
        now=now,
    )
    return step


def list_cases(
    session: Session,
    *,
    state: str | None = None,
    case_type: str | None = None,
    words: str = "",
    limit: int = 200,
    actor: Actor | None = None,
) -> list[CaseLine]:
    """Answer cases, newest first, with how many steps each has, and how many clips that `actor` may find."""
    steps = select(func.count(Step.id)).where(Step.case_id == Case.id).correlate(Case).scalar_subquery()
    clips = (
        select(func.count(func.distinct(Attachment.clip_id)))
        .join(Step, Step.id == Attachment.step_id)
        .join(Clip, Clip.id == Attachment.clip_id)
        .where(Step.case_id == Case.id, ON_THE_LIST, told_to(actor, Permission.CASE_READ))
        .correlate(Case)
        .scalar_subquery()
    )
    query = select(Case, steps, clips).options(
        joinedload(Case.handler), joinedload(Case.second_handler), joinedload(Case.unit)
    )
    if state:
        query = query.where(Case.state == state)
    if case_type:
        query = query.where(Case.type == case_type)
    if words:
        query = query.where(has_words(words))
    rows = session.execute(query.order_by(Case.opened_at.desc(), Case.id.desc()).limit(limit)).all()
    return [CaseLine(case, s, c) for case, s, c in rows]


def changeable_cases(session: Session, actor: Actor, limit: int = 200) -> Sequence[Case]:
    """Answer the cases to which `actor` may still attach something, newest first."""
    return session.scalars(
        select(Case)
        .where(Case.state.in_(CHANGEABLE), takes_in_from(actor))
        .order_by(Case.opened_at.desc(), Case.id.desc())
        .limit(limit)
    ).all()


def view_case(session: Session, case_id: UUID, actor: Actor | None = None) -> CaseView | None:
    """Answer a case with its steps, what is attached to them and `actor` may find, and the clips' pictures."""
    # Row by row: the set of all that one may open is the whole of one's unit.
    reached = select(Clip.id).where(Clip.id == Attachment.clip_id, reachable_by(actor)).correlate(Attachment)
    shown = ON_THE_LIST & reached.exists()
    case = session.scalar(
        select(Case)
        .where(Case.id == case_id)
        .options(
            joinedload(Case.unit),
            joinedload(Case.handler),
            joinedload(Case.second_handler),
            selectinload(Case.steps)
            .selectinload(Step.attachments.and_(shown))
            .joinedload(Attachment.clip)
            .options(selectinload(Clip.renditions), joinedload(Clip.officer)),
        )
    )
    if case is None:
        return None
    return CaseView(case, {stage: [s for s in case.steps if s.stage == stage] for stage in STAGES})


def out_of_reach_on(session: Session, case_id: UUID, actor: Actor) -> int:
    """Answer how many open recordings stand on a case's list that `actor` does not reach."""
    on_it = (
        select(func.count(func.distinct(Attachment.clip_id)))
        .join(Step, Step.id == Attachment.step_id)
        .join(Clip, Clip.id == Attachment.clip_id)
        .where(Step.case_id == case_id, ON_THE_LIST, Clip.restricted.is_(False), not_so(reachable_by(actor)))
    )
    return session.scalar(on_it) or 0


def steps_of(session: Session, case_id: UUID) -> Sequence[Step]:
    """Answer a case's steps in order."""
    return session.scalars(select(Step).where(Step.case_id == case_id).order_by(Step.position)).all()


def find_step(session: Session, step_id: UUID) -> Step | None:
    """Answer a step with its case."""
    return session.scalar(select(Step).where(Step.id == step_id).options(joinedload(Step.case)))
