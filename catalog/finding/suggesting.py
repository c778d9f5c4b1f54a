"""Suggestions while somebody types: officers, recorders and cases that have clips which may show to them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session

from catalog.actors import Actor
from catalog.case_files.standing import ON_THE_LIST
from catalog.finding.visible import visible_to
from catalog.models import Attachment, Case, Clip, Officer, Recorder, Step

SUGGESTED = 8
TYPED = 64
"""Characters of what was typed that are looked at."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Something to filter by: what is asked for, and how it reads."""

    value: str
    label: str


def suggest_officers(session: Session, actor: Actor | None, typed: str) -> list[Suggestion]:
    """Answer officers whose name or number holds what was typed."""
    theirs = exists().where(Clip.officer_id == Officer.id, visible_to(actor))
    query = select(Officer.number, Officer.name).where(_holds(typed, Officer.name, Officer.number), theirs)
    return _few(session, query.order_by(Officer.name, Officer.number))


def suggest_recorders(session: Session, actor: Actor | None, typed: str) -> list[Suggestion]:
    """Answer recorders whose label or serial holds what was typed."""
    theirs = exists().where(Clip.recorder_id == Recorder.id, visible_to(actor))
    query = select(Recorder.serial, Recorder.label).where(
        _holds(typed, Recorder.label, Recorder.serial), theirs
    )
    return _few(session, query.order_by(Recorder.label, Recorder.serial))


def suggest_cases(session: Session, actor: Actor | None, typed: str) -> list[Suggestion]:
    """Answer numbered cases, newest first, whose number, title or party holds what was typed; by their number."""
    theirs = exists(
        select(Attachment.id)
        .join(Step, Step.id == Attachment.step_id)
        .join(Clip, Clip.id == Attachment.clip_id)
        .where(Step.case_id == Case.id, ON_THE_LIST, visible_to(actor))
    )
    query = (
        select(Case.number, Case.title)
        .where(Case.number.is_not(None), _holds(typed, Case.number, Case.title, Case.party), theirs)
        .order_by(Case.opened_at.desc(), Case.id.desc())
    )
    return _few(session, query)


def _holds(typed: str, *columns: Any) -> Any:
    typed = "".join(
        c for c in typed[:TYPED] if c.isprintable()
    )  # no NUL, no lone surrogates: no database takes them
    return or_(*(column.icontains(typed, autoescape=True) for column in columns))


def _few(session: Session, query: Any) -> list[Suggestion]:
    return [Suggestion(*row) for row in session.execute(query.limit(SUGGESTED))]
