"""Attaching many clips to steps in one act: all of them, or none; each that cannot be is named with its reason."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import abort, flash, redirect, render_template, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from catalog.case_files.attaching import CannotAttach, SomeRefused, attach_all
from catalog.case_files.cases import changeable_cases, steps_of
from catalog.clips import list_clips
from catalog.finding.visible import reachable_by
from catalog.models import Clip, Step
from catalog.permissions import Permission
from web.acting import acting
from web.actor import the_person
from web.components import components
from web.pages.asked import Asked, understand, uuid_or_none
from web.pages.blueprint import pages
from web.pages.clip_acts import NO_STEP
from web.pages.pictures import pictures_for
from web.pages.wishes import how, read_wish
from web.permission import requires
from web.speech import _
from web.words import say

MOST = 500
"""Clips in one act."""


@pages.get("/clips/attach")
@requires(Permission.CLIP_ATTACH)
def clips_attach() -> Any:
    """Show what was picked, or everything that fits the list's conditions, and ask for the step."""
    if not request.args.get("all"):
        return _form(request.args.getlist("clip"))
    actor, here = the_person(), components()
    with here.database.read() as session:
        wanted = understand(session, Asked.read(request.args), actor, here.clock()).wanted
        found = list_clips(session, wanted, limit=MOST, actor=actor, counting=False)
    problem = (
        _("More fit than can be attached in one act; these are the first %(n)s.", n=MOST)
        if found.next
        else ""
    )
    return _form([str(clip.id) for clip in found.clips], notice=problem)


@pages.post("/clips/attach")
@requires(Permission.CLIP_ATTACH)
def clips_attach_all() -> Any:
    """Attach all picked clips to steps, or none of them."""
    form = {name: value for name, value in request.form.items() if name != "csrf_token"}
    asked = request.form.getlist("clip")
    if form.pop("pick", ""):
        return _form(asked)
    picked = [p for p in (uuid_or_none(text) for text in asked) if p is not None]
    if not picked:
        return _form(asked, problem=_("Nothing was picked."), form=form), 400
    if len(picked) > MOST:
        return _form(asked, problem=_("At most %(n)s in one act.", n=MOST), form=form), 400
    here = components()
    try:
        steps = [uuid_or_none(text) or NO_STEP for text in request.form.getlist("step") if text]
        wish = read_wish(form)
        with acting() as session:
            attach_all(session, actor=the_person(), clips=picked, steps=steps, wish=wish, now=here.clock())
            case_id = session.get_one(Step, steps[0]).case_id
    except CannotAttach as refusal:
        refused = {r.clip: r.why for r in refusal.refusals} if isinstance(refusal, SomeRefused) else {}
        if "unknown-clip" in refused.values():
            abort(404)
        problem = (
            say("refusal", refusal.why)
            if len(refused) < 2
            else _("%(n)s of these recordings cannot be attached in this way; each says why.", n=len(refused))
        )
        return _form(asked, problem=problem, form=form, why_not=refused), 400
    flash(_("%(n)s attached.", n=len(set(picked))))
    return redirect(url_for("pages.case", case_id=case_id, _anchor=f"step-{steps[0]}"), 303)


def _form(
    asked: list[str],
    *,
    problem: str = "",
    notice: str = "",
    form: dict[str, str] | None = None,
    why_not: Mapping[UUID, str] | None = None,
) -> str:
    picked = [p for p in (uuid_or_none(text) for text in asked[:MOST]) if p is not None]
    actor = the_person()
    chosen = uuid_or_none((form or {}).get("case", ""))
    with components().database.read() as session:
        clips = session.scalars(
            select(Clip)
            .where(Clip.id.in_(picked), reachable_by(actor))
            .order_by(Clip.recorded_at, Clip.id)
            .options(joinedload(Clip.officer), selectinload(Clip.renditions), selectinload(Clip.stages))
        ).all()
        pictures = pictures_for(clips, "attach")
        return render_template(
            "clips_attach.html",
            clips=clips,
            pictures=pictures,
            cases=changeable_cases(session, actor),
            chosen_case=chosen,
            steps=steps_of(session, chosen) if chosen else [],
            chosen_steps=request.form.getlist("step"),
            **how(),
            problem=problem,
            notice=notice,
            why_not=why_not or {},
            form=form or {},
        )
