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

from ingest.copying.checking import Checker
from ingest.copying.copying import Draft, Machinery, copy_once, wait_still
from ingest.copying.digests import BlockRing, Sm3Lane
from ingest.copying.room import Share
from ingest.copying.scouting import Scout
from ingest.desk import Desk
from ingest.errors import (
    ChangedWhileRead,
    NothingReadable,
    NotTaken,
    SpoolFull,
    Unplugged,
    Vanished,
)
from ingest.journal.rows import FileRow
from ingest.progress import Meter
from ingest.protocol import BATCH_LIMIT, MAX_FILE_SIZE
from ingest.recorders.base import Recorder, SourceFile

FIRST_LOOK = 16
"""Files in the scout's first batch, so that copying begins at once."""
LOOK_FOR_ROOM = 2.0
"""Seconds between looks whether a full spool has room again."""
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
            self.checking = True
            self._barrier()
            for row in [*self._again, *self._checker.differing]:
                if not self._stop.is_set():
                    self.checking = False
                    self._take(row, patient=True)
            self.checking = True
        finally:
            self._stop_scout(scout)
            self._to_check.put(None)
            checker.join()
            self._machinery.lane.close()
            self._machinery.ring.close()
        if self._failed is not None:
            raise self._failed

    def _guarded(self, step: Callable[[], None]) -> None:
        try:
            step()
        except Exception as error:  # noqa: BLE001  whatever it was, `run` raises it
            self._failed = self._failed or error
            if step == self._scout:
                self._to_copy.put(None)
            else:
                self._checker.let_go()

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
        if row.size > MAX_FILE_SIZE or not self._desk.room.ever(row.size):
            # A damaged card may say any size; waiting for room that never comes would keep back what is behind it.
            word = "too-large" if row.size > MAX_FILE_SIZE else "too-large-here"
            self._journal.ended(row.id, "refused", word)
            return
        share = self._await_room(row.size)
        self._meter.begin(row.path, row.size)
        done = 0
        try:
            source = self._recorder.open(row.path)
            try:
                draft = self._copy(source, row, share, patient=patient)
            finally:
                source.close()
            self._to_check.put((row, draft))
            done = row.size
        except Vanished:
            self._journal.ended(row.id, "vanished", "vanished")
        except NotTaken as error:
            # It was listed as a file: whatever it is now, its recorder is not given away without a person's look.
            self._journal.ended(row.id, "refused", error.word, error.detail)
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
            share.give_back()
            self._meter.end(done)

    def _copy(self, source: SourceFile, row: FileRow, share: Share, *, patient: bool) -> Draft:
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
                on_bytes=lambda count: self._count(count, share),
            )
        except BaseException:
            target.discard()
            raise

    def _count(self, count: int, share: Share) -> None:
        self._meter.read(count)
        share.wrote(count)
        if self._stop.is_set():
            raise Unplugged

    def _await_room(self, size: int) -> Share:
        """Answer room for a file, waiting for it where that is wished. Raises SpoolFull."""
        if (share := self._desk.room.take(size)) is not None:
            return share
        self.full = True
        self._desk.room.waits(1)
        try:
            while self._wait_for_room and not self._stop.wait(LOOK_FOR_ROOM):
                if (share := self._desk.room.take(size)) is not None:
                    self.full = False
                    return share
        finally:
            self._desk.room.waits(-1)
        raise SpoolFull

    def _barrier(self) -> None:
        """Wait until the checker is done with everything so far."""
        if self._failed is None:
            reached = threading.Event()
            self._to_check.put(reached)
            while not reached.wait(0.2) and self._failed is None:
                pass
