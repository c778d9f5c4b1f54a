"""A case file at the archive: its label, its acceptance check, reading it back, accepting and archiving it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

from flask import abort, flash, redirect, render_template, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from catalog.archiving.accepting import CannotAccept, accept_file
from catalog.archiving.checking import CHECKABLE, CannotCheck, latest_check, make_check, view_check
from catalog.archiving.labels import CannotLabel, Label, change_label, label_of, propose_number
from catalog.archiving.register import IN_REGISTER
from catalog.archiving.rereading import read_file_back, reading_progress
from catalog.case_files.life import CannotMove, MoveFacts, move_case, moves_offered
from catalog.models import Account, Case, CaseMove
from catalog.permissions import Permission
from catalog.rules.archive_number import PERIODS
from catalog.rules.four_checks import GROUPS, TESTS
from web.acting import acting
from web.actor import the_person
from web.components import components
from web.formats import local
from web.pages.asked import uuid_or_none
from web.pages.blueprint import pages
from web.pages.stamps import believed
from web.permission import requires
from web.signing_in.entering import is_freshly_proven, not_fresh
from web.speech import _
from web.words import say


@pages.get("/cases/<uuid:case_id>/archive")
@requires(Permission.ARCHIVE_READ)
def archive_file(case_id: UUID) -> Any:
    """Show a case file as the archive keeps it."""
    return _page(case_id)


def _page(case_id: UUID, *, problem: str = "", label: Label | None = None, note: str = "") -> str:
    here = components()
    actor, now = the_person(), here.clock()
    with here.database.read() as session:
        case = _case(session, case_id)
        kept = label_of(case)
        period = request.args.get("period", "")
        proposal = None
        if period in PERIODS:
            proposal = propose_number(
                session, case,
                pattern=here.settings.catalog.archive_number_pattern,
                fonds=here.settings.catalog.fonds_number, period=period, year=local(now).year,
            )  # fmt: skip
        check = latest_check(session, case_id)
        return render_template(
            "archive_file.html",
            case=case,
            in_register=case.state in IN_REGISTER,
            checkable=case.state in CHECKABLE,
            label=label or (proposal.label if proposal is not None else kept),
            seen=kept.mark,
            proposal=proposal,
            period=period,
            periods=PERIODS,
            pattern=here.settings.catalog.archive_number_pattern,
            check=view_check(session, check) if check is not None else None,
            reading=reading_progress(session, case_id),
            moves=_moves(session, case_id),
            offer=moves_offered(session, actor, case),
            groups=GROUPS,
            tests=TESTS,
            problem=problem,
            note=note,
        )


@pages.get("/cases/<uuid:case_id>/archive/reading")
@requires(Permission.ARCHIVE_READ)
def archive_reading(case_id: UUID) -> Any:
    """Answer how far reading the file back is."""
    with components().database.read() as session:
        case = _case(session, case_id)
        return render_template(
            "parts/archive_reading.html", case=case, reading=reading_progress(session, case_id)
        )


@pages.post("/cases/<uuid:case_id>/archive/label")
@requires(Permission.ARCHIVE_KEEP)
def archive_label(case_id: UUID) -> Any:
    """Write the label of a file anew."""
    here, form = components(), request.form
    year = form.get("archive_year", "").strip()
    number = int(year) if year.isascii() and year.isdigit() and len(year) < 6 else (-1 if year else None)
    label = Label(
        form.get("archive_number", ""), form.get("fonds_number", ""), number, form.get("shelf_place", ""),
        form.get("cross_reference", ""), form.get("file_note", ""),
    )  # fmt: skip
    try:
        with acting() as session:
            change_label(
                session, actor=the_person(), case_id=case_id, label=label, seen=form.get("seen", ""),
                reason=form.get("reason", ""), now=here.clock(),
            )  # fmt: skip
    except CannotLabel as refusal:
        if refusal.why == "unknown-file":
            abort(404)
        again = label if number != -1 else replace(label, archive_year=None)
        return _page(case_id, problem=say("label refusal", refusal.why), label=again), 400
    flash(_("The label was changed. What it said before stands in the log."))
    return _back(case_id)


@pages.post("/cases/<uuid:case_id>/archive/check")
@requires(Permission.ARCHIVE_KEEP)
def archive_check(case_id: UUID) -> Any:
    """Check a file for acceptance and keep the result."""
    here = components()
    try:
        with acting() as session:
            check = make_check(
                session, actor=the_person(), case_id=case_id, signer=here.signer, authorities=believed(),
                now=here.clock(),
            )  # fmt: skip
    except CannotCheck as refusal:
        return _page(case_id, problem=say("check refusal", refusal.why)), 400
    flash(_("The file was checked: %(result)s.", result=say("four result", check.outcome)))
    return _back(case_id, "check")


@pages.post("/cases/<uuid:case_id>/archive/read-back")
@requires(Permission.ARCHIVE_KEEP)
def archive_read_back(case_id: UUID) -> Any:
    """Have every recording of a file read back from storage anew."""
    here = components()
    try:
        with acting() as session:
            _reading, due = read_file_back(session, actor=the_person(), case_id=case_id, now=here.clock())
    except CannotCheck as refusal:
        return _page(case_id, problem=say("check refusal", refusal.why)), 400
    here.enqueue(due)
    flash(
        _("Every recording of the file is being read back. When that is done, check the file.")
        if due
        else _("It is being read back already, or there is nothing to read.")
    )
    return _back(case_id, "check")


@pages.post("/cases/<uuid:case_id>/archive/accept")
@requires(Permission.ARCHIVE_KEEP)
def archive_accept(case_id: UUID) -> Any:
    """Accept a file into the archive on the ground of the check that was looked at, after a fresh sign-in."""
    here = components()
    note, now = request.form.get("note", ""), here.clock()
    if not is_freshly_proven():
        return not_fresh(lambda why: _page(case_id, problem=why, note=note))
    try:
        with acting() as session:
            accept_file(
                session, actor=the_person(), case_id=case_id,
                check_id=uuid_or_none(request.form.get("check", "")), note=note,
                today=local(now).date(), now=now,
            )  # fmt: skip
    except CannotAccept as refusal:
        return _page(case_id, problem=say("accept refusal", refusal.why), note=note), 400
    except CannotMove as refusal:
        return _page(case_id, problem=say("case move refusal", refusal.why), note=note), 400
    flash(_("The file was accepted. The locks of its recordings are being set to the date of the file."))
    return _back(case_id)


@pages.post("/cases/<uuid:case_id>/archive/archive")
@requires(Permission.ARCHIVE_KEEP)
def archive_archive(case_id: UUID) -> Any:
    """Archive an accepted file under the number of its label."""
    here = components()
    now = here.clock()
    try:
        with acting() as session:
            move_case(
                session, actor=the_person(), case_id=case_id, move="archive", facts=MoveFacts(),
                today=local(now).date(), now=now,
            )  # fmt: skip
    except CannotMove as refusal:
        return _page(case_id, problem=say("case move refusal", refusal.why)), 400
    flash(_("The file is archived."))
    return _back(case_id)


def _back(case_id: UUID, anchor: str | None = None) -> Any:
    return redirect(url_for("pages.archive_file", case_id=case_id, _anchor=anchor), 303)


def _case(session: Session, case_id: UUID) -> Case:
    case = session.scalar(
        select(Case)
        .where(Case.id == case_id)
        .options(joinedload(Case.unit), joinedload(Case.handler), joinedload(Case.second_handler))
    )
    if case is None:
        abort(404)
    return case


def _moves(session: Session, case_id: UUID) -> list[CaseMove]:
    return list(
        session.scalars(
            select(CaseMove)
            .where(CaseMove.case_id == case_id)
            .order_by(CaseMove.at, CaseMove.id)
            .options(joinedload(CaseMove.by).joinedload(Account.officer))
        )
    )
