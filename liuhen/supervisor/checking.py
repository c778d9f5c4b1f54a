"""Checks run beside the supervisor's loop, one at a time for each part, so that a hanging one delays nothing."""

from __future__ import annotations

import threading
from collections.abc import Callable


class Checker:
    """Runs one check after the other in a thread of its own; the loop asks for the outcome."""

    def __init__(self, check: Callable[[], None]) -> None:
        self._check = check
        self._thread: threading.Thread | None = None
        self._outcome: tuple[bool, str] | None = None
        self._round = 0

    @property
    def busy(self) -> bool:
        """Whether a check is under way."""
        return self._thread is not None and self._outcome is None

    def begin(self) -> None:
        """Start a check unless one is under way."""
        if self.busy:
            return
        self._outcome = None
        self._round += 1
        self._thread = threading.Thread(target=self._run, args=(self._round,), daemon=True)
        self._thread.start()

    def _run(self, its_round: int) -> None:
        try:
            self._check()
            outcome = (True, "")
        except Exception as error:  # noqa: BLE001  (whatever goes wrong, the part is not healthy)
            outcome = (False, f"{type(error).__name__}: {error}".splitlines()[0][:200])
        if its_round == self._round:
            self._outcome = outcome

    def take(self) -> tuple[bool, str] | None:
        """Answer (healthy, reason) of a finished check once, or None."""
        if self._outcome is None:
            return None
        outcome, self._outcome, self._thread = self._outcome, None, None
        return outcome

    def forget(self) -> None:
        """Drop a check under way: the process it asked is gone."""
        self._round += 1
        self._thread = self._outcome = None
