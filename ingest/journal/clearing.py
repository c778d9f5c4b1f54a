"""The journal after a file is verified: verified → clearable → cleared, and what leaves the spool and the recorder."""

# ruff: noqa: S608  (the statements are put together from constants; values always travel as parameters)
from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from ingest.journal.rows import FileRow, file_row
from ingest.journal.states import CLEARABLE, NEEDED
from ingest.journal.store import JournalStore
from ingest.protocol import SignedStatement

_BY_SPOOL = "INDEXED BY file_by_spool"
"""What lies in the spool is little beside what the journal remembers: these questions look at nothing else."""
_WAITING_IN_SPOOL = "state IN ('verified', 'clearable', 'cleared') AND spool IS NOT NULL"
DIFFERS = "differs-from-held"
"""The word on a file that has the marks of a held one and other bytes; its marks are not trusted any more."""
_ON_RECORDER = (
    "state IN ('clearable', 'held already') AND attention = 0 AND important = 0 AND bad_ranges = '[]'"
    " AND clip IS NOT NULL AND cleared_at IS NULL"
)
"""What may be cleared from a recorder once its statements are there; everything else stays, whatever they say."""


class ClearingTable(JournalStore):
    """Files from `verified` on."""

    # The spool

    def spool_names(self) -> dict[str, bool]:
        """All spool files the journal knows; the value says whether somebody still waits for one's bytes."""
        rows = self._rows(
            f"SELECT spool, max({NEEDED}) AS needed FROM file WHERE spool IS NOT NULL GROUP BY spool"
        )
        return {row["spool"]: bool(row["needed"]) for row in rows}

    def to_read_again(self, before: float, after: int, limit: int) -> list[FileRow]:
        """Verified files in the spool whose delay began before `before` (seconds since 1970), behind the file `after`."""
        rows = self._rows(
            "SELECT * FROM file WHERE state = 'verified' AND spool IS NOT NULL AND verified_at <= ? AND id > ?"
            " ORDER BY id LIMIT ?",
            (before, after, limit),
        )
        return [file_row(row) for row in rows]

    def clearable(self, files: Sequence[tuple[int, SignedStatement]]) -> None:
        """Checked statements `reread`: the storage gave these bytes a second time, after the delay."""
        with self._transaction() as db:
            db.executemany(
                "UPDATE file SET state = 'clearable', reread = ? WHERE id = ? AND state = 'verified'",
                [(signed.model_dump_json(), number) for number, signed in files],
            )

    def freeable(self, before: float, limit: int = 500) -> list[str]:
        """Spool files of which every user is clearable, and whose delays began before `before` (since 1970)."""
        rows = self._rows(
            f"SELECT spool FROM file WHERE spool IN (SELECT spool FROM file {_BY_SPOOL} WHERE {CLEARABLE}"
            f" AND spool IS NOT NULL) GROUP BY spool"
            f" HAVING min({CLEARABLE}) = 1 AND max(verified_at) <= ? LIMIT ?",
            (before, limit),
        )
        return [row["spool"] for row in rows]

    def latest_verified(self) -> float:
        """The latest time from which a delay runs, of what lies in the spool; 0 when there is none."""
        row = self._rows(f"SELECT max(verified_at) FROM file {_BY_SPOOL} WHERE {_WAITING_IN_SPOOL}")[0]
        return float(row[0] or 0)

    def delay_again(self, now: float) -> None:
        """The delay of everything in the spool begins at `now`."""
        with self._transaction() as db:
            db.execute(f"UPDATE file {_BY_SPOOL} SET verified_at = ? WHERE {_WAITING_IN_SPOOL}", (now,))

    def last_round(self, now: float) -> float | None:
        """Write down a round of the keeper; answer when the one before was, None at the first."""
        with self._transaction() as db:
            row = db.execute("SELECT last FROM keeping").fetchone()
            db.execute(
                "INSERT INTO keeping (id, last) VALUES (1, ?) ON CONFLICT DO UPDATE SET last = ?", (now, now)
            )
        return float(row["last"]) if row else None

    def freed(self, names: Sequence[str]) -> None:
        """These spool files are gone, and nobody waits for their bytes any more."""
        with self._transaction() as db:
            db.executemany(
                "UPDATE file SET spool = NULL WHERE spool = ?"
                " AND state IN ('received', 'verified', 'clearable', 'cleared')",
                [(name,) for name in names],
            )

    # The recorder

    def to_clear(self, docking: UUID, after: int, limit: int) -> list[FileRow]:
        """Files of a docking that may leave the recorder once their statements are there, behind the file `after`."""
        rows = self._rows(
            f"SELECT * FROM file WHERE docking = ? AND id > ? AND {_ON_RECORDER} ORDER BY id LIMIT ?",
            (str(docking), after, limit),
        )
        return [file_row(row) for row in rows]

    def clearing_begins(self, file_id: int, reread: SignedStatement, now: float) -> bool:
        """It was read again on the recorder and agrees with this statement: it is about to be removed.

        Answers False when it may not be any more.
        """
        stated = reread.statement
        with self._transaction() as db:
            done = db.execute(
                "UPDATE file SET clear_from = ?, reread = ?, sha256 = coalesce(sha256, ?), sm3 = coalesce(sm3, ?)"
                f" WHERE id = ? AND {_ON_RECORDER}",
                (now, reread.model_dump_json(), stated.sha256, stated.sm3, file_id),
            )
        return done.rowcount == 1

    def not_cleared(self, file_id: int, word: str, detail: str = "") -> None:
        """It was not removed, and why; it stays on the recorder."""
        with self._transaction() as db:
            db.execute(
                "UPDATE file SET clear_from = NULL, word = ?, detail = ? WHERE id = ? AND cleared_at IS NULL",
                (word, detail[:900], file_id),
            )

    def differs(self, file_id: int) -> bool:
        """What lies on the recorder is not what is held under this row. Answers whether it is to be copied now.

        One that was only recognised is `found` again; one that was read at this docking keeps its statements, and
        what lies there now is read at the next.
        """
        with self._transaction() as db:
            again = db.execute(
                "UPDATE file SET state = 'found', word = ?, attention = 1, reported = 0, held_already = 0, new = NULL,"
                " received = NULL, clip = NULL, page = '', clear_from = NULL WHERE id = ? AND state = 'held already'",
                (DIFFERS, file_id),
            ).rowcount
            db.execute(
                "UPDATE file SET word = ?, attention = 1, clear_from = NULL WHERE id = ? AND cleared_at IS NULL",
                (DIFFERS, file_id),
            )
        return again == 1

    def cleared(self, files: Sequence[tuple[int, float]]) -> None:
        """These are gone from the recorder, since then (seconds since 1970)."""
        with self._transaction() as db:
            db.executemany(
                "UPDATE file SET state = 'cleared', cleared_at = ?, word = '', detail = ''"
                " WHERE id = ? AND clear_from IS NOT NULL AND cleared_at IS NULL",
                [(at, number) for number, at in files],
            )

    def clearing_broken_off(self, serial: str, docking: UUID) -> list[FileRow]:
        """Files of earlier dockings of this recorder that were being removed when a process ended."""
        rows = self._rows(
            "SELECT * FROM file WHERE serial = ? AND docking <> ? AND clear_from IS NOT NULL AND cleared_at IS NULL",
            (serial, str(docking)),
        )
        return [file_row(row) for row in rows]

    def listed(self, docking: UUID, path: bytes) -> FileRow | None:
        """Answer the file at this path of a docking, if it was listed there."""
        rows = self._rows("SELECT * FROM file WHERE docking = ? AND path = ?", (str(docking), path))
        return file_row(rows[0]) if rows else None

    def cleared_to_tell(self, limit: int) -> list[FileRow]:
        """Cleared files of one docking that the server does not know of."""
        rows = self._rows(
            "SELECT * FROM file WHERE cleared_at IS NOT NULL AND cleared_reported = 0 AND docking ="
            " (SELECT docking FROM file WHERE cleared_at IS NOT NULL AND cleared_reported = 0 LIMIT 1)"
            " ORDER BY id LIMIT ?",
            (limit,),
        )
        return [file_row(row) for row in rows]

    def cleared_told(self, files: Sequence[int]) -> None:
        """The server knows that these were cleared."""
        with self._transaction() as db:
            db.executemany("UPDATE file SET cleared_reported = 1 WHERE id = ?", [(n,) for n in files])
