"""我的记录仪: what an officer has, whether all of it is safe, and reporting a fault in two taps."""

from __future__ import annotations

from typing import Any

from flask import render_template
from sqlalchemy.orm import Session

from catalog.maintenance.checks import DueCheck, checks_due
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
        due = {one.recorder.id: one for one in own_checks_due(session)}
        return render_template("my_recorder.html", mine=mine, due=due, faults=FAULTS)


def own_checks_due(session: Session) -> list[DueCheck]:
    """Answer the checks of which this person, who has the recorders, is told."""
    here, me = components(), signed_in()
    if me is None or me.officer_id is None:
        return []
    limits = here.settings.catalog.recorder_limits()
    due = checks_due(session, limits=limits, now=here.clock(), holder=me.officer_id)
    return [one for one in due if one.told]
