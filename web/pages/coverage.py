"""记录情况: how well a step was recorded, explaining and confirming it, the list of gaps, the rules, and the printed page."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import abort, flash, redirect, render_template, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from catalog.actors import Actor
from catalog.case_files.whose import changes
from catalog.coverage.judging import judge_steps
from catalog.coverage.listing import LISTED, ORDERS, SHOWN, Asked, list_gaps
from catalog.coverage.notes import CannotNote, Wish, decide, explain, lacks, may_explain, set_circumstances
from catalog.coverage.printing import coverage_for_print
from catalog.coverage.rules_in_force import rules_in_force, rules_of
from catalog.custody.log import add_entry
from catalog.custody.searching import note_search
from catalog.models import CoverageNote, Officer, Recorder, Step, Unit
from catalog.permissions import Permission, may
from catalog.rules.case_life import CHANGEABLE
from catalog.rules.coverage_notes import WHYS
from catalog.rules.giving_out import Reason
from catalog.rules.recording_rules import RecordingRules, Said
from web.acting import acting
from web.actor import the_person
from web.components import components
from web.giving_out import gives_out
from web.language import language_tag
from web.pages.blueprint import pages
from web.pages.called import officer_called
from web.pages.clips import uuid_or_none
from web.permission import requires
from web.speech import _
from web.words import say

RECORDERS_OFFERED = 500
LAST_PAGE = 100_000


def told(said: Said) -> str:
    """Answer a text of the recording rules in the reader's language."""
    return said.en if language_tag() == "en" else said.zh


def circumstance(rules: RecordingRules, code: str) -> str:
    """Answer what a circumstance is called; one that the table in force no longer knows is shown by its code."""
    return told(rules.circumstances[code]) if code in rules.circumstances else code


@pages.get("/recording-rules")
@requires(Permission.CASE_READ)
def recording_rules() -> Any:
    """Show the table of recording rules in force."""
    with components().database.read() as session:
        rules = rules_in_force(session)
    return render_template("recording_rules.html", rules=rules, told=told, circumstance=circumstance)


@pages.get("/coverage")
@requires(Permission.CASE_READ)
def coverage() -> Any:
    """Show the gaps of all cases. Without conditions a handler is led to his own, a head to those of the section."""
    here, me = components(), the_person()
    if not request.args and (own := _own_gaps(me)):
        return redirect(url_for("pages.coverage", **own))  # type: ignore[arg-type]
    args = request.args
    state, order = args.get("state", ""), args.get("sort", "")
    number = args.get("page", "")
    asked = Asked(
        unit=uuid_or_none(args.get("unit", "")),
        handler=uuid_or_none(args.get("handler", "")),
        state=state if state in LISTED else None,
        overdue=args.get("overdue") == "1",
        order=order if order in ORDERS else "deadline",
        falling=args.get("down") == "1",
        page=min(int(number), LAST_PAGE) if number.isascii() and number.isdigit() else 0,
    )
    if asked.handler is not None and asked.handler != me.officer_id:
        looked_for = {"handler": officer_called(asked.handler)}
        note_search(here.database, me, where="coverage", asked=looked_for, now=here.clock())
    days = here.settings.catalog.coverage_days
    with here.database.read() as session:
        return render_template(
            "coverage.html",
            found=list_gaps(session, asked, days=days, now=here.clock()),
            asked=asked,
            days=days,
            states=LISTED,
            shown=SHOWN,
            units=session.scalars(select(Unit).order_by(Unit.name)).all(),
            handlers=session.scalars(select(Officer).order_by(Officer.name)).all(),
            address=_address(asked),
        )


@pages.get("/steps/<uuid:step_id>/coverage")
@requires(Permission.CASE_READ)
def step_coverage(step_id: UUID) -> Any:
    """Show how well one step was recorded, with what was said to it."""
    return _page(step_id)


@pages.post("/steps/<uuid:step_id>/coverage/circumstances")
@requires(Permission.COVERAGE_EXPLAIN)
def step_circumstances(step_id: UUID) -> Any:
    """State the circumstances of a step and the number of its written record."""

    def act(session: Session, actor: Actor, now: datetime) -> None:
        set_circumstances(
            session,
            actor=actor,
            step_id=step_id,
            circumstances=request.form.getlist("circumstance"),
            record_number=request.form.get("record", ""),
            now=now,
        )

    return _done(step_id, act, _("Kept. The step was judged anew."))


@pages.post("/steps/<uuid:step_id>/coverage/explanations")
@requires(Permission.COVERAGE_EXPLAIN)
def step_explain(step_id: UUID) -> Any:
    """Explain what is missing."""
    form = request.form
    wish = Wish(
        tuple(form.getlist("reason")),
        frozenset(form.getlist("named")),
        form.get("text", ""),
        uuid_or_none(form.get("recorder", "")),
    )

    def act(session: Session, actor: Actor, now: datetime) -> None:
        explain(session, actor=actor, step_id=step_id, wish=wish, now=now)

    return _done(step_id, act, _("The explanation is kept. The head of the section confirms it."))


