"""The journal's database: opened, brought up to date, written in transactions that are flushed one by one.

Whoever only asks has a connection of its own, so that counting the files of a large card delays nobody who writes.
"""

from __future__ import annotations

import contextlib
import queue
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from ingest.errors import SpoolFailed, SpoolFull
from ingest.journal.damage import is_damage, mark
from ingest.journal.schema import STEPS

_READER_CACHE = 256
"""KiB of page cache for each reading connection; there are as many as threads that ask at the same moment."""
_WAL_PAGES = 128
"""Pages after which what was written is moved into the database. SQLite's own 1000 are 4 MiB: all the room that copies
leave free for the journal (`ingest.copying.room`), so that a full disk could not even begin the next docking."""


class JournalStore:
    """The connections. Safe to use from several threads."""

    def __init__(self, path: Path) -> None:
        """Open it and bring its tables up to date. Raises sqlite3.Error."""
        self._path = path
        self._lock = threading.RLock()
        self._readers: queue.LifoQueue[sqlite3.Connection] = queue.LifoQueue()
        self._readers_lock = threading.Lock()
        """Apart from that of the writers: a question never waits for a write."""
        self._closed = False
        self.damaged = False
        """A damaged page was met. What asked met an error; nothing more should be asked."""
        self._db = self._connect()
        try:
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = FULL")
            self._db.execute(f"PRAGMA wal_autocheckpoint = {_WAL_PAGES}")
            self._db.execute(f"PRAGMA journal_size_limit = {_WAL_PAGES * 4096}")
            self._bring_up_to_date()
            self._db.execute("PRAGMA foreign_keys = ON")
        except BaseException:
            self._db.close()
            raise

    def _connect(self) -> sqlite3.Connection:
        db = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False, timeout=30)
        db.row_factory = sqlite3.Row
        return db

    def _bring_up_to_date(self) -> None:
        """Do the steps that are missing, each whole or not at all; references are checked after the last."""
        done = self._db.execute("PRAGMA user_version").fetchone()[0]
        if done > len(STEPS):
            raise sqlite3.DatabaseError(
                f"it was written by a newer version (step {done}, known are {len(STEPS)})"
            )
        for number, step in enumerate(STEPS[done:], start=done + 1):
            # A table is rebuilt under its own references, so they are off meanwhile (the default of a connection).
            self._db.executescript(f"BEGIN IMMEDIATE; {step}; PRAGMA user_version = {number}; COMMIT;")
        if done < len(STEPS) and self._db.execute("PRAGMA foreign_key_check").fetchone():
            raise sqlite3.DatabaseError("references are broken")

    def close(self) -> None:
        """Close the database."""
        with self._readers_lock:
            self._closed = True
            with contextlib.suppress(queue.Empty):
                while True:
                    self._readers.get_nowait().close()
        with self._lock:
            self._db.close()

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """Raises SpoolFull, SpoolFailed when the disk does not take it; then nothing of it was written."""
        with self._lock:
            try:
                self._db.execute("BEGIN IMMEDIATE")
                try:
                    yield self._db
                    self._db.execute("COMMIT")
                except BaseException:
                    if self._db.in_transaction:
                        self._db.execute("ROLLBACK")
                    raise
            except sqlite3.OperationalError as error:
                if (kind := _trouble_of_the_disk(error)) is None:
                    raise
                raise kind(f"the journal: {error}") from error
            except sqlite3.DatabaseError as error:
                self._notice(error)
                raise

    def _rows(self, query: str, values: Sequence[Any] = ()) -> list[sqlite3.Row]:
        """Answer rows as they were last written."""
        try:
            reader = self._readers.get_nowait()
        except queue.Empty:
            reader = self._new_reader()
        try:
            return reader.execute(query, values).fetchall()
        except sqlite3.DatabaseError as error:
            self._notice(error)
            raise
        finally:
            with self._readers_lock:
                if self._closed:
                    reader.close()
                else:
                    self._readers.put(reader)

    def _notice(self, error: sqlite3.DatabaseError) -> None:
        if is_damage(error) and not self.damaged:
            self.damaged = True
            mark(self._path)

    def _new_reader(self) -> sqlite3.Connection:
        with self._readers_lock:
            if self._closed:
                raise sqlite3.ProgrammingError("the journal is closed")
            reader = self._connect()
        reader.execute("PRAGMA query_only = ON")
        reader.execute(f"PRAGMA cache_size = -{_READER_CACHE}")
        return reader


def _trouble_of_the_disk(error: sqlite3.OperationalError) -> type[SpoolFull | SpoolFailed] | None:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code == sqlite3.SQLITE_FULL:
        return SpoolFull
    return (
        SpoolFailed
        if code in {sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN}
        else None
    )
