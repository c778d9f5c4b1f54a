"""Saved views of the list of clips: those everybody has, one's own, and those others share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl
from uuid import UUID

from flask import abort, flash, redirect, request, url_for
from flask_babel import lazy_gettext as _l

from catalog.actors import Actor
from catalog.models import SavedView
from catalog.permissions import Permission
from catalog.saved_views import CannotSave, remove_view, save_view
from web.acting import acting
from web.actor import the_person
from web.components import components
from web.pages.asked import Asked
from web.pages.blueprint import pages
from web.permission import requires
from web.speech import _
from web.words import say

SHIPPED: tuple[tuple[Any, dict[str, str]], ...] = (
    (_l("All"), {}),
    (_l("Received today"), {"when": "today"}),
    (
        _l("Mine of today, unattached"),
        {"by": "recorded", "when": "today", "officer": "me", "unattached": "1"},
    ),
    (_l("Needs a look"), {"state": "attention"}),
    (_l("Not read back yet"), {"state": "waiting"}),
)


@dataclass(frozen=True, slots=True)
class Tab:
    """A view as the page shows it."""

    name: str
    address: str
    here: bool
    owner: str = ""
    """Of whom it is, when it is somebody else's."""
    view: UUID | None = None
    """To remove it by; None where it is not one's own."""
    shared: bool = False


def tabs_for(asked: Asked, saved: Sequence[SavedView], actor: Actor) -> list[Tab]:
    """Answer the tabs; `here` marks the one that asks exactly what is asked now, pictures or table aside."""
    now = _query(asked.parts())
    tabs = []
    for name, parts in SHIPPED:
        if "me" in parts.values() and actor.officer_id is None:
            continue
        known = Asked.read(parts)
        tabs.append(Tab(str(name), known.address(show=asked.show), _query(known.parts()) == now))
    for view in saved:
        known = Asked.read(dict(parse_qsl(view.query)))
        mine = view.account_id == actor.id
        owner = "" if mine else view.account.called
        tabs.append(
            Tab(
                view.name,
                known.address(),
                _query(known.parts()) == now,
                owner,
                view.id if mine else None,
                view.shared,
            )
        )
    return tabs


def _query(parts: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in parts.items() if name != "show"}


@pages.post("/clips/views")
@requires(Permission.CLIP_READ)
def view_save() -> Any:
    """Keep what is asked for under a name."""
    asked = Asked.read(dict(parse_qsl(request.form.get("query", ""))))
    here = components()
    try:
        with acting() as session:
            view = save_view(
                session,
                actor=the_person(),
                name=request.form.get("name", ""),
                query=asked.query(),
                shared=request.form.get("shared") == "1",
                now=here.clock(),
            )
    except CannotSave as refusal:
        flash(f"{say('view refusal', refusal.why)} {_('Nothing was changed.')}")
    else:
        flash(_("Saved as “%(name)s”.", name=view.name))
    return redirect(asked.address(), 303)


@pages.post("/clips/views/<uuid:view_id>/remove")
@requires(Permission.CLIP_READ)
def view_remove(view_id: UUID) -> Any:
    """Remove one of one's own views."""
    here = components()
    with here.database.write() as session:
        if not remove_view(session, actor=the_person(), view_id=view_id, now=here.clock()):
            abort(404)
    flash(_("The view was removed. No recording was touched."))
    return redirect(url_for("pages.clips"), 303)
