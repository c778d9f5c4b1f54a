"""案件导入: taking over cases from a file of the case system, after a dry run that shows what would be."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import abort, flash, redirect, render_template, request, url_for

from catalog.case_files.importing.applying import SOURCE, ImportReport, import_cases
from catalog.case_files.importing.columns import HEADINGS
from catalog.case_files.importing.drafts import draft_of, keep_draft, take_draft
from catalog.case_files.importing.reading import SIZE_LIMIT, Unreadable
from catalog.permissions import Permission
from web.acting import keep_refusal
from web.actor import the_person
from web.components import components
from web.pages.blueprint import pages
from web.pages.case_forms import today
from web.permission import requires
from web.speech import _
from web.words import say

ROWS_LIMIT = 5_000
"""Rows of a file by the browser; more go by the command line, where nobody waits for a page."""
NAMED = 1_000
"""Cases that one entry about refused rows names; of more it says how many."""
SHOWN = 500
"""Outcomes listed on the page; those that need a person first."""
_ORDER = {"bad": 0, "conflict": 1, "new": 2, "changed": 3, "unchanged": 4}


@pages.get("/cases/import")
@requires(Permission.CASE_IMPORT)
def case_import() -> Any:
    """Show the form."""
    return _page()


@pages.post("/cases/import")
@requires(Permission.CASE_IMPORT)
def case_import_try() -> Any:
    """Look through an uploaded file and show what it would do; nothing is changed yet."""
    file, here = request.files.get("file"), components()
    source = request.form.get("source", "")
    body = file.stream.read(SIZE_LIMIT + 1) if file is not None else b""
    name = (file.filename or "") if file is not None else ""
    try:
        report = import_cases(
            here.database, body, actor=the_person(), today=today(), now=here.clock(), source=source,
            name=name, dry=True, rows_limit=ROWS_LIMIT,
        )  # fmt: skip
    except Unreadable as error:
        return _page(problem=say("import refusal", error.why), source=source), 400
    _keep_refusals(report)
    with here.database.write() as session:
        draft = keep_draft(session, actor=the_person(), name=name, source=source, body=body, now=here.clock())
    return _page(report=report, draft=draft.id, name=name, source=source)


@pages.post("/cases/import/<uuid:draft_id>")
@requires(Permission.CASE_IMPORT)
def case_import_go(draft_id: UUID) -> Any:
    """Go: take over what the dry run showed."""
    here = components()
    with here.database.read() as session:
        if draft_of(session, actor=the_person(), draft_id=draft_id, now=here.clock()) is None:
            abort(404)
    with here.database.write() as session:
        draft = take_draft(session, actor=the_person(), draft_id=draft_id, now=here.clock())
    if draft is None or "drop" in request.form:
        flash(_("The file was put aside. Nothing was changed."))
        return redirect(url_for("pages.case_import"), 303)
    report = import_cases(
        here.database, draft.body, actor=the_person(), today=today(), now=here.clock(), source=draft.source,
        name=draft.name, dry=False, rows_limit=ROWS_LIMIT,
    )  # fmt: skip
    _keep_refusals(report)
    return _page(report=report, name=draft.name, source=draft.source)


def _keep_refusals(report: ImportReport) -> None:
    """Keep what the rules of rights refused of a file, tried or taken over: one entry for each reason."""
    for one in report.refusals:
        keep_refusal(
            one.why,
            {"case": one.cases[:NAMED]},
            measures={"rows": one.rows, "cases": len(one.cases)},
        )


def _page(
    *,
    report: ImportReport | None = None,
    draft: UUID | None = None,
    name: str = "",
    source: str = "",
    problem: str = "",
) -> str:
    outcomes = sorted(report.outcomes, key=lambda o: (_ORDER[o.kind], o.line)) if report else []
    return render_template(
        "case_import.html",
        report=report,
        outcomes=outcomes[:SHOWN],
        more=max(0, len(outcomes) - SHOWN),
        kinds=sorted(_ORDER, key=lambda kind: -_ORDER[kind]),
        draft=draft,
        name=name,
        source=source or SOURCE,
        problem=problem,
        headings=HEADINGS,
        megabytes=SIZE_LIMIT >> 20,
        rows_limit=ROWS_LIMIT,
    )
