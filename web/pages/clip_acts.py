"""What people do with a clip: look at it, save the original, attach it, ask for work to be done again."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import abort, flash, jsonify, redirect, render_template, request, url_for

from catalog import stages
from catalog.case_files.attaching import CannotAttach, attach_all
from catalog.case_files.cases import steps_of
from catalog.clips import reached_clip
from catalog.custody.log import add_entry
from catalog.custody.record import utc_text
from catalog.looking import NothingToShow, download_address, play_addresses
from catalog.permissions import Permission
from catalog.purposes.standing import CannotLook
from catalog.rules.giving_out import Reason
from web.acting import acting
from web.actor import the_person
from web.components import components
from web.errors import Trouble, show
from web.giving_out import gives_out
from web.pages.attach_answer import attach_answer
from web.pages.blueprint import pages
from web.pages.clip import render_clip
from web.pages.clips import uuid_or_none
from web.pages.wishes import read_wish
from web.permission import requires
from web.speech import _
from web.words import say

NO_STEP = UUID(int=0)


@pages.post("/clips/<uuid:clip_id>/addresses")
@requires(Permission.CLIP_READ)
def clip_addresses(clip_id: UUID) -> Any:
    """Answer short-lived addresses for looking at a clip; the player asks again before they expire."""
    here = components()
    try:
        with acting() as session:
            clip = reached_clip(session, clip_id, the_person())
            if clip is None:
                abort(404)
            issued = play_addresses(
                session, here.evidence, here.derived, actor=the_person(), clip=clip, now=here.clock()
            )
    except NothingToShow:
        abort(404)
    except CannotLook as refusal:
        return show(
            Trouble(
                403,
                say("purpose refusal", refusal.why),
                _("Nothing was shown. The recording is as safe as before."),
                _("Open the page of the recording and say there what you look at it for."),
            )
        )
    return jsonify(
        now=utc_text(here.clock()),
        expires=utc_text(min(i.expires for i in issued.values())),
        addresses={kind: {"url": i.url, "type": i.content_type, "of": i.kind} for kind, i in issued.items()},
    )


@pages.post("/clips/<uuid:clip_id>/download")
@requires(Permission.CLIP_DOWNLOAD)
@gives_out
def clip_download(clip_id: UUID, reason: Reason) -> Any:
    """Send the browser to the original, after keeping the reason."""
    here = components()
    try:
        with acting() as session:
            clip = reached_clip(session, clip_id, the_person())
            if clip is None:
                abort(404)
            issued = download_address(
                session,
                here.evidence,
                actor=the_person(),
                clip=clip,
                reason=reason,
                now=here.clock(),
            )
    except CannotLook as refusal:
        flash(say("purpose refusal", refusal.why))
        return redirect(url_for("pages.clip", clip_id=clip_id), 303)
    except NothingToShow:
        abort(404)
    return redirect(issued.url, 303)


@pages.post("/clips/<uuid:clip_id>/stages/<stage>")
@requires(Permission.CLIP_RERUN)
def clip_rerun(clip_id: UUID, stage: str) -> Any:
    """Ask for a stage to be done again."""
    if stage not in stages.STAGES:
        abort(404)
    here = components()
    with here.database.write() as session:
        if reached_clip(session, clip_id, the_person()) is None:
            abort(404)
        due = stages.request_again(session, clip_id, stage, here.clock(), wanted=True)
        if due is not None:
            add_entry(
                session,
                actor=the_person(),
                action="clip.stage-requested",
                subjects={"clip": clip_id},
                facts={"stage": stage},
                now=here.clock(),
            )
    if due is None:
        flash(_("It is under way already, or was never asked for. Nothing was changed."))
    else:
        here.enqueue([due] if stage not in stages.BATCHED else [])
        flash(_("%(stage)s was asked for again.", stage=say("stage", stage)))
    return redirect(url_for("pages.clip", clip_id=clip_id), 303)


@pages.post("/clips/<uuid:clip_id>/prepare")
@requires(Permission.CLIP_READ)
def clip_prepare(clip_id: UUID) -> Any:
    """Make the copy for playing now that would otherwise be made at night."""
    here = components()
    with here.database.write() as session:
        if reached_clip(session, clip_id, the_person()) is None:
            abort(404)
        due = stages.want_now(session, clip_id, "encode", here.clock())
        if due is not None:
            add_entry(
                session,
                actor=the_person(),
                action="clip.stage-requested",
                subjects={"clip": clip_id},
                facts={"stage": "encode"},
                now=here.clock(),
            )
    if due is None:
        flash(_("It is not waiting for the night: it is being made, or is ready."))
    else:
        here.enqueue([due])
        flash(_("The copy for playing is being made. This page shows it as soon as it is ready."))
    return redirect(url_for("pages.clip", clip_id=clip_id), 303)


@pages.get("/steps")
@requires(Permission.CLIP_ATTACH)
def step_choices() -> Any:
    """Answer the steps of a case as choices of the attaching form."""
    case = uuid_or_none(request.args.get("case", ""))
    with components().database.read() as session:
        steps = steps_of(session, case) if case else []
        return render_template("parts/step_choices.html", steps=steps, chosen="")


@pages.post("/clips/<uuid:clip_id>/attachments")
@requires(Permission.CLIP_ATTACH)
def clip_attach(clip_id: UUID) -> Any:
    """Attach a clip, or a range of it, to one or more steps; with htmx the player goes on meanwhile."""
    form = {name: value for name, value in request.form.items() if name != "csrf_token"}
    quiet = bool(request.headers.get("HX-Request"))
    here = components()
    try:
        steps = [uuid_or_none(text) or NO_STEP for text in request.form.getlist("step")] or [NO_STEP]
        wish = read_wish(form)
        with acting() as session:
            if reached_clip(session, clip_id, the_person()) is None:
                abort(404)
            attach_all(session, actor=the_person(), clips=[clip_id], steps=steps, wish=wish, now=here.clock())
    except CannotAttach as refusal:
        problem = say("refusal", refusal.why)
        if quiet:
            return attach_answer(clip_id, problem=problem + " " + _("Nothing was changed."))
        return render_clip(clip_id, problem=problem, form=form), 400
    if quiet:
        return attach_answer(clip_id, done=_("Attached."))
    flash(_("Attached."))
    return redirect(url_for("pages.clip", clip_id=clip_id, _anchor="attachments"), 303)
