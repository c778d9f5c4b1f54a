"""The loop over all parts: start in order, keep alive, stop in order."""

from __future__ import annotations

import itertools
import os
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from liuhen.supervisor import logs
from liuhen.supervisor.backoff import Backoff
from liuhen.supervisor.display import Display
from liuhen.supervisor.keeper import Keeper
from liuhen.supervisor.lock import FolderLock
from liuhen.supervisor.part import Part, State
from liuhen.supervisor.process import Warden

TICK_SECONDS = 0.05
ROTATE_SECONDS = 5.0


class Supervisor:
    """Runs `parts` on the data folder `data` until it is told to stop.

    Files: `<data>/logs/<part>.log`, `<data>/run/state.json`, `<data>/run/supervisor.lock`.
    """

    def __init__(
        self,
        parts: Sequence[Part],
        data: Path,
        *,
        say: Callable[[str], None] = print,
        give_up: bool = False,
        on_ready: Callable[[], None] | None = None,
        until: str | None = None,
        backoff: Callable[[], Backoff] = Backoff,
    ) -> None:
        """`give_up`: end with status 1 when a part dies again and again instead of trying for ever.

        `until`: end with status 0 when this step, which runs once, is done.
        `on_ready` is called once, when every lasting part is ready; it must not block.
        Raises ValueError when a part comes after one that does not exist.
        """
        names = [part.name for part in parts]
        unknown = {name for part in parts for name in part.after} - set(names)
        if unknown or len(set(names)) != len(names):
            raise ValueError(
                f"parts must have names of their own and come after parts that exist: {unknown or names}"
            )
        self._logs = data / "logs"
        self._run = data / "run"
        self._lock = FolderLock(self._run / "supervisor.lock")
        self._say = say
        self._give_up = give_up
        self._on_ready = on_ready
        self._until = until
        self.keepers = {part.name: Keeper(part, self._logs, backoff=backoff()) for part in parts}
        self._display = Display(self._run / "state.json", say, width=max(len(name) for name in names))
        self._environment: Mapping[str, str] = dict(os.environ)
        self._asked = 0  # a plain number: a signal handler may not wait for a lock
        self._ready = False

    def stop(self) -> None:
        """Ask it to stop; from any thread or signal handler. Asked twice, it no longer waits for anybody."""
        self._asked += 1

    @property
    def _hurry(self) -> bool:
        return self._asked > 1

    def run(self) -> int:
        """Run until stopped; answer 0, or 1 when a step that runs once failed or `give_up` applied.

        Raises AlreadyRunning. Call it in the main thread: it takes the signals INT, TERM and HUP meanwhile.
        """
        self._lock.acquire(say=self._say)
        self._display.remove()  # what a killed supervisor said last
        for folder in (self._logs, self._run):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        before = {number: signal.signal(number, lambda *_: self.stop()) for number in numbers}
        self._warden = Warden(self._lock.descriptor)
        try:
            status = self._keep()
            self._stop_all()
            return status
        finally:
            for keeper in self.keepers.values():
                keeper.drop(self._warden)
            self._warden.dismiss()
            self._display.remove()
            self._lock.release()
            for number, handler in before.items():
                signal.signal(number, handler)

    def _keep(self) -> int:
        next_rotation = time.monotonic()
        while not self._asked:
            if not self._warden.alive:
                self._replace_warden()
            for keeper in self.keepers.values():
                self._tend(keeper)
            self._ready = all(keeper.state is State.READY for keeper in self._lasting())
            self._display.update(self.keepers.values(), ready=self._ready)
            if self._ready and self._on_ready:
                on_ready, self._on_ready = self._on_ready, None
                on_ready()
            status = self._outcome()
            if status is not None:
                return status
            if time.monotonic() >= next_rotation:
                next_rotation = time.monotonic() + ROTATE_SECONDS
                for name in self.keepers:
                    logs.rotate(self._logs, name)
            time.sleep(TICK_SECONDS)
        return 0

    def _lasting(self) -> list[Keeper]:
        return [keeper for keeper in self.keepers.values() if not keeper.part.once]

    def _tend(self, keeper: Keeper) -> None:
        if keeper.state is not State.WAITING:
            keeper.tick(self._environment, self._warden)
        elif all(self.keepers[name].satisfied for name in keeper.part.after):
            keeper.start(self._environment, self._warden)

    def _outcome(self) -> int | None:
        """Answer the exit status when it is time to end by itself."""
        states = {keeper.state for keeper in self.keepers.values()}
        if State.FAILED in states or (self._give_up and State.FAILING in states):
            return 1
        if self._until and self.keepers[self._until].state is State.DONE:
            return 0
        return None

    def _replace_warden(self) -> None:
        self._warden.dismiss()
        self._warden = Warden(self._lock.descriptor)
        for keeper in self.keepers.values():
            if keeper.process:
                self._warden.began(keeper.process.pid)

    def _stop_all(self) -> None:
        running = [keeper for keeper in self.keepers.values() if keeper.process]
        if running:
            self._say("Stopping; Ctrl-C once more ends all parts at once.")
        running.sort(key=lambda keeper: keeper.part.stop_rank)
        for _, together in itertools.groupby(running, key=lambda keeper: keeper.part.stop_rank):
            self._stop_rank(list(together))

    def _stop_rank(self, keepers: list[Keeper]) -> None:
        pending = {keeper.part.name: [*keeper.part.stop_signals] for keeper in keepers}
        due = dict.fromkeys(pending, 0.0)
        began = time.monotonic()
        for keeper in keepers:
            keeper.state = State.STOPPING
        while remaining := [keeper for keeper in keepers if keeper.process]:
            now = time.monotonic()
            for keeper in remaining:
                name = keeper.part.name
                process = keeper.process
                if process is None or (process.ended() is None and now < due[name] and not self._hurry):
                    continue
                if process.ended() is None and pending[name] and not self._hurry:
                    number, seconds = pending[name].pop(0)
                    due[name] = now + seconds
                    process.signal(number)
                    continue
                killed = process.ended() is None and not keeper.part.killed_is_fine
                keeper.drop(self._warden)
                keeper.state, keeper.note = State.STOPPED, "had to be killed" if killed else ""
                keeper.seconds = time.monotonic() - began
            self._display.update(self.keepers.values(), ready=False)
            time.sleep(TICK_SECONDS / 2)
