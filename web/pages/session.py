"""What a page asks about its session: how long it lasts, and that somebody is still there."""

from __future__ import annotations

from typing import Any

from flask import g, jsonify

from catalog.permissions import Permission
from web.pages.blueprint import pages
from web.permission import requires
from web.signing_in.sitting import idle


@pages.get("/session")
@requires(Permission.SELF)
def session_left() -> Any:
    """Answer the seconds until the session ends; asking does not prolong it. 401 when it has ended."""
    return _left()


@pages.post("/session")
@requires(Permission.SELF)
def session_here() -> Any:
    """Somebody typed, pressed, or watches a recording: the session goes on."""
    return _left()


def _left() -> Any:
    left = g.get("sitting_left", idle())
    return jsonify(seconds=max(0, int(left.total_seconds())))
