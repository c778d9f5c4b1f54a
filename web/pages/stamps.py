"""A clip's time stamps: what its page says of them, and the folder that proves one elsewhere."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response, abort, flash, redirect, request, url_for
from sqlalchemy.orm import Session

from catalog.models import Clip
from catalog.permissions import Permission
from catalog.rules.giving_out import Reason
from catalog.timestamps.authorities import Authority, authorities_of
from catalog.timestamps.bundle import NothingStamped, bundle
from catalog.timestamps.viewing import StampView, stamp_in, stamps_of
from web.actor import the_person
from web.components import components
from web.giving_out import gives_out
from web.pages.blueprint import pages
from web.pages.clips import uuid_or_none
from web.permission import requires
from web.speech import _


def believed() -> dict[str, Authority]:
    """Answer the authorities of the settings, those that are asked no more among them."""
    return authorities_of(components().settings.catalog.timestamp_authorities)


def shown_stamps(session: Session, clip: Clip) -> list[StampView]:
    """Answer the stamps of a clip for its page."""
    return stamps_of(session, clip, believed())


@pages.post("/clips/<uuid:clip_id>/timestamp")
@requires(Permission.CLIP_READ)
@gives_out
def clip_timestamp(clip_id: UUID, reason: Reason) -> Any:
    """Answer the folder that proves a clip's time stamp; kept in the log."""
    here = components()
    batch = uuid_or_none(request.form.get("batch", ""))
    if batch is None:
        abort(404)
    with here.database.write() as session:
        stamp = stamp_in(session, clip_id, batch, believed(), the_person())
        if stamp is None:
            abort(404)
        try:
            packed = bundle(
                session, actor=the_person(), clip=clip_id, stamp=stamp, reason=reason, now=here.clock()
            )
        except NothingStamped:
            flash(_("There is no time stamp to download yet."))
            return redirect(url_for("pages.clip", clip_id=clip_id), 303)
    response = Response(packed, mimetype="application/zip")
    response.headers["Content-Disposition"] = f'attachment; filename="timestamp-{clip_id}.zip"'
    return response
