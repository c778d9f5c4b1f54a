"""Finding recorders: events wake, a poll makes sure, and nobody waits for a device that does not answer.

Each driver looks on a thread of its own, each place is attached on a thread of its own.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from ingest.recorders.base import Driver, Place, Recorder
from ingest.recorders.introducing import Introducer
from ingest.recorders.looking import Looker
from ingest.recorders.visits import Visit

POLL = 1.0
"""Seconds between looks."""
PATIENCE = 30.0
"""Seconds after which a driver or a recorder that does not answer is called so; the others never waited for it."""
_MISSED = 2
"""Looks in which a place must be missing before it counts as left."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Attached:
    """A recorder that is ready to be docked."""

    place: Place
    recorder: Recorder
    visit: Visit = field(repr=False)

    @property
    def key(self) -> str:
        """Names it among all that are plugged in."""
        return self.visit.key

    @property
    def slot(self) -> str:
        """The socket's name."""
        return self.place.slot


@dataclass(frozen=True, slots=True)
class Stuck:
    """Something is plugged in and cannot be read: `word` and `detail` as in `ingest.words.words`."""

    slot: str
    word: str
    detail: str


class Finder:
    """Tells which recorders are ready. `ready` is called from one thread; the rest from any."""

    def __init__(
        self,
        drivers: Sequence[Driver],
        introducer: Introducer,
        *,
        settle: float,
        patience: float = PATIENCE,
        events: bool = True,
    ) -> None:
        """`settle`: seconds a plain folder must hold still. `events`: whether to listen to the kernel besides."""
        self._wake = threading.Event()
        self._introducer = introducer
        self._settle = settle
        self._patience = patience
        self._lookers = [Looker(driver, POLL, self._wake.set) for driver in drivers]
        self._visits: dict[str, tuple[Visit, Looker, int]] = {}
        self._said: set[Stuck] = set()
        self._events = events
        self._observer: Any = None

    def start(self) -> None:
        """Begin to look."""
        for looker in self._lookers:
            looker.start()
        if self._events:
            self._observer = _observe(self.wake)

    def wait(self) -> None:
        """Wait for news, a second at most."""
        self._wake.wait(POLL)
        self._wake.clear()

    def wake(self) -> None:
        """Look now."""
        for looker in self._lookers:
            looker.wake()
        self._wake.set()

    def ready(self) -> list[Attached]:
        """Answer the recorders that became ready since last asked. Each wants `done` when its docking is over."""
        for looker in self._lookers:
            self._compare(looker)
        answer = []
        for visit, _, _ in list(self._visits.values()):
            recorder = visit.take()
            if recorder is not None:
                answer.append(Attached(visit.place, recorder, visit))
        self._say()
        return answer

    def done(self, attached: Attached) -> None:
        """Its docking is over and the recorder closed; it is docked again when something new lies there."""
        attached.visit.docked()
        self._wake.set()

    def again(self, slot: str) -> bool:
        """Dock what is in this slot once more, when no docking runs there; answers whether there is anything."""
        found = [visit for visit, _, _ in list(self._visits.values()) if visit.place.slot == slot]
        for visit in found:
            visit.again()
        return bool(found)

    def plugged(self) -> set[str]:
        """Answer the slots in which something is plugged in, readable or not."""
        return {visit.place.slot for visit, _, _ in list(self._visits.values()) if not visit.over()}

    def dockings(self) -> dict[str, UUID | None]:
        """Answer the docking of what is in each slot now; None while it has not begun."""
        answer: dict[str, UUID | None] = {}
        for visit, _, _ in list(self._visits.values()):
            if not visit.over():
                slot = visit.place.slot
                # Two places of one name: one of them that was not looked at yet speaks for both.
                answer[slot] = visit.docking if answer.get(slot, visit.docking) is not None else None
        return answer

    def stuck(self) -> list[Stuck]:
        """Answer what is plugged in and cannot be read, or does not answer."""
        answer = [
            Stuck(looker.driver.name, "driver-not-answering", looker.driver.name)
            for looker in self._lookers
            if looker.busy_for() > self._patience
        ]
        for visit, _, _ in list(self._visits.values()):
            if (trouble := visit.trouble) is not None:
                answer.append(Stuck(visit.place.slot, trouble.word, trouble.detail))
            elif visit.busy_for() > self._patience:
                answer.append(Stuck(visit.place.slot, "not-answering", visit.place.handle))
        return answer

    def close(self) -> None:
        """Stop looking. What is being docked is let go of by whoever docks it."""
        if self._observer is not None:
            with contextlib.suppress(Exception):
                self._observer.stop()
        for looker in self._lookers:
            looker.stop()
        for visit, _, _ in self._visits.values():
            visit.leave()
        end = time.monotonic() + 2.0
        for visit, _, _ in self._visits.values():
            visit.join(max(0.0, end - time.monotonic()))
        for looker in self._lookers:
            if looker.join(0.5):
                looker.driver.close()

    def _compare(self, looker: Looker) -> None:
        looks, places = looker.seen()
        for place in places:
            key = f"{looker.driver.name}:{place.key}"
            known = self._visits.get(key)
            if known is not None:
                self._visits[key] = (known[0], looker, looks)
            else:
                visit = Visit(
                    key, place, looker.driver, self._introducer, settle=self._settle, ready=self._wake.set
                )
                self._visits[key] = (visit, looker, looks)
                visit.start()
        for key, (visit, by, last) in list(self._visits.items()):
            if by is looker and looks - last >= _MISSED:
                visit.leave()
            # While its docking ends, nothing else begins under the same name.
            if visit.over():
                del self._visits[key]

    def _say(self) -> None:
        """Write into the log what is stuck, once."""
        stuck = set(self.stuck())
        for one in stuck - self._said:
            log.warning("slot %s: %s (%s)", one.slot, one.word, one.detail)
        self._said = stuck


def _observe(wake: Callable[[], None]) -> Any:
    """Listen to the kernel's own events, which come with and without udev; None where they cannot be heard."""
    try:
        import pyudev  # noqa: PLC0415  needs libudev, which a small system may lack

        monitor = pyudev.Monitor.from_netlink(pyudev.Context(), source="kernel")
        monitor.filter_by("block")
        observer = pyudev.MonitorObserver(monitor, callback=lambda _device: wake())
        observer.start()
    except Exception as error:  # noqa: BLE001  the poll sees everything a second later
        log.info("no events from the kernel (%s); looking every %g s", error, POLL)
        return None
    return observer
