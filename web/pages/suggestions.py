"""Accepting and declining suggestions, from a step, a case or a clip; with htmx in place, without it by a new page."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import abort, flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session

from catalog.case_files.attaching import CannotAttach, Wish, attach
from catalog.case_files.cases import find_step, steps_of
from catalog.case_files.suggesting import (
    Suggestion,
    dismiss,
    suggest_for_case,
    suggest_for_step,
)
from catalog.clips import reached_clip
from catalog.models import Case, Step
from catalog.permissions import Permission
from web.acting import acting
from web.actor import the_person
from web.components import components
from web.pages.attach_answer import attach_answer
from web.pages.blueprint import pages
from web.pages.pictures import pictures_for
from web.permission import requires
from web.speech import _
from web.words import say

BACK = ("case", "step", "clip")


@pages.post("/steps/<uuid:step_id>/suggestions/<uuid:clip_id>")
@requires(Permission.CLIP_ATTACH)
def suggestion(step_id: UUID, clip_id: UUID) -> Any:
    """Attach a suggested clip, or say that it does not belong to this step.

    With words of what it proves it is attached as evidence, without them as a process record; both can be changed by
    detaching and attaching anew while the case is open.
    """
    here, actor = components(), the_person()
    declining = request.form.get("act") == "decline"
    proves = request.form.get("proves", "")
    problem, done = "", _("Not suggested for this step again.") if declining else _("Attached.")
    try:
        with acting() as session:
            if reached_clip(session, clip_id, actor) is None:
                abort(404)
            if declining:
                dismiss(session, actor=actor, step_id=step_id, clip_id=clip_id, now=here.clock())
            else:
                wish = Wish("evidence" if proves.strip() else "process", "main", proves, method="on-site")
                attach(session, actor=actor, clip_id=clip_id, step_id=step_id, wish=wish, now=here.clock())
    except CannotAttach as refusal:
        problem, done = say("refusal", refusal.why) + " " + _("Nothing was changed."), ""
    return _answer(step_id, clip_id, problem=problem, done=done)


def _answer(step_id: UUID, clip_id: UUID, *, problem: str, done: str) -> Any:
    back = request.form.get("back", "")
    back = back if back in BACK else "step"
    with components().database.read() as session:
        step = find_step(session, step_id)
        if step is None:
            return attach_answer(clip_id, problem=problem, done=done), 400
        if request.headers.get("HX-Request"):
            if back == "clip":
                return attach_answer(clip_id, problem=problem, done=done)
            return render_template(
                "parts/case_suggestions.html",
                **suggestions_part(session, step.case, None if back == "case" else step),
                problem=problem,
                done=done,
            )
        case_id = step.case_id
    flash(problem or done)
    match back:
        case "clip":
            return redirect(url_for("pages.clip", clip_id=clip_id, _anchor="attachments"), 303)
        case "case":
            return redirect(url_for("pages.case", case_id=case_id, _anchor="suggestions"), 303)
    return redirect(url_for("pages.step_clips", step_id=step_id, _anchor="suggestions"), 303)


def suggestions_part(session: Session, case: Case, step: Step | None) -> dict[str, Any]:
    """Answer what the part shows: suggestions of one step, or of all steps of a case."""
    actor = the_person()
    found: list[Suggestion] = (
        suggest_for_step(session, step, actor)
        if step is not None
        else suggest_for_case(session, case, steps_of(session, case.id), actor)
    )
    return {
        "suggestions": found,
        "suggested_on": "case" if step is None else "step",
        "suggestion_pictures": pictures_for([s.clip for s in found], "suggestions"),
    }
