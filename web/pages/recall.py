"""Recall 追溯: the recordings a fault may have touched, worked through one by one."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import abort, flash, redirect, render_template, request, url_for

from catalog.maintenance.log import CannotMaintain
from catalog.maintenance.recall import judge, open_recall, recall_of
from catalog.permissions import Permission, may
from catalog.purposes.stating_for_all import Together
from catalog.rules.recall import NOTED, VERDICTS
from web.acting import acting
from web.actor import the_person
from web.components import components
from web.pages.blueprint import pages
from web.pages.purposes import purpose_part
from web.pages.recorder_forms import NOBODY, chosen, said
from web.permission import requires
from web.speech import _
from web.words import say


@pages.get("/recalls/<uuid:fault_id>")
@requires(Permission.RECALL_READ)
def recall(fault_id: UUID) -> Any:
    """Show the list of a fault."""
    here = components()
    with here.database.read() as session:
        try:
            found = recall_of(session, fault_id, actor=the_person(), now=here.clock())
        except CannotMaintain:
            abort(404)
        open_only = request.args.get("show") == "open"
        lines = [line for line in found.lines if not (open_only and line.verdict)]
        return render_template(
            "recall.html",
            found=found,
            lines=lines,
            open_only=open_only,
            verdicts=VERDICTS,
            noted=NOTED,
            **(
                purpose_part(session, Together("recall", fault_id))
                if may(the_person(), Permission.RECALL_JUDGE)
                else {}
            ),
        )


@pages.post("/recalls/<uuid:fault_id>")
@requires(Permission.RECORDER_MANAGE)
def recall_open(fault_id: UUID) -> Any:
    """Begin a recall from a fault."""
    here = components()
    try:
        with acting() as session:
            open_recall(session, actor=the_person(), fault_id=fault_id, now=here.clock())
    except CannotMaintain as refusal:
        if refusal.why == "unknown-fault":
            abort(404)
        flash(say("maintenance refusal", refusal.why))
        return redirect(url_for("pages.recorder_board"), 303)
    return redirect(url_for("pages.recall", fault_id=fault_id), 303)


@pages.post("/recalls/<uuid:fault_id>/verdict")
@requires(Permission.RECALL_JUDGE)
def recall_judge(fault_id: UUID) -> Any:
    """Give a recording its verdict."""
    here = components()
    try:
        with acting() as session:
            judge(
                session, actor=the_person(), fault_id=fault_id, clip_id=chosen("clip") or NOBODY, verdict=said("verdict"),
                note=said("note"), now=here.clock(),
            )  # fmt: skip
    except CannotMaintain as refusal:
        if refusal.why == "unknown-fault":
            abort(404)
        flash(say("maintenance refusal", refusal.why))
    else:
        flash(_("The verdict is on record and shows on the recording's page."))
    show = "open" if said("show") == "open" else None
    return redirect(url_for("pages.recall", fault_id=fault_id, show=show), 303)
