"""Faults, repairs and questions that want somebody; and when each recorder is to be checked."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import render_template, request

from catalog.maintenance.checks import checks_due
from catalog.maintenance.overview import board
from catalog.maintenance.substitutes import substitutes_waiting
from catalog.permissions import Permission
from catalog.rules.month_grid import WEEKDAYS, month_grid, month_of, read_month
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
    """Show when recorders are to be checked: one month as a calendar, then all of them by month."""
    here = components()
    limits = here.settings.catalog.recorder_limits()
    now = here.clock()
    today = local(now).date()
    month = read_month(request.args.get("month", ""), today)
    with here.database.read() as session:
        due = [(local(one.due).date(), one) for one in checks_due(session, limits=limits, now=now)]
        named: set[date] = set()
        lines = []
        for day, one in due:
            # The calendar leads to the first line of a day; those of a day follow each other.
            anchor = "" if day in named else f"due-{day}"
            named.add(day)
            lines.append({"month": "" if one.overdue else str(month_of(day)), "check": one, "anchor": anchor})
        shown = [one for day, one in due if month_of(day) == month]
        return render_template(
            "checks_due.html",
            due=lines,
            days=limits.check_days,
            today=today,
            month=month,
            this_month=month_of(today),
            weekdays=WEEKDAYS,
            grid=month_grid(month, due),
            in_month=len(shown),
            overdue_in_month=sum(one.overdue for one in shown),
        )
