"""The station process: watches, docks what is plugged in, carries on with what is in the spools."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path

from ingest.desk import Desk
from ingest.docking import Docking
from ingest.progress import View
from ingest.recorders.mass_storage import FolderRecorder
from ingest.recorders.watching import Place, Watcher
from ingest.settings import StationSettings
from ingest.spool import STATION, Spool, claim, left_behind

LOOK_FOR_LEFT_BEHIND = 30.0
"""Seconds between looks for spools whose process is gone."""

log = logging.getLogger(__name__)


class Station:
    """One station. `run` until `stop` is called from a signal handler or another thread."""

    def __init__(
        self, settings: StationSettings, on_view: Callable[[View], None] = lambda _view: None
    ) -> None:
        self._settings = settings
        self._on_view = on_view
        self._stopping = threading.Event()
        self._running: dict[Path, tuple[Docking, threading.Thread]] = {}
        self._watcher = Watcher(settings.watch, usb=settings.watch_usb, settle=settings.settle_seconds)

    def stop(self) -> None:
        """Stop within seconds; copying that is under way begins anew at the next docking."""
        self._stopping.set()
        self._watcher.wake()

    def run(self) -> None:
        """Work until stopped. Raises SpoolBusy when this spool's station runs already, SpoolFailed, OSError."""
        with Desk(self._settings, claim(self._settings.spool, [STATION])) as desk:
            others = threading.Thread(
                target=self._mind_left_behind, args=(desk,), name="left-behind", daemon=True
            )
            others.start()
            log.info("station ready, server %s, spool %s", self._settings.server, self._settings.spool)
            try:
                while not self._stopping.is_set():
                    try:
                        self._look(desk)
                    except Exception as error:  # noqa: BLE001  the other slots go on
                        desk.handover.unexpected(error)
                    self._watcher.wait()
            finally:
                self._stopping.set()
                self._watcher.close()
                for docking, _ in self._running.values():
                    docking.interrupt()
                for _, thread in self._running.values():
                    thread.join(5)
                others.join(10)

    def _look(self, desk: Desk) -> None:
        for root in [root for root, (_, thread) in self._running.items() if not thread.is_alive()]:
            del self._running[root]
        for place in self._watcher.ready(set(self._running)):
            self._begin(desk, place)

    def _begin(self, desk: Desk, place: Place) -> None:
        try:
            recorder = FolderRecorder(place.root)
        except OSError as error:
            log.warning("slot %s: cannot be opened: %s", place.slot, error)
            return
        docking = Docking(desk, recorder, place.slot, on_view=self._on_view)
        thread = threading.Thread(target=self._dock, args=(docking, recorder), name=place.slot, daemon=True)
        self._running[place.root] = (docking, thread)
        thread.start()

    def _dock(self, docking: Docking, recorder: FolderRecorder) -> None:
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
        except Exception:
            log.exception("slot %s: docking %s failed", docking.slot, docking.id)
        finally:
            recorder.close()

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
