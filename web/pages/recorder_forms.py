"""Acts on recorders by form: done in one transaction, answered with a sentence and the page one came from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import abort, flash, redirect, request, url_for
from werkzeug.wrappers import Response

from catalog.maintenance.log import CannotMaintain
from catalog.models import Recorder
from web.acting import acting
from web.actor import the_person
from web.components import components
from web.pages.clips import uuid_or_none
from web.words import say

NOBODY = UUID(int=0)
"""An id that nothing has."""
UNKNOWN = frozenset(
    {"unknown-recorder", "unknown-fault", "unknown-doubt", "unknown-repair", "unknown-substitute"}
)


def act(what: Callable[..., Any], done: str, **values: Any) -> Response:
    """Do one act of `catalog.maintenance`; a refusal is said in words. Aborts with 404 for what does not exist."""
    here = components()
    try:
        with acting() as session:
            what(session, actor=the_person(), now=here.clock(), **values)
    except CannotMaintain as refusal:
        if refusal.why in UNKNOWN:
            abort(404)
        flash(say("maintenance refusal", refusal.why))
    else:
        flash(done)
    return back()


def ensure_recorder(recorder_id: UUID) -> None:
    """Abort with 404 where there is no such recorder: before an act asks who sits there, which is kept about it."""
    with components().database.read() as session:
        if session.get(Recorder, recorder_id) is None:
            abort(404)


def back() -> Response:
    """Answer the way to the page that the form names: a recorder's, the board, one's own; never an address as such."""
    recorder = uuid_or_none(request.form.get("recorder", ""))
    if request.form.get("to") == "mine":
        return redirect(url_for("pages.my_recorder"), 303)
    if request.form.get("to") == "board" or recorder is None:
        return redirect(url_for("pages.recorder_board"), 303)
    return redirect(url_for("pages.recorder", recorder_id=recorder), 303)


def chosen(name: str) -> UUID | None:
    """Answer an id that a form states."""
    return uuid_or_none(request.form.get(name, ""))


def said(name: str) -> str:
    """Answer a text that a form states."""
    return request.form.get(name, "")
