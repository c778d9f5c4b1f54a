"""Reading what is entered of cases and steps, and writing it back into the form."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from catalog.case_files.entering import CannotEdit, CaseFacts
from catalog.case_files.steps import StepFacts
from catalog.models import Case, Step
from catalog.rules.major_decision import MARKS, SUBJECTS, ProposedDecision, proposed_of, read_amount
from web.components import components
from web.formats import local, zone
from web.pages.asked import uuid_or_none

NOBODY = UUID(int=0)
"""An id that nobody has: what was sent is no id, and must be refused as unknown and not taken for "none"."""
_DATES = ("filed_on", "decided_on", "closed_on", "executed_on", "coercion_from", "coercion_until")


def today() -> date:
    """Answer the bureau's date."""
    return local(components().clock()).date()


def read_case(form: Mapping[str, str], marks: list[str]) -> CaseFacts:
    """Read a case's facts; `marks` are the boxes ticked about the decision. Raises CannotEdit for what cannot be read."""
    dates = {name: read_date(form.get(name, "")) for name in _DATES}
    on = form.get("on", "")
    if (on and on not in SUBJECTS) or not set(marks) <= set(MARKS):
        raise CannotEdit("bad-decision")
    return CaseFacts(
        title=form.get("title", ""),
        type=form.get("type", ""),
        number=form.get("number", ""),
        party=form.get("party", ""),
        unit_id=read_id(form.get("unit", "")),
        coercion=form.get("coercion") == "1",
        proposed=ProposedDecision(on, _amount(form, "fine"), _amount(form, "confiscation"), frozenset(marks)),
        **dates,
    )


def read_step(form: Mapping[str, str]) -> StepFacts:
    """Read a step. Raises CannotEdit for times that are none."""
    return StepFacts(
        stage=form.get("stage", ""),
        activity=form.get("activity", ""),
        title=form.get("title", ""),
        place=form.get("place", ""),
        planned=read_moment(form.get("planned", "")),
        started=read_moment(form.get("started", "")),
        ended=read_moment(form.get("ended", "")),
        people=tuple(form.get("people", "").replace("、", "\n").replace("，", "\n").splitlines()),
    )


def read_id(text: str) -> UUID | None:
    """Answer the id chosen; None for no choice, an id nobody has for what is none."""
    return (uuid_or_none(text) or NOBODY) if text else None


def read_date(text: str) -> date | None:
    """Answer the date of a date field; None for nothing. Raises CannotEdit."""
    if not text.strip():
        return None
    try:
        return date.fromisoformat(text.strip())
    except ValueError as error:
        raise CannotEdit("date-wrong") from error


def read_moment(text: str) -> datetime | None:
    """Answer the moment of a field in the bureau's time zone; None for nothing. Raises CannotEdit."""
    if not text.strip():
        return None
    try:
        moment = datetime.fromisoformat(text.strip())
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=zone())
        moment = moment.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise CannotEdit("date-wrong") from error
    if not 1980 <= moment.year <= 2200:
        raise CannotEdit("date-wrong")
    return moment


def _amount(form: Mapping[str, str], name: str) -> Decimal | None:
    try:
        return read_amount(form.get(name, ""))
    except ValueError as error:
        raise CannotEdit("amount-wrong") from error


def case_as_form(case: Case) -> dict[str, Any]:
    """Answer a case as its form holds it."""
    proposed = proposed_of(case.decision_facts)
    return {
        "title": case.title,
        "type": case.type,
        "number": case.number or "",
        "party": case.party,
        "unit": str(case.unit_id or ""),
        "coercion": "1" if case.coercion else "",
        "on": proposed.on,
        "fine": _yuan(proposed.fine),
        "confiscation": _yuan(proposed.confiscation),
        "marks": proposed.marks,
        **{name: str(getattr(case, name) or "") for name in _DATES},
    }


def step_as_form(step: Step) -> dict[str, str]:
    """Answer a step as its form holds it."""
    return {
        "stage": step.stage,
        "activity": step.activity,
        "title": step.title,
        "place": step.place,
        "planned": _field(step.planned_at),
        "started": _field(step.started_at),
        "ended": _field(step.ended_at),
        "people": "\n".join(str(one) for one in step.people),
    }


def _field(moment: datetime | None) -> str:
    return local(moment).strftime("%Y-%m-%dT%H:%M") if moment else ""


def _yuan(amount: Decimal | None) -> str:
    return "" if amount is None else f"{amount:f}".removesuffix(".00")
