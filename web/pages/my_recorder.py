"""我的记录仪: what an officer has, whether all of it is safe, and reporting a fault in two taps."""

from __future__ import annotations

from typing import Any

from flask import render_template

from catalog.maintenance.overview import my_recorders
from catalog.permissions import Permission
from catalog.rules.recorder_state import FAULTS
from web.actor import signed_in, the_person
from web.components import components
from web.pages.blueprint import pages
from web.permission import requires


@pages.get("/my-recorder")
@requires(Permission.FAULT_REPORT)
def my_recorder() -> Any:
    """Show an officer's recorder; who is no officer has none."""
    me = signed_in()
    with components().database.read() as session:
        mine = my_recorders(session, me.officer_id, the_person()) if me is not None and me.officer_id else []
        return render_template("my_recorder.html", mine=mine, faults=FAULTS)
