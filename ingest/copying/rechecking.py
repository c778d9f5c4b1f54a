"""What was left `copied`: written under its name, and never read back. It is read back now.

A process that ended leaves such files, and so does a disk so full that the journal could not write down how reading
back went. What agrees goes on its way; what does not is put aside and copied again when its recorder is docked.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterable

from ingest.copying.durable import ReadBuffer
from ingest.errors import SpoolFailed, SpoolFull
from ingest.journal.rows import FileRow
from ingest.spool import Spool

AGAIN = 2.0
"""Seconds before it is tried again on a disk that was full."""


class Rechecker:
    """Reads back what nobody else is going to. `run` is the body of its thread."""

    def __init__(
        self,
        spool: Spool,
        *,
        done: Callable[[], None] = lambda: None,
        unexpected: Callable[[Exception], None] = lambda _error: None,
    ) -> None:
        """Take on what an ended process left; what is copied from here on is its copier's, until it says `leave`."""
        self._spool = spool
        self._done = done
        self._unexpected = unexpected
        self._lock = threading.Lock()
        self._left = {row.id for row in spool.journal.to_check()}
        self._some = threading.Event()
        self._some.set()
        self._stopping = threading.Event()

    def leave(self, files: Iterable[int]) -> None:
        """Take on files (by their number in the journal) that were copied and whose check came to nothing."""
        with self._lock:
            self._left.update(files)
        self._some.set()

    def stop(self) -> None:
        """Let `run` end; the next start takes on what is left."""
        self._stopping.set()
        self._some.set()

    def run(self) -> None:
        """Read back what is left until stopped. Raises nothing."""
        while not self._stopping.is_set():
            self._some.wait()
            self._some.clear()
            try:
                self._round()
            except SpoolFull:
                self._stopping.wait(AGAIN)
                self._some.set()
            except Exception as error:  # noqa: BLE001  the thread must not die silently; the next start tries again
                self._unexpected(error)

    def _round(self) -> None:
        with self._lock:
            wanted = set(self._left)
        rows = [row for row in self._spool.journal.to_check() if row.id in wanted]
        check_left_behind(self._spool, rows, self._stopping)
        if not self._stopping.is_set():
            with self._lock:
                self._left -= wanted
            self._done()


def check_left_behind(spool: Spool, rows: list[FileRow], stop: threading.Event) -> None:
    """Read these back, one after the other, until all are done or `stop` is set. Raises OSError, sqlite3.Error."""
    buffer = ReadBuffer()
    for row in rows:
        if stop.is_set():
            return
        _check(spool, row, buffer, stop)


def _check(spool: Spool, row: FileRow, buffer: ReadBuffer, stop: threading.Event) -> None:
    digest = hashlib.sha256()
    size = 0

    def take(block: memoryview) -> None:
        nonlocal size
        if stop.is_set():
            raise InterruptedError
        digest.update(block)
        size += len(block)

    name = row.spool or ""
    try:
        method = spool.folder.read_back(name, take, buffer)
    except InterruptedError:
        return
    except FileNotFoundError:
        spool.journal.spool_lost(name, "spool-lost")
        return
    except SpoolFailed:
        spool.damaged(name)
        return
    if (size, digest.hexdigest()) == (row.size, row.sha256):
        spool.journal.checked([(row.id, method)])
    else:
        spool.damaged(name)
