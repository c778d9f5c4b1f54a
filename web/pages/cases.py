"""案件: the list of cases, the page of one with its steps, and picking clips for a step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from flask import abort, flash, redirect, render_template, request, url_for
from sqlalchemy import select

from catalog.case_files.attaching import (
    CannotAttach,
    SomeRefused,
    attach_all,
    candidates_for,
)
from catalog.case_files.cases import STAGES, TYPES, find_step, out_of_reach_on, view_case
from catalog.case_files.detached import gone_from, refused_detachments
from catalog.case_files.listing import ORDERS, PAGE, CaseFilter, handlers_to_filter, page_of_cases
from catalog.case_files.whose import changes, prints_file
from catalog.coverage.printing import coverage_for_print
from catalog.custody.searching import note_search
from catalog.holds.listing import case_is_held
from catalog.marking import open_marks
from catalog.models import Step, Unit
from catalog.permissions import Permission, may
from catalog.purposes.stating_for_all import Together
from catalog.retention.showing import case_kept
from catalog.rules.case_life import CHANGEABLE, STATES
from catalog.rules.document_kind import ACCEPTED
from catalog.rules.marks import within
from web.acting import acting
from web.actor import the_person
from web.components import components
from web.pages.blueprint import pages
from web.pages.called import officer_called
from web.pages.case_life import life_of
from web.pages.clips import WORDS_LIMIT, uuid_or_none
from web.pages.pictures import pictures_for
from web.pages.purposes import purpose_part
from web.pages.retention import bureau_zone
from web.pages.suggestions import suggestions_part
from web.pages.wishes import how, read_wish
from web.permission import requires
from web.speech import _
from web.uploading import limit_of_document
from web.words import say


@pages.get("/cases")
@requires(Permission.CASE_READ)
def cases() -> Any:
    """Show the cases; the address says what is asked for and can be passed on."""
    wanted = _asked()
    page = min(max(request.args.get("page", 1, type=int) or 1, 1), 100_000)
    looked_for = {"words": wanted.words, "handler": officer_called(wanted.handler)}
    note_search(
        components().database, the_person(), where="cases", asked=looked_for, now=components().clock()
    )
    with components().database.read() as session:
        found = page_of_cases(session, wanted, page, actor=the_person())
        return render_template(
            "cases.html",
            found=found,
            wanted=wanted,
            page=page,
            pages_in_all=-(-found.count // PAGE),
            address=lambda **changes: _address(wanted, **changes),
            types=TYPES,
            states=STATES,
            units=session.scalars(select(Unit).order_by(Unit.name)).all(),
            handlers=handlers_to_filter(session),
        )


def _asked() -> CaseFilter:
    asked = request.args
    state, kind, order = asked.get("state", ""), asked.get("type", ""), asked.get("order", "")
    return CaseFilter(
        state=state if state in STATES else "",
        type=kind if kind in TYPES else "",
        unit=uuid_or_none(asked.get("unit", "")),
        handler=uuid_or_none(asked.get("handler", "")),
        words=asked.get("words", "")[:WORDS_LIMIT].strip(),
        order=order if order in ORDERS else "opened",
        up=asked.get("up") == "1",
    )


def _address(wanted: CaseFilter, **changes: Any) -> str:
    """Answer the address of the list with `changes`; what is as always is left out."""
    asked: dict[str, Any] = {
        "state": wanted.state,
        "type": wanted.type,
        "unit": wanted.unit,
        "handler": wanted.handler,
        "words": wanted.words,
        "order": "" if wanted.order == "opened" else wanted.order,
        "up": "1" if wanted.up else "",
        **changes,
    }
    return url_for("pages.cases", **{name: value for name, value in asked.items() if value})


@pages.get("/cases/<uuid:case_id>")
@requires(Permission.CASE_READ)
def case(case_id: UUID) -> Any:
    """Show a case with its life, its stages, steps and what is attached to them."""
    return case_page(case_id)


def case_page(case_id: UUID, problem: str = "") -> str:
    """Answer a case's page, with what went wrong where something did."""
    with components().database.read() as session:
        view = view_case(session, case_id, the_person())
        if view is None:
            abort(404)
        changing = (
            may(the_person(), Permission.CLIP_ATTACH)
            and view.case.state in CHANGEABLE
            and changes(the_person(), view.case)
        )
        by_number = may(the_person(), Permission.CLIP_CONSULT)
        return render_template(
            "case.html",
            **(suggestions_part(session, view.case, None) if changing else {}),
            changing=changing,
            prints=prints_file(the_person(), view.case),
            out_of_reach=out_of_reach_on(session, case_id, the_person()) if by_number else 0,
            gone=gone_from(session, case_id, the_person()),
            refused=refused_detachments(session, [a.id for s in view.case.steps for a in s.attachments]),
            **purpose_part(session, Together("case", case_id), view.case.number or ""),
            view=view,
            case=view.case,
            kept=case_kept(session, view.case, bureau_zone(), components().clock(), the_person()),
            stages=STAGES,
            pictures=pictures_for(view.clips, "case"),
            marks=open_marks(session, [clip.id for clip in view.clips]),
            within=within,
            held=case_is_held(session, case_id),
            life=life_of(session, view.case, the_person()),
            problem=problem,
            sent=request.form,
            coverage=coverage_for_print(session, case_id, components().clock()),
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
        with acting() as session:
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
        takes = changes(the_person(), step.case)
        found = candidates_for(session, step, actor=the_person())
        pictures = pictures_for([*found.near, *found.others], "step")
        why_not = why_not or {}
        return render_template(
            "step_clips.html",
            step=step,
            case=step.case,
            shut="case-closed" if step.case.state not in CHANGEABLE else "" if takes else "not-your-case",
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
