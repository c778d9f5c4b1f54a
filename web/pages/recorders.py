"""设备台账: the register of recorders, each with its state at a glance."""

from __future__ import annotations

from collections import Counter
from typing import Any

from flask import render_template, request

from catalog.gaps import open_gaps
from catalog.maintenance.checks import checks_due
from catalog.maintenance.overview import open_counts
from catalog.maintenance.register import KINDS
from catalog.permissions import Permission
from catalog.recorders import list_recorders
from catalog.rules.recorder_state import STATES
from web.actor import the_person
from web.components import components
from web.pages.blueprint import pages
from web.permission import requires


@pages.get("/recorders")
@requires(Permission.RECORDER_READ)
def recorders() -> Any:
    """Show the recorders, unregistered ones first; `?state=` those of one state."""
    here = components()
    wanted = request.args.get("state", "")
    with here.database.read() as session:
        lines = list_recorders(session, actor=the_person())
        limits = here.settings.catalog.recorder_limits()
        overdue = {d.recorder.id for d in checks_due(session, limits=limits, now=here.clock()) if d.overdue}
        return render_template(
            "recorders.html",
            recorders=[one for one in lines if wanted not in STATES or one.recorder.state == wanted],
            counts=Counter(one.recorder.state for one in lines),
            wanted=wanted if wanted in STATES else "",
            states=STATES,
            kinds=KINDS,
            gaps=open_gaps(session),
            open=open_counts(session),
            overdue=overdue,
        )
