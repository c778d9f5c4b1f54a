"""Reads a station's journal for people: a connection of its own that cannot write, and never delays who does."""

# ruff: noqa: S608  (the statements are put together from constants; values always travel as parameters)
from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

from ingest.board.standing import Tally
from ingest.journal.rows import DockingRow, docking_row
from ingest.journal.states import NEEDED, PROVEN, RECEIVED, TO_COPY
from ingest.names import shown

FRESH = 0.4
"""Seconds a count is good for; one that took long is good for longer, so that counting takes a tenth of the time."""
Answer = TypeVar("Answer")

_TALLY = (
    "SELECT count(size) AS files, total(size) AS bytes, total(attention OR bad_ranges <> '[]') AS attention,"
    f" total({PROVEN}) AS copied, total({RECEIVED}) AS received,"
    " total(state IN ('verified', 'clearable', 'cleared')) AS verified, total(state = 'held already') AS held,"
    f" total({TO_COPY}) AS open, total(size * ({TO_COPY})) AS open_bytes FROM file WHERE docking = ?"
)
_REASONS = (
    "SELECT iif(word = '' AND bad_ranges <> '[]', 'partial', word) AS why, count(*) AS files FROM file"
    " WHERE docking = ? AND (attention = 1 OR bad_ranges <> '[]') GROUP BY why ORDER BY files DESC LIMIT 3"
)


@dataclass(frozen=True, slots=True)
class FileLine:
    """One file of a docking, as a person reads it."""

    name: str
    size: int
    state: str
    word: str
    detail: str
    attention: bool


@dataclass(frozen=True, slots=True)
class Queue:
    """What lies here and is not received yet. `oldest`: seconds since 1970."""

    files: int
    oldest: float | None


class JournalReader:
    """Asks the journal at `path`. Safe to use from several threads. Any question may raise sqlite3.Error."""

    def __init__(self, path: Path) -> None:
        """Open it for reading. Raises sqlite3.Error when there is none."""
        self._lock = threading.Lock()
        self._known: dict[tuple[Any, ...], tuple[Any, float]] = {}
        self._db = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=ro",
            uri=True,
            isolation_level=None,
            check_same_thread=False,
            timeout=5,
        )
        self._db.row_factory = sqlite3.Row
        self._db.execute("PRAGMA query_only = ON")
        self._db.execute("PRAGMA cache_size = -512")

    def close(self) -> None:
        """Let go of it."""
        with self._lock:
            self._db.close()

    def _rows(self, query: str, values: tuple[Any, ...] = ()) -> list[sqlite3.Row]:
        with self._lock:
            return self._db.execute(query, values).fetchall()

    def _kept(self, key: tuple[Any, ...], ask: Callable[[], Answer]) -> Answer:
        now = time.monotonic()
        known = self._known.get(key)
        if known is not None and now < known[1]:
            answer: Answer = known[0]
            return answer
        answer = ask()
        took = time.monotonic() - now
        if len(self._known) > 1000:
            self._known.clear()
        self._known[key] = (answer, now + took + max(FRESH, 9 * took))
        return answer

    def latest(self) -> dict[str, DockingRow]:
        """Answer the latest docking of each slot."""
        rows = self._rows(
            "SELECT * FROM docking WHERE id IN (SELECT id FROM (SELECT id, max(started) FROM docking GROUP BY slot))"
        )
        return {row["slot"]: docking_row(row) for row in rows}

    def docking(self, docking: UUID) -> DockingRow | None:
        """Answer one docking, None when there is none."""
        rows = self._rows("SELECT * FROM docking WHERE id = ?", (str(docking),))
        return docking_row(rows[0]) if rows else None

    def docked_since(self, row: DockingRow) -> bool:
        """Whether the recorder of this docking was docked again."""
        rows = self._rows(
            "SELECT 1 FROM docking WHERE serial = ? AND started > ? LIMIT 1",
            (row.recorder.serial, row.started.isoformat()),
        )
        return bool(rows)

    def tally(self, docking: UUID) -> Tally:
        """Count a docking's files."""

        def ask() -> Tally:
            row = self._rows(_TALLY, (str(docking),))[0]
            counts = {name: int(row[name] or 0) for name in row.keys()}  # noqa: SIM118  a Row iterates values
            reasons = self._rows(_REASONS, (str(docking),)) if counts["attention"] else []
            return Tally(**counts, reasons=tuple((one["why"], one["files"]) for one in reasons if one["why"]))

        return self._kept(("tally", docking), ask)

    def history(self, limit: int) -> list[DockingRow]:
        """Answer the last dockings of this station, the newest first."""

        def ask() -> list[DockingRow]:
            rows = self._rows("SELECT * FROM docking ORDER BY started DESC LIMIT ?", (limit,))
            return [docking_row(row) for row in rows]

        return self._kept(("history", limit), ask)

    def since(self, start: datetime) -> int:
        """Count the dockings that began since `start`."""
        return int(self._rows("SELECT count(*) FROM docking WHERE started >= ?", (start.isoformat(),))[0][0])

    def slots(self, now: datetime, days: int = 30) -> list[str]:
        """Answer the slots that were used in the last days."""
        since = (now - timedelta(days=days)).isoformat()
        rows = self._rows("SELECT DISTINCT slot FROM docking WHERE started >= ?", (since,))
        return [row["slot"] for row in rows]

    def queue(self) -> Queue:
        """Count what is copied and not received yet, over all dockings."""

        def ask() -> Queue:
            row = self._rows(f"SELECT count(*) AS files, min(copied_at) AS oldest FROM file WHERE {NEEDED}")[
                0
            ]
            return Queue(row["files"], row["oldest"])

        return self._kept(("queue",), ask)

    def files(self, docking: UUID, limit: int) -> list[FileLine]:
        """Answer files of a docking: those that need attention first, then those still on their way."""
        rows = self._rows(
            "SELECT path, size, state, word, detail, (attention OR bad_ranges <> '[]') AS attention FROM file"
            f" WHERE docking = ? ORDER BY attention DESC, {TO_COPY} DESC, {NEEDED} DESC, path LIMIT ?",
            (str(docking), limit),
        )
        return [
            FileLine(
                shown(row["path"]),
                row["size"] or 0,
                row["state"],
                row["word"],
                row["detail"],
                bool(row["attention"]),
            )
            for row in rows
        ]
