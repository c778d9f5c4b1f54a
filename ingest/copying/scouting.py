"""The scout: asks the server which files need not be read, because it holds them; it asks for nothing else.

A copy that waits in this spool is no reason to leave a file unread: a fingerprint sees head and tail only.
"""

from __future__ import annotations

import contextlib
import threading
import time
from uuid import UUID

from ingest.copying.copying import fingerprint_edges
from ingest.desk import Desk
from ingest.errors import IngestError, StatementInvalid
from ingest.journal.clearing import DIFFERS
from ingest.journal.rows import FileRow
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

    def unseen(self, rows: list[FileRow]) -> list[FileRow]:
        """Leave out what the server holds already; while it is out of reach, nothing."""
        if time.monotonic() < self._ask_after:
            return rows
        marks: dict[str, tuple[FileRow, Fingerprint]] = {}
        left: dict[int, FileRow] = {row.id: row for row in rows}
        for row in rows:
            if self._stop.is_set():
                return []
            mark = self._fingerprint(row) if row.word != DIFFERS else None
            if mark is not None:
                marks[mark.path] = (row, mark)
        if marks:
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
