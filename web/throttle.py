"""Slowing down whoever guesses passwords: counted per name and per address, in this process's memory."""

from __future__ import annotations

from collections import OrderedDict
from datetime import datetime, timedelta
from threading import Lock

FAILURES = 10
WITHIN = timedelta(minutes=5)
REMEMBERED = 10_000


class Throttle:
    """Answers whether a key (a name, an address) has failed too often lately. Bounded, thread-safe."""

    def __init__(self, failures: int = FAILURES, within: timedelta = WITHIN) -> None:
        self._failures = failures
        self._within = within
        self._times: OrderedDict[str, list[datetime]] = OrderedDict()
        self._lock = Lock()

    def blocked(self, now: datetime, *keys: str) -> bool:
        """Answer whether any of the keys has used up its tries."""
        with self._lock:
            return any(len(self._recent(key, now)) >= self._failures for key in keys)

    def failed(self, now: datetime, *keys: str) -> None:
        """Count a failure for each key."""
        with self._lock:
            for key in keys:
                self._times[key] = [*self._recent(key, now), now][-self._failures :]
                self._times.move_to_end(key)
            while len(self._times) > REMEMBERED:
                self._times.popitem(last=False)

    def succeeded(self, key: str) -> None:
        """Forget a key's failures."""
        with self._lock:
            self._times.pop(key, None)

    def _recent(self, key: str, now: datetime) -> list[datetime]:
        return [t for t in self._times.get(key, ()) if now - t < self._within]
