"""`/api/v1`: what stations say to the server. Thin: messages in, one catalog act, messages out."""

from __future__ import annotations

from flask import Flask

from web.api import dockings, enrolment, openapi, sheets, stations, uploads  # noqa: F401 - their routes
from web.api.blueprint import api


def register(app: Flask) -> None:
    """Mount the API."""
    app.register_blueprint(api)
