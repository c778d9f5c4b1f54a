"""异常访问: what an auditor should look into, and what was found when somebody did."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from flask import flash, redirect, render_template, request, url_for

from catalog.auditing.unusual import CannotMark, mark_checked, report
from catalog.custody.naming import people
from catalog.permissions import Permission
from web.acting import acting
from web.actor import the_person
from web.components import components
from web.formats import day_range, midnight, zone
from web.pages.blueprint import pages
from web.permission import requires
from web.speech import _
from web.words import say

MOST_DAYS = 31
USUAL_DAYS = 7
SHOWN = 500
"""Rows shown at most; a shorter period shows the others."""


@pages.get("/custody/unusual")
@requires(Permission.CUSTODY_AUDIT)
def unusual() -> Any:
    """Show the report for the days asked for."""
    return _page()


@pages.post("/custody/unusual/<row>")
@requires(Permission.CUSTODY_AUDIT)
def unusual_check(row: str) -> Any:
    """Keep an auditor's remark about a row."""
    here = components()
    since, until = _period(request.form.get("from", ""), request.form.get("to", ""))
    try:
        with acting() as session:
            mark_checked(
                session,
                actor=the_person(),
                row=row,
                remark=request.form.get("remark", ""),
                since=since,
                until=until,
                thresholds=here.settings.catalog.unusual_thresholds(),
                zone=zone(),
                now=here.clock(),
            )
    except CannotMark as refusal:
        return _page(problem=say("unusual refusal", refusal.why)), 400
    flash(_("Kept. The remark stands in the custody log as well."))
    return redirect(url_for("pages.unusual", **_days(since, until)), 303)


def _page(problem: str = "") -> str:
    here = components()
    since, until = _period(request.values.get("from", ""), request.values.get("to", ""))
    thresholds = here.settings.catalog.unusual_thresholds()
    with here.database.read() as session:
        rows = report(
            session, since=since, until=until, thresholds=thresholds, zone=zone(), reader=the_person()
        )
        names = {one.id: one.name or one.username for one in people(session)}
    waiting = [row for row in rows if not row.remarks]
    chosen = waiting if request.values.get("show") != "all" else rows
    return render_template(
        "unusual.html",
        rows=chosen[:SHOWN],
        count=len(chosen),
        found=len(rows),
        waiting=len(waiting),
        everything=request.values.get("show") == "all",
        names=names,
        days=_days(since, until),
        most=MOST_DAYS,
        thresholds=thresholds,
        problem=problem,
    )


def _period(start: str, end: str) -> tuple[datetime, datetime]:
    """Answer the days asked for, the last week if none, and never more than `MOST_DAYS`."""
    since, until = day_range(start, end)
    if until is None:
        until = midnight(components().clock()) + timedelta(days=1)
        if since is not None:
            until = min(until, since + timedelta(days=MOST_DAYS))
    if since is None:
        since = until - timedelta(days=USUAL_DAYS)
    if since >= until:
        since = until - timedelta(days=1)
    return max(since, until - timedelta(days=MOST_DAYS)), until


def _days(since: datetime, until: datetime) -> dict[str, Any]:
    return {"from": since.date().isoformat(), "to": (until - timedelta(days=1)).date().isoformat()}
