"""What people see of a docking while it runs, and what of it goes to the server."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from ingest.handover.patience import Trouble
from ingest.journal.rows import Counts, FileRow
from ingest.names import encoded, shown
from ingest.protocol import DockingProgress, FileReport, RecorderIdentity, SlotState
from ingest.words.words import Words

LAST_SEQUENCE = 1 << 31
"""Number of a docking's last word; the running ones stay far below."""
_WINDOW = 5.0
"""Seconds over which the rate is taken."""


@dataclass(frozen=True, slots=True)
class View:
    """One slot at one moment. Bytes, seconds."""

    docking: UUID
    slot: str
    recorder: RecorderIdentity
    page: str
    state: SlotState
    counts: Counts
    current: str
    current_size: int
    current_done: int
    bytes_done: int
    """Read from the recorder or recognised, this moment's file included."""
    rate: float
    seconds_left: float | None
    message: str
    trouble: Trouble | None
    to_confirm: int = 0
    """Files that could leave the recorder if somebody confirmed it at the station."""
    to_confirm_bytes: int = 0
    words: tuple[str, ...] = ()
    """What `message` says, as keys of `ingest.words.words`."""


class Meter:
    """Counts bytes as they are read and answers the rate of the last seconds. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._samples: deque[tuple[float, int]] = deque()
        self._read = 0
        self._done = 0
        self.current = ""
        self.current_size = 0
        self._current_done = 0

    def begin(self, path: bytes, size: int) -> None:
        """The next file is read."""
        with self._lock:
            self.current, self.current_size, self._current_done = shown(path), size, 0

    def read(self, count: int) -> None:
        """Bytes of the current file were read."""
        with self._lock:
            self._read += count
            self._current_done += count

    def end(self, size: int) -> None:
        """The current file, or one that need not be read, is done with; `size` counts as done."""
        with self._lock:
            self._done += size
            self._current_done = 0

    def skip(self, size: int) -> None:
        """A file need not be read."""
        with self._lock:
            self._done += size

    def sample(self) -> tuple[int, int, float]:
        """Answer bytes done in all, bytes done of the current file, and the rate in bytes per second."""
        now = time.monotonic()
        with self._lock:
            self._samples.append((now, self._read))
            while len(self._samples) > 2 and now - self._samples[0][0] > _WINDOW:
                self._samples.popleft()
            then, before = self._samples[0]
            rate = (self._read - before) / (now - then) if now - then > 0.2 else 0.0
            return self._done + self._current_done, self._current_done, rate


def reports(rows: Sequence[FileRow]) -> list[FileReport]:
    """Say of files that were not uploaded how they ended, and why: a key of `ingest.words.words`, perhaps with details."""
    return [
        FileReport(
            path=encoded(row.path),
            shown=shown(row.path),
            size=row.size if row.state != "refused" or row.size else None,
            end=row.state,
            reason=_reason(row)[:1000],
        )
        for row in rows
    ]


def reason_said(row: FileRow, words: Words) -> str:
    """Answer why a file ended as it did, as a sentence."""
    said = words.say(row.word)
    return f"{said} ({row.detail})" if row.detail else said


def _reason(row: FileRow) -> str:
    return f"{row.word}: {row.detail}" if row.word and row.detail else row.word


def message_of(view: View, sequence: int, file_reports: Sequence[FileReport]) -> DockingProgress:
    """Answer a view as it goes to the server."""
    counts = view.counts
    return DockingProgress(
        sequence=sequence,
        state=view.state,
        files_total=counts.files,
        files_copied=counts.copied_files,
        files_received=counts.received_files,
        bytes_total=counts.bytes,
        bytes_copied=min(counts.bytes, max(view.bytes_done, counts.copied_bytes)),
        bytes_received=counts.received_bytes,
        rate=view.rate,
        seconds_left=view.seconds_left,
        current=view.current[:4096],
        message=view.message[:1000],
        reports=list(file_reports),
    )
