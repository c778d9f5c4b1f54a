"""鉴定销毁: what has expired, appraisals and their lists, reports, and the destruction registers."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response, abort, flash, redirect, render_template, request, url_for

from catalog.custody.log import add_entry
from catalog.disposal.appraisals import list_more, open_appraisal, review
from catalog.disposal.facts import expired
from catalog.disposal.refusals import CannotDispose
from catalog.disposal.viewing import AppraisalView, list_appraisals, part_of, view_appraisal
from catalog.finding.visible import reached
from catalog.looking import attachment_header
from catalog.models import Appraisal
from catalog.permissions import Permission, may
from catalog.purposes.stating_for_all import Together
from catalog.rules.disposal import PARTS, PROPOSALS
from catalog.rules.giving_out import Reason
from web.acting import acting
from web.actor import the_person
from web.components import components
from web.formats import zone
from web.giving_out import gives_out
from web.pages.blueprint import pages
from web.pages.clips import uuid_or_none
from web.pages.polling import unless_same
from web.pages.purposes import purpose_part
from web.permission import requires
from web.speech import _
from web.words import say

SHOWN = 200
"""Expired recordings on the page: the longest expired, and what a list holds is opened in portions."""
TYPES = {"json": "application/json", "pdf": "application/pdf"}


@pages.get("/disposal")
@requires(Permission.DISPOSAL_READ)
def disposal() -> Any:
    """Show the appraisals."""
    here = components()
    with here.database.read() as session:
        lines = list_appraisals(session, the_person(), here.settings.catalog.disposal_cooling_days)
        return render_template("disposal.html", lines=lines)


@pages.get("/disposal/expired")
@requires(Permission.DISPOSAL_APPRAISE)
def disposal_expired() -> Any:
    """Show what has expired, and what only waits for a review."""
    here = components()
    with here.database.read() as session:
        lines = list(expired(session, the_person(), here.clock(), limit=SHOWN))
        open_ones = [
            line.appraisal
            for line in list_appraisals(session, the_person(), here.settings.catalog.disposal_cooling_days)
            if line.appraisal.state == "open"
        ]
        return render_template("disposal_expired.html", lines=lines, open_ones=open_ones, most=SHOWN)


@pages.post("/disposal")
@requires(Permission.DISPOSAL_APPRAISE)
def disposal_open() -> Any:
    """Put picked recordings on the list of a new appraisal, or of one that is open; or keep that they were reviewed."""
    here = components()
    now, actor, form = here.clock(), the_person(), request.form
    picked = [one for one in map(uuid_or_none, form.getlist("clip")) if one is not None]
    onto = uuid_or_none(form.get("appraisal", ""))
    try:
        with acting({"appraisal": onto} if onto is not None else None) as session:
            if form.get("act") == "review":
                review(session, actor=actor, clips=picked, finding=form.get("finding", ""), now=now)
                where = url_for("pages.disposal_expired")
            elif onto is not None:
                list_more(session, actor=actor, appraisal_id=onto, clips=picked, now=now)
                where = url_for("pages.appraisal", appraisal_id=onto)
            else:
                made = open_appraisal(
                    session, actor=actor, clips=picked, note=form.get("note", ""), zone=zone(), now=now
                )
                where = url_for("pages.appraisal", appraisal_id=made.id)
    except CannotDispose as refusal:
        flash(said(refusal))
        return redirect(url_for("pages.disposal_expired"), 303)
    flash(_("Kept."))
    return redirect(where, 303)


@pages.get("/disposal/<uuid:appraisal_id>")
@requires(Permission.DISPOSAL_READ)
def appraisal(appraisal_id: UUID) -> Any:
    """Show one appraisal with its list and what may be done now."""
    here = components()
    actor = the_person()
    with here.database.read() as session:
        view = _view(session, appraisal_id)
        return render_template(
            "appraisal.html",
            opens=reached(session, actor, [line.item.clip_id for line in view.lines]),
            **purpose_part(session, Together("appraisal", appraisal_id), view.appraisal.number),
            view=view,
            a=view.appraisal,
            parts=tuple(PARTS),
            proposals=PROPOSALS,
            part=part_of(actor, view),
            again=url_for("pages.signin_again", next=url_for("pages.appraisal", appraisal_id=appraisal_id)),
            acting=view.appraisal.state in {"cooling", "ready"} and view.cooled,
            mine=actor.id,
            may_witness=may(actor, Permission.DISPOSAL_WITNESS) and view.may_witness,
        )


@pages.get("/disposal/<uuid:appraisal_id>/live")
@requires(Permission.DISPOSAL_READ)
def appraisal_live(appraisal_id: UUID) -> Any:
    """Answer how far a destruction is."""
    with components().database.read() as session:
        view = _view(session, appraisal_id)
        return unless_same(render_template("parts/appraisal_live.html", view=view, a=view.appraisal))


@pages.post("/disposal/<uuid:appraisal_id>/report")
@requires(Permission.DISPOSAL_READ)
@gives_out
def appraisal_print(appraisal_id: UUID, reason: Reason) -> Any:
    """Answer the report for paper; that it was printed is kept."""
    here = components()
    with here.database.write() as session:
        view = _view(session, appraisal_id)
        add_entry(
            session,
            actor=the_person(),
            action="disposal.report-printed",
            subjects={"appraisal": appraisal_id},
            facts={"number": view.appraisal.number, "digest": view.appraisal.digest},
            private=reason.private(),
            now=here.clock(),
        )
        return render_template("appraisal_print.html", view=view, a=view.appraisal, parts=tuple(PARTS))


@pages.post("/disposal/<uuid:appraisal_id>/register/<kind>")
@requires(Permission.DISPOSAL_READ)
@gives_out
def appraisal_register(appraisal_id: UUID, kind: str, reason: Reason) -> Any:
    """Answer the destruction register, read from where it lies under lock; that it was fetched is kept."""
    here = components()
    with here.database.write() as session:
        row = session.get(Appraisal, appraisal_id)
        place = row.register_objects.get(kind) if row is not None else None
        if row is None or place is None or kind not in TYPES:
            abort(404)
        add_entry(
            session,
            actor=the_person(),
            action="disposal.register-downloaded",
            subjects={"appraisal": appraisal_id},
            facts={"register": row.register_number, "kind": kind},
            private=reason.private(),
            now=here.clock(),
        )
        name = f"{row.register_number}.{kind}"
    body = b"".join(here.evidence.read(place["key"], place["version"]))
    return Response(body, mimetype=TYPES[kind], headers={"Content-Disposition": attachment_header(name)})


def said(refusal: CannotDispose) -> str:
    """Answer a refusal in words."""
    text = say("disposal refusal", refusal.why)
    if not refusal.reason:
        return text
    return f"{text} {refusal.name}: {say('not expired', refusal.reason)}"


def _view(session: Any, appraisal_id: UUID) -> AppraisalView:
    here = components()
    view = view_appraisal(
        session,
        appraisal_id,
        the_person(),
        cooling_days=here.settings.catalog.disposal_cooling_days,
        now=here.clock(),
    )
    if view is None:
        abort(404)
    return view
