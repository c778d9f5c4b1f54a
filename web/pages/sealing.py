"""原始载体: sealing a card as the original carrier, and writing down where it lies."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import abort, flash, redirect, request, url_for
from werkzeug.wrappers import Response

from catalog.permissions import Permission
from catalog.sealing import CannotSeal, move_carrier, seal_carrier
from web.acting import acting
from web.actor import the_person
from web.components import components
from web.pages.blueprint import pages
from web.pages.clips import uuid_or_none
from web.pages.recorder_forms import ensure_recorder
from web.permission import requires
from web.signing_in.entering import ask_anew
from web.speech import _
from web.words import say


@pages.post("/recorders/<uuid:recorder_id>/seal")
@requires(Permission.RECORDER_SEAL)
def recorder_seal(recorder_id: UUID) -> Any:
    """Seal a recorder's card, after a fresh sign-in. There is no way back."""
    here = components()
    if request.form.get("sure") != "1":
        flash(_("Nothing was changed: confirm that the card is to be sealed for good."))
        return _back()
    ensure_recorder(recorder_id)
    endpoint, ids = _origin()
    if (anew := ask_anew(endpoint, **ids)) is not None:
        return anew
    try:
        with acting() as session:
            seal_carrier(
                session,
                actor=the_person(),
                recorder_id=recorder_id,
                place=request.form.get("place", ""),
                note=request.form.get("note", ""),
                now=here.clock(),
            )
    except CannotSeal as refusal:
        return _refused(refusal)
    flash(_("Sealed as original carrier. Stations clear nothing from it any more."))
    return _back()


@pages.post("/recorders/<uuid:recorder_id>/place")
@requires(Permission.RECORDER_SEAL)
def recorder_place(recorder_id: UUID) -> Any:
    """Write down where a sealed card lies now."""
    here = components()
    try:
        with acting() as session:
            move_carrier(
                session,
                actor=the_person(),
                recorder_id=recorder_id,
                place=request.form.get("place", ""),
                reason=request.form.get("note", ""),
                now=here.clock(),
            )
    except CannotSeal as refusal:
        return _refused(refusal)
    flash(_("The new place is on record."))
    return _back()


def _refused(refusal: CannotSeal) -> Response:
    if refusal.why == "unknown-recorder":
        abort(404)
    flash(say("seal refusal", refusal.why))
    return _back()


def _back() -> Response:
    endpoint, ids = _origin()
    return redirect(url_for(endpoint, **ids), 303)


def _origin() -> tuple[str, dict[str, Any]]:
    """The page that the form stood on: a docking's, else the recorder's."""
    docking = uuid_or_none(request.form.get("docking", ""))
    if docking is not None:
        return "pages.docking", {"docking_id": docking}
    return "pages.recorder", {"recorder_id": (request.view_args or {})["recorder_id"]}
