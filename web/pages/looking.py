"""查看目的: saying what one looks at a recording for, where it is outside one's own work."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import abort, redirect, request, url_for

from catalog.permissions import Permission
from catalog.purposes.stating import CannotState, state_purpose
from web.acting import acting
from web.actor import the_person
from web.components import components
from web.pages.blueprint import pages
from web.pages.clip import render_clip
from web.permission import requires
from web.words import say

FIELDS = ("purpose", "text", "case_number")


@pages.post("/clips/<uuid:clip_id>/purpose")
@requires(Permission.CLIP_READ)
def clip_purpose(clip_id: UUID) -> Any:
    """Keep the purpose; the page then has the player in the place of the form."""
    form = {name: request.form.get(name, "") for name in FIELDS}
    try:
        with acting() as session:
            state_purpose(session, actor=the_person(), clip_id=clip_id, **form, now=components().clock())
    except CannotState as refusal:
        if refusal.why == "unknown-clip":
            abort(404)
        said = say("purpose refusal", refusal.why)
        return render_clip(clip_id, purpose_problem=said, purpose_form=form), 400
    return redirect(url_for("pages.clip", clip_id=clip_id), 303)
