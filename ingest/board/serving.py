"""Serves the board from inside the station process, and does without it when its port is taken."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Callable
from typing import Any, Self
from uuid import UUID

from ingest.board.acts import Acts
from ingest.board.facts import Noticeboard
from ingest.board.house import StationHouse
from ingest.board.reading import JournalReader
from ingest.desk import Desk
from ingest.progress import View
from ingest.recorders.finding import Finder
from ingest.settings import StationSettings

log = logging.getLogger(__name__)


class Board:
    """The board of one station while it runs. Use as a context manager; whatever fails here, the station goes on."""

    def __init__(
        self, settings: StationSettings, desk: Desk, finder: Finder, confirmed: Callable[[UUID, str], bool]
    ) -> None:
        """`confirmed`: tells a running docking that somebody confirmed its clearing; False when there is none."""
        self._settings = settings
        self._desk = desk
        self._finder = finder
        self._confirmed = confirmed
        self._notices: Noticeboard | None = None
        self._reader: JournalReader | None = None
        self._server: Any = None
        self._port = 0
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        if self._settings.board_port is not None:
            try:
                self._open(self._settings.board_listen, self._settings.board_port)
            except Exception as error:  # noqa: BLE001  recordings do not wait for a board
                log.error(  # noqa: TRY400  the message says it all
                    "no board (%s: %s); the station goes on without it", type(error).__name__, error
                )
        return self

    def __exit__(self, *_: object) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
        if self._thread is not None:
            self._thread.join(2)
        if self._reader is not None:
            self._reader.close()

    @property
    def url(self) -> str:
        """Address of the board; empty when there is none."""
        return f"http://{_host(self._settings.board_listen)}:{self._port}" if self._server else ""

    def view(self, view: View) -> None:
        """A docking shows how it stands."""
        if self._notices is not None:
            self._notices.view(view)

    def _open(self, host: str, port: int) -> None:
        """Serve. Raises OSError, sqlite3.Error."""
        try:
            listening = socket.create_server(
                (host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET
            )
        except OSError as error:
            # Named here: of an address in use the system does not say which.
            log.error(  # noqa: TRY400  the message says it all
                "no board: %s:%s cannot be listened on (%s); the station goes on without it. "
                "Free the port or set board_port.",
                host,
                port,
                error.strerror,
            )
            return
        with listening:
            from werkzeug.serving import WSGIRequestHandler  # noqa: PLC0415  only where a board is wanted

            from ingest.board.app import board_app  # noqa: PLC0415
            from ingest.board.connections import BoundedServer  # noqa: PLC0415

            class Quiet(WSGIRequestHandler):
                """Two requests a second are no news."""

                def log_request(self, *_: object) -> None:
                    """Say nothing."""

                def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002
                    """Leave what clients do to debugging."""
                    log.debug("%s: %s", type, message % args)

            settings, journal = self._settings, self._desk.journal
            self._reader = JournalReader(self._desk.spool.path / "journal.db")
            self._notices = Noticeboard(
                self._reader,
                StationHouse(self._desk, self._finder),
                station=settings.station or "",
                slots=settings.slots,
                call=settings.call or "",
            )
            acts = Acts(journal, self._notices, self._confirmed, self._desk.tell_picks)
            app = board_app(self._notices, acts, wish=settings.language)
            self._port = listening.getsockname()[1]
            self._server = BoundedServer(host, self._port, app, Quiet, fd=listening.fileno())
        self._server.daemon_threads = True
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.2,), name="board", daemon=True
        )
        self._thread.start()
        log.info("board at %s", self.url)


def _host(host: str) -> str:
    return f"[{host}]" if ":" in host else host
