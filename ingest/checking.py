"""The checker: flushes drafts, reads them back, names them and writes the journal, many small ones together."""

from __future__ import annotations

import queue
import threading
import time

from ingest.copying import Draft, settle_drafts
from ingest.desk import Desk
from ingest.durable import ReadBuffer
from ingest.journal_rows import CopiedFacts, FileRow

CHECK_FILES = 64
CHECK_BYTES = 64 << 20
"""So many files, or bytes, are settled together at most: one flush of the folder, one commit."""

Item = tuple[FileRow, Draft]


class Checker:
    """Put drafts into `waiting`; an Event there is set when everything before it is done, None ends the work."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._journal = desk.journal
        self._folder = desk.spool.folder
        self._buffer = ReadBuffer()
        self.waiting: queue.Queue[Item | threading.Event | None] = queue.Queue(CHECK_FILES)

    def run(self) -> None:
        """Check what comes until None comes; on an error let go of everything and raise it."""
        batch: list[Item] = []
        try:
            while (item := self.waiting.get()) is not None:
                batch, reached, over = self._gather(item)
                self._check(batch)
                batch = []
                if reached is not None:
                    reached.set()
                if over:
                    return
        except BaseException:
            for _, draft in batch:
                draft.file.discard()
            self._discard_rest()
            raise

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
        if not batch:
            return
        good = {
            id(draft) for draft in settle_drafts(self._folder, [draft for _, draft in batch], self._buffer)
        }
        now = time.time()
        copied = []
        for row, draft in batch:
            if id(draft) not in good:
                self._journal.ended(row.id, "found", "read-back-differs")
                continue
            copied.append(
                (
                    row.id,
                    CopiedFacts(
                        spool=draft.file.name,
                        size=draft.size,
                        modified_ns=draft.modified_ns,
                        sha256=draft.sha256,
                        sm3=draft.sm3.result(),
                        head=draft.head,
                        tail=draft.tail,
                        parts=draft.parts,
                        bad_ranges=draft.bad_ranges,
                        read_method=draft.read_method,
                        copied_at=now,
                    ),
                )
            )
        self._journal.copied(copied)
        self._desk.handover.wake()

    def _discard_rest(self) -> None:
        """The checker cannot go on: let go of what waits, so that the copier is not held up."""
        while True:
            item = self.waiting.get()
            if item is None:
                return
            if isinstance(item, threading.Event):
                item.set()
            else:
                item[1].file.discard()
