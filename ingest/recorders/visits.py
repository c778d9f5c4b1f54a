"""One plugged-in thing from the moment it is seen until it leaves, on a thread of its own."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Callable
from uuid import UUID

from ingest.errors import IngestError, NotAttached
from ingest.recorders.base import Driver, Place, Recorder
from ingest.recorders.introducing import COMES_BACK, Introducer

RETRY = (1.0, 2.0, 5.0, 15.0, 60.0)
"""Seconds before trying again to open what could not be opened; the last one is kept to."""
LOOK_AGAIN = 15.0
"""Seconds between looks for new files where somebody else may write."""
Picture = tuple[int, int, int]

log = logging.getLogger(__name__)


class Visit:
    """Attaches, introduces, offers, and offers again when something new lies there."""

    def __init__(
        self,
        key: str,
        place: Place,
        driver: Driver,
        introducer: Introducer,
        *,
        settle: float,
        ready: Callable[[], None],
    ) -> None:
        """`ready` is called when there is something to take. `settle`: seconds a plain folder must hold still."""
        self.key = key
        self.place = place
        self._driver = driver
        self._introducer = introducer
        self._settle = settle
        self._ready = ready
        self._lock = threading.Lock()
        self._offered: Recorder | None = None
        self._docking = False
        self._gone = threading.Event()
        self._go_on = threading.Event()
        self._asked = False
        self._since: float | None = None
        self.trouble: NotAttached | None = None
        """Why it cannot be opened; it is tried again."""
        self.docking: UUID | None = None
        """The docking of what lies there now, once it has begun."""
        self._thread = threading.Thread(target=self._run, name=f"place-{place.slot}", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def take(self) -> Recorder | None:
        """Answer a recorder that became ready, once."""
        with self._lock:
            recorder, self._offered = self._offered, None
            self._docking = self._docking or recorder is not None
        return recorder

    def docked(self) -> None:
        """Its docking is over."""
        with self._lock:
            self._docking = False
        self._go_on.set()

    def again(self) -> None:
        """Offer it again, although nothing changed."""
        self._asked = True
        self._go_on.set()

    def leave(self) -> None:
        """It is no longer plugged in, or the station stops."""
        if not self._gone.is_set():
            self._gone.set()
            self._introducer.left(self.key)
            self._go_on.set()

    def over(self) -> bool:
        """Whether it left and nobody docks it any more. A thread that hangs in a dead device does not count."""
        with self._lock:
            return self._gone.is_set() and not self._docking and self._offered is None

    def busy_for(self) -> float:
        """Answer how long opening it has lasted, in seconds; 0 when it is not being opened."""
        since = self._since
        return 0.0 if since is None else time.monotonic() - since

    def join(self, seconds: float) -> None:
        """Wait for the end of its thread."""
        if self._thread.is_alive():
            self._thread.join(seconds)

    def _run(self) -> None:
        try:
            picture = self._await_still(None) if not self.place.settled else self._picture()
            while not self._gone.is_set():
                self.docking = None
                recorder = self._attach()
                if recorder is None:
                    return
                self._offer(recorder)
                self._await_docked()
                picture = self._await_news(picture)
        except Exception:
            log.exception("slot %s: finding ended unexpectedly", self.place.slot)

    # Opening

    def _attach(self) -> Recorder | None:
        """Open and introduce it, trying again while it is there. None: it left, or comes back as something else."""
        tries = 0
        while not self._gone.is_set():
            self._since = time.monotonic()
            try:
                return self._attach_once()
            except Exception as error:
                self.trouble = failed(error)
                if self.trouble.word == "driver-failed" and not tries:
                    log.exception("slot %s: driver %s failed", self.place.slot, self._driver.name)
            finally:
                self._since = None
            self._ready()
            self._gone.wait(RETRY[min(tries, len(RETRY) - 1)])
            tries += 1
        self.trouble = None
        return None

    def _attach_once(self) -> Recorder | None:
        device = self._driver.attach(self.place)
        recorder = None
        try:
            recorder = self._introducer.introduce(self.key, self.place.slot, device)
        finally:
            if recorder is None:
                with contextlib.suppress(Exception):
                    device.close()
        self.trouble = None
        if recorder is None and not self._gone.wait(COMES_BACK):
            raise NotAttached("no-disk-mode")
        return recorder

    def _offer(self, recorder: Recorder) -> None:
        with self._lock:
            left = self._gone.is_set()
            self._go_on.clear()
            if not left:
                self._offered = recorder
        if left:
            self._introducer.left(self.key)
            with contextlib.suppress(Exception):
                recorder.close()
        self._ready()

    # Waiting

    def _await_docked(self) -> None:
        while True:
            with self._lock:
                if self._gone.is_set() and self._offered is not None:
                    left, self._offered = self._offered, None
                else:
                    left = None
                    if self._offered is None and (self._gone.is_set() or not self._docking):
                        return
            if left is not None:
                with contextlib.suppress(Exception):
                    left.close()
            self._go_on.wait(1.0)
            self._go_on.clear()

    def _await_news(self, before: Picture | None) -> Picture | None:
        """Wait until something new lies there and holds still, until it leaves, or until somebody asks."""
        while not self._gone.is_set():
            self._go_on.wait(LOOK_AGAIN)
            self._go_on.clear()
            if self._asked:
                self._asked = False
                return self._picture()
            if self._gone.is_set():
                break
            if before is not None and (now := self._picture()) is not None and now != before and now[0]:
                return self._await_still(now)
        return before

    def _await_still(self, picture: Picture | None) -> Picture | None:
        """Wait until there is something and it holds still."""
        since = time.monotonic()
        while not self._gone.is_set():
            if (now := self._picture()) is None:
                return None
            if now != picture:
                picture, since = now, time.monotonic()
            if picture[0] and time.monotonic() - since >= self._settle:
                return picture
            self._gone.wait(max(0.05, min(1.0, self._settle / 2)))
        return picture

    def _picture(self) -> Picture | None:
        self._since = time.monotonic()
        try:
            return self._driver.holds_still(self.place)
        except Exception as error:  # noqa: BLE001  it goes away, or its driver errs: nothing holds still there now
            log.info("slot %s: cannot be looked at: %s", self.place.slot, error)
            return 0, 0, 0
        finally:
            self._since = None


def failed(error: Exception) -> NotAttached:
    """Say of an unexpected error what a person can act on."""
    if isinstance(error, NotAttached):
        return error
    word = "medium-unreadable" if isinstance(error, (OSError, IngestError)) else "driver-failed"
    return NotAttached(word, f"{type(error).__name__}: {error}")
