"""A driver's own thread for looking, so that one that hangs keeps nobody waiting."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from ingest.recorders.base import Driver, Place

log = logging.getLogger(__name__)


class Looker:
    """Asks one driver again and again what is plugged in."""

    def __init__(self, driver: Driver, every: float, changed: Callable[[], None]) -> None:
        """`changed` is called when there are other places than before."""
        self.driver = driver
        self._every = every
        self._changed = changed
        self._lock = threading.Lock()
        self._looks = 0
        self._places: list[Place] = []
        self._since: float | None = None
        self._failing = False
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"find-{driver.name}", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End soon."""
        self._stopping.set()
        self._wake.set()

    def join(self, seconds: float) -> bool:
        """Wait for the end; answers whether it came."""
        if self._thread.is_alive():
            self._thread.join(seconds)
        return not self._thread.is_alive()

    def wake(self) -> None:
        """Look now."""
        self._wake.set()

    def seen(self) -> tuple[int, list[Place]]:
        """Answer the number of looks so far and what the last one showed."""
        with self._lock:
            return self._looks, self._places

    def busy_for(self) -> float:
        """Answer how long the running look has lasted, in seconds; 0 when none runs."""
        since = self._since
        return 0.0 if since is None else time.monotonic() - since

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._since = time.monotonic()
            try:
                places = list(self.driver.find())
            except Exception:
                # What was seen last stands: a look that fails says nothing of what is plugged in.
                if not self._failing:
                    log.exception("driver %s cannot look; it is asked again", self.driver.name)
                self._failing = True
            else:
                self._failing = False
                with self._lock:
                    before, self._places = self._places, places
                    self._looks += 1
                if {place.key for place in before} ^ {place.key for place in places}:
                    self._changed()
            self._since = None
            self._wake.wait(self._every)
            self._wake.clear()
