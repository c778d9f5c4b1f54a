"""One process of a part: start it on a leash, look whether it lives, end it with all it started."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from liuhen.supervisor import sessions
from liuhen.supervisor.part import Part

LEASH = Path(__file__).with_name("leash.py")
WARDEN = Path(__file__).with_name("warden.py")


class Process:
    """A started part. Must be made by the thread that lives as long as the supervisor (see `leash.py`)."""

    def __init__(self, part: Part, environment: Mapping[str, str], output: int | None) -> None:
        """Start `part`; `output` is the descriptor for what it prints, None: the terminal."""
        self._child = subprocess.Popen(
            [sys.executable, "-I", "-S", str(LEASH), str(os.getpid()), part.user or "-", *part.command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output if output is None else subprocess.STDOUT,
            cwd=part.folder,
            env={**({} if part.alone else environment), **part.environment},
            start_new_session=True,
        )
        self.pid = self._child.pid

    def ended(self) -> int | None:
        """Answer the exit status (negative: the signal that killed it), or None while it runs."""
        return self._child.poll()

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the process itself, not to what it started."""
        if self.ended() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def sweep(self) -> None:
        """Kill whatever is left of the part's session, children of a dead process included."""
        while sessions.send(self.pid, signal.SIGKILL):
            self.ended()
            os.sched_yield()
        self._child.wait()


class Warden:
    """The process that ends the parts if this one is killed."""

    def __init__(self, lock_descriptor: int | None = None) -> None:
        self._child = subprocess.Popen(
            [sys.executable, "-I", "-S", str(WARDEN)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=[] if lock_descriptor is None else [lock_descriptor],
            start_new_session=True,
            bufsize=0,
        )

    @property
    def alive(self) -> bool:
        """Whether it still watches."""
        return self._child.poll() is None

    def _write(self, line: str) -> None:
        if self._child.stdin:
            with contextlib.suppress(BrokenPipeError):
                self._child.stdin.write(f"{line}\n".encode())

    def began(self, session: int) -> None:
        """Tell it of a part that was started."""
        self._write(f"+ {session}")

    def gone(self, session: int) -> None:
        """Tell it of a part of which nothing is left."""
        self._write(f"- {session}")

    def dismiss(self) -> None:
        """All parts are stopped; let it go."""
        self._write("bye")
        if self._child.stdin:
            self._child.stdin.close()
        self._child.wait()
