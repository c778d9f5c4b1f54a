"""The station's memory: which file stands where, from `found` to `verified`, in SQLite with every commit flushed.

Each step is one transaction that may be repeated; a step that came too late changes nothing. A process that is
killed at any moment carries on from what stands here.
"""

# ruff: noqa: S608  (the statements below are put together from constants; values always travel as parameters)
from __future__ import annotations

import contextlib
import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Literal
from uuid import UUID

from ingest.journal_rows import CopiedFacts, Counts, DockingRow, EndReason, FileRow, docking_row, file_row
from ingest.journal_schema import STEPS
from ingest.protocol import SINGLE_PUT_LIMIT, FileEnd, RecorderIdentity, SignedStatement
from ingest.recorders.base import LeftOut, Listed

_ON_THE_WAY = "state IN ('copied', 'uploaded') AND attention = 0"


class Journal:
    """The journal of one spool. Safe to use from several threads."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.RLock()
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=30)
        self._db.row_factory = sqlite3.Row
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        self._db.execute("PRAGMA foreign_keys = ON")
        done = self._db.execute("PRAGMA user_version").fetchone()[0]
        for number, step in enumerate(STEPS[done:], start=done + 1):
            self._db.executescript(f"BEGIN; {step}; PRAGMA user_version = {number}; COMMIT;")

    def close(self) -> None:
        """Close the database."""
        with self._lock:
            self._db.close()

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    def _rows(self, query: str, values: Sequence[Any] = ()) -> list[sqlite3.Row]:
        with self._lock:
            return self._db.execute(query, values).fetchall()

    # Dockings

    def begin_docking(self, docking: UUID, slot: str, recorder: RecorderIdentity, started: datetime) -> None:
        """A recorder was plugged in."""
        with self._transaction() as db:
            db.execute(
                "INSERT OR IGNORE INTO docking (id, slot, recorder, serial, started) VALUES (?, ?, ?, ?, ?)",
                (str(docking), slot, recorder.model_dump_json(), recorder.serial, started.isoformat()),
            )

    def docking_opened(self, docking: UUID, page: str) -> None:
        """The server knows of the docking."""
        with self._transaction() as db:
            db.execute("UPDATE docking SET opened = 1, page = ? WHERE id = ?", (page, str(docking)))

    def end_docking(self, docking: UUID, ended: datetime, reason: EndReason, message: str = "") -> None:
        """The docking is over; only the first end counts."""
        with self._transaction() as db:
            db.execute(
                "UPDATE docking SET ended = ?, reason = ?, message = ? WHERE id = ? AND ended IS NULL",
                (ended.isoformat(), reason, message, str(docking)),
            )

    def docking_unknown(self, docking: str) -> None:
        """Take note that the server has lost the docking: it is opened again."""
        with self._transaction() as db:
            db.execute("UPDATE docking SET opened = 0, closed = 0 WHERE id = ?", (docking,))

    def docking_closed(self, docking: UUID) -> None:
        """The server knows that it is over."""
        with self._transaction() as db:
            db.execute("UPDATE docking SET closed = 1 WHERE id = ?", (str(docking),))

    def docking(self, docking: UUID | str) -> DockingRow:
        """Answer one docking. Raises KeyError."""
        rows = self._rows("SELECT * FROM docking WHERE id = ?", (str(docking),))
        if not rows:
            raise KeyError(docking)
        return docking_row(rows[0])

    def dockings(self, *, only: Literal["running", "to close"]) -> list[DockingRow]:
        """Dockings that have not ended (`running`), or whose end the server does not know (`to close`)."""
        where = "ended IS NULL" if only == "running" else "ended IS NOT NULL AND closed = 0 AND opened = 1"
        return [
            docking_row(row) for row in self._rows(f"SELECT * FROM docking WHERE {where} ORDER BY started")
        ]

    # Files, in the order of their way

    def found(self, docking: UUID, serial: str, entries: Iterable[Listed | LeftOut]) -> None:
        """Write down what was listed; what is refused has its end already."""
        values = [
            (str(docking), serial, e.path, e.size, e.modified_ns, "found", "", "", 0)
            if isinstance(e, Listed)
            else (str(docking), serial, e.path, None, None, "refused", e.word, e.detail, int(e.attention))
            for e in entries
        ]
        with self._transaction() as db:
            db.executemany(
                "INSERT OR IGNORE INTO file (docking, serial, path, size, modified_ns, state, word, detail, attention)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                values,
            )

    def to_copy(self, docking: UUID, *, large: bool, after: bytes, limit: int) -> list[FileRow]:
        """Files of state `found` in the order of their paths, from behind `after`; `large`: more than one PUT."""
        rows = self._rows(
            "SELECT * FROM file WHERE docking = ? AND path > ? AND state = 'found' AND (size > ?) = ?"
            " ORDER BY path LIMIT ?",
            (str(docking), after, SINGLE_PUT_LIMIT, int(large), limit),
        )
        return [file_row(row) for row in rows]

    def copied(self, copies: Sequence[tuple[int, CopiedFacts]]) -> None:
        """These files lie in the spool, flushed and read back."""
        with self._transaction() as db:
            for file_id, facts in copies:
                twin = db.execute(
                    f"SELECT id FROM file WHERE sha256 = ? AND sm3 = ? AND size = ? AND id <> ?"
                    f" AND waits_for IS NULL AND {_ON_THE_WAY} LIMIT 1",
                    (facts.sha256, facts.sm3, facts.size, file_id),
                ).fetchone()
                db.execute(
                    "UPDATE file SET state = 'copied', spool = ?, size = ?, modified_ns = ?, sha256 = ?, sm3 = ?,"
                    " head = ?, tail = ?, parts = ?, bad_ranges = ?, read_method = ?, copied_at = ?, waits_for = ?,"
                    " word = ?, attention = 0 WHERE id = ? AND state = 'found'",
                    (
                        facts.spool, facts.size, facts.modified_ns, facts.sha256, facts.sm3, facts.head, facts.tail,
                        b"".join(facts.parts), json.dumps(list(facts.bad_ranges)), facts.read_method,
                        facts.copied_at, twin["id"] if twin else None, "partial" if facts.bad_ranges else "", file_id,
                    ),
                )  # fmt: skip

    def to_offer(self, limit: int, busy: Iterable[int]) -> list[FileRow]:
        """Copied files that may be offered now: not `busy`, no attention, no twin on its way."""
        rows = self._rows(
            "SELECT f.* FROM file f LEFT JOIN file w ON w.id = f.waits_for"
            " WHERE f.state IN ('copied', 'uploaded') AND f.attention = 0 AND NOT"
            " (w.id IS NOT NULL AND w.state IN ('copied', 'uploaded') AND w.attention = 0)"
            f" AND f.id NOT IN ({','.join(str(int(number)) for number in busy)}) ORDER BY f.id LIMIT ?",
            (limit,),
        )
        return [file_row(row) for row in rows]

    def offered(self, clips: Sequence[tuple[int, UUID]]) -> None:
        """The server gave these files clip ids."""
        with self._transaction() as db:
            db.executemany(
                "UPDATE file SET clip = ? WHERE id = ?", [(str(clip), number) for number, clip in clips]
            )

    def uploaded(self, files: Sequence[int]) -> None:
        """All bytes of these files are sent."""
        with self._transaction() as db:
            db.executemany(
                "UPDATE file SET state = 'uploaded' WHERE id = ? AND state = 'copied'", [(n,) for n in files]
            )

    def received(self, receipts: Sequence[tuple[int, SignedStatement, str, bool]]) -> None:
        """Checked receipts: (file, statement, page, held already)."""
        with self._transaction() as db:
            db.executemany(
                "UPDATE file SET state = 'received', received = ?, clip = ?, page = ?, held_already = ?,"
                " word = iif(bad_ranges = '[]', '', 'partial'), detail = ''"
                " WHERE id = ? AND state IN ('copied', 'uploaded')",
                [
                    (signed.model_dump_json(), str(signed.statement.clip), page, int(held), number)
                    for number, signed, page, held in receipts
                ],
            )

    def held(self, files: Sequence[tuple[int, SignedStatement, str]]) -> None:
        """The server recognised these by fingerprint as handed over earlier; not read, nothing in the spool.

        That is their end: without a digest of what lies on the recorder now they never become `verified`.
        """
        with self._transaction() as db:
            db.executemany(
                "UPDATE file SET state = 'held already', received = ?, clip = ?, page = ?, held_already = 1"
                " WHERE id = ? AND state = 'found'",
                [(s.model_dump_json(), str(s.statement.clip), page, number) for number, s, page in files],
            )

    def verified(self, files: Sequence[tuple[int, SignedStatement, float]]) -> None:
        """Checked statements `verified`, and when the delay begins for each (seconds since 1970)."""
        with self._transaction() as db:
            db.executemany(
                "UPDATE file SET state = 'verified', verified = ?, verified_at = ? WHERE id = ? AND state = 'received'",
                [(signed.model_dump_json(), since, number) for number, signed, since in files],
            )

    def to_verify(self, after: int, limit: int) -> list[FileRow]:
        """Received files whose statement `verified` is outstanding, from behind the file `after`."""
        rows = self._rows(
            "SELECT * FROM file WHERE state = 'received' AND id > ? ORDER BY id LIMIT ?", (after, limit)
        )
        return [file_row(row) for row in rows]

    def freeable(self, before: float, limit: int = 500) -> list[str]:
        """Spool files of which every user is `verified`, and was so before `before` (seconds since 1970)."""
        rows = self._rows(
            "SELECT spool FROM file WHERE spool IN (SELECT spool FROM file WHERE state = 'verified'"
            " AND spool IS NOT NULL) GROUP BY spool"
            " HAVING min(state = 'verified') = 1 AND max(verified_at) <= ? LIMIT ?",
            (before, limit),
        )
        return [row["spool"] for row in rows]

    def latest_verified(self) -> float:
        """The latest time from which a delay runs, of what lies in the spool; 0 when there is none."""
        row = self._rows("SELECT max(verified_at) FROM file WHERE state = 'verified' AND spool IS NOT NULL")[
            0
        ]
        return float(row[0] or 0)

    def delay_again(self, now: float) -> None:
        """The delay of everything in the spool begins at `now`."""
        with self._transaction() as db:
            db.execute(
                "UPDATE file SET verified_at = ? WHERE state = 'verified' AND spool IS NOT NULL", (now,)
            )

    def last_round(self, now: float) -> float | None:
        """Write down a round of the keeper; answer when the one before was, None at the first."""
        with self._transaction() as db:
            row = db.execute("SELECT last FROM keeping").fetchone()
            db.execute(
                "INSERT INTO keeping (id, last) VALUES (1, ?) ON CONFLICT DO UPDATE SET last = ?", (now, now)
            )
        return float(row["last"]) if row else None

    def freed(self, names: Sequence[str]) -> None:
        """These spool files are gone, as they should be."""
        with self._transaction() as db:
            db.executemany(
                "UPDATE file SET spool = NULL WHERE spool = ? AND state = 'verified'",
                [(name,) for name in names],
            )

    # Other ends

    def ended(
        self, file_id: int, state: FileEnd, word: str, detail: str = "", *, attention: bool = True
    ) -> None:
        """A file that could not be copied has its end for this docking (`found` may stay, with a reason)."""
        with self._transaction() as db:
            db.execute(
                "UPDATE file SET state = ?, word = ?, detail = ?, attention = ?, reported = 0"
                " WHERE id = ? AND state = 'found'",
                (state, word, detail[:900], int(attention), file_id),
            )

    def left_open(self, docking: UUID, word: str) -> None:
        """The docking ends with these files not copied: say why."""
        with self._transaction() as db:
            db.execute(
                "UPDATE file SET word = ?, attention = 1, reported = 0"
                " WHERE docking = ? AND state = 'found' AND word = ''",
                (word, str(docking)),
            )

    def attention(self, file_id: int, word: str, detail: str = "") -> None:
        """A copied file cannot be handed over by itself; it stays in the spool."""
        with self._transaction() as db:
            db.execute(
                "UPDATE file SET attention = 1, word = ?, detail = ? WHERE id = ? AND state IN ('copied', 'uploaded')",
                (word, detail[:900], file_id),
            )

    def noted(self, file_id: int, word: str, detail: str = "") -> None:
        """Write down why a copied file is not handed over yet; it is offered again all the same."""
        with self._transaction() as db:
            db.execute(
                "UPDATE file SET word = ?, detail = ? WHERE id = ? AND state IN ('copied', 'uploaded')",
                (word, detail[:900], file_id),
            )

    def spool_lost(self, name: str, word: str, detail: str = "") -> None:
        """Take note that a spool file is gone or damaged before it was handed over: its files must be copied again."""
        with self._transaction() as db:
            db.execute(
                "UPDATE file SET state = 'found', spool = NULL, waits_for = NULL, attention = 1, word = ?,"
                " detail = ? WHERE spool = ? AND state IN ('copied', 'uploaded')",
                (word, detail[:900], name),
            )

    def try_again(self) -> None:
        """Let go of the marks on copied files, so that they are offered once more; done at each start."""
        with self._transaction() as db:
            db.execute(
                "UPDATE file SET attention = 0 WHERE state IN ('copied', 'uploaded') AND attention = 1"
            )

    def to_report(self, docking: UUID, limit: int) -> list[FileRow]:
        """Files whose end the server does not know and would not learn by an upload."""
        rows = self._rows(
            "SELECT * FROM file WHERE docking = ? AND reported = 0 AND (state IN ('refused', 'vanished',"
            " 'changed while read') OR (state = 'found' AND word <> '')) ORDER BY id LIMIT ?",
            (str(docking), limit),
        )
        return [file_row(row) for row in rows]

    def reported(self, files: Sequence[int]) -> None:
        """The server knows of these ends."""
        with self._transaction() as db:
            db.executemany("UPDATE file SET reported = 1 WHERE id = ?", [(number,) for number in files])

    # Questions

    def file(self, file_id: int) -> FileRow:
        """Answer one file. Raises IndexError."""
        return file_row(self._rows("SELECT * FROM file WHERE id = ?", (file_id,))[0])

    def files(self, docking: UUID, after: bytes | None = None, limit: int = 1000) -> list[FileRow]:
        """Files of a docking in the order of their paths, from behind `after`."""
        rows = self._rows(
            "SELECT * FROM file WHERE docking = ? AND (? IS NULL OR path > ?) ORDER BY path LIMIT ?",
            (str(docking), after, after, limit),
        )
        return [file_row(row) for row in rows]

    def spool_names(self) -> dict[str, bool]:
        """All spool files the journal knows; the value says whether somebody still waits for one's bytes."""
        rows = self._rows(
            "SELECT spool, max(state IN ('copied', 'uploaded')) AS needed FROM file WHERE spool IS NOT NULL GROUP BY spool"
        )
        return {row["spool"]: bool(row["needed"]) for row in rows}

    def unfinished(self) -> int:
        """Number of copied files, with nothing against them, that are not received yet."""
        return int(self._rows(f"SELECT count(*) FROM file WHERE {_ON_THE_WAY}")[0][0])

    def counts(self, docking: UUID) -> Counts:
        """Count one docking's files; links and the like are left out."""
        copied = "state IN ('copied', 'uploaded', 'received', 'verified', 'held already')"
        received = "state IN ('received', 'verified', 'held already')"
        row = self._rows(
            "SELECT count(size) AS files, total(size) AS bytes, total(attention OR bad_ranges <> '[]') AS attention,"
            f" total({copied}) AS copied_files, total(size * ({copied})) AS copied_bytes,"
            f" total({received}) AS received_files, total(size * ({received})) AS received_bytes,"
            f" total(state = 'found') AS open, total({_ON_THE_WAY}) AS waiting FROM file WHERE docking = ?",
            (str(docking),),
        )[0]
        return Counts(**{name: int(row[name] or 0) for name in row.keys()})  # noqa: SIM118  a Row iterates values
