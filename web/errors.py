"""Errors as pages: what happened, what is safe, what to do next. Never a traceback, never a bare number."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace

from flask import Flask, Response, jsonify, make_response, redirect, render_template, request, url_for
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from catalog.permissions import Permission, may
from storage.errors import StorageError
from web.actor import signed_in_person
from web.api.blueprint import http_problem
from web.speech import _

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Trouble:
    """One error in the words of the page."""

    status: int
    what: str
    safe: str
    next: str
    by_number: bool = False
    """Whether the page leads to looking up by number."""


def _nothing_changed() -> str:
    return _("Nothing was changed. All recordings are as safe as before.")


def trouble_of(status: int) -> Trouble:
    """Answer the words for a status."""
    words = {
        400: (
            _("The server could not make sense of this request."),
            _("Go back and try again. If you followed a link, it may have been cut off on its way."),
        ),
        403: (
            _("Your roles do not include this page."),
            _(
                "If you need it for your work, ask for the role that includes it: the security administrator grants it."
            ),
        ),
        404: (
            _("There is nothing at this address."),
            _("Check the address, or start from one of the lists. What was received is never deleted here."),
        ),
        405: (
            _("This address cannot be used in this way."),
            _("Go back to the page you came from and use its buttons."),
        ),
        409: (
            _("Somebody else has changed this meanwhile."),
            _("Open the page again, look at what it says now, and decide anew."),
        ),
        413: (
            _("What was sent is too large."),
            _(
                "Recordings come in by a docking station, not by a page. Divide a table of cases larger than 20 MB; put large documents in one by one."
            ),
        ),
        429: (
            _("Too many failed attempts to sign in."),
            _("Wait five minutes, then try again, or ask the administrator for a sign-in link."),
        ),
        503: (
            _("A part of the system does not answer just now."),
            _("Wait a moment and try again. If it lasts, tell the administrator the time shown below."),
        ),
    }
    if status not in words:
        if 400 <= status < 500:
            status = 400
        else:
            return Trouble(
                500,
                _("The server met trouble that nobody foresaw. Its log has the details."),
                _nothing_changed(),
                _("Try again. If it happens twice, tell the administrator the time shown below."),
            )
    what, after = words[status]
    return Trouble(status, what, _nothing_changed(), after)


def _by_number() -> str:
    """What more to do where nothing is, for whoever may look up by number: the same for what exists and what does not."""
    actor = signed_in_person()
    if actor is None or not may(actor, Permission.CLIP_CONSULT):
        return ""
    return _(
        "If you were given the number of a recording or a case, look it up by number; a purpose is kept first."
    )


def show(trouble: Trouble) -> Response:
    """Answer the trouble as a page, or as JSON to a script that asked for it."""
    if _wants_json():
        answer = jsonify(what=trouble.what, safe=trouble.safe, next=trouble.next)
    else:
        answer = make_response(render_template("error.html", trouble=trouble))
    answer.status_code = trouble.status
    return answer


def _wants_json() -> bool:
    accepted = request.accept_mimetypes
    return accepted["application/json"] > accepted["text/html"]


def _sign_in_first() -> AnyResponse:
    if request.headers.get("HX-Request"):
        # The page says so and stays as it is: what somebody typed must not go with it.
        return Response(status=401, headers={"X-Session-Ended": "1"})
    if request.method == "GET" and not _wants_json():
        asked = request.full_path.rstrip("?")
        return redirect(url_for("pages.signin", next=asked if asked != "/" else None))
    return show(
        Trouble(
            401,
            _("You are not signed in, or were away for too long."),
            _nothing_changed(),
            _("Sign in, then do it again."),
        )
    )


def add_error_pages(app: Flask) -> None:
    """Answer every error of the pages in words. The API has its own shape of error."""

    @app.errorhandler(HTTPException)
    def _http(error: HTTPException) -> AnyResponse:
        if error.code is not None and error.code < 400:
            return error.get_response()  # a redirect
        if request.path.startswith("/api/"):
            return http_problem(error)  # no route has this address, so no blueprint answered
        if error.code == 401 and signed_in_person() is None:
            return _sign_in_first()
        trouble = trouble_of(error.code or 500)
        if trouble.status == 404 and (hint := _by_number()):
            trouble = replace(trouble, next=f"{trouble.next} {hint}", by_number=True)
        return show(trouble)

    @app.errorhandler(CSRFError)
    def _csrf(_error: CSRFError) -> Response:
        return show(
            Trouble(
                400,
                _("The form was open for too long, or came from another page."),
                _nothing_changed(),
                _("Go back, open the page again, and send the form once more."),
            )
        )

    @app.errorhandler(StorageError)
    def _storage(error: StorageError) -> Response:
        log.warning("storage: %s", error)
        return show(trouble_of(503))

    @app.errorhandler(OperationalError)
    def _database(error: OperationalError) -> Response:
        log.error("the database does not answer", exc_info=error)
        return show(trouble_of(503))

    @app.errorhandler(Exception)
    def _unforeseen(error: Exception) -> Response:
        log.error("unforeseen trouble on a page", exc_info=error)
        return show(trouble_of(500))
