"""数据异常告警: what does not add up, and how it was resolved."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import abort, flash, redirect, render_template, request, url_for

from catalog.incidents import NoNote, ResolvedAlready, list_incidents, open_count, resolve
from catalog.inventory.run import last_inventory
from catalog.permissions import Permission
from web.actor import the_person
from web.components import components
from web.pages.blueprint import pages
from web.pages.clips import uuid_or_none
from web.permission import requires
from web.speech import _


@pages.get("/incidents")
@requires(Permission.INCIDENT_READ)
def incidents() -> Any:
    """Show open incidents, or those that were resolved."""
    resolved = request.args.get("show") == "resolved"
    before = uuid_or_none(request.args.get("before", ""))
    with components().database.read() as session:
        lines, following = list_incidents(session, resolved=resolved, before=before, actor=the_person())
        more = ""
        if following is not None:
            show = "resolved" if resolved else None
            more = url_for("pages.incidents", show=show, before=following)
        return render_template(
            "incidents.html",
            lines=lines,
            resolved=resolved,
            waiting=open_count(session),
            more=more,
            inventory=last_inventory(session),
        )


@pages.post("/incidents/<uuid:incident_id>/resolve")
@requires(Permission.INCIDENT_RESOLVE)
def incident_resolve(incident_id: UUID) -> Any:
    """Close an incident with a note."""
    here = components()
    try:
        with here.database.write() as session:
            resolve(
                session,
                actor=the_person(),
                incident=incident_id,
                note=request.form.get("note", ""),
                now=here.clock(),
            )
        flash(_("Resolved. The incident and your note stay on record."))
    except NoNote:
        flash(_("Nothing was changed: say what was found and what was done about it."))
    except ResolvedAlready:
        flash(_("Somebody else resolved it first; their note stays. Yours was not kept."))
    except KeyError:
        abort(404)
    return redirect(url_for("pages.incidents"), 303)
