"""Taking a recorder's files into the spool: three steps that run at once, each on its own thread.

The scout recognises what is here or in the archive already, the copier reads what is left, the checker flushes,
reads back and writes the journal. A file is the journal's only when the checker is done with it.
"""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from collections.abc import Callable
from uuid import UUID

from ingest.copying import Draft, Machinery, copy_once, fingerprint_edges, settle_drafts, wait_still
from ingest.desk import Desk
from ingest.digests import BlockRing, Sm3Lane
from ingest.durable import ReadBuffer
from ingest.errors import (
    ChangedWhileRead,
    IngestError,
    NothingReadable,
    NotTaken,
    SpoolFull,
    StatementInvalid,
    Unplugged,
    Vanished,
)
from ingest.journal import CopiedFacts, FileRow
from ingest.names import encoded
from ingest.progress import Meter
from ingest.protocol import BATCH_LIMIT, MAX_FILE_SIZE, Fingerprint
from ingest.recorders.base import Recorder, SourceFile

FIRST_LOOK = 16
"""Files in the scout's first batch, so that copying begins at once."""
CHECK_FILES = 64
CHECK_BYTES = 64 << 20
"""The checker settles so many files, or bytes, together at most: one flush of the folder, one commit."""
ASK_AGAIN = 10.0
"""Seconds without asking after the server could not be reached."""
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
        self._to_check: queue.Queue[tuple[FileRow, Draft] | threading.Event | None] = queue.Queue(CHECK_FILES)
        self._again: list[FileRow] = []
        self._failed: Exception | None = None
        self._halted = False
        self._ask_after = 0.0
        self._machinery = Machinery(BlockRing(), Sm3Lane(), ReadBuffer())
        self.full = False
        """The spool is full and copying waits for room."""
        self.checking = False
        """Everything is read; the last files are flushed and read back."""

    def run(self) -> None:
        """Take in everything the journal lists for this docking.

        Raises Unplugged, SpoolFull, SpoolFailed, or what went wrong unexpectedly; what was copied before is kept.
        """
        scout = threading.Thread(target=self._guarded, args=(self._scout,), name="scout", daemon=True)
        checker = threading.Thread(target=self._guarded, args=(self._check_all,), name="check", daemon=True)
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
        known = self._journal.knows(self._recorder.identity.serial, self._docking)
        for large in (False, True):  # small ones first: the storage has work while the large are read
            after = b""
            while rows := self._journal.to_copy(self._docking, large=large, after=after, limit=limit):
                after, limit = rows[-1].path, BATCH_LIMIT
                for row in self._unseen(rows, known=known):
                    if self._halted or self._stop.is_set():
                        return
                    self._to_copy.put(row)
        self._to_copy.put(None)

    def _unseen(self, rows: list[FileRow], *, known: bool) -> list[FileRow]:
        """Leave out what lies in this spool already or was handed over by this station earlier."""
        asking = time.monotonic() >= self._ask_after
        if not asking and not known:
            return rows
        marks: dict[str, tuple[FileRow, Fingerprint]] = {}
        left: dict[int, FileRow] = {row.id: row for row in rows}
        for row in rows:
            if self._stop.is_set():
                return []
            mark = self._fingerprint(row)
            if mark is None:
                continue
            earlier = (
                self._journal.in_spool(row.serial, row.path, row.size, row.modified_ns) if known else None
            )
            if earlier is not None and (earlier.head, earlier.tail) == (mark.head, mark.tail):
                self._journal.copied_before(row.id, earlier)
                self._meter.skip(row.size)
                del left[row.id]
            else:
                marks[mark.path] = (row, mark)
        if asking and marks:
            for number in self._recognised(marks):
                self._meter.skip(left.pop(number).size)
        return list(left.values())

    def _recognised(self, marks: dict[str, tuple[FileRow, Fingerprint]]) -> list[int]:
        held = []
        try:
            self._desk.handover.ensure_open(str(self._docking))
            for seen in self._desk.client.seen(self._docking, [mark for _, mark in marks.values()]):
                row = marks[seen.path][0] if seen.path in marks else None
                if row is None:
                    continue
                with contextlib.suppress(StatementInvalid):
                    self._desk.trust.check(seen.received, kind="received", size=row.size, clip=seen.clip)
                    held.append((row.id, seen.received, seen.page))
        except IngestError:
            # Not knowing costs a copy, nothing else; the hand-over says what is wrong.
            self._ask_after = time.monotonic() + ASK_AGAIN
        if held:
            self._journal.held(held)
        return [number for number, _, _ in held]

    def _fingerprint(self, row: FileRow) -> Fingerprint | None:
        try:
            source = self._recorder.open(row.path)
        except (IngestError, OSError):
            return None  # the copier meets it again and says so
        try:
            edges = (
                fingerprint_edges(source, row.size) if source.facts() == (row.size, row.modified_ns) else None
            )
        except OSError:
            edges = None
        finally:
            source.close()
        if edges is None:
            return None
        head, tail = edges
        return Fingerprint(
            path=encoded(row.path), size=row.size, modified_ns=row.modified_ns, head=head, tail=tail
        )

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

    # Checker

    def _barrier(self) -> None:
        """Wait until the checker is done with everything so far."""
        if self._failed is None:
            reached = threading.Event()
            self._to_check.put(reached)
            while not reached.wait(0.2) and self._failed is None:
                pass

    def _check_all(self) -> None:
        batch: list[tuple[FileRow, Draft]] = []
        try:
            while (item := self._to_check.get()) is not None:
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

    def _gather(
        self, item: tuple[FileRow, Draft] | threading.Event
    ) -> tuple[list[tuple[FileRow, Draft]], threading.Event | None, bool]:
        """Take what else waits, up to a limit; answer also a barrier that was reached, and whether all is over."""
        batch: list[tuple[FileRow, Draft]] = []
        more: tuple[FileRow, Draft] | threading.Event | None = item
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
                more = self._to_check.get_nowait()
            except queue.Empty:
                return batch, None, False

    def _check(self, batch: list[tuple[FileRow, Draft]]) -> None:
        if not batch:
            return
        good = {
            id(draft)
            for draft in settle_drafts(self._folder, [draft for _, draft in batch], self._machinery.buffer)
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
            item = self._to_check.get()
            if item is None:
                return
            if isinstance(item, threading.Event):
                item.set()
            else:
                item[1].file.discard()
