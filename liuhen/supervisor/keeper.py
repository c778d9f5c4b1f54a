"""Keeps one part: decides at each tick whether to start, check, restart or report it."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from liuhen.supervisor import logs
from liuhen.supervisor.backoff import Backoff
from liuhen.supervisor.checking import Checker
from liuhen.supervisor.part import Part, State, Unhealthy
from liuhen.supervisor.process import Process, Warden

FIRST_CHECKS_SECONDS = 0.1

Clock = Callable[[], float]


class Keeper:
    """One part's life. `tick` is called some ten times a second; nothing in here blocks."""

    def __init__(
        self, part: Part, logs_folder: Path, *, backoff: Backoff, clock: Clock = time.monotonic
    ) -> None:
        self.part = part
        self.state = State.WAITING
        self.note = ""
        """Why it is in this state, in a person's words."""
        self.process: Process | None = None
        self.exit_status: int | None = None
        self.backoff = backoff
        self.seconds = 0.0
        """From the last start to ready."""
        self._logs = logs_folder
        self._clock = clock
        self._checker = Checker(part.check or self._has_lived)
        self._started = self._ready_since = self._last_good = self._next = 0.0

    @property
    def satisfied(self) -> bool:
        """Whether parts that come after this one may start."""
        return self.state in {State.READY, State.DONE, State.SILENT}

    def _has_lived(self) -> None:
        if self._clock() - self._started < self.part.alive_seconds:
            raise Unhealthy("just started")

    def start(self, environment: Mapping[str, str], warden: Warden) -> None:
        """Start the process; a failure to do so counts as a death."""
        self._checker.forget()
        self._started = self._last_good = self._clock()
        self._ready_since = 0.0
        self._next = self._started
        self.state, self.note = State.STARTING, ""
        output = None if self.part.shown else logs.open_log(self._logs, self.part.name)
        try:
            if self.part.before_start:
                self.part.before_start()
            self.process = Process(self.part, environment, output)
            warden.began(self.process.pid)
        except Exception as error:  # noqa: BLE001  (the reason is shown; the other parts go on)
            self.process = None
            self._died(f"could not be started: {error}")
        finally:
            if output is not None:
                os.close(output)

    def tick(self, environment: Mapping[str, str], warden: Warden) -> None:
        """Look at the part and do what is due now."""
        now = self._clock()
        if self.state in {State.RESTARTING, State.FAILING} and self.process is None:
            if now >= self._next:
                self.start(environment, warden)
            return
        if self.process is None:
            return
        status = self.process.ended()
        if status is not None:
            self._ended(status, warden)
        elif not self.part.once:
            self._look(now, warden)

    def _ended(self, status: int, warden: Warden) -> None:
        self.drop(warden)
        self.exit_status = status
        if not self.part.once:
            self._died(f"ended by signal {-status}" if status < 0 else f"ended with status {status}")
        elif status == 0:
            self.seconds = self._clock() - self._started
            self.state, self.note = State.DONE, ""
        else:
            self.state, self.note = State.FAILED, f"ended with status {status}{self._last_words()}"

    def drop(self, warden: Warden) -> None:
        """End what is left of the process and forget it."""
        if self.process is not None:
            self.process.sweep()
            warden.gone(self.process.pid)
            self.process = None

    def _died(self, how: str) -> None:
        now = self._clock()
        wait = self.backoff.died(now - self._ready_since if self._ready_since else 0.0)
        self._next = now + wait
        self.state = State.FAILING if self.backoff.looping else State.RESTARTING
        # The log's last lines are told when they are news: at the first death, and when it is clear that it loops.
        news = self.backoff.deaths in {1, self.backoff.loop_after}
        self.note = f"{how}; next try in {wait:g} s{self._last_words() if news else ''}"
        self._checker.forget()

    def _last_words(self) -> str:
        if self.part.shown:
            return ""
        lines = [line[:200] for line in logs.last_lines(self._logs, self.part.name)]
        return "".join(
            [f"\n    its log {self._logs / self.part.name}.log ends:", *(f"\n    | {line}" for line in lines)]
        )

    def _look(self, now: float, warden: Warden) -> None:
        outcome = self._checker.take()
        if outcome is not None:
            healthy, reason = outcome
            if healthy:
                self._good(now)
            elif self.state is State.READY:
                self.state, self.note = State.SILENT, reason
            else:
                self.note = reason
            pause = self.part.check_seconds if self.state is State.READY else FIRST_CHECKS_SECONDS
            # A part that was ready and went silent is asked once a second, not ten times.
            self._next = now + (max(pause, 1.0) if self._ready_since else pause)
        elif not self._checker.busy and now >= self._next:
            self._checker.begin()
        self._lose_patience(now, warden)

    def _good(self, now: float) -> None:
        self._last_good = now
        if not self._ready_since:
            self._ready_since = now
            self.seconds = now - self._started
        self.state, self.note = State.READY, ""

    def _lose_patience(self, now: float, warden: Warden) -> None:
        silent = now - self._last_good
        if not self._ready_since and silent > self.part.start_seconds:
            how = f"was not ready after {self.part.start_seconds:g} s ({self.note or 'no answer'}) and was ended"
        elif self._ready_since and self.part.hung_seconds is not None and silent > self.part.hung_seconds:
            how = (
                f"did not answer for {self.part.hung_seconds:g} s ({self.note or 'no answer'}) and was ended"
            )
        else:
            return
        with contextlib.suppress(OSError):
            self.drop(warden)
        self._died(how)
