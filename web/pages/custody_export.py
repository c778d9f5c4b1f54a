"""The custody log as a file for outsiders: asked for with a reason, sent line by line."""

from __future__ import annotations

from typing import Any

from flask import Response, render_template, request
from sqlalchemy import func, select

from catalog.auditing.exporting import CannotExport, begin_export, export_lines, export_name
from catalog.models import CustodyPlace
from catalog.permissions import Permission
from catalog.rules.giving_out import Reason
from web.acting import noting
from web.actor import the_person
from web.components import components
from web.giving_out import gives_out
from web.pages.blueprint import pages
from web.permission import requires
from web.words import say


@pages.get("/custody/export")
@requires(Permission.CUSTODY_AUDIT)
def custody_export() -> Any:
    """Show what can be exported, and ask for a reason."""
    return _page()


@pages.post("/custody/export")
@requires(Permission.CUSTODY_AUDIT)
@gives_out
def custody_export_file(reason: Reason) -> Any:
    """Enter the export and send the file."""
    here = components()
    try:
        with noting():
            extent = begin_export(
                here.database,
                actor=the_person(),
                reason=reason,
                first=_place(request.form.get("first", ""), 0),
                last=_place(request.form.get("last", ""), None),
                now=here.clock(),
            )
    except CannotExport as refusal:
        return _page(problem=say("log export refusal", refusal.why)), 400
    answer = Response(export_lines(here.database, extent), mimetype="application/jsonl")
    answer.headers["Content-Disposition"] = f'attachment; filename="{export_name(extent)}"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _page(problem: str = "") -> str:
    with components().database.read() as session:
        newest = session.scalar(select(func.max(CustodyPlace.place)))
    return render_template("custody_export.html", newest=newest, problem=problem, form=request.form)


def _place(text: str, otherwise: int | None) -> Any:
    """Read a place; -1, which is none, for what is no number."""
    text = text.strip()
    if not text:
        return otherwise
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else -1
