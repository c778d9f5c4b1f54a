"""设备台账: the register of recorders."""

from __future__ import annotations

from typing import Any

from flask import render_template

from catalog.gaps import open_gaps
from catalog.permissions import Permission
from catalog.recorders import list_recorders
from web.actor import the_person
from web.components import components
from web.pages.blueprint import pages
from web.permission import requires


@pages.get("/recorders")
@requires(Permission.RECORDER_READ)
def recorders() -> Any:
    """Show the recorders, unregistered ones first."""
    with components().database.read() as session:
        return render_template(
            "recorders.html", recorders=list_recorders(session, actor=the_person()), gaps=open_gaps(session)
        )
