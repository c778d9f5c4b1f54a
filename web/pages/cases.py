"""案件: the list of cases, the page of one with its steps, and picking clips for a step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from flask import abort, flash, redirect, render_template, request, url_for

from catalog.case_files.attaching import CannotAttach, SomeRefused, attach_all, candidates_for
from catalog.case_files.cases import STAGES, TYPES, find_step, list_cases, view_case
from catalog.case_files.detached import gone_from, refused_detachments
from catalog.marking import open_marks
from catalog.models import Step
from catalog.permissions import Permission, may
from catalog.rules.case_life import CHANGEABLE
from catalog.rules.document_kind import ACCEPTED
from catalog.rules.marks import within
from web.actor import the_person
from web.components import components
from web.pages.blueprint import pages
from web.pages.clips import WORDS_LIMIT, uuid_or_none
from web.pages.pictures import pictures_for
from web.pages.suggestions import suggestions_part
from web.pages.wishes import how, read_wish
from web.permission import requires
from web.speech import _
from web.uploading import limit_of_document
from web.words import say


@pages.get("/cases")
@requires(Permission.CASE_READ)
def cases() -> Any:
    """Show the cases."""
    words = request.args.get("words", "")[:WORDS_LIMIT].strip()
    kind = request.args.get("type", "")
    with components().database.read() as session:
        found = list_cases(
            session, case_type=kind if kind in TYPES else None, words=words, actor=the_person()
        )
        return render_template("cases.html", cases=found, words=words, kind=kind, types=TYPES)


@pages.get("/cases/<uuid:case_id>")
@requires(Permission.CASE_READ)
def case(case_id: UUID) -> Any:
    """Show a case with its stages, steps and what is attached to them."""
    with components().database.read() as session:
        view = view_case(session, case_id, the_person())
        if view is None:
            abort(404)
        changing = may(the_person(), Permission.CLIP_ATTACH) and view.case.state in CHANGEABLE
        return render_template(
            "case.html",
            **(suggestions_part(session, view.case, None) if changing else {}),
            changing=changing,
            gone=gone_from(session, case_id, the_person()),
            refused=refused_detachments(session, [a.id for s in view.case.steps for a in s.attachments]),
            view=view,
            case=view.case,
            stages=STAGES,
            pictures=pictures_for(view.clips, "case"),
            marks=open_marks(session, [clip.id for clip in view.clips]),
            within=within,
        )


@pages.get("/steps/<uuid:step_id>/clips")
@requires(Permission.CLIP_ATTACH)
def step_clips(step_id: UUID) -> Any:
    """Show unattached clips to pick from for a step."""
    return picking(step_id)


@pages.post("/steps/<uuid:step_id>/clips")
@requires(Permission.CLIP_ATTACH)
def step_attach(step_id: UUID) -> Any:
    """Attach all picked clips to a step, or none of them."""
    form = {name: value for name, value in request.form.items() if name != "csrf_token"}
    picked = [p for p in (uuid_or_none(text) for text in request.form.getlist("clip")) if p is not None]
    if not picked:
        return picking(step_id, problem=_("Nothing was picked."), form=form), 400
    here = components()
    now = here.clock()
    try:
        wish = read_wish(form)
        with here.database.write() as session:
            made = attach_all(session, actor=the_person(), clips=picked, steps=[step_id], wish=wish, now=now)
            case_id = session.get_one(Step, step_id).case_id
    except CannotAttach as refusal:
        if refusal.why == "unknown-step":
            abort(404)
        refused = {r.clip: r.why for r in refusal.refusals} if isinstance(refusal, SomeRefused) else {}
        if "unknown-clip" in refused.values():
            abort(404)
        return picking(step_id, problem=say("refusal", refusal.why), form=form, why_not=refused), 400
    flash(_("%(n)s attached.", n=len(made)))
    return redirect(url_for("pages.case", case_id=case_id, _anchor=f"step-{step_id}"), 303)


def picking(
    step_id: UUID,
    *,
    problem: str = "",
    form: dict[str, str] | None = None,
    why_not: dict[UUID, str] | None = None,
    document_problem: str = "",
    put: Sequence[Any] = (),
) -> str:
    """Answer the page of a step: putting documents in, suggestions, picking. Aborts with 404."""
    with components().database.read() as session:
        step = find_step(session, step_id)
        if step is None:
            abort(404)
        found = candidates_for(session, step, actor=the_person())
        pictures = pictures_for([*found.near, *found.others], "step")
        why_not = why_not or {}
        return render_template(
            "step_clips.html",
            step=step,
            case=step.case,
            changing=step.case.state in CHANGEABLE,
            found=found,
            pictures=pictures,
            **suggestions_part(session, step.case, step),
            **how(),
            problem=problem,
            form=form or {},
            picked=set(request.form.getlist("clip")) - {str(clip) for clip in why_not},
            why_not=why_not,
            document_problem=document_problem,
            document_limit=limit_of_document(),
            accepted=",".join((*ACCEPTED, ".ofd")),
            put=put,
        )
