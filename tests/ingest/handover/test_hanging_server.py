"""A server that takes a request and never answers: the board goes on all the same."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from ingest.desk import Desk
from ingest.docking import Docking, Result
from ingest.progress import View
from tests.ingest.fakes import Recorder, Source
from tests.ingest.reference_server import Handler, Server

LONGEST = 30.0


class Hanging(Handler):
    """Leaves whoever reports progress without an answer until `answers` is set."""

    answers = threading.Event()
    asked = threading.Event()

    def do_POST(self) -> None:  # noqa: N802  the name http.server gives it
        if self.path.endswith("/progress"):
            self.asked.set()
            self.answers.wait(LONGEST)
        super().do_POST()


@pytest.fixture
def hanging(server: Server) -> Iterator[type[Hanging]]:
    handler = type("HangingOnce", (Hanging,), {"answers": threading.Event(), "asked": threading.Event()})
    server.RequestHandlerClass = handler
    yield handler
    handler.answers.set()


def test_what_is_seen_goes_on_and_the_docking_ends(
    desk: Desk, server: Server, hanging: type[Hanging]
) -> None:
    reading = threading.Event()
    held = Source(b"v" * (9 << 20), before=lambda offset: reading.wait(LONGEST) if offset else None)
    views: list[View] = []
    results: list[Result] = []
    docking = Docking(desk, Recorder({b"long.mp4": held}), "slot", on_view=views.append, view_every=0.05)
    thread = threading.Thread(target=lambda: results.append(docking.run()), daemon=True)
    thread.start()
    try:
        assert hanging.asked.wait(LONGEST)
        seen = len(views)
        deadline = time.monotonic() + LONGEST
        while len(views) < seen + 10:
            assert time.monotonic() < deadline, "nothing more is shown while the server does not answer"
            time.sleep(0.05)
    finally:
        reading.set()
    thread.join(LONGEST)
    assert not hanging.answers.is_set()
    assert [(result.reason, result.counts.received_files) for result in results] == [("done", 1)]
    assert views[-1].state == "safe"
