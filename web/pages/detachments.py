"""Detaching from a step, and the legal section's list of what waits for its word (R4.11)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import abort, flash, redirect, render_template, request, url_for

from catalog.case_files.detaching import (
    CannotDetach,
    confirm_detachment,
    detach,
    refuse_detachment,
    waiting_detachments,
)
from catalog.models import Attachment
from catalog.permissions import Permission
from web.acting import acting
from web.actor import the_person
from web.components import components
from web.pages.blueprint import pages
from web.permission import requires
from web.speech import _
from web.words import say


@pages.get("/detachments")
@requires(Permission.CLIP_DETACHMENT)
def detachments() -> Any:
    """Show what waits for the legal section."""
    with components().database.read() as session:
        return render_template("detachments.html", lines=waiting_detachments(session, the_person()))


@pages.post("/attachments/<uuid:attachment_id>/detachment")
@requires(Permission.CLIP_ATTACH)
def attachment_detach(attachment_id: UUID) -> Any:
    """Detach, with a reason."""
    return _do(
        attachment_id,
        lambda session, now: detach(
            session,
            actor=the_person(),
            attachment_id=attachment_id,
            reason=request.form.get("reason", ""),
            now=now,
        ),
        _("Detached. It stays on the case's list, locked as before, until the legal section confirms."),
    )


@pages.post("/attachments/<uuid:attachment_id>/detachment/confirmation")
@requires(Permission.CLIP_DETACHMENT)
def detachment_confirm(attachment_id: UUID) -> Any:
    """Confirm a detachment."""
    return _do(
        attachment_id,
        lambda session, now: confirm_detachment(
            session, actor=the_person(), attachment_id=attachment_id, now=now
        ),
        _("Confirmed. The clip is off the case's list; its lock stays as it is."),
    )


@pages.post("/attachments/<uuid:attachment_id>/detachment/refusal")
@requires(Permission.CLIP_DETACHMENT)
def detachment_refuse(attachment_id: UUID) -> Any:
    """Refuse a detachment, with a reason."""
    return _do(
        attachment_id,
        lambda session, now: refuse_detachment(
            session,
            actor=the_person(),
            attachment_id=attachment_id,
            reason=request.form.get("reason", ""),
            now=now,
        ),
        _("Refused. It is attached as before."),
    )


def _do(attachment_id: UUID, act: Callable[..., Attachment], done: str) -> Any:
    here = components()
    try:
        with acting() as session:
            row = act(session, here.clock())
            clip_id, case_id, step_id = row.clip_id, row.step.case_id, row.step_id
    except CannotDetach as refusal:
        if refusal.why == "unknown-attachment":
            abort(404)
        flash(say("detach refusal", refusal.why) + " " + _("Nothing was changed."))
        with here.database.read() as session:
            row = session.get_one(Attachment, attachment_id)
            clip_id, case_id, step_id = row.clip_id, row.step.case_id, row.step_id
    else:
        flash(done)
    match request.form.get("back"):
        case "clip":
            return redirect(url_for("pages.clip", clip_id=clip_id, _anchor="attachments"), 303)
        case "list":
            return redirect(url_for("pages.detachments"), 303)
    return redirect(url_for("pages.case", case_id=case_id, _anchor=f"step-{step_id}"), 303)
