"""The checker: flushes drafts, names them, reads them back and writes the journal, many small ones together."""

from __future__ import annotations

import queue
import threading
import time

from ingest.copying.copying import Draft, read_back, write_down
from ingest.copying.durable import ReadBuffer
from ingest.desk import Desk
from ingest.errors import SpoolFailed
from ingest.journal.rows import CopiedFacts, FileRow

CHECK_FILES = 64
CHECK_BYTES = 64 << 20
"""So many files, or bytes, are settled together at most: one flush of the folder, two commits."""

Item = tuple[FileRow, Draft]


class Checker:
    """Put drafts into `waiting`; an Event there is set when everything before it is done, None ends the work."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._journal = desk.journal
        self._folder = desk.spool.folder
        self._buffer = ReadBuffer()
        self.differing: list[FileRow] = []
        """Files whose copy was read back as something else; they may be copied once more."""
        self.waiting: queue.Queue[Item | threading.Event | None] = queue.Queue(CHECK_FILES)
        self._over = False

    def run(self) -> None:
        """Check what comes until None comes; on an error let go of what is in hand and raise it: see `let_go`."""
        while not self._over:
            item = self.waiting.get()
            batch, reached, self._over = ([], None, True) if item is None else self._gather(item)
            try:
                self._check(batch)
            except BaseException:
                for _, draft in batch:
                    draft.file.discard()
                raise
            finally:
                if reached is not None:
                    reached.set()

    def _gather(self, item: Item | threading.Event) -> tuple[list[Item], threading.Event | None, bool]:
        """Take what else waits, up to a limit; answer also a barrier that was reached, and whether all is over."""
        batch: list[Item] = []
        more: Item | threading.Event | None = item
        size = 0
        while True:
            if more is None:
                return batch, None, True
            if isinstance(more, threading.Event):
                return batch, more, False
            batch.append(more)
            size += more[1].size
            if len(batch) >= CHECK_FILES or size >= CHECK_BYTES:
                return batch, None, False
            try:
                more = self.waiting.get_nowait()
            except queue.Empty:
                return batch, None, False

    def _check(self, batch: list[Item]) -> None:
        """Write these down, then read them back. Raises SpoolFull, SpoolFailed; the journal says what was reached."""
        if not batch:
            return
        try:
            self._write_down(batch)
            try:
                self._read_back(batch)
            except BaseException:
                # Some stay `copied`: on a disk that is full even for the journal, how it went cannot be written down.
                self._desk.rechecker.leave(row.id for row, _ in batch)
                raise
        finally:
            for _, draft in batch:
                draft.file.discard()  # closes what has its name, removes what has not
        self._desk.handover.wake()

    def _write_down(self, batch: list[Item]) -> None:
        try:
            write_down(self._folder, [draft for _, draft in batch])
            now = time.time()
            self._journal.copied([(row.id, _facts(draft, now)) for row, draft in batch])
        except BaseException:
            for _, draft in batch:  # no journal entry vouches for any of them
                draft.file.discard()
                self._folder.remove(draft.file.name)
            raise

    def _read_back(self, batch: list[Item]) -> None:
        good: list[tuple[int, str]] = []
        failed: SpoolFailed | None = None
        for row, draft in batch:
            try:
                agrees = read_back(draft, self._buffer)
            except SpoolFailed as error:
                self._desk.spool.damaged(draft.file.name)
                failed = failed or error
                continue
            if agrees:
                good.append((row.id, draft.read_method or ""))
            else:
                # The recorder still has it: what the disk made of it is of no use to anybody.
                self._journal.spool_lost(draft.file.name, "read-back-differs")
                self._folder.remove(draft.file.name)
                self.differing.append(row)
        self._journal.checked(good)
        if failed is not None:
            raise failed

    def let_go(self) -> None:
        """After `run` raised: let go of what still comes until None comes, so that the copier is not held up."""
        while not self._over:
            item = self.waiting.get()
            if item is None:
                self._over = True
            elif isinstance(item, threading.Event):
                item.set()
            else:
                item[1].file.discard()


def _facts(draft: Draft, now: float) -> CopiedFacts:
    return CopiedFacts(
        spool=draft.file.name,
        size=draft.size,
        modified_ns=draft.modified_ns,
        sha256=draft.sha256,
        sm3=draft.sm3.result(),
        head=draft.head,
        tail=draft.tail,
        parts=draft.parts,
        bad_ranges=draft.bad_ranges,
        copied_at=now,
    )
