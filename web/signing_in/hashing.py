"""Argon2 within bounds: somebody who signs in a thousand times a second must not take the pages from everybody else."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

AT_ONCE = 1
"""Computations at the same time in one web process: each takes a core and 19 MiB for some hundredths of a second."""
WAITING = 3
"""Requests that may wait for their turn; each holds one of the process's threads."""
PATIENCE_SECONDS = 2.0

T = TypeVar("T")


class Busy(Exception):
    """Too many sign-ins at this moment; nothing was looked at."""


class Turns:
    """Lets so many compute at once, a few wait, and turns the others away at once."""

    def __init__(self, at_once: int = AT_ONCE, waiting: int = WAITING) -> None:
        self._turns = threading.BoundedSemaphore(at_once)
        self._places = threading.BoundedSemaphore(at_once + waiting)

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for a turn. Raises Busy."""
        if not self._places.acquire(blocking=False):
            raise Busy
        try:
            if not self._turns.acquire(timeout=PATIENCE_SECONDS):
                raise Busy
            try:
                yield
            finally:
                self._turns.release()
        finally:
            self._places.release()

    def __call__(self, compute: Callable[[], T]) -> T:
        """Answer what `compute` answers. Raises Busy."""
        with self.turn():
            return compute()
