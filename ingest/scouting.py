"""The scout: recognises files that need not be copied, because they lie in this spool or were handed over before."""

from __future__ import annotations

import contextlib
import threading
import time
from uuid import UUID

from ingest.copying import fingerprint_edges
from ingest.desk import Desk
from ingest.errors import IngestError, StatementInvalid
from ingest.journal_rows import FileRow
from ingest.names import encoded
from ingest.progress import Meter
from ingest.protocol import Fingerprint
from ingest.recorders.base import Recorder

ASK_AGAIN = 10.0
"""Seconds without asking after the server could not be reached."""


class Scout:
    """Looks at files by their fingerprint: path, size, time, head and tail. Never grounds for clearing."""

    def __init__(
        self, desk: Desk, docking: UUID, recorder: Recorder, meter: Meter, stop: threading.Event
    ) -> None:
        self._desk = desk
        self._journal = desk.journal
        self._docking = docking
        self._recorder = recorder
        self._meter = meter
        self._stop = stop
        self._ask_after = 0.0
        self._known = desk.journal.knows(recorder.identity.serial, docking)

    def unseen(self, rows: list[FileRow]) -> list[FileRow]:
        """Leave out what lies in this spool already or was handed over by this station earlier."""
        asking = time.monotonic() >= self._ask_after
        if not asking and not self._known:
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
                self._journal.in_spool(row.serial, row.path, row.size, row.modified_ns)
                if self._known
                else None
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
