"""Taking a recorder's files into the spool: three steps that run at once, each on its own thread.

The scout asks the server what it holds already, the copier reads what is left, the checker flushes,
reads back and writes the journal. A file is the journal's only when the checker is done with it.
"""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Callable
from uuid import UUID

from ingest.checking import Checker
from ingest.copying import Draft, Machinery, copy_once, wait_still
from ingest.desk import Desk
from ingest.digests import BlockRing, Sm3Lane
from ingest.errors import (
    ChangedWhileRead,
    NothingReadable,
    NotTaken,
    SpoolFull,
    Unplugged,
    Vanished,
)
from ingest.journal_rows import FileRow
from ingest.progress import Meter
from ingest.protocol import BATCH_LIMIT, MAX_FILE_SIZE
from ingest.recorders.base import Recorder, SourceFile
from ingest.scouting import Scout

FIRST_LOOK = 16
"""Files in the scout's first batch, so that copying begins at once."""
STILL_PATIENCE = 5.0
"""Seconds to wait for a changing file to hold still, beyond the settling time."""


class Taking:
    """One recorder's files on their way into the spool."""

    def __init__(
        self,
        desk: Desk,
        docking: UUID,
        recorder: Recorder,
        meter: Meter,
        stop: threading.Event,
        *,
        wait_for_room: bool,
    ) -> None:
        self._desk = desk
        self._journal = desk.journal
        self._folder = desk.spool.folder
        self._docking = docking
        self._recorder = recorder
        self._meter = meter
        self._stop = stop
        self._wait_for_room = wait_for_room
        self._to_copy: queue.Queue[FileRow | None] = queue.Queue(2 * BATCH_LIMIT)
        self._checker = Checker(desk)
        self._to_check = self._checker.waiting
        self._again: list[FileRow] = []
        self._failed: Exception | None = None
        self._halted = False
        self._machinery = Machinery(BlockRing(), Sm3Lane())
        self.full = False
        """The spool is full and copying waits for room."""
        self.checking = False
        """Everything is read; the last files are flushed and read back."""

    def run(self) -> None:
        """Take in everything the journal lists for this docking.

        Raises Unplugged, SpoolFull, SpoolFailed, or what went wrong unexpectedly; what was copied before is kept.
        """
        scout = threading.Thread(target=self._guarded, args=(self._scout,), name="scout", daemon=True)
        checker = threading.Thread(target=self._guarded, args=(self._checker.run,), name="check", daemon=True)
        scout.start()
        checker.start()
        try:
            while (row := self._next()) is not None:
                self._take(row, patient=False)
            self._barrier()
            for row in self._again:
                if not self._stop.is_set():
                    self._take(row, patient=True)
            self.checking = True
        finally:
            self._stop_scout(scout)
            self._to_check.put(None)
            checker.join()
            self._machinery.lane.close()
        if self._failed is not None:
            raise self._failed

    def _guarded(self, step: Callable[[], None]) -> None:
        try:
            step()
        except Exception as error:  # noqa: BLE001  whatever it was, `run` raises it
            self._failed = self._failed or error
            if step == self._scout:
                self._to_copy.put(None)

    def _next(self) -> FileRow | None:
        while not self._stop.is_set() and self._failed is None:
            with contextlib.suppress(queue.Empty):
                return self._to_copy.get(timeout=0.2)
        return None

    def _stop_scout(self, scout: threading.Thread) -> None:
        self._halted = True
        while scout.is_alive():
            with contextlib.suppress(queue.Empty):
                while True:
                    self._to_copy.get_nowait()
            scout.join(0.05)

    # Scout

    def _scout(self) -> None:
        limit = FIRST_LOOK
        scout = Scout(self._desk, self._docking, self._recorder, self._meter, self._stop)
        for large in (False, True):  # small ones first: the storage has work while the large are read
            after = b""
            while rows := self._journal.to_copy(self._docking, large=large, after=after, limit=limit):
                after, limit = rows[-1].path, BATCH_LIMIT
                for row in scout.unseen(rows):
                    if self._halted or self._stop.is_set():
                        return
                    self._to_copy.put(row)
        self._to_copy.put(None)

    # Copier

    def _take(self, row: FileRow, *, patient: bool) -> None:
        """Copy one file or write down its end. Raises Unplugged, SpoolFull, SpoolFailed."""
        self._await_room(row.size)
        self._meter.begin(row.path, row.size)
        done = 0
        try:
            source = self._recorder.open(row.path)
            try:
                draft = self._copy(source, row, patient=patient)
            finally:
                source.close()
            self._to_check.put((row, draft))
            done = row.size
        except Vanished:
            self._journal.ended(row.id, "vanished", "vanished")
        except NotTaken as error:
            self._journal.ended(
                row.id, "refused", error.word, error.detail, attention=error.word == "unreadable"
            )
        except NothingReadable:
            self._journal.ended(row.id, "refused", "unreadable")
        except ChangedWhileRead:
            if patient:
                self._journal.ended(row.id, "changed while read", "changed")
            else:
                self._again.append(row)
        except OSError as error:
            if not self._recorder.present():
                raise Unplugged(str(error)) from error
            self._journal.ended(row.id, "refused", "unreadable", str(error))
        finally:
            self._meter.end(done)

    def _copy(self, source: SourceFile, row: FileRow, *, patient: bool) -> Draft:
        facts = source.facts()
        if facts[0] > MAX_FILE_SIZE:
            raise NotTaken("too-large")
        if patient:
            settle = self._desk.settings.settle_seconds
            wait_still(source, settle, settle + STILL_PATIENCE)
        elif facts != (row.size, row.modified_ns):
            raise ChangedWhileRead
        target = self._folder.create(f"{row.id}-{facts[0]}")
        try:
            return copy_once(
                source,
                target,
                self._machinery,
                present=lambda: self._recorder.present() and not self._stop.is_set(),
                on_bytes=self._count,
            )
        except BaseException:
            target.discard()
            raise

    def _count(self, count: int) -> None:
        self._meter.read(count)
        if self._stop.is_set():
            raise Unplugged

    def _await_room(self, size: int) -> None:
        reserve = self._desk.settings.disk_reserve
        while self._folder.room() - size < reserve:
            if not self._wait_for_room or self._stop.is_set():
                raise SpoolFull
            self.full = True
            self._stop.wait(2.0)
        self.full = False

    def _barrier(self) -> None:
        """Wait until the checker is done with everything so far."""
        if self._failed is None:
            reached = threading.Event()
            self._to_check.put(reached)
            while not reached.wait(0.2) and self._failed is None:
                pass
