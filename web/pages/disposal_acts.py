"""The acts of an appraisal, each a form of its page. What is refused is kept in the custody log."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import abort, flash, redirect, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from catalog.disposal.appraisals import take_off
from catalog.disposal.approving import approve, give_back, order, undo, witness
from catalog.disposal.proposing import opine, propose, report, rework
from catalog.disposal.refusals import CannotDispose
from catalog.permissions import Permission
from catalog.rules.disposal import Opinion
from web.acting import acting
from web.actor import the_person
from web.components import components
from web.formats import zone
from web.pages.blueprint import pages
from web.pages.clips import uuid_or_none
from web.pages.disposal import said
from web.pages.signin import signed_in_at
from web.permission import requires
from web.speech import _


@pages.post("/disposal/<uuid:appraisal_id>/opinions")
@requires(Permission.DISPOSAL_OPINE)
def appraisal_opine(appraisal_id: UUID) -> Any:
    """Give an opinion on the picked recordings, or on all."""
    form = request.form
    picked = [one for one in map(uuid_or_none, form.getlist("item")) if one is not None]
    years = form.get("years", "").strip()
    proposal = form.get("proposal", "")
    wanted = int(years) if years.isascii() and years.isdigit() and len(years) < 5 else None
    opinion = Opinion(proposal, wanted if proposal == "years" else None)

    def act(session: Session) -> None:
        opine(
            session,
            actor=the_person(),
            appraisal_id=appraisal_id,
            items=None if form.get("all") == "1" else picked,
            opinion=opinion,
            note=form.get("note", ""),
            part=form.get("part") or None,
            now=components().clock(),
        )

    return _do(appraisal_id, act, _("Your opinion is kept."))


@pages.post("/disposal/<uuid:appraisal_id>/items/<uuid:item_id>/off")
@requires(Permission.DISPOSAL_APPRAISE)
def appraisal_take_off(appraisal_id: UUID, item_id: UUID) -> Any:
    """Take a recording off an open list."""
    return _do(
        appraisal_id,
        lambda session: take_off(
            session, actor=the_person(), appraisal_id=appraisal_id, item_id=item_id, now=components().clock()
        ),
        _("Taken off the list."),
    )


@pages.post("/disposal/<uuid:appraisal_id>/steps/<step>")
@requires(Permission.DISPOSAL_APPRAISE)
def appraisal_step(appraisal_id: UUID, step: str) -> Any:
    """Close the list with its proposals, open it again, or report it."""
    steps = {"propose": propose, "rework": rework, "report": report}
    if step not in steps:
        abort(404)
    return _do(
        appraisal_id,
        lambda session: steps[step](
            session, actor=the_person(), appraisal_id=appraisal_id, now=components().clock()
        ),
        _("Kept."),
    )


@pages.post("/disposal/<uuid:appraisal_id>/approval")
@requires(Permission.DISPOSAL_APPROVE)
def appraisal_approve(appraisal_id: UUID) -> Any:
    """Enter the approval with its number, or return the report."""
    form, here = request.form, components()
    if form.get("act") == "return":
        return _do(
            appraisal_id,
            lambda session: give_back(
                session,
                actor=the_person(),
                appraisal_id=appraisal_id,
                reason=form.get("reason", ""),
                now=here.clock(),
            ),
            _("The report is returned. Nothing is destroyed."),
        )
    return _do(
        appraisal_id,
        lambda session: approve(
            session,
            actor=the_person(),
            appraisal_id=appraisal_id,
            number=form.get("number", ""),
            digest=form.get("digest", ""),
            signed_in_at=signed_in_at(),
            cooling_days=here.settings.catalog.disposal_cooling_days,
            zone=zone(),
            now=here.clock(),
        ),
        _(
            "Approved. The cooling period has begun; until it ends, and until the act is ordered, it can be undone."
        ),
    )


@pages.post("/disposal/<uuid:appraisal_id>/undo")
@requires(Permission.DISPOSAL_UNDO)
def appraisal_undo(appraisal_id: UUID) -> Any:
    """Undo an approval before the act is ordered."""
    return _do(
        appraisal_id,
        lambda session: undo(
            session,
            actor=the_person(),
            appraisal_id=appraisal_id,
            reason=request.form.get("reason", ""),
            now=components().clock(),
        ),
        _("The approval is undone. Nothing was destroyed."),
    )


@pages.post("/disposal/<uuid:appraisal_id>/witness")
@requires(Permission.DISPOSAL_WITNESS)
def appraisal_witness(appraisal_id: UUID) -> Any:
    """Sign in as a witness of the act."""
    here = components()
    return _do(
        appraisal_id,
        lambda session: witness(
            session,
            actor=the_person(),
            appraisal_id=appraisal_id,
            signed_in_at=signed_in_at(),
            cooling_days=here.settings.catalog.disposal_cooling_days,
            now=here.clock(),
        ),
        _("You are on record as a witness; it holds for two hours."),
    )


@pages.post("/disposal/<uuid:appraisal_id>/order")
@requires(Permission.DISPOSAL_APPRAISE)
def appraisal_order(appraisal_id: UUID) -> Any:
    """Order the destruction. There is no way back."""
    here = components()
    return _do(
        appraisal_id,
        lambda session: order(
            session,
            actor=the_person(),
            appraisal_id=appraisal_id,
            typed=request.form.get("typed", ""),
            signed_in_at=signed_in_at(),
            cooling_days=here.settings.catalog.disposal_cooling_days,
            now=here.clock(),
        ),
        _("Ordered. The worker begins within half a minute; this page shows how far it is."),
    )


def _do(appraisal_id: UUID, act: Callable[[Session], object], done: str) -> Response:
    """Do an act in a transaction of its own; a refusal changes nothing, is said in words and entered into the log."""
    try:
        with acting() as session:
            act(session)
    except CannotDispose as refusal:
        if refusal.why == "unknown-appraisal":
            abort(404)
        flash(said(refusal))
    else:
        flash(done)
    return redirect(url_for("pages.appraisal", appraisal_id=appraisal_id), 303)
