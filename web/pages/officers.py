"""Officers over time, and entering officers and recorders from tables."""

from __future__ import annotations

import base64
import binascii
from collections import Counter
from typing import Any
from uuid import UUID

from flask import abort, flash, redirect, render_template, request, url_for

from catalog.maintenance.imports import (
    OFFICER_COLUMNS,
    RECORDER_COLUMNS,
    RowOutcome,
    import_officers,
    import_recorders,
)
from catalog.maintenance.log import CannotMaintain
from catalog.maintenance.officers import CannotChange, Stated, keep_officer, list_officers, terms_of
from catalog.maintenance.register import read_date
from catalog.maintenance.tables import BadTable
from catalog.models import Officer
from catalog.permissions import Permission
from web.acting import acting, keep_refusal
from web.actor import the_person
from web.components import components
from web.formats import local, zone
from web.pages.blueprint import pages
from web.pages.recorder_forms import said
from web.permission import requires
from web.speech import _
from web.words import say

KEPT = frozenset({"own-record", "your-unit", "recorder-to-your-unit", "twin-serial"})
"""Refusals of rows that may be attempts: about the access of whoever enters a table, or a second recorder out of one."""
MOST_BYTES = 180_000
"""Of a table in a page: it goes there and back again as text. The commands take larger ones."""


@pages.get("/officers")
@requires(Permission.OFFICER_MANAGE)
def officers() -> Any:
    """Show the register of officers."""
    here = components()
    with here.database.read() as session:
        today = local(here.clock()).date()
        return render_template("officers.html", lines=list_officers(session, today), today=today)


@pages.get("/officers/<uuid:officer_id>")
@requires(Permission.OFFICER_MANAGE)
def officer(officer_id: UUID) -> Any:
    """Show an officer over time."""
    with components().database.read() as session:
        found = session.get(Officer, officer_id)
        if found is None:
            abort(404)
        _unit = found.unit
        today = local(components().clock()).date()
        return render_template(
            "officer.html", officer=found, terms=terms_of(session, officer_id), today=today
        )


@pages.post("/officers")
@requires(Permission.OFFICER_MANAGE)
def officer_keep() -> Any:
    """Enter an officer, or what they are from a day on."""
    here = components()
    now = here.clock()
    today = local(now).date()
    there = url_for("pages.officers")
    try:
        stated = Stated(
            unit=said("unit"),
            agency=said("agency"),
            on_establishment=said("on_establishment") != "0",
            certificate_number=said("certificate_number"),
            certificate_from=read_date(said("certificate_from")),
            certificate_until=read_date(said("certificate_until")),
            left=said("left") == "1",
        )
        since = read_date(said("since")) or today
        with acting() as session:
            found, _what = keep_officer(
                session, actor=the_person(), number=said("number"), name=said("name"), since=since,
                stated=stated, zone=zone(), today=today, now=now,
            )  # fmt: skip
            there = url_for("pages.officer", officer_id=found.id)
    except CannotChange as refusal:
        flash(_("Nothing was changed: %(why)s", why=say("officer refusal", refusal.why)))
    except CannotMaintain:
        flash(_("Nothing was changed: %(why)s", why=say("officer refusal", "bad-date")))
    else:
        flash(_("The register says so now; what held before stays."))
    return redirect(there, 303)


@pages.route("/officers/import", methods=["GET", "POST"])
@requires(Permission.OFFICER_MANAGE)
def officers_import() -> Any:
    """Enter officers from a table: tried first, then entered."""
    return _import("officers")


@pages.route("/recorders/import", methods=["GET", "POST"])
@requires(Permission.RECORDER_MANAGE)
def recorders_import() -> Any:
    """Enter recorders from a table: tried first, then entered."""
    return _import("recorders")


def _import(what: str) -> Any:
    problem, outcomes, kept = "", None, b""
    entering = request.method == "POST" and "enter" in request.form
    if request.method == "POST":
        try:
            kept = _content(entering=entering)
            outcomes = _run(what, kept, dry_run=not entering)
        except BadTable as refusal:
            problem = say("table refusal", refusal.why)
    if entering and outcomes is not None:
        _keep_refusals(outcomes)
        flash(_("Entered. What was left out is listed below with its reason."))
    return render_template(
        "import.html",
        what=what,
        columns=OFFICER_COLUMNS if what == "officers" else RECORDER_COLUMNS,
        problem=problem,
        outcomes=outcomes,
        counts=Counter(one.outcome for one in outcomes or ()),
        entered=entering and outcomes is not None,
        kept=base64.b64encode(kept).decode(),
    )


def _keep_refusals(outcomes: list[RowOutcome]) -> None:
    """Keep, once for a table, that rows were refused which may be attempts; slips of the pen are none."""
    about = sorted({one.why for one in outcomes} & KEPT)
    if about:
        keep_refusal(about[0])


def _content(*, entering: bool) -> bytes:
    if entering:
        try:
            content = base64.b64decode(request.form.get("kept", ""), validate=True)
        except (binascii.Error, ValueError) as error:
            raise BadTable("not-a-table") from error
    else:
        file = request.files.get("table")
        content = file.read(MOST_BYTES + 1) if file is not None else b""
    if len(content) > MOST_BYTES:
        raise BadTable("too-large")
    return content


def _run(what: str, content: bytes, *, dry_run: bool) -> list[RowOutcome]:
    here = components()
    now = here.clock()
    if what == "recorders":
        return import_recorders(
            here.database, content, actor=the_person(), dry_run=dry_run, zone=zone(), now=now
        )
    return import_officers(
        here.database, content, actor=the_person(), dry_run=dry_run, zone=zone(), today=local(now).date(),
        now=now,
    )  # fmt: skip
