"""Entering cases and leads by hand, and changing their facts while the file is not under review (R2.2, R3.4)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from catalog.actors import Actor
from catalog.case_files.cases import TYPES
from catalog.case_files.handling import begin_handling
from catalog.case_files.whose import NOT_YOUR_CASE, changes
from catalog.custody.log import add_entry
from catalog.models import Case, CaseMove, Officer, Unit
from catalog.refused import Refused
from catalog.retention.due import locks_of_case_due
from catalog.rules.case_dates import DATES, dates_wrong
from catalog.rules.case_life import CHANGEABLE
from catalog.rules.free_text import spoken
from catalog.rules.major_decision import ProposedDecision, facts_of

TEXT_LIMIT = 255
NUMBER_LIMIT = 128
"""A date before it is a slip of the keyboard."""
ENTERERS = frozenset({"handler", "section-head"})


class CannotEdit(Refused):
    """Entering or changing was refused; `why` is a stable word, and nothing was changed."""


WHY = (
    "unknown-case",
    "not-yours",
    "not-your-case",
    "file-closed",
    "changed-meanwhile",
    "title-missing",
    "text-too-long",
    "bad-type",
    "number-missing",
    "number-taken",
    "unknown-unit",
    "unknown-officer",
    "same-handler",
    "date-wrong",
    "date-in-future",
    "dates-crossed",
    "coercion-dates",
    "amount-wrong",
    "bad-decision",
    "unknown-step",
    "bad-stage",
    "bad-activity",
    "times-crossed",
    "too-many-people",
    "step-used",
)


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """A case's facts as entered. Dates are of the bureau's calendar."""

    title: str
    type: str
    number: str = ""
    party: str = ""
    unit_id: UUID | None = None
    filed_on: date | None = None
    decided_on: date | None = None
    closed_on: date | None = None
    executed_on: date | None = None
    coercion: bool = False
    coercion_from: date | None = None
    coercion_until: date | None = None
    proposed: ProposedDecision = field(default_factory=ProposedDecision)


def enter_case(
    session: Session,
    *,
    actor: Actor,
    facts: CaseFacts,
    handlers: tuple[UUID | None, UUID | None],
    lead: bool,
    today: date,
    now: datetime,
) -> Case:
    """Enter a case, or a lead or inspection that has no number yet. Raises CannotEdit."""
    if not actor.roles & ENTERERS:
        raise CannotEdit("not-yours")
    # A lead gets both when it is filed.
    facts = (
        replace(facts, number="", filed_on=None) if lead else replace(facts, filed_on=facts.filed_on or today)
    )
    values = _checked(session, facts, today, None, lead=lead)
    first, second = handlers
    if first is not None and first == second:
        raise CannotEdit("same-handler")
    for one in handlers:
        if one is not None and session.get(Officer, one) is None:
            raise CannotEdit("unknown-officer")
    case = Case(state="lead" if lead else "open", opened_at=now, **values)
    session.add(case)
    _flushed(session)
    session.add(
        CaseMove(
            case_id=case.id, move="enter", from_state="", to_state=case.state, by_id=actor.id,
            role=min(actor.roles & ENTERERS), at=now,
        )
    )  # fmt: skip
    begin_handling(session, case, first, second, reason="", now=now)
    add_entry(
        session,
        actor=actor,
        action="case.created",
        subjects={"case": case.id},
        facts={"type": case.type, "state": case.state},
        private={"title": case.title, "number": case.number, "party": case.party or None},
        now=now,
    )
    return case


def edit_case(
    session: Session, *, actor: Actor, case_id: UUID, facts: CaseFacts, seen: str, today: date, now: datetime
) -> Case:
    """Change a case's facts; `seen` is the `mark_of` the page was made from. Raises CannotEdit.

    Once the legal section has passed the file nothing is changed any more, type, coercion and dates least of all:
    from them the period follows (R2.10). Where it must be, the file is reopened first, a signed act of its own.
    """
    case = session.scalar(select(Case).where(Case.id == case_id).with_for_update())
    if case is None:
        raise CannotEdit("unknown-case")
    if not actor.roles & ENTERERS:
        raise CannotEdit("not-yours")
    if not changes(actor, case):
        raise CannotEdit(NOT_YOUR_CASE)
    if case.state not in CHANGEABLE:
        raise CannotEdit("file-closed")
    if seen != mark_of(case):
        raise CannotEdit("changed-meanwhile")
    if case.state == "lead":  # filing is a signed act; what the case system said of it stays
        facts = replace(facts, number=case.number or "", filed_on=case.filed_on)
    values = _checked(session, facts, today, case.id, lead=case.state == "lead")
    before = {name: _said(getattr(case, name)) for name in values if getattr(case, name) != values[name]}
    if not before:
        return case
    for name in before:
        setattr(case, name, values[name])
    _flushed(session)
    locks_of_case_due(session, case.id, now)
    note_change(session, actor, case, before, now)
    return case


def note_change(session: Session, actor: Actor, case: Case, before: Mapping[str, Any], now: datetime) -> None:
    """Enter what changed, with before and after; names, numbers and amounts are private, which fields is not."""
    add_entry(
        session,
        actor=actor,
        action="case.changed",
        subjects={"case": case.id},
        facts={"fields": sorted(before), "state": case.state},
        private={
            "before": dict(before),
            "after": {name: _said(getattr(case, name)) for name in before},
        },
        now=now,
    )


def mark_of(case: Case) -> str:
    """Answer a short mark of a case's facts as they are: who changes them says which ones he saw."""
    names = ("title", "type", "number", "party", "state", "unit_id", "coercion", "decision_facts", *DATES)
    text = json.dumps([_said(getattr(case, name)) for name in names], ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _said(value: Any) -> Any:
    if isinstance(value, (date, UUID)):
        return str(value)
    return value


def _flushed(session: Session) -> None:
    try:
        session.flush()
    except IntegrityError as error:  # two people entered the same number at once (PostgreSQL)
        raise CannotEdit("number-taken") from error


def _checked(
    session: Session, facts: CaseFacts, today: date, own: UUID | None, *, lead: bool
) -> dict[str, Any]:
    """Answer the columns as they are to be, or say what is wrong with them."""
    title, number, party = spoken(facts.title), spoken(facts.number), spoken(facts.party)
    if not title:
        raise CannotEdit("title-missing")
    if max(len(title), len(party)) > TEXT_LIMIT or len(number) > NUMBER_LIMIT:
        raise CannotEdit("text-too-long")
    if facts.type not in TYPES:
        raise CannotEdit("bad-type")
    if not number and not lead:
        raise CannotEdit("number-missing")
    if number and session.scalar(select(Case.id).where(Case.number == number, Case.id != own)) is not None:
        raise CannotEdit("number-taken")
    if facts.unit_id is not None and session.get(Unit, facts.unit_id) is None:
        raise CannotEdit("unknown-unit")
    if (why := dates_wrong(facts, today)) is not None:
        raise CannotEdit(why)
    return {
        "title": title,
        "type": facts.type,
        "number": number or None,
        "party": party,
        "unit_id": facts.unit_id,
        "coercion": facts.coercion,
        "decision_facts": facts_of(facts.proposed),
        **{name: getattr(facts, name) for name in DATES},
    }
