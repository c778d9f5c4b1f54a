"""环节: adding the steps of a case, changing them, and removing one that nothing ever hung on (R2.2, R2.6)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import exists, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from catalog.actors import Actor
from catalog.case_files.cases import ACTIVITIES, STAGES
from catalog.case_files.entering import ENTERERS, TEXT_LIMIT, CannotEdit
from catalog.case_files.whose import NOT_YOUR_CASE, changes
from catalog.custody.log import add_entry
from catalog.custody.record import utc_text
from catalog.models import Attachment, Case, CustodyEntry, CustodySubject, Step
from catalog.retention.due import locks_of_case_due
from catalog.rules.case_life import CHANGEABLE
from catalog.rules.free_text import spoken

PEOPLE_LIMIT = 40
NAME_LIMIT = 64


STATED = ("stage", "activity", "title", "place", "planned_at", "started_at", "ended_at", "people")
"""What is kept of a step."""


@dataclass(frozen=True, slots=True)
class StepFacts:
    """A step as entered; times are moments, UTC."""

    stage: str
    activity: str
    title: str
    place: str = ""
    planned: datetime | None = None
    started: datetime | None = None
    ended: datetime | None = None
    people: tuple[str, ...] = ()


def enter_step(session: Session, *, actor: Actor, case_id: UUID, facts: StepFacts, now: datetime) -> Step:
    """Add a step at the end of a case whose file is not under review. Raises CannotEdit."""
    case = _open_case(session, actor, case_id)
    values = _checked(facts)
    last = session.scalar(select(func.max(Step.position)).where(Step.case_id == case.id))
    step = Step(case_id=case.id, position=0 if last is None else last + 1, **values)
    session.add(step)
    session.flush()
    add_entry(
        session,
        actor=actor,
        action="step.added",
        subjects={"case": case.id, "step": step.id},
        facts={"stage": step.stage, "activity": step.activity},
        private={"title": step.title, "place": step.place or None, "people": list(step.people) or None},
        now=now,
    )
    return step


def edit_step(session: Session, *, actor: Actor, step_id: UUID, facts: StepFacts, now: datetime) -> Step:
    """Change a step of a case whose file is not under review. Raises CannotEdit."""
    case, step = _step_of_open_case(session, actor, step_id)
    values = _checked(facts)
    before = {name: _said(getattr(step, name)) for name in values if getattr(step, name) != values[name]}
    if not before:
        return step
    for name in before:
        setattr(step, name, values[name])
    session.flush()
    locks_of_case_due(session, case.id, now)
    add_entry(
        session,
        actor=actor,
        action="step.changed",
        subjects={"case": case.id, "step": step.id},
        facts={"fields": sorted(before), "stage": step.stage, "activity": step.activity},
        private={"before": before, "after": {name: _said(getattr(step, name)) for name in before}},
        now=now,
    )
    return step


def remove_step(session: Session, *, actor: Actor, step_id: UUID, now: datetime) -> UUID:
    """Remove a step on which nothing hangs or ever hung; answer its case. Raises CannotEdit.

    What was attached once and is gone from it since (detached, moved by a split) tells of the step: it stays.
    """
    case, step = _step_of_open_case(session, actor, step_id)
    was = (
        select(CustodySubject.entry_id)
        .join(CustodyEntry, CustodyEntry.id == CustodySubject.entry_id)
        .where(
            CustodySubject.kind == "step",
            CustodySubject.subject_id == step.id,
            CustodyEntry.action.not_in({"step.added", "step.changed", "act.refused"}),
        )
        .limit(1)
    )
    if session.scalar(select(exists().where(Attachment.step_id == step.id))) or session.scalar(was):
        raise CannotEdit("step-used")
    case_id = case.id
    add_entry(
        session,
        actor=actor,
        action="step.removed",
        subjects={"case": case_id, "step": step.id},
        facts={"stage": step.stage, "activity": step.activity},
        private={
            "title": step.title,
            "place": step.place or None,
            "before": {name: _said(getattr(step, name)) for name in STATED if getattr(step, name)},
            "after": {},
        },
        now=now,
    )
    session.delete(step)
    try:
        session.flush()
    except IntegrityError as error:  # something of another table tells of it
        raise CannotEdit("step-used") from error
    return case_id


def _open_case(session: Session, actor: Actor, case_id: UUID) -> Case:
    case = session.scalar(select(Case).where(Case.id == case_id).with_for_update())
    if case is None:
        raise CannotEdit("unknown-case")
    if not actor.roles & ENTERERS:
        raise CannotEdit("not-yours")
    if not changes(actor, case):
        raise CannotEdit(NOT_YOUR_CASE)
    if case.state not in CHANGEABLE:
        raise CannotEdit("file-closed")
    return case


def _step_of_open_case(session: Session, actor: Actor, step_id: UUID) -> tuple[Case, Step]:
    step = session.get(Step, step_id)
    if step is None:
        raise CannotEdit("unknown-step")
    case = _open_case(session, actor, step.case_id)
    session.refresh(step)  # a split may have moved it while its case's row was waited for
    if step.case_id != case.id:
        raise CannotEdit("changed-meanwhile")
    return case, step


def _said(value: Any) -> Any:
    return utc_text(value) if isinstance(value, datetime) else value


def _checked(facts: StepFacts) -> dict[str, Any]:
    title, place = spoken(facts.title), spoken(facts.place)
    people = [one for one in (spoken(p) for p in facts.people) if one]
    if facts.stage not in STAGES:
        raise CannotEdit("bad-stage")
    if facts.activity not in ACTIVITIES:
        raise CannotEdit("bad-activity")
    if not title:
        raise CannotEdit("title-missing")
    if max(len(title), len(place)) > TEXT_LIMIT or any(len(one) > NAME_LIMIT for one in people):
        raise CannotEdit("text-too-long")
    if len(people) > PEOPLE_LIMIT:
        raise CannotEdit("too-many-people")
    if facts.ended is not None and (facts.started is None or facts.ended < facts.started):
        raise CannotEdit("times-crossed")
    return {
        "stage": facts.stage,
        "activity": facts.activity,
        "title": title,
        "place": place,
        "planned_at": facts.planned,
        "started_at": facts.started,
        "ended_at": facts.ended,
        "people": list(dict.fromkeys(people)),
    }
