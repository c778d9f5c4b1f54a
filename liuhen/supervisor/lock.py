"""One supervisor for one data folder, enforced by the kernel: a lock that ends with the last process holding it."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self


class AlreadyRunning(Exception):
    """Another supervisor works on this data folder."""


class FolderLock:
    """Held from `acquire` (or entering) to `release` (or leaving). The warden shares it through `descriptor`."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.descriptor = -1

    def acquire(self, wait_seconds: float = 45.0, say: Callable[[str], None] = print) -> None:
        """Take the lock. Raises AlreadyRunning when a living supervisor has it.

        Waits up to `wait_seconds` when the one who took it is dead but its parts are still being ended.
        """
        self._file.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self._file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        deadline = time.monotonic() + wait_seconds
        told = False
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                holder = os.pread(descriptor, 32, 0).decode().strip()
                alive = holder.isdigit() and Path(f"/proc/{holder}").exists()
                if alive or time.monotonic() > deadline:
                    os.close(descriptor)
                    raise AlreadyRunning(self._explain(holder, alive=alive)) from None
                if not told:
                    say(
                        "An earlier supervisor ended abruptly; waiting until the last of its parts has stopped …"
                    )
                    told = True
                time.sleep(0.1)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        self.descriptor = descriptor

    def _explain(self, holder: str, *, alive: bool) -> str:
        folder = self._file.parent.parent
        if alive:
            return (
                f"Liuhen already runs on the data folder {folder} (process {holder}). Nothing was started or changed. "
                f"Stop it with Ctrl-C in its window or `kill {holder}`, or choose another folder with --data."
            )
        return (
            f"Parts of an earlier Liuhen still run on the data folder {folder} and do not end. Nothing was started. "
            f"Look at them with `fuser -v {self._file}`, end them, and start again."
        )

    def release(self) -> None:
        """Let go; does nothing when it is not held."""
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1

    def __enter__(self) -> Self:
        self.acquire()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()
