"""What a clip's page says to an attaching that was made without leaving the player: a note, and its lists anew."""

from __future__ import annotations

from uuid import UUID

from flask import abort, render_template

from catalog.case_files.suggesting import suggest_steps
from catalog.clips import view_clip
from catalog.marking import marks_of
from catalog.rules.marks import within
from web.actor import the_person
from web.components import components


def attach_answer(clip_id: UUID, *, problem: str = "", done: str = "") -> str:
    """Answer the note, the attachments and the suggested steps, each for its place. Aborts with 404."""
    with components().database.read() as session:
        view = view_clip(session, clip_id, the_person())
        if view is None:
            abort(404)
        return render_template(
            "parts/attach_answer.html",
            view=view,
            clip=view.clip,
            marks=marks_of(session, clip_id),
            within=within,
            step_suggestions=suggest_steps(session, view.clip, the_person()),
            problem=problem,
            done=done,
        )
