"""案件: entering a case or a lead, and changing its facts."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import abort, flash, redirect, render_template, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.case_files.cases import TYPES
from catalog.case_files.entering import CannotEdit, edit_case, enter_case, mark_of
from catalog.case_files.whose import NOT_YOUR_CASE, changes
from catalog.models import Case, Officer, Unit
from catalog.permissions import Permission
from catalog.rules.case_life import CHANGEABLE
from catalog.rules.major_decision import MARKS, SUBJECTS
from web.acting import acting
from web.actor import the_person
from web.components import components
from web.pages.blueprint import pages
from web.pages.case_forms import case_as_form, read_case, read_id, today
from web.permission import requires
from web.speech import _
from web.words import say


@pages.get("/cases/new")
@requires(Permission.CASE_ENTER)
def case_new() -> Any:
    """Show the empty form of a case or, with `?lead=1`, of a lead without a number."""
    me = the_person()
    form = {
        "lead": "1" if request.args.get("lead") else "",
        "type": "inspection" if request.args.get("lead") else "penalty-general",
        "unit": str(me.unit_id or ""),
        "handler": str(me.officer_id or ""),
    }
    return _form(form=form)


@pages.post("/cases/new")
@requires(Permission.CASE_ENTER)
def case_enter() -> Any:
    """Enter a case or a lead."""
    form, here = _sent(), components()
    try:
        facts = read_case(form, request.form.getlist("marks"))
        with acting() as session:
            case = enter_case(
                session,
                actor=the_person(),
                facts=facts,
                handlers=(read_id(form.get("handler", "")), read_id(form.get("second", ""))),
                lead=form.get("lead") == "1",
                today=today(),
                now=here.clock(),
            )
    except CannotEdit as refusal:
        return _form(form=form, problem=say("case refusal", refusal.why)), 400
    flash(_("The case is entered. Add its steps next; recordings are attached to steps."))
    return redirect(url_for("pages.case", case_id=case.id), 303)


@pages.get("/cases/<uuid:case_id>/edit")
@requires(Permission.CASE_ENTER)
def case_edit(case_id: UUID) -> Any:
    """Show a case's facts for changing."""
    with components().database.read() as session:
        case = session.get(Case, case_id)
    if case is None:
        abort(404)
    if (why := why_not_changed(case)) is not None:
        flash(say("case refusal", why))
        return redirect(url_for("pages.case", case_id=case_id), 303)
    return _form(form=case_as_form(case), case=case, seen=mark_of(case))


@pages.post("/cases/<uuid:case_id>/edit")
@requires(Permission.CASE_ENTER)
def case_change(case_id: UUID) -> Any:
    """Change a case's facts."""
    form, here = _sent(), components()
    try:
        facts = read_case(form, request.form.getlist("marks"))
        with acting() as session:
            edit_case(
                session,
                actor=the_person(),
                case_id=case_id,
                facts=facts,
                seen=form.get("seen", ""),
                today=today(),
                now=here.clock(),
            )
    except CannotEdit as refusal:
        return _refused(case_id, refusal.why, form)
    flash(_("What was changed is kept, and entered in the custody log."))
    return redirect(url_for("pages.case", case_id=case_id), 303)


def _refused(case_id: UUID, why: str, form: dict[str, Any]) -> Any:
    here = components()
    if why == "unknown-case":
        abort(404)
    with here.database.read() as session:
        case = session.get(Case, case_id)
    if case is None:
        abort(404)
    # Kept as it was sent, with the mark it was made from: what somebody else changed is not overwritten unseen.
    return _form(form=form, case=case, seen=form.get("seen", ""), problem=say("case refusal", why)), (
        {"changed-meanwhile": 409, NOT_YOUR_CASE: 403}.get(why, 400)
    )


def why_not_changed(case: Case) -> str | None:
    """Answer why the person who asks would be refused whatever he changed of a case: then no form is shown."""
    if not changes(the_person(), case):
        return NOT_YOUR_CASE
    return None if case.state in CHANGEABLE else "file-closed"


def _sent() -> dict[str, Any]:
    form: dict[str, Any] = {name: value for name, value in request.form.items() if name != "csrf_token"}
    form["marks"] = frozenset(request.form.getlist("marks"))
    return form


def _form(*, form: dict[str, Any], case: Case | None = None, seen: str = "", problem: str = "") -> str:
    with components().database.read() as session:
        return render_template(
            "case_form.html",
            case=case,
            form=form,
            seen=seen,
            problem=problem,
            types=TYPES,
            marks=MARKS,
            subjects=SUBJECTS,
            units=session.scalars(select(Unit).order_by(Unit.name)).all(),
            officers=officers_to_choose(session),
            today=today(),
        )


def officers_to_choose(session: Session) -> list[Officer]:
    """Answer all officers by number."""
    return list(session.scalars(select(Officer).order_by(Officer.number)))
