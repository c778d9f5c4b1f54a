"""采集缺口: numbers missing in what recorders brought, and saying why."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import abort, flash, redirect, render_template, request, url_for

from catalog.gaps import CannotExplain, explain_gap, list_gaps
from catalog.permissions import Permission
from web.acting import acting
from web.actor import the_person
from web.components import components
from web.pages.blueprint import pages
from web.pages.clips import uuid_or_none
from web.permission import requires
from web.speech import _
from web.words import say


@pages.get("/gaps")
@requires(Permission.DOCKING_READ)
def gaps() -> Any:
    """Show the gaps nobody explained yet; `?explained=1` those that were."""
    explained = request.args.get("explained") == "1"
    recorder = uuid_or_none(request.args.get("recorder", ""))
    with components().database.read() as session:
        found = list_gaps(session, recorder=recorder, explained=explained)
        return render_template("gaps.html", found=found, explained=explained, recorder=recorder)


@pages.post("/gaps/<uuid:gap_id>")
@requires(Permission.GAP_EXPLAIN)
def gap_explain(gap_id: UUID) -> Any:
    """Keep an explanation."""
    here = components()
    try:
        with acting() as session:
            explain_gap(
                session,
                actor=the_person(),
                gap_id=gap_id,
                explanation=request.form.get("explanation", ""),
                now=here.clock(),
            )
    except CannotExplain as refusal:
        if refusal.why == "unknown-gap":
            abort(404)
        flash(say("gap refusal", refusal.why))
    else:
        flash(_("The explanation is kept. The gap stays visible among the explained ones."))
    return redirect(
        url_for("pages.gaps", recorder=uuid_or_none(request.form.get("recorder", "")) or None), 303
    )
