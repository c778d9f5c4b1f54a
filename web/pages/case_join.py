"""并案、分案、变更承办人: merging and splitting cases, and giving them to other handlers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import abort, flash, redirect, render_template, request, url_for
from sqlalchemy import select

from catalog.case_files.cases import STAGES, view_case
from catalog.case_files.handling import CannotHandOn, change_handlers, handlers_of
from catalog.case_files.joining import CannotJoin, Parting, joinable_by, merge_cases, split_case
from catalog.case_files.whose import NOT_YOUR_CASE, roles_on
from catalog.case_files.words import has_words
from catalog.custody.searching import note_search
from catalog.models import Case
from catalog.permissions import Permission
from catalog.rules.case_joining import handlers_refusal, joining_refusal
from catalog.rules.case_life import CHANGEABLE
from web.acting import acting
from web.actor import the_person
from web.components import components
from web.pages.asked import uuid_or_none
from web.pages.blueprint import pages
from web.pages.case_edit import officers_to_choose
from web.pages.case_forms import NOBODY, read_id, today
from web.pages.pictures import pictures_for
from web.permission import requires
from web.speech import _
from web.words import say

CHOICES = 100


@pages.get("/cases/<uuid:case_id>/merge")
@requires(Permission.CASE_JOIN)
def case_merge(case_id: UUID) -> Any:
    """Show the cases into which this one may be merged; looking for one by words is a search as in the list of cases."""
    if (shut := _shut(case_id, joining_refusal, "case joining refusal")) is not None:
        return shut
    here = components()
    note_search(here.database, the_person(), where="cases", asked={"words": _words()}, now=here.clock())
    return _merging(case_id)


@pages.post("/cases/<uuid:case_id>/merge")
@requires(Permission.CASE_JOIN)
def case_merge_do(case_id: UUID) -> Any:
    """Merge it."""
    form, here = request.form, components()
    if form.get("confirm") != "1":
        return _merging(case_id, _("Tick that you confirm it.")), 400
    try:
        with acting() as session:
            into = merge_cases(
                session,
                actor=the_person(),
                case_id=case_id,
                into_id=uuid_or_none(form.get("into", "")) or NOBODY,
                seen=form.get("seen", ""),
                reason=form.get("reason", ""),
                now=here.clock(),
            )
    except CannotJoin as refusal:
        return _merging(case_id, say("case joining refusal", refusal.why)), _status(refusal.why)
    flash(_("Merged. All steps and what is attached to them are here now."))
    return redirect(url_for("pages.case", case_id=into.id), 303)


@pages.get("/cases/<uuid:case_id>/split")
@requires(Permission.CASE_JOIN)
def case_split(case_id: UUID) -> Any:
    """Show the steps and attachments to choose from."""
    return _shut(case_id, joining_refusal, "case joining refusal") or _splitting(case_id)


@pages.post("/cases/<uuid:case_id>/split")
@requires(Permission.CASE_JOIN)
def case_split_do(case_id: UUID) -> Any:
    """Split off what was chosen."""
    form, here = request.form, components()
    if form.get("confirm") != "1":
        return _splitting(case_id, _("Tick that you confirm it.")), 400
    part = Parting(
        steps=frozenset(uuid_or_none(text) or NOBODY for text in form.getlist("step")),
        attachments=frozenset(uuid_or_none(text) or NOBODY for text in form.getlist("attachment")),
        title=form.get("title", ""),
        number=form.get("number", ""),
        reason=form.get("reason", ""),
    )
    try:
        with acting() as session:
            new = split_case(
                session, actor=the_person(), case_id=case_id, part=part, today=today(), now=here.clock()
            )
    except CannotJoin as refusal:
        return _splitting(case_id, say("case joining refusal", refusal.why)), _status(refusal.why)
    flash(_("Split off. What was chosen is in this case now."))
    return redirect(url_for("pages.case", case_id=new.id), 303)


@pages.get("/cases/<uuid:case_id>/handlers")
@requires(Permission.CASE_JOIN)
def case_handlers(case_id: UUID) -> Any:
    """Show who handles a case, and who did."""
    return _shut(case_id, handlers_refusal, "case handlers refusal") or _handlers(case_id)


@pages.post("/cases/<uuid:case_id>/handlers")
@requires(Permission.CASE_JOIN)
def case_handlers_change(case_id: UUID) -> Any:
    """Give a case to other handlers."""
    form, here = request.form, components()
    try:
        with acting() as session:
            change_handlers(
                session,
                actor=the_person(),
                case_id=case_id,
                first=read_id(form.get("handler", "")),
                second=read_id(form.get("second", "")),
                seen=(read_id(form.get("seen_handler", "")), read_id(form.get("seen_second", ""))),
                reason=form.get("reason", ""),
                now=here.clock(),
            )
    except CannotHandOn as refusal:
        return _handlers(case_id, say("case handlers refusal", refusal.why)), _status(refusal.why)
    flash(_("The case has other handlers from now on."))
    return redirect(url_for("pages.case", case_id=case_id), 303)


def _status(why: str) -> int:
    """The status of a refusal. Aborts with 404 where there is no such case."""
    if why == "unknown-case":
        abort(404)
    return {
        "not-yours": 403,
        NOT_YOUR_CASE: 403,
        "target-not-yours": 403,
        "wrong-state": 409,
        "changed-meanwhile": 409,
    }.get(why, 400)


def _shut(case_id: UUID, refusal: Callable[[str, frozenset[str]], str | None], words: str) -> Any:
    """Lead back to a case whose form would be refused since the case is another unit's, or answer None."""
    me = the_person()
    with components().database.read() as session:
        case = session.get(Case, case_id)
    if case is None:
        abort(404)
    if refusal(case.state, me.roles) is not None or refusal(case.state, roles_on(me, case)) is None:
        return None
    flash(say(words, NOT_YOUR_CASE))
    return redirect(url_for("pages.case", case_id=case_id), 303)


def _words() -> str:
    return request.args.get("words", "").strip()[:100]


def _merging(case_id: UUID, problem: str = "") -> str:
    words = _words()
    with components().database.read() as session:
        case = session.get(Case, case_id)
        if case is None:
            abort(404)
        query = select(Case).where(Case.id != case_id, Case.state.in_(CHANGEABLE), joinable_by(the_person()))
        if words:
            query = query.where(has_words(words))
        elif case.party:
            query = query.order_by(Case.party != case.party)
        targets = session.scalars(query.order_by(Case.opened_at.desc()).limit(CHOICES)).all()
        return render_template(
            "case_merge.html", case=case, targets=targets, words=words, problem=problem, form=request.form
        )


def _splitting(case_id: UUID, problem: str = "") -> str:
    with components().database.read() as session:
        view = view_case(session, case_id, the_person())
        if view is None:
            abort(404)
        return render_template(
            "case_split.html",
            view=view,
            case=view.case,
            stages=STAGES,
            pictures=pictures_for(view.clips, "case"),
            problem=problem,
            form=request.form,
            chosen={*request.form.getlist("step"), *request.form.getlist("attachment")},
        )


def _handlers(case_id: UUID, problem: str = "") -> str:
    with components().database.read() as session:
        case = session.get(Case, case_id)
        if case is None:
            abort(404)
        return render_template(
            "case_handlers.html",
            case=case,
            officers=officers_to_choose(session),
            handled=handlers_of(session, case_id),
            problem=problem,
            form=request.form,
        )
