"""我的班次: an officer's start page, which says whether everything of today is safe."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import redirect, render_template, url_for

from catalog.board import shift_of
from catalog.permissions import Permission
from web.actor import signed_in, the_person
from web.components import components
from web.formats import midnight
from web.pages.blueprint import pages
from web.pages.my_recorder import own_checks_due
from web.pages.pictures import pictures_for
from web.pages.unattached import own_unattached
from web.permission import requires
from web.templating import ways

NIGHT = timedelta(hours=6)
"""A shift that ends after midnight still belongs to the day before."""


@pages.get("/")
@requires(Permission.SELF)
def shift() -> Any:
    """Show today's dockings and clips; who is no officer goes on to the first page that is theirs."""
    me = signed_in()
    assert me is not None  # noqa: S101 - `requires` has seen to it
    if me.officer_id is None:
        onward = [way.endpoint for way in ways() if way.endpoint != "pages.shift"]
        return redirect(url_for(onward[0] if onward else "pages.account"))
    here = components()
    now = here.clock()
    with here.database.read() as session:
        found = shift_of(session, me.officer_id, midnight(now) - NIGHT, now, actor=the_person())
        pictures = pictures_for(found.clips, "shift")
        return render_template(
            "shift.html", shift=found, pictures=pictures, unattached_count=own_unattached(),
            checks=own_checks_due(session),
        )  # fmt: skip