@pages.post("/coverage/explanations/<uuid:note_id>/decision")
@requires(Permission.COVERAGE_CONFIRM)
def step_decide(note_id: UUID) -> Any:
    """Confirm an explanation, or send it back."""
    confirmed = request.form.get("decision") == "confirm"
    with components().database.read() as session:
        step_id = session.scalar(select(CoverageNote.step_id).where(CoverageNote.id == note_id))
    if step_id is None:
        abort(404)

    def act(session: Session, actor: Actor, now: datetime) -> None:
        decide(
            session,
            actor=actor,
            explanation_id=note_id,
            decision="confirm" if confirmed else "send-back",
            text=request.form.get("text", ""),
            now=now,
        )

    return _done(step_id, act, _("Confirmed.") if confirmed else _("Sent back to the handler."))


@pages.post("/cases/<uuid:case_id>/coverage/print")
@requires(Permission.CASE_READ)
@gives_out
def coverage_print(case_id: UUID, reason: Reason) -> Any:
    """Answer the page for the file: steps, what is missing, explanations, confirmations, lines to sign on; kept."""
    here = components()
    with here.database.read() as session:
        found = coverage_for_print(session, case_id, here.clock())
        if found is None:
            abort(404)
        paper = render_template(
            "coverage_print.html", found=found, case=found.case, told=told, circumstance=circumstance,
            printed=here.clock(),
        )  # fmt: skip
    with here.database.write() as session:
        add_entry(
            session,
            actor=the_person(),
            action="case.coverage-printed",
            subjects={"case": case_id},
            private=reason.private(),
            now=here.clock(),
        )
    return paper


def _own_gaps(me: Actor) -> dict[str, str]:
    if "handler" in me.roles and me.officer_id is not None:
        return {"handler": str(me.officer_id)}
    if "section-head" in me.roles and me.unit_id is not None:
        return {"unit": str(me.unit_id)}
    return {}


def _address(asked: Asked) -> Callable[..., str]:
    """Answer what makes the address of the same list with changes; what is not said is left out."""

    def address(**changes: object) -> str:
        said: dict[str, object] = {
            "unit": asked.unit,
            "handler": asked.handler,
            "state": asked.state,
            "overdue": "1" if asked.overdue else None,
            "sort": asked.order if asked.order != "deadline" else None,
            "down": "1" if asked.falling else None,
            **changes,
        }
        kept = {name: str(value) for name, value in said.items() if value}
        return url_for("pages.coverage", **(kept or {"sort": "deadline"}))  # type: ignore[arg-type]

    return address


def _done(step_id: UUID, act: Callable[[Session, Actor, datetime], object], said: str) -> Any:
    """Do it and show the step; what was refused stands above, and what was written stays in the form."""
    here = components()
    try:
        with acting() as session:
            act(session, the_person(), here.clock())
    except CannotNote as refusal:
        if refusal.why in {"unknown-step", "unknown-explanation"}:
            abort(404)
        return _page(step_id, problem=say("coverage refusal", refusal.why)), 400
    flash(said)
    return redirect(url_for("pages.step_coverage", step_id=step_id), 303)


def _page(step_id: UUID, *, problem: str = "") -> str:
    here, me = components(), the_person()
    with here.database.read() as session:
        step = session.scalar(select(Step).where(Step.id == step_id).options(joinedload(Step.case)))
        if step is None:
            abort(404)
        (judged,) = judge_steps(session, [step_id], here.clock())
        case, rules = step.case, rules_of(session, judged.rules_digest)
        explaining = may_explain(me, case)
        return render_template(
            "step_coverage.html",
            judged=judged,
            step=step,
            case=case,
            rules=rules,
            rows=[row for row in rules.rows if row.id in judged.rows],
            offered=list(dict.fromkeys((*rules.offered(step.activity), *step.circumstances))),
            told=told,
            circumstance=circumstance,
            lacking=lacks(judged.judgement),
            whys=WHYS,
            recorders=session.scalars(
                select(Recorder).order_by(Recorder.label).limit(RECORDERS_OFFERED)
            ).all()
            if explaining
            else [],
            changeable=explaining and case.state in CHANGEABLE,
            explainable=explaining and judged.state not in {"fine", "confirmed"},
            deciding=may(me, Permission.COVERAGE_CONFIRM) and changes(me, case),
            me_id=me.id,
            problem=problem,
            form=request.form,
            sent=request.endpoint,
        )
