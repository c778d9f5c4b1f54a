"""What a row would do: a case that is new, changed, the same, or one on which the system and people here differ."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from catalog.actors import Actor
from catalog.case_files.entering import CaseFacts
from catalog.case_files.whose import NOT_YOUR_CASE, roles_on
from catalog.models import Case
from catalog.refused import Refused
from catalog.rules.case_dates import dates_wrong
from catalog.rules.case_joining import weaker_type
from catalog.rules.case_life import CHANGEABLE, ENDED_WITHOUT_FILE, IN_ARCHIVE

OPENERS = frozenset({"section-head", "legal"})
ARCHIVERS = frozenset({"archivist"})

PLAIN = (
    "number", "title", "type", "party", "filed_on", "decided_on", "closed_on", "executed_on", "coercion",
    "coercion_from", "coercion_until", "archive_number", "fonds_number", "archive_year", "shelf_place",
    "cross_reference",
)  # fmt: skip
"""Fields that are columns of a case; unit and handlers are found by name first."""

BAD_WHY = (
    "title-missing",
    "type-missing",
    "number-missing",
    "no-key",
    "number-taken",
    "archive-number-taken",
    "archive-number-missing",
    "not-yours-archived",
    "not-yours-open",
    "not-your-case",
    "handler-unknown",
    "handler-ambiguous",
    "same-handler",
    "date-missing",
    "date-wrong",
    "date-in-future",
    "dates-crossed",
    "coercion-dates",
    "twice-in-file",
    "taken-meanwhile",
)
RIGHTS = ("not-yours-archived", "not-yours-open", NOT_YOUR_CASE)
"""Of these, what the rules of rights refuse; the others are slips in a row."""
NOTES = (
    "unit-new",
    "handler-kept-as-text",
    "stated-only-lengthens",
    "file-closed",
    "case-ended",
    "state-stays",
    "type-stays",
    "coercion-stays",
    "changed-here",
)


class BadRow(Refused):
    """A row that does not go in; `why` is a stable word."""


@dataclass(frozen=True, slots=True)
class House:
    """Officers and units by what a case system calls them."""

    by_number: Mapping[str, UUID]
    by_name: Mapping[str, tuple[UUID, ...]]
    units: Mapping[str, UUID]


OLD = IN_ARCHIVE | {"finished"}
"""Of such cases the handlers may have left: who is not known here is kept as text."""


@dataclass
class Plan:
    """What a row does. `kind`: new, changed, unchanged or conflict; `fields` on which it does."""

    kind: str
    values: dict[str, Any] = field(default_factory=dict)
    """Columns to be set; `unit_name` for a unit that is to be entered."""
    handlers: tuple[UUID | None, UUID | None] | None = None
    said: dict[str, Any] = field(default_factory=dict)
    """What is kept as taken over."""
    fields: list[str] = field(default_factory=list)
    conflicts: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    state: str = ""
    """Of a new case."""
    stated_on: date | None = None

    @property
    def ended(self) -> bool:
        """The case was merged or dropped: nothing of it is taken over any more."""
        return "case-ended" in self.notes


def kept(value: Any) -> Any:
    """Answer a value as it is kept in JSON and compared."""
    return str(value) if isinstance(value, (date, UUID)) else value


def plan_new(values: Mapping[str, Any], house: House, actor: Actor, today: date) -> Plan:
    """Answer what a row does whose case is not known here. Raises BadRow."""
    if not values.get("title"):
        raise BadRow("title-missing")
    if not values.get("type"):
        raise BadRow("type-missing")
    plan = Plan("new", {name: values[name] for name in PLAIN if name in values})
    plan.state = _state_of(values)
    _may(actor, plan.state, actor.roles)
    if plan.state != "lead" and not values.get("number"):
        raise BadRow("number-missing")
    if plan.state == "archived":
        _archived(plan, values, today)
    elif plan.state == "finished" and not (values.get("closed_on") or values.get("executed_on")):
        raise BadRow("date-missing")
    _find_unit(plan, values, house)
    plan.handlers = _find_handlers(plan, values, house, gone=plan.state in OLD)
    _dates(plan.values, today)
    plan.said = {name: kept(plan.values[name]) for name in PLAIN if name in plan.values}
    _note_found(plan)
    plan.fields = sorted(plan.said)
    return plan


def _archived(plan: Plan, values: Mapping[str, Any], today: date) -> None:
    if not values.get("archive_number"):
        raise BadRow("archive-number-missing")
    plan.stated_on = values.get("archived_on")
    if plan.stated_on is not None:
        if plan.stated_on > today:
            raise BadRow("date-in-future")
        plan.values.setdefault("archive_year", plan.stated_on.year)
    plan.notes.append("stated-only-lengthens")


def _state_of(values: Mapping[str, Any]) -> str:
    if "state" in values:
        return str(values["state"])
    if "archived_on" in values:
        return "archived"
    if "closed_on" in values or "executed_on" in values:
        return "finished"
    return "open" if values.get("number") or values.get("filed_on") else "lead"


def _may(actor: Actor, state: str, roles: frozenset[str]) -> None:
    """The archive takes over what is archived, the sections and the legal section what is not (R2.8)."""
    if actor.kind == "system":
        return
    if state == "archived":
        if not roles & ARCHIVERS:
            raise BadRow("not-yours-archived")
    elif not roles & OPENERS:
        raise BadRow("not-yours-open")


def plan_known(
    case: Case,
    base: Mapping[str, Any] | None,
    *,
    values: Mapping[str, Any],
    house: House,
    actor: Actor,
    today: date,
) -> Plan:
    """Answer what a row does to a case that is known here; `base` is what was taken over last. Raises BadRow.

    Of each field: what the system did not change since stays as people have it here; what people did not change here
    follows the system; where both changed it, it stays and is reported, every time until they agree.
    """
    state = "archived" if case.state in IN_ARCHIVE else case.state
    _may(actor, state, actor.roles)
    try:
        _may(actor, state, roles_on(actor, case))
    except BadRow:
        raise BadRow(NOT_YOUR_CASE) from None  # another unit's, whose head or handlers take its row over
    plan = Plan("unchanged")
    if case.state in ENDED_WITHOUT_FILE:
        plan.notes.append("case-ended")
        return plan
    stated = {name: values[name] for name in PLAIN if name in values}
    _find_unit(plan, values, house)
    if "unit_id" in plan.values or "unit_name" in plan.values:
        stated["unit_id"] = plan.values.pop("unit_id", None) or plan.values["unit_name"]
    handlers = _find_handlers(plan, values, house, gone=case.state in OLD)
    places = zip(("handler_id", "second_handler_id"), handlers or (), strict=False)
    stated |= {place: one for place, one in places if one is not None}  # what a row does not say is not there
    theirs: dict[str, Any] = {}
    plan.said = dict(base or {})
    for name, value in stated.items():
        ours = getattr(case, name)
        if kept(value) == kept(ours):
            plan.said[name] = kept(value)
            continue
        if base is not None and name in base and base[name] == kept(value):
            continue  # the system says what it said before: a person has changed it here since
        ours_is_base = base is not None and name in base and base[name] == kept(ours)
        if ours_is_base or ours in {None, "", False}:
            theirs[name] = value
        else:
            plan.conflicts.append(name)
    _sort_out(plan, case, theirs, today)
    if plan.conflicts and "changed-here" not in plan.notes and case.state in CHANGEABLE:
        plan.notes.append("changed-here")
    if _state_differs(values, case):
        plan.notes.append("state-stays")
    plan.kind = "conflict" if plan.conflicts else "changed" if plan.fields else "unchanged"
    return plan


def _state_differs(values: Mapping[str, Any], case: Case) -> bool:
    said = values.get("state") or ("archived" if "archived_on" in values else "")
    return bool(said) and said != case.state and not (said == "archived" and case.state in IN_ARCHIVE)


def _sort_out(plan: Plan, case: Case, theirs: dict[str, Any], today: date) -> None:
    """Take over of `theirs` what may be, and leave the rest as conflicts."""
    plan.values.pop("unit_name", None)
    if theirs and case.state not in CHANGEABLE:
        plan.conflicts += list(theirs)
        plan.notes.append("file-closed")
        plan.notes = [note for note in plan.notes if note != "unit-new"]
        return
    if case.state == "lead":  # its number comes with filing it, a signed act
        for name in ("number", "filed_on"):
            if theirs.pop(name, None) is not None:
                plan.notes.append("state-stays")
    if "type" in theirs and weaker_type(case.type, theirs["type"]):
        theirs.pop("type")
        plan.conflicts.append("type")
        plan.notes.append("type-stays")
    if theirs.get("coercion") is False:
        theirs.pop("coercion")
        plan.conflicts.append("coercion")
        plan.notes.append("coercion-stays")
    if any(name in theirs for name in ("handler_id", "second_handler_id")):
        plan.handlers = (
            theirs.pop("handler_id", case.handler_id), theirs.pop("second_handler_id", case.second_handler_id),
        )  # fmt: skip
        if plan.handlers[0] is not None and plan.handlers[0] == plan.handlers[1]:
            raise BadRow("same-handler")
        plan.fields.append("handlers")
        plan.said["handler_id"], plan.said["second_handler_id"] = map(kept, plan.handlers)
    unit = theirs.get("unit_id")
    if isinstance(unit, str):
        plan.values["unit_name"] = theirs.pop("unit_id")
        plan.fields.append("unit_id")
    _dates({name: theirs.get(name, getattr(case, name)) for name in PLAIN}, today)
    plan.values.update(theirs)
    plan.said.update({name: kept(value) for name, value in theirs.items()})
    plan.fields += sorted(theirs)


def _note_found(plan: Plan) -> None:
    if "unit_id" in plan.values:
        plan.said["unit_id"] = kept(plan.values["unit_id"])
    if plan.handlers is not None:
        plan.said["handler_id"], plan.said["second_handler_id"] = map(kept, plan.handlers)


def _find_unit(plan: Plan, values: Mapping[str, Any], house: House) -> None:
    name = values.get("unit")
    if not name:
        return
    if name in house.units:
        plan.values["unit_id"] = house.units[name]
    else:
        plan.values["unit_name"] = name
        plan.notes.append("unit-new")


def _find_handlers(
    plan: Plan, values: Mapping[str, Any], house: House, *, gone: bool
) -> tuple[UUID | None, UUID | None] | None:
    """Answer the handlers a row names, or None when it names none; `gone`: people of old cases may have left."""
    first, second = values.get("handler", ""), values.get("second", "")
    if first and not second:  # both in one cell, as `李晓梅、王建国`
        parts = [
            p.strip() for p in first.replace("，", "、").replace(",", "、").replace(";", "、").split("、")
        ]
        parts = [p for p in parts if p]
        if len(parts) == 2:
            first, second = parts
    found: list[UUID | None] = []
    for text in (first, second):
        if not text:
            found.append(None)
            continue
        try:
            found.append(_officer(text, house))
        except BadRow:
            if not gone:
                raise
            found.append(None)
            if "handler-kept-as-text" not in plan.notes:
                plan.notes.append("handler-kept-as-text")
    if found == [None, None]:
        return None
    if found[0] == found[1]:
        raise BadRow("same-handler")
    return (found[0], found[1])


def _officer(text: str, house: House) -> UUID:
    """Answer the officer a cell names: by number, by name, or as `李晓梅（100388）`."""
    plain = text.replace("（", "(").replace("）", ")")
    name, _, number = plain.partition("(")
    for one in (plain, number.rstrip(") "), name.strip()):
        if one in house.by_number:
            return house.by_number[one]
    named = house.by_name.get(name.strip(), ())
    if len(named) > 1:
        raise BadRow("handler-ambiguous")
    if not named:
        raise BadRow("handler-unknown")
    return named[0]


def _dates(values: Mapping[str, Any], today: date) -> None:
    names = ("filed_on", "decided_on", "closed_on", "executed_on", "coercion_from", "coercion_until")
    days: dict[str, Any] = {name: values.get(name) for name in names}
    facts = CaseFacts(title="", type="", coercion=bool(values.get("coercion")), **days)
    if (why := dates_wrong(facts, today)) is not None:
        raise BadRow(why)
