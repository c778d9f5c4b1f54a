"""What the supervisor asks a part: a slow answer is an answer, none is none."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from liuhen import health
from liuhen.supervisor.part import Unhealthy

SLOW_S = 4.0
"""Longer than a question to any other part may take."""


@contextmanager
def answering(status: int, after: float) -> Iterator[str]:
    """A web server that answers `status` to everything, `after` so many seconds."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            time.sleep(after)
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


def test_a_web_server_busy_with_many_people_is_healthy() -> None:
    """Ended for being slow, it would take the answers of everybody who waits along."""
    assert SLOW_S > health.TIMEOUT_SECONDS
    with answering(200, SLOW_S) as url:
        health.web(url, None)()


def test_a_web_server_that_never_answers_is_not() -> None:
    with answering(200, 30.0) as url, pytest.raises(TimeoutError):
        health.web(url, None, patience=0.5)()


def test_a_web_server_whose_database_does_not_answer_is_not() -> None:
    with answering(503, 0.0) as url, pytest.raises(Unhealthy, match="503"):
        health.web(url, None)()
