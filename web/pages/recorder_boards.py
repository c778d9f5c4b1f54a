"""Faults, repairs and questions that want somebody; and when each recorder is to be checked."""

from __future__ import annotations

from typing import Any

from flask import render_template

from catalog.maintenance.checks import checks_due
from catalog.maintenance.overview import board
from catalog.maintenance.substitutes import substitutes_waiting
from catalog.permissions import Permission
from web.components import components
from web.formats import local
from web.pages.blueprint import pages
from web.permission import requires


@pages.get("/recorders/board")
@requires(Permission.RECORDER_READ)
def recorder_board() -> Any:
    """Show what is open of all recorders."""
    with components().database.read() as session:
        return render_template(
            "recorder_board.html", board=board(session), substitutes=substitutes_waiting(session)
        )


@pages.get("/recorders/checks")
@requires(Permission.RECORDER_READ)
def recorder_checks() -> Any:
    """Show when recorders are to be checked, by month."""
    here = components()
    limits = here.settings.catalog.recorder_limits()
    with here.database.read() as session:
        due = checks_due(session, limits=limits, now=here.clock())
        lines = [
            {"month": "" if one.overdue else local(one.due).strftime("%Y-%m"), "check": one} for one in due
        ]
        return render_template("checks_due.html", due=lines, days=limits.check_days)
