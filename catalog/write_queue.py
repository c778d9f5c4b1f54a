"""Writers to one SQLite file wait in a queue instead of each asking again and again.

SQLite lets one writer in at a time. Those who wait sleep up to a tenth of a second between two tries, so that with many
people at once the file stands idle most of the time. Here the threads of a process wait in the order they came, and the
first of each process tries every millisecond for a lock on a file beside the database, which the system takes away from
a process that dies. Nothing depends on it for being right: `BEGIN IMMEDIATE` still decides.
"""

from __future__ import annotations

import errno
import fcntl
import os
import threading
import time
from collections import deque
from contextlib import suppress
from pathlib import Path

ASKED_EVERY_S = 0.001
_queues: dict[tuple[int, str], WriteQueue] = {}


class WriteQueue:
    """The queue before one file; one object for each file and process."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._guard = threading.Lock()
        self._waiting: deque[threading.Lock] = deque()
        self._taken = False
        self._descriptor = -1

    def enter(self, seconds: float) -> bool:
        """Wait for one's turn, at most so long; answer whether it came. Who is let in must `leave`."""
        until = time.monotonic() + seconds
        return self._before_other_threads(until) and self._before_other_processes(until)

    def leave(self) -> None:
        """Let the next in."""
        self._unlock_file()
        self._hand_on()

    def close(self) -> None:
        """Give up the descriptor, and with it whatever lock this process has on the file."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _before_other_threads(self, until: float) -> bool:
        with self._guard:
            if not self._taken:
                self._taken = True
                return True
            turn = threading.Lock()
            turn.acquire()
            self._waiting.append(turn)
        if turn.acquire(timeout=max(0.0, until - time.monotonic())):
            return True
        with self._guard:
            if turn in self._waiting:
                self._waiting.remove(turn)
                return False
        return True  # it came at the last moment

    def _hand_on(self) -> None:
        with self._guard:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._taken = False

    def _before_other_processes(self, until: float) -> bool:
        # Its descriptor stays open for good: closing any would drop the lock of the whole process (fcntl(2)).
        try:
            if self._descriptor < 0:
                self._descriptor = os.open(self._file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            while not self._lock_file():
                if time.monotonic() >= until:
                    self._hand_on()
                    return False
                time.sleep(ASKED_EVERY_S)
        except OSError:
            return True  # a full disk, a file system without locks: SQLite says what there is to say
        return True

    def _lock_file(self) -> bool:
        try:
            fcntl.lockf(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno not in {errno.EAGAIN, errno.EACCES}:
                raise
            return False
        return True

    def _unlock_file(self) -> None:
        if self._descriptor >= 0:
            with suppress(OSError):
                fcntl.lockf(self._descriptor, fcntl.LOCK_UN)


def queue_before(database: str) -> WriteQueue:
    """Answer this process's queue before the SQLite file `database`, an absolute path without links.

    A child of a fork has none of its parent's threads, so it has queues of its own.
    """
    return _queues.setdefault((os.getpid(), database), WriteQueue(Path(f"{database}-writers")))


def put_away_queue(database: str) -> None:
    """Remove the queue before a file nobody writes any more, such as a finished copy; nobody may be waiting in it."""
    queue = _queues.pop((os.getpid(), database), None)
    if queue is not None:
        queue.close()
    Path(f"{database}-writers").unlink(missing_ok=True)
