"""Attaching many clips to one step in one act: all of them, or none."""

from __future__ import annotations

from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from catalog.case_files.attaching import ROLES as WEIGHTS
from catalog.case_files.attaching import VOLUMES, CannotAttach, attach
from catalog.case_files.cases import list_cases, steps_of
from catalog.finding.visible import visible_to
from catalog.models import Clip
from catalog.permissions import Permission
from web.actor import the_person
from web.components import components
from web.pages.asked import uuid_or_none
from web.pages.blueprint import pages
from web.pages.clip_acts import NO_STEP, read_wish
from web.pages.pictures import pictures_for
from web.permission import requires
from web.speech import _
from web.words import say

MOST = 100
"""Clips in one act; a page shows fewer."""


@pages.get("/clips/attach")
@requires(Permission.CLIP_ATTACH)
def clips_attach() -> Any:
    """Show what was picked, and ask for the step."""
    return _form(request.args.getlist("clip"))


@pages.post("/clips/attach")
@requires(Permission.CLIP_ATTACH)
def clips_attach_all() -> Any:
    """Attach all picked clips to a step, or none of them."""
    form = {name: value for name, value in request.form.items() if name != "csrf_token"}
    asked = request.form.getlist("clip")
    picked = [p for p in (uuid_or_none(text) for text in asked) if p is not None]
    if not picked or len(picked) > MOST:
        return _form(asked, problem=_("Nothing was picked."), form=form), 400
    here = components()
    try:
        step, wish = uuid_or_none(form.get("step", "")) or NO_STEP, read_wish(form)
        with here.database.write() as session:
            for clip_id in dict.fromkeys(picked):
                found = attach(
                    session, actor=the_person(), clip_id=clip_id, step_id=step, wish=wish, now=here.clock()
                )
            case_id = found.step.case_id
    except CannotAttach as refusal:
        if refusal.why == "unknown-clip":
            abort(404)
        return _form(asked, problem=say("refusal", refusal.why), form=form), 400
    flash(_("%(n)s attached.", n=len(set(picked))))
    return redirect(url_for("pages.case", case_id=case_id, _anchor=f"step-{step}"), 303)


def _form(asked: list[str], *, problem: str = "", form: dict[str, str] | None = None) -> str:
    picked = [p for p in (uuid_or_none(text) for text in asked[:MOST]) if p is not None]
    actor = the_person()
    chosen = uuid_or_none((form or {}).get("case", ""))
    with components().database.read() as session:
        clips = session.scalars(
            select(Clip)
            .where(Clip.id.in_(picked), visible_to(actor))
            .order_by(Clip.recorded_at, Clip.id)
            .options(joinedload(Clip.officer), selectinload(Clip.renditions), selectinload(Clip.stages))
        ).all()
        pictures = pictures_for(clips, "attach")
        return render_template(
            "clips_attach.html",
            clips=clips,
            pictures=pictures,
            cases=list_cases(session, state="open", actor=actor),
            chosen_case=chosen,
            steps=steps_of(session, chosen) if chosen else [],
            weights=WEIGHTS,
            volumes=VOLUMES,
            problem=problem,
            form=form or {},
        )
