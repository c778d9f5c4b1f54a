"""保管期限表: versions of the schedule, editing a draft, trying it out, proposing, approving, putting it in force."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import abort, flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session

from catalog.case_files.cases import TYPES
from catalog.custody.record import utc_text
from catalog.models import RetentionSchedule
from catalog.permissions import Permission
from catalog.retention import schedules as acts
from catalog.retention.example import VERSION, example
from catalog.retention.facts import schedule_facts
from catalog.retention.schedules import ROWS_LIMIT, CannotChange, Draft, make_draft
from catalog.retention.showing import cases_without_row
from catalog.retention.walking import go_on_with_schedules, newest_run, progress, trial_lines
from catalog.rules.retention import COERCION, ROLES, STARTS, Row
from web.acting import acting
from web.actor import the_person
from web.components import components
from web.pages.blueprint import pages
from web.pages.clips import uuid_or_none
from web.permission import requires
from web.signing_in.entering import is_freshly_proven, not_fresh
from web.speech import _
from web.words import say

BLANK_ROWS = 3
AT_ONCE_BATCHES = 4
"""Batches of a trial that are walked while its asker waits: most bureaus' whole, and a second at most."""


def bureau_zone() -> ZoneInfo:
    """Answer the zone in which periods are counted."""
    return ZoneInfo(components().settings.time_zone)


@pages.get("/retention")
@requires(Permission.RETENTION_READ)
def retention() -> Any:
    """Show every version, and the rows of the one in force."""
    with components().database.read() as session:
        found = acts.list_schedules(session)
        current = next((s for s in found if s.state == "in-force"), None)
        without, _more = cases_without_row(session, bureau_zone(), actor=the_person(), limit=1)
        return render_template(
            "retention.html",
            schedules=found,
            current=current,
            rows=schedule_facts(session, current).rows if current else (),
            progress=progress(session, current.id) if current else None,
            without=bool(without),
            starts=STARTS,
        )


@pages.get("/retention/no-row")
@requires(Permission.RETENTION_READ)
def retention_no_row() -> Any:
    """Show accepted case files that no row of the schedule in force is for."""
    with components().database.read() as session:
        lines, following = cases_without_row(
            session, bureau_zone(), actor=the_person(), before=_key(request.args.get("before", ""))
        )
        more = f"{utc_text(following[0])}_{following[1]}" if following else ""
        return render_template("retention_no_row.html", lines=lines, more=more)


@pages.post("/retention")
@requires(Permission.RETENTION_EDIT)
def retention_draft() -> Any:
    """Make a draft: of the example, of a version there is, or empty."""
    source = request.form.get("source", "")

    def make(session: Session) -> RetentionSchedule:
        draft = Draft(request.form.get("version", ""))
        if source == "example":
            shipped = example()
            draft = Draft(draft.version or VERSION, shipped.note, "", shipped.rows)
        elif (known := session.get(RetentionSchedule, uuid_or_none(source) or UUID(int=0))) is not None:
            draft = Draft(draft.version, known.note, "", schedule_facts(session, known).rows)
        return make_draft(
            session,
            actor=the_person(),
            draft=draft,
            example=source == "example",
            now=components().clock(),
        )

    return _do(None, make, _("The draft is made. Look through its rows, then try it out."))


@pages.get("/retention/<uuid:schedule_id>")
@requires(Permission.RETENTION_READ)
def retention_schedule(schedule_id: UUID) -> Any:
    """Show one version."""
    return _page(schedule_id)


@pages.get("/retention/<uuid:schedule_id>/live")
@requires(Permission.RETENTION_READ)
def retention_live(schedule_id: UUID) -> Any:
    """Answer how far a trial or the coming into force is."""
    with components().database.read() as session:
        if session.get(RetentionSchedule, schedule_id) is None:
            abort(404)
        return render_template(
            "parts/retention_progress.html",
            trial=newest_run(session, schedule_id, "trial"),
            progress=progress(session, schedule_id),
        )


