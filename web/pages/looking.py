"""查看目的: saying what one looks at a recording for, where it is outside one's own work."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import abort, flash, redirect, render_template, request, url_for

from catalog.permissions import Permission
from catalog.purposes.consulting import asked_for, consult
from catalog.purposes.stating import CannotState, state_purpose
from catalog.rules.looking import PURPOSES
from web.acting import acting
from web.actor import the_person
from web.components import components
from web.pages.blueprint import pages
from web.pages.clip import render_clip
from web.permission import requires
from web.speech import _
from web.words import say

CONSULT_FIELDS = ("asked", "purpose", "reference", "text")
FIELDS = ("purpose", "text", "case_number")


@pages.post("/clips/<uuid:clip_id>/purpose")
@requires(Permission.CLIP_READ)
def clip_purpose(clip_id: UUID) -> Any:
    """Keep the purpose; the page then has the player in the place of the form."""
    form = {name: request.form.get(name, "") for name in FIELDS}
    try:
        with acting() as session:
            state_purpose(session, actor=the_person(), clip_id=clip_id, **form, now=components().clock())
    except CannotState as refusal:
        if refusal.why == "unknown-clip":
            abort(404)
        said = say("purpose refusal", refusal.why)
        return render_clip(clip_id, purpose_problem=said, purpose_form=form), 400
    return redirect(url_for("pages.clip", clip_id=clip_id), 303)


@pages.get("/consult")
@requires(Permission.CLIP_CONSULT)
def consulting() -> Any:
    """Show the form of 按号查阅; a case's page sends its number along."""
    return _consult_form({"asked": request.args.get("asked", "")[:128]})


@pages.post("/consult")
@requires(Permission.CLIP_CONSULT)
def clips_consult() -> Any:
    """Keep the purpose, open what the number names, and go there. What was tried in vain is kept with the refusal."""
    form = {name: request.form.get(name, "") for name in CONSULT_FIELDS}
    try:
        with acting(tried=asked_for(form["asked"], form["purpose"], form["reference"])) as session:
            found = consult(session, actor=the_person(), **form, now=components().clock())
    except CannotState as refusal:
        return _consult_form(form, say("purpose refusal", refusal.why)), 400
    flash(_("%(n)s opened to you for eight hours. The purpose is kept.", n=len(found.clips)))
    if found.case is not None:
        return redirect(url_for("pages.case", case_id=found.case), 303)
    return redirect(url_for("pages.clip", clip_id=found.clips[0]), 303)


def _consult_form(form: dict[str, str], problem: str = "") -> str:
    return render_template("consult.html", purposes=PURPOSES, form=form, problem=problem)
