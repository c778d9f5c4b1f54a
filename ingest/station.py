"""The station process: watches, docks what is plugged in, carries on with what is in the spools."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from uuid import UUID

from ingest.board.serving import Board
from ingest.desk import Desk
from ingest.docking import Docking
from ingest.errors import JournalDamaged
from ingest.progress import View
from ingest.recorders.finding import Attached, Finder, Stuck
from ingest.recorders.station_finder import finder_of
from ingest.settings import StationSettings
from ingest.spool import STATION, Spool, claim, left_behind

LOOK_FOR_LEFT_BEHIND = 30.0
"""Seconds between looks for spools whose process is gone."""

log = logging.getLogger(__name__)


class Station:
    """One station. `run` until `stop` is called from a signal handler or another thread."""

    def __init__(
        self,
        settings: StationSettings,
        on_view: Callable[[View], None] = lambda _view: None,
        *,
        finder: Finder | None = None,
    ) -> None:
        """`finder`: another than the one that follows from the settings."""
        self._settings = settings
        self._on_view = on_view
        self._stopping = threading.Event()
        self._running: dict[str, tuple[Docking, threading.Thread]] = {}
        self._finder: Finder = finder or finder_of(settings)
        self._board: Board | None = None

    def stop(self) -> None:
        """Stop within seconds; copying that is under way begins anew at the next docking."""
        self._stopping.set()
        self._finder.wake()

    @property
    def stopping(self) -> bool:
        """Whether it was told to stop."""
        return self._stopping.is_set()

    def stuck(self) -> list[Stuck]:
        """Answer what is plugged in and cannot be read, or does not answer."""
        return self._finder.stuck()

    @property
    def board_url(self) -> str:
        """Address of the board, empty while there is none."""
        return self._board.url if self._board is not None else ""

    def run(self) -> None:
        """Work until stopped.

        Raises SpoolBusy when this spool's station runs already, SpoolFailed, OSError; JournalDamaged when that came to
        light meanwhile: the next station begins a new journal.
        """
        with (
            Desk(self._settings, claim(self._settings.spool, [STATION])) as desk,
            Board(self._settings, desk, self._finder, self._confirmed) as self._board,
        ):
            others = threading.Thread(
                target=self._mind_left_behind, args=(desk,), name="left-behind", daemon=True
            )
            others.start()
            self._finder.start()
            log.info("station ready, server %s, spool %s", self._settings.server, self._settings.spool)
            try:
                while not self._stopping.is_set():
                    try:
                        self._look(desk)
                    except Exception as error:  # noqa: BLE001  the other slots go on
                        desk.handover.unexpected(error)
                    if desk.journal.damaged and not self._stopping.is_set():
                        raise JournalDamaged(f"the journal in {desk.spool.path} is damaged")
                    self._finder.wait()
            finally:
                self._stopping.set()
                # Before anything is unmounted: a docking must not take the station's stopping for an unplugging.
                for docking, _ in self._running.values():
                    docking.interrupt()
                end = time.monotonic() + 5
                for _, thread in self._running.values():
                    thread.join(max(0.0, end - time.monotonic()))
                self._finder.close()
                others.join(10)

    def _look(self, desk: Desk) -> None:
        for key in [key for key, (_, thread) in self._running.items() if not thread.is_alive()]:
            del self._running[key]
        for attached in self._finder.ready():
            self._begin(desk, attached)

    def _viewed(self, view: View) -> None:
        if self._board is not None:
            self._board.view(view)
        self._on_view(view)

    def _confirmed(self, docking: UUID, by: str) -> bool:
        """Somebody confirmed at the board that a recorder's archived files may go; answers whether it is here."""
        for running, _ in list(self._running.values()):
            if running.id == docking:
                running.confirm_clearing(by)
                return True
        return False

    def _begin(self, desk: Desk, attached: Attached) -> None:
        docking = Docking(desk, attached.recorder, attached.slot, on_view=self._viewed)
        thread = threading.Thread(
            target=self._dock, args=(docking, attached), name=attached.slot, daemon=True
        )
        self._running[attached.key] = (docking, thread)
        attached.visit.docking = docking.id
        thread.start()

    def _dock(self, docking: Docking, attached: Attached) -> None:
        recorder = attached.recorder
        identity = recorder.identity
        log.info(
            "slot %s: %s (%s) docking %s", docking.slot, identity.serial, identity.serial_source, docking.id
        )
        try:
            result = docking.run()
            counts = result.counts
            log.info(
                "slot %s: %s; files %d, copied %d, received %d, attention %d",
                docking.slot, result.reason, counts.files, counts.copied_files, counts.received_files,
                counts.attention,
            )  # fmt: skip
            if result.reason == "done":
                docking.tend()
        except Exception:
            log.exception("slot %s: docking %s failed", docking.slot, docking.id)
        finally:
            try:
                recorder.close()
            finally:
                self._finder.done(attached)

    def _mind_left_behind(self, own: Desk) -> None:
        """Hand over, and free, what processes left in their spools that did not come to it."""
        while not self._stopping.is_set():
            for spool in left_behind(self._settings.spool, own.handover.unexpected):
                try:
                    self._carry_on(spool)
                except Exception as error:  # noqa: BLE001  one bad spool must not keep the others back
                    own.handover.unexpected(error)
                if self._stopping.is_set():
                    return
            self._stopping.wait(LOOK_FOR_LEFT_BEHIND)

    def _carry_on(self, spool: Spool) -> None:
        with Desk(self._settings, spool) as desk:
            desk.keep_once()
            end = time.monotonic() + LOOK_FOR_LEFT_BEHIND
            while desk.journal.unfinished() and time.monotonic() < end and not self._stopping.wait(0.5):
                pass
            desk.keep_once()
