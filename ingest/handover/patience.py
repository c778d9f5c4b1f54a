"""How long to wait before trying again, and what there is to say meanwhile."""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass
from typing import Literal

from ingest.errors import SpoolFull

LONGEST_PAUSE = 30.0
"""Seconds; a station tries for days, and should notice soon that the other side is back."""

log = logging.getLogger(__name__)

TroubleKind = Literal["server", "storage", "intake", "token", "station"]


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why nothing moves: since when (monotonic seconds), and in the other side's words, or a key of `ingest.words.words`."""

    kind: TroubleKind
    since: float
    text: str


class Troubles:
    """What is wrong right now, by kind."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[TroubleKind, Trouble] = {}

    def mark(self, kind: TroubleKind, text: str) -> None:
        """Something is wrong; its beginning is kept."""
        with self._lock:
            earlier = self._known.get(kind)
            self._known[kind] = Trouble(kind, earlier.since if earlier else time.monotonic(), text[:500])

    def unexpected(self, error: Exception) -> None:
        """Something went wrong here that nobody foresaw: log it whole, and say so. Called where it is handled."""
        if isinstance(error, SpoolFull):
            log.error("%s", error)
            self.mark("station", "spool-full")
            return
        log.error("unexpected trouble at the station; the work goes on", exc_info=error)
        self.mark("station", f"{type(error).__name__}: {error}")

    def clear(self, *kinds: TroubleKind) -> None:
        """These are well again."""
        with self._lock:
            for kind in kinds:
                self._known.pop(kind, None)

    def oldest(self) -> Trouble | None:
        """The trouble that has lasted longest, or None."""
        with self._lock:
            return min(self._known.values(), key=lambda trouble: trouble.since, default=None)


class Rests:
    """Things that wait before they are tried again, longer each time. Safe to use from several threads."""

    def __init__(self, shortest: float = 0.25) -> None:
        self._shortest = shortest
        self._lock = threading.Lock()
        self._tries: dict[int, int] = {}
        self._until: dict[int, float] = {}

    def rest(self, number: int, *, soon: bool = False) -> None:
        """Let this one rest; `soon`: the first two times hardly at all."""
        with self._lock:
            tries = self._tries[number] = self._tries.get(number, 0) + 1
            pause = 0.0 if soon and tries <= 2 else min(LONGEST_PAUSE, self._shortest * 2 ** min(tries, 10))
            self._until[number] = time.monotonic() + pause

    def tries(self, number: int) -> int:
        """How often it was tried in vain."""
        with self._lock:
            return self._tries.get(number, 0)

    def done(self, number: int) -> None:
        """It succeeded: forget it."""
        with self._lock:
            self._tries.pop(number, None)
            self._until.pop(number, None)

    def resting(self) -> set[int]:
        """Those whose pause is not over."""
        now = time.monotonic()
        with self._lock:
            for number in [n for n, until in self._until.items() if until <= now]:
                del self._until[number]
            return set(self._until)

    def soonest(self, at_most: float) -> float:
        """Seconds until the next pause ends, between 0.05 and `at_most`."""
        with self._lock:
            until = min(self._until.values(), default=time.monotonic() + at_most)
        return max(0.05, min(at_most, until - time.monotonic()))