@pages.get("/retention/<uuid:schedule_id>/trial")
@requires(Permission.RETENTION_READ)
def retention_trial(schedule_id: UUID) -> Any:
    """Show clip by clip what a schedule would give."""
    here = components()
    with here.database.read() as session:
        schedule = session.get(RetentionSchedule, schedule_id)
        if schedule is None:
            abort(404)
        lines, more = trial_lines(
            session,
            schedule,
            bureau_zone(),
            here.clock(),
            actor=the_person(),
            after=uuid_or_none(request.args.get("after", "")),
        )
        return render_template(
            "retention_trial.html",
            schedule=schedule,
            lines=lines,
            more=more,
            trial=newest_run(session, schedule_id, "trial"),
        )


@pages.post("/retention/<uuid:schedule_id>/rows")
@requires(Permission.RETENTION_EDIT)
def retention_rows(schedule_id: UUID) -> Any:
    """Keep what a draft says."""
    form = request.form
    draft = Draft(form.get("version", ""), form.get("note", ""), form.get("consent", ""), _rows())
    return _do(
        schedule_id,
        lambda session: acts.change_draft(
            session, actor=the_person(), schedule_id=schedule_id, draft=draft, now=components().clock()
        ),
        _("The draft is kept. An earlier trial says nothing of it if its rows have changed."),
        draft=draft,
    )


@pages.post("/retention/<uuid:schedule_id>/try")
@requires(Permission.RETENTION_EDIT)
def retention_try(schedule_id: UUID) -> Any:
    """Try a schedule out."""
    here = components()
    answer = _do(
        schedule_id,
        lambda session: acts.try_out(session, actor=the_person(), schedule_id=schedule_id, now=here.clock()),
        _("The trial has begun. It changes nothing."),
    )
    go_on_with_schedules(here.database, bureau_zone(), here.clock(), batches=AT_ONCE_BATCHES)
    return answer


@pages.post("/retention/<uuid:schedule_id>/propose")
@requires(Permission.RETENTION_EDIT)
def retention_propose(schedule_id: UUID) -> Any:
    """Put a draft to those who approve."""
    return _do(
        schedule_id,
        lambda session: acts.propose(
            session, actor=the_person(), schedule_id=schedule_id, now=components().clock()
        ),
        _(
            "It is proposed. The head of the office and the supervising leader approve it, each with their own sign-in."
        ),
    )


@pages.post("/retention/<uuid:schedule_id>/take-back")
@requires(Permission.RETENTION_EDIT)
def retention_take_back(schedule_id: UUID) -> Any:
    """Make a draft of a proposal again."""
    return _do(
        schedule_id,
        lambda session: acts.take_back(
            session, actor=the_person(), schedule_id=schedule_id, now=components().clock()
        ),
        _("It is a draft again. Approvals that were given do not count any more."),
    )


@pages.post("/retention/<uuid:schedule_id>/approve")
@requires(Permission.RETENTION_APPROVE)
def retention_approve(schedule_id: UUID) -> Any:
    """Approve what is shown, after a fresh sign-in: what comes of it locks recordings for years."""
    if not is_freshly_proven():
        return not_fresh(lambda why: _page(schedule_id, problem=why))
    return _do(
        schedule_id,
        lambda session: acts.approve(
            session,
            actor=the_person(),
            schedule_id=schedule_id,
            digest=request.form.get("digest", ""),
            now=components().clock(),
        ),
        _("Your approval is kept. It holds for exactly these rows."),
    )


