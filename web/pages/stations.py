"""采集站: how the docking stations stand, what failed at them, and letting new ones in."""

from __future__ import annotations

from datetime import datetime, timedelta
from importlib import metadata
from typing import Any
from uuid import UUID

from flask import abort, flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from catalog.enrolment import BadStationName, issue_code, open_codes
from catalog.models import Station
from catalog.orders import order_retry
from catalog.permissions import Permission
from catalog.station_watch import (
    all_stations,
    failed_files,
    overdue_recorders,
    station_lines,
    unregistered_recorders,
)
from catalog.stations import BUILT_IN, BuiltInStation, revoke_station
from ingest.protocol import certificates_in, fingerprint_of
from web.actor import the_person
from web.components import Components, components
from web.formats import midnight
from web.pages.blueprint import pages
from web.pages.polling import unless_same
from web.permission import requires
from web.speech import _
from web.words.stations import STATION_LOOKS


@pages.get("/stations")
@requires(Permission.STATION_MANAGE)
def stations() -> Any:
    """Show all stations and what needs a person; the upper part lives."""
    return _page()


@pages.get("/stations/live")
@requires(Permission.STATION_MANAGE)
def stations_live() -> Any:
    """Show the living part alone, for polling; 204 when the browser has it, so that no button moves under a finger."""
    return unless_same(_live_part())


@pages.post("/stations/codes")
@requires(Permission.STATION_MANAGE)
def station_code() -> Any:
    """Make a one-time code and show it, this once."""
    here = components()
    code, name = request.form.get("code", "").strip(), request.form.get("name", "").strip()
    try:
        with here.database.write() as session:
            secret = issue_code(
                session,
                actor=the_person(),
                code=code,
                name=name,
                valid=timedelta(hours=here.settings.enrolment_hours),
                now=here.clock(),
            )
    except BadStationName as error:
        return _page(problem=_bad(str(error)), code=code, name=name), 400
    return render_template(
        "station_code.html",
        code=code,
        name=name,
        secret=secret,
        hours=here.settings.enrolment_hours,
        server=here.settings.public_url.rstrip("/"),
        fingerprint=_fingerprint(here),
    )


@pages.post("/stations/<uuid:station_id>/revoke")
@requires(Permission.STATION_MANAGE)
def station_revoke(station_id: UUID) -> Response:
    """End a station's access."""
    here = components()
    with here.database.write() as session:
        station = session.get(Station, station_id)
        if station is None:
            abort(404)
        try:
            revoke_station(session, actor=the_person(), code=station.code, now=here.clock())
        except BuiltInStation:
            abort(409)
    flash(_("The station is revoked. What it copied stays in its spool; a new code enrols it again."))
    return redirect(url_for("pages.stations"), 303)


@pages.post("/stations/files/<uuid:sighting_id>/retry")
@requires(Permission.STATION_MANAGE)
def station_retry(sighting_id: UUID) -> Any:
    """Order another try of a failed file; pressing twice orders once."""
    here = components()
    try:
        with here.database.write() as session:
            order_retry(session, actor=the_person(), sighting=sighting_id, now=here.clock())
    except LookupError:
        abort(404)
    if request.headers.get("HX-Request"):
        return _live_part()
    flash(_("Ordered. The station is told when it asks next."))
    return redirect(url_for("pages.stations"), 303)


def _live_part() -> str:
    here = components()
    with here.database.read() as session:
        return render_template("parts/stations_live.html", **_live(session, here, here.clock()))


def _page(problem: str = "", code: str = "", name: str = "") -> str:
    here = components()
    now = here.clock()
    with here.database.read() as session:
        return render_template(
            "stations.html",
            problem=problem,
            code=code,
            name=name,
            known=all_stations(session),
            codes=open_codes(session, now),
            built_in=BUILT_IN,
            fingerprint=_fingerprint(here),
            **_live(session, here, now),
        )


def _live(session: Session, here: Components, now: datetime) -> dict[str, Any]:
    failed, more = failed_files(session)
    return {
        "lines": station_lines(session, now, midnight(now), _software()),
        "looks": STATION_LOOKS,
        "failed": failed,
        "more_failed": more,
        "overdue": overdue_recorders(session, timedelta(hours=here.settings.undocked_hours), now),
        "within": here.settings.undocked_hours,
        "strangers": unregistered_recorders(session),
    }


def _software() -> str:
    """Answer the server's own software as stations name theirs; empty when it is not installed as a package."""
    try:
        return f"liuhen {metadata.version('liuhen')}"
    except metadata.PackageNotFoundError:
        return ""


def _fingerprint(here: Components) -> str:
    """Answer the fingerprint that stations are given; empty when they need none or it cannot be read."""
    try:
        pins = certificates_in(here.settings.station_ca())
        return fingerprint_of(pins[0]) if pins else ""
    except (OSError, ValueError):
        return ""


def _bad(why: str) -> str:
    return {
        "code": _(
            "A station's code is 1 to 64 letters, digits, dots, dashes or underscores. Nothing was changed."
        ),
        "name": _("Give the station a name of at most 128 characters. Nothing was changed."),
    }.get(why) or _("That is the station of the server itself; it is not enrolled. Choose another code.")
