"""环节: adding, changing and removing the steps of a case."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import abort, flash, redirect, render_template, request, url_for

from catalog.case_files.cases import ACTIVITIES, STAGES, find_step
from catalog.case_files.entering import CannotEdit
from catalog.case_files.steps import edit_step, enter_step, remove_step
from catalog.case_files.whose import NOT_YOUR_CASE
from catalog.models import Case, Step
from catalog.permissions import Permission
from web.acting import acting
from web.actor import the_person
from web.components import components
from web.pages.blueprint import pages
from web.pages.case_edit import why_not_changed
from web.pages.case_forms import read_step, step_as_form
from web.permission import requires
from web.speech import _
from web.words import say


@pages.get("/cases/<uuid:case_id>/steps/new")
@requires(Permission.CASE_ENTER)
def step_new(case_id: UUID) -> Any:
    """Show the empty form of a step."""
    with components().database.read() as session:
        case = session.get(Case, case_id)
    if case is None:
        abort(404)
    if (why := why_not_changed(case)) is not None:
        return _closed(case_id, why)
    stage = request.args.get("stage", "")
    return _form(
        case, None, {"stage": stage if stage in STAGES else "investigation", "activity": "investigation"}
    )


@pages.post("/cases/<uuid:case_id>/steps/new")
@requires(Permission.CASE_ENTER)
def step_enter(case_id: UUID) -> Any:
    """Add a step."""
    form, here = _sent(), components()
    try:
        facts = read_step(form)
        with acting() as session:
            step = enter_step(session, actor=the_person(), case_id=case_id, facts=facts, now=here.clock())
    except CannotEdit as refusal:
        return _refused(case_id, None, "add-step", refusal.why, form)
    flash(_("The step is added."))
    return redirect(url_for("pages.case", case_id=case_id, _anchor=f"step-{step.id}"), 303)


@pages.get("/steps/<uuid:step_id>/edit")
@requires(Permission.CASE_ENTER)
def step_edit(step_id: UUID) -> Any:
    """Show a step for changing."""
    with components().database.read() as session:
        step = find_step(session, step_id)
    if step is None:
        abort(404)
    if (why := why_not_changed(step.case)) is not None:
        return _closed(step.case_id, why)
    return _form(step.case, step, step_as_form(step))


@pages.post("/steps/<uuid:step_id>/edit")
@requires(Permission.CASE_ENTER)
def step_change(step_id: UUID) -> Any:
    """Change a step, or remove it where `remove` was pressed."""
    form, here = _sent(), components()
    removing = "remove" in form
    with here.database.read() as session:
        step = find_step(session, step_id)
    if step is None:
        abort(404)
    case_id = step.case_id
    try:
        with acting({"case": case_id}) as session:
            if removing:
                case_id = remove_step(session, actor=the_person(), step_id=step_id, now=here.clock())
            else:
                changed = edit_step(
                    session, actor=the_person(), step_id=step_id, facts=read_step(form), now=here.clock()
                )
                case_id = changed.case_id
    except CannotEdit as refusal:
        return _refused(case_id, step, "remove-step" if removing else "edit-step", refusal.why, form)
    flash(_("The step is removed.") if removing else _("The step is changed."))
    return redirect(
        url_for("pages.case", case_id=case_id, _anchor=None if removing else f"step-{step_id}"), 303
    )


def _closed(case_id: UUID, why: str) -> Any:
    flash(say("case refusal", why))
    return redirect(url_for("pages.case", case_id=case_id), 303)


def _refused(case_id: UUID, step: Step | None, act: str, why: str, form: dict[str, str]) -> Any:
    here = components()
    if why in {"unknown-case", "unknown-step"}:
        abort(404)
    with here.database.read() as session:
        case = session.get(Case, case_id)
    if case is None:
        abort(404)
    if step is not None and act == "remove-step":
        form = step_as_form(step)
    return _form(case, step, form, say("case refusal", why)), 403 if why == NOT_YOUR_CASE else 400


def _sent() -> dict[str, str]:
    return {name: value for name, value in request.form.items() if name != "csrf_token"}


def _form(case: Case, step: Step | None, form: dict[str, str], problem: str = "") -> str:
    return render_template(
        "step_form.html",
        case=case,
        step=step,
        form=form,
        problem=problem,
        stages=STAGES,
        activities=ACTIVITIES,
    )
