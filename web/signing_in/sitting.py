"""A session ends when nobody uses it, and after twelve hours whatever happens; both counted on the server.

The cookie is not sent anew with each answer: a late answer would bring back one that was taken away. When the person
last did something stands in the catalog, and what a page asks for by itself does not count as doing something.
"""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from flask import Flask, g, request, session

from catalog.rules.signin_limits import Standing, standing
from catalog.signing_in.sessions import begin_session, find_session, note_idle, note_seen
from web.components import components

SITTING = "sitting"
"""In the session: which row of the catalog it is."""
WHOLE = timedelta(hours=12)
NOTED_EVERY = timedelta(seconds=30)
"""What a person does is noted no more often than this, and ten times within the idle time: so much earlier it may end."""

BY_ITSELF = frozenset(
    {
        "pages.appraisal_live",
        "pages.archive_reading",
        "pages.clip_addresses",
        "pages.clip_live",
        "pages.clip_marks",
        "pages.docking_files",
        "pages.dockings_board",
        "pages.healthz",
        "pages.operations_live",
        "pages.retention_live",
        "pages.session_left",
        "pages.stations_live",
    }
)
"""What pages ask for by themselves; a test compares it with the templates."""
MACHINES = frozenset({"api", "metrics", "reading"})
"""Blueprints on which a session means nothing."""
BOARD = "pages.dockings_board"
"""Stays readable for the whole twelve hours: a screen at the station shows no evidence, and nobody touches it."""


def watch_sittings(app: Flask) -> None:
    """Look at the session before each request."""
    app.before_request(_look)


def begin_sitting(account: UUID) -> None:
    """Begin a session of this account, for twelve hours at most."""
    here = components()
    with here.database.write() as db:
        session[SITTING] = str(begin_session(db, account, here.clock()))


def this_sitting() -> str:
    """Answer the id of this request's session; empty for none."""
    return str(session.get(SITTING, ""))


def _look() -> None:
    if request.endpoint == "static" or request.blueprint in MACHINES or "_user_id" not in session:
        return
    stands = _standing()
    board = request.endpoint == BOARD or (
        request.endpoint == "pages.dockings" and request.args.get("board") == "1"
    )
    g.left_out = stands == "over" or (stands == "idle" and not board)


def left_out() -> bool:
    """Answer whether this request's session has ended though its cookie is there."""
    return bool(g.get("left_out", False))


def idle() -> timedelta:
    """Answer after how long a session that nobody uses ends."""
    return timedelta(minutes=components().settings.idle_minutes)


def _standing() -> Standing:
    here = components()
    now = here.clock()
    try:
        sitting = UUID(session.get(SITTING, ""))
    except ValueError:
        return "over"
    with here.database.read() as db:
        row = find_session(db, sitting)
    if row is None:
        return "over"
    stands = standing(started=row.started_at, seen=row.seen_at, now=now, idle=idle(), whole=WHOLE)
    if row.idle_at is not None and stands == "open":
        stands = "idle"
    if stands == "idle" and row.idle_at is None:
        with here.database.write() as db:
            note_idle(db, sitting, address=request.remote_addr, now=now)
    if (
        stands == "open"
        and request.endpoint not in BY_ITSELF
        and now - row.seen_at >= min(NOTED_EVERY, idle() / 10)
    ):
        with here.database.write() as db:
            note_seen(db, sitting, now)
    g.sitting_left = (row.seen_at if request.endpoint in BY_ITSELF else now) + idle() - now
    return stands
