"""The board's small web application: one page, one JSON it is drawn from, details, and two acts.

It needs no sign-in: it stands in the room it is about, and shows what stands on the door. Pages of other sites can
neither read it (the Host header must name this machine by address, so that a name pointed here later is refused) nor
act through it (a POST must be JSON, from this very origin, from this machine).
"""

from __future__ import annotations

import contextlib
import ipaddress
import sqlite3
import threading
import time
import uuid
from collections.abc import Callable
from urllib.parse import urlsplit
from uuid import UUID

from flask import Flask, Response, abort, jsonify, redirect, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from ingest.board.acts import Acts, NotDone
from ingest.board.facts import BoardFacts, Noticeboard
from ingest.board.saying import LANGUAGES, Speaker
from ingest.errors import IngestError
from ingest.words.words import Language, language

MOST_FILES = 300
MOST_PAST = 50
POLL_MILLISECONDS = 500
COOKIE = "liuhen-board-language"
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
        " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class _Board:
    """What every view needs."""

    def __init__(self, notices: Noticeboard, acts: Acts | None, wish: Language | None) -> None:
        self.notices = notices
        self.acts = acts
        self.snapshot = _Snapshot(notices)
        self.boot = uuid.uuid4().hex
        self._wish = wish
        self._speakers = {name: Speaker(name) for name in LANGUAGES}

    def speaker(self) -> Speaker:
        """Answer who speaks the reader's language."""
        wished = request.args.get("lang") or request.cookies.get(COOKIE)
        return self._speakers[wished if wished in LANGUAGES else language(self._wish)]

    def may_act(self) -> bool:
        """Whether this reader may do more than look."""
        return self.acts is not None and _is_loopback(request.remote_addr or "")

    def act(self, do: Callable[[Acts], None]) -> ResponseReturnValue:
        """Do it; answer in the reader's words when it was not done."""
        if self.acts is None:
            abort(403)
        try:
            do(self.acts)
        except NotDone as error:
            return self._not_done(error.word, 409)
        except (IngestError, sqlite3.Error):
            return self._not_done("board-act-failed", 503)
        self.snapshot.forget()  # who did it sees it at once
        return jsonify({"done": True})

    def _not_done(self, word: str, status: int) -> ResponseReturnValue:
        return jsonify({"error": word, "what": self.speaker().word(word)}), status


def board_app(notices: Noticeboard, acts: Acts | None, *, wish: Language | None = None) -> Flask:
    """Make the application; without `acts` it can only be looked at. `wish`: the language while nobody chose one."""
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = 4096
    board = _Board(notices, acts, wish)
    _guard(app)
    _show(app, board)
    _accept(app, board)
    return app


def _guard(app: Flask) -> None:
    @app.before_request
    def only_us() -> None:
        if not _names_this_machine(request.host):
            abort(421)
        if request.method not in {"GET", "HEAD"} and not _from_here():
            abort(403)

    @app.after_request
    def guarded(response: Response) -> Response:
        response.headers.update(_HEADERS)
        return response

    @app.errorhandler(sqlite3.Error)
    def unreadable(error: sqlite3.Error) -> ResponseReturnValue:
        return jsonify({"error": "journal", "what": str(error)}), 503

    @app.errorhandler(HTTPException)
    def plainly(error: HTTPException) -> ResponseReturnValue:
        return jsonify({"error": error.name, "what": error.description}), error.code or 500


def _show(app: Flask, board: _Board) -> None:
    @app.get("/")
    def page() -> ResponseReturnValue:
        if (wished := request.args.get("lang")) in LANGUAGES:
            answer = redirect("/")
            answer.set_cookie(COOKIE, str(wished), max_age=10 * 365 * 86400, samesite="Strict", httponly=True)
            return answer
        say = board.speaker()
        other = LANGUAGES[1 - LANGUAGES.index(say.words.language)]
        return render_template(
            "board.html", say=say.word, language=say.words.language, other=other, poll=POLL_MILLISECONDS
        )

    @app.get("/state")
    def state() -> Response:
        facts = board.speaker().board(board.snapshot.facts())
        return jsonify({"boot": board.boot, "acts": board.may_act(), **facts})

    @app.get("/history")
    def history() -> Response:
        say = board.speaker()
        return jsonify([say.past(past) for past in board.notices.history(MOST_PAST)])

    @app.get("/dockings/<uuid:docking>")
    def files(docking: UUID) -> Response:
        reader = board.notices.reader
        if (row := reader.docking(docking)) is None:
            abort(404)
        return jsonify(board.speaker().files(board.notices.past(row), reader.files(docking, MOST_FILES)))

    @app.get("/dockings/<uuid:docking>/officers")
    def officers(docking: UUID) -> Response:
        row = board.notices.reader.docking(docking)
        if row is None or not board.may_act():
            abort(404)
        return jsonify([{"number": one.number, "name": one.name} for one in board.notices.offered(row)])


def _accept(app: Flask, board: _Board) -> None:
    @app.post("/dockings/<uuid:docking>/officer")
    def pick(docking: UUID) -> ResponseReturnValue:
        number = _field("number")
        return board.act(lambda acts: acts.pick(docking, number))

    @app.post("/dockings/<uuid:docking>/release")
    def release(docking: UUID) -> ResponseReturnValue:
        by = _field("by")
        return board.act(lambda acts: acts.confirm(docking, by))


class _Snapshot:
    """Facts that several windows share; gathering them takes a tenth of the time at most."""

    def __init__(self, notices: Noticeboard) -> None:
        self._notices = notices
        self._lock = threading.Lock()
        self._until = 0.0
        self._facts: BoardFacts | None = None

    def forget(self) -> None:
        """Gather them anew when next asked."""
        self._until = 0.0

    def facts(self) -> BoardFacts:
        """Answer them. Raises sqlite3.Error."""
        with self._lock:
            began = time.monotonic()
            if self._facts is None or began >= self._until:
                self._facts = self._notices.facts()
                took = time.monotonic() - began
                self._until = began + took + min(5.0, max(0.2, 9 * took))
            return self._facts


def _field(name: str) -> str:
    body = request.get_json(silent=True)
    value = body.get(name) if isinstance(body, dict) else None
    if not isinstance(value, str):
        abort(400, f"the field {name} is missing")
    return value


def _from_here() -> bool:
    """Whether a request that changes something comes from our own page, in a browser on this machine."""
    site = request.headers.get("Sec-Fetch-Site", "same-origin")
    same = request.headers.get("Origin") == f"{request.scheme}://{request.host}" and site == "same-origin"
    return same and request.is_json and _is_loopback(request.remote_addr or "")


def _names_this_machine(host: str) -> bool:
    """Whether a Host header is an address or `localhost`: a name could be pointed here by somebody else."""
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return False
    if name == "localhost":
        return True
    with contextlib.suppress(ValueError):
        ipaddress.ip_address(name)
        return True
    return False


def _is_loopback(address: str) -> bool:
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(address).is_loopback
    return False
