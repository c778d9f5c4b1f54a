"""Whether this process can do its work."""

from __future__ import annotations

from flask import Response, jsonify
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from catalog.permissions import Permission
from web.components import components
from web.pages.blueprint import pages
from web.permission import requires


@pages.get("/healthz")
@requires(Permission.PUBLIC)
def healthz() -> tuple[Response, int]:
    """Answer 200 when the database answers, else 503."""
    try:
        with components().database.read() as session:
            session.execute(text("SELECT 1")).scalar_one()
    except SQLAlchemyError:
        return jsonify(healthy=False, database="does not answer"), 503
    return jsonify(healthy=True), 200