@pages.post("/retention/<uuid:schedule_id>/force")
@requires(Permission.RETENTION_EDIT)
def retention_force(schedule_id: UUID) -> Any:
    """Put an approved schedule in force, after a fresh sign-in."""
    if not is_freshly_proven():
        return not_fresh(lambda why: _page(schedule_id, problem=why))
    now = components().clock()
    return _do(
        schedule_id,
        lambda session: acts.put_in_force(
            session,
            actor=the_person(),
            schedule_id=schedule_id,
            number=request.form.get("number", ""),
            approved_on=_date(request.form.get("approved_on", "")),
            today=now.astimezone(bureau_zone()).date(),
            now=now,
        ),
        _("It is in force. Dates are worked out and set in the background; nothing gets shorter."),
    )


@pages.post("/retention/<uuid:schedule_id>/withdraw")
@requires(Permission.RETENTION_EDIT)
def retention_withdraw(schedule_id: UUID) -> Any:
    """Give a schedule up."""
    return _do(
        schedule_id,
        lambda session: acts.withdraw(
            session,
            actor=the_person(),
            schedule_id=schedule_id,
            note=request.form.get("note", ""),
            now=components().clock(),
        ),
        _("It is given up. It stays in the list."),
    )


def _do(
    schedule_id: UUID | None,
    operation: Callable[[Session], RetentionSchedule | None],
    done: str,
    *,
    draft: Draft | None = None,
) -> Any:
    """Do it, or say why not, which is kept in the log."""
    try:
        with acting() as session:
            made = operation(session)
            target = made.id if made is not None else schedule_id
    except CannotChange as refusal:
        if refusal.why == "unknown-schedule":
            abort(404)
        if schedule_id is None:
            flash(say("schedule refusal", refusal.why))
            return redirect(url_for("pages.retention"), 303)
        return _page(schedule_id, problem=say("schedule refusal", refusal.why), draft=draft), 400
    flash(done)
    return redirect(url_for("pages.retention_schedule", schedule_id=target), 303)


def _page(schedule_id: UUID, *, problem: str = "", draft: Draft | None = None) -> str:
    with components().database.read() as session:
        schedule = session.get(RetentionSchedule, schedule_id)
        if schedule is None:
            abort(404)
        digest = acts.digest_now(session, schedule)
        trial = newest_run(session, schedule_id, "trial")
        given = acts.approvals_of(session, schedule)
        rows = draft.rows if draft is not None else schedule_facts(session, schedule).rows
        return render_template(
            "retention_schedule.html",
            schedule=schedule,
            said=draft or Draft(schedule.version, schedule.note, schedule.consent),
            rows=rows,
            blanks=range(len(rows), min(len(rows) + BLANK_ROWS, ROWS_LIMIT)),
            approvals=given,
            approvers=acts.APPROVERS,
            mine=[one for one in given if one.by_id == the_person().id],
            digest=digest,
            trial=trial,
            tried=trial is not None and trial.digest == digest and trial.ended_at is not None,
            progress=progress(session, schedule_id),
            types=TYPES,
            coercions=COERCION,
            roles=ROLES,
            starts=STARTS,
            problem=problem,
        )


def _rows() -> tuple[Row, ...]:
    """Answer the rows of the form in their order; one without a type was left empty."""
    form = request.form
    found: list[Row] = []
    for n in range(ROWS_LIMIT + 1):
        kind = form.get(f"type-{n}", "")
        if not kind or form.get(f"drop-{n}"):
            continue
        found.append(
            Row(
                number=len(found) + 1,
                case_type=kind,
                coercion=form.get(f"coercion-{n}", ""),
                role=form.get(f"role-{n}", ""),
                years=None if form.get(f"permanent-{n}") else _years(form.get(f"years-{n}", "")),
                starts=frozenset(form.getlist(f"starts-{n}")),
                basis=form.get(f"basis-{n}", ""),
            )
        )
    return tuple(found)


def _years(text: str) -> int:
    """Answer the years; what is no number counts as none and is refused, never as permanent or as some other."""
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 4 else 0


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _key(text: str) -> tuple[datetime, UUID] | None:
    at, _split, case = text.partition("_")
    try:
        return (datetime.fromisoformat(at), UUID(case)) if at.endswith("Z") else None
    except ValueError:
        return None
