"""The page of one clip: where it has been, what is known of it, and how to look at it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import abort, render_template, request

from catalog.attaching import ROLES as WEIGHTS
from catalog.attaching import VOLUMES
from catalog.cases import list_cases, steps_of
from catalog.clips import ClipView, view_clip
from catalog.custody.listing import EntryLine, list_entries
from catalog.looking import first_copy
from catalog.permissions import Permission, may
from catalog.stages import STAGES
from web.actor import the_person
from web.components import components
from web.pages.blueprint import pages
from web.pages.clips import uuid_or_none
from web.pages.trace import trace_of
from web.permission import requires

ENTRIES = 60
DAILY = ("clip.pictures-listed",)
"""Entries that a list makes each time it is shown; the page leaves them to the log itself."""


@pages.get("/clips/<uuid:clip_id>")
@requires(Permission.CLIP_READ)
def clip(clip_id: UUID) -> Any:
    """Show a clip."""
    return render_clip(clip_id)


def render_clip(clip_id: UUID, *, problem: str = "", form: dict[str, str] | None = None) -> str:
    """Answer the page; `problem` and `form` bring back an attaching that was refused. Aborts with 404."""
    actor = the_person()
    with components().database.read() as session:
        view = view_clip(session, clip_id)
        if view is None:
            abort(404)
        attaching = may(actor, Permission.CLIP_ATTACH)
        wanted = uuid_or_none((form or {}).get("case", "") or request.args.get("case", ""))
        entries: list[EntryLine] = []
        if may(actor, Permission.CUSTODY_READ):
            entries, _more = list_entries(session, subject=clip_id, without=DAILY, limit=ENTRIES)
        return render_template(
            "clip.html",
            view=view,
            clip=view.clip,
            copy=first_copy(view.clip),
            trace=trace_of(view),
            media=_media(view),
            stages=STAGES,
            entries=entries,
            cases=list_cases(session, state="open") if attaching else [],
            chosen_case=wanted,
            steps=steps_of(session, wanted) if attaching and wanted else [],
            weights=WEIGHTS,
            volumes=VOLUMES,
            problem=problem,
            form=form or {},
        )


@pages.get("/clips/<uuid:clip_id>/live")
@requires(Permission.CLIP_READ)
def clip_live(clip_id: UUID) -> Any:
    """Answer the stages of a clip while they are under way."""
    with components().database.read() as session:
        view = view_clip(session, clip_id)
        if view is None:
            abort(404)
        return render_template("parts/stages.html", view=view, clip=view.clip, stages=STAGES)


def _media(view: ClipView) -> str:
    """How the page shows the clip: video, audio, photo, waiting or none."""
    clip = view.clip
    if clip.shown_as is None:
        stage = view.stage("describe")
        return "none" if stage is not None and stage.state == "failed" else "waiting"
    if clip.shown_as == "none":
        return "none"
    if clip.shown_as != "original" and view.rendition("player") is None and clip.kind != "photo":
        stage = view.stage("render")
        return "waiting" if stage is None or stage.state in {"pending", "running"} else "none"
    if clip.kind == "photo":
        if clip.shown_as == "original" or view.rendition("preview") is not None:
            return "photo"
        stage = view.stage("render")
        return "waiting" if stage is None or stage.state in {"pending", "running"} else "none"
    return "audio" if clip.kind == "audio" or clip.shown_as == "audio" else "video"
