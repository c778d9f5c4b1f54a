"""What is in hand: files between their offer and their receipt, so that none is offered twice at once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable

from ingest.handover.couriers import InHand
from ingest.handover.patience import Rests, Troubles
from ingest.protocol import BATCH_LIMIT

MOST_IN_HAND = 2 * BATCH_LIMIT


class Hands:
    """Knows which files are in hand. Safe to use from several threads."""

    def __init__(self, rests: Rests, troubles: Troubles, wake: Callable[[], None]) -> None:
        """`wake`: there is room for more."""
        self._rests = rests
        self._troubles = troubles
        self._wake = wake
        self._lock = threading.Lock()
        self._busy: set[int] = set()

    def room(self) -> tuple[int, set[int]]:
        """Answer how many more may be taken, and which files are not to be offered now."""
        resting = self._rests.resting()
        with self._lock:
            return MOST_IN_HAND - len(self._busy), self._busy | resting

    def take(self, number: int) -> None:
        """Take note that this one is in hand."""
        with self._lock:
            self._busy.add(number)

    def let_go(self, file: InHand) -> None:
        """Take note that this one is not in hand any more."""
        try:
            file.close()
        except OSError as error:
            self._troubles.unexpected(error)
        with self._lock:
            self._busy.discard(file.row.id)
        self._wake()

    def rest_apart(self, numbers: Iterable[int]) -> None:
        """Let those rest that no courier has, so that others go first next time."""
        with self._lock:
            idle = [number for number in numbers if number not in self._busy]
        for number in idle:
            self._rests.rest(number)

    @property
    def empty(self) -> bool:
        """Whether nothing is in hand."""
        with self._lock:
            return not self._busy
