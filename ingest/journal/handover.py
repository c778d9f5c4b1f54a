"""The journal while files are handed over: checked → uploaded → received → verified."""

# ruff: noqa: S608  (the statements are put together from constants; values always travel as parameters)
from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from uuid import UUID

from ingest.journal.rows import FileRow, Waiting, file_row
from ingest.journal.states import NEEDED, ON_THE_WAY, TO_SEND
from ingest.journal.store import JournalStore
from ingest.protocol import SignedStatement


class HandoverTable(JournalStore):
    """Files between the spool and the server's statements."""

    def to_offer(self, limit: int, busy: Iterable[int]) -> list[FileRow]:
        """Checked files that may be offered now: not `busy`, no attention, no twin on its way; grouped by docking.

        Dockings share `limit`, so that a recorder with few files does not wait behind one with thousands; what one
        leaves of its share goes to the oldest files.
        """
        dockings = self._rows(
            "SELECT id FROM docking WHERE EXISTS"
            f" (SELECT 1 FROM file WHERE file.docking = docking.id AND {ON_THE_WAY}) ORDER BY id LIMIT ?",
            (limit,),
        )
        chosen: list[FileRow] = []
        apart = set(busy)
        for docking in dockings if len(dockings) > 1 else []:
            chosen += self._to_offer(limit // len(dockings), apart, docking["id"])
        apart.update(row.id for row in chosen)
        if len(chosen) < limit:
            chosen += self._to_offer(limit - len(chosen), apart, None)
        # Whoever has least comes first: they are offered one docking after the other.
        many = Counter(row.docking for row in chosen)
        return sorted(chosen, key=lambda row: (many[row.docking], row.docking, row.id))

    def _to_offer(self, limit: int, apart: Iterable[int], docking: str | None) -> list[FileRow]:
        rows = self._rows(
            "SELECT f.* FROM file f LEFT JOIN file w ON w.id = f.waits_for"
            " WHERE f.state IN ('checked', 'uploaded') AND f.attention = 0 AND NOT"
            " (w.id IS NOT NULL AND w.state IN ('checked', 'uploaded') AND w.attention = 0)"
            f" AND f.id NOT IN ({','.join(str(int(number)) for number in apart)})"
            f"{' AND f.docking = ?' if docking else ''} ORDER BY f.id LIMIT ?",
            (docking, limit) if docking else (limit,),
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
                "UPDATE file SET state = 'uploaded' WHERE id = ? AND state = 'checked'", [(n,) for n in files]
            )

    def received(self, receipts: Sequence[tuple[int, SignedStatement, str, bool]]) -> None:
        """Checked receipts: (file, statement, page, held already)."""
        with self._transaction() as db:
            db.executemany(
                "UPDATE file SET state = 'received', received = ?, clip = ?, page = ?, held_already = ?, new = ?,"
                " word = iif(bad_ranges = '[]', '', 'partial'), detail = ''"
                f" WHERE id = ? AND {TO_SEND}",
                [
                    (
                        signed.model_dump_json(),
                        str(signed.statement.clip),
                        page,
                        int(held),
                        int(not held),
                        number,
                    )
                    for number, signed, page, held in receipts
                ],
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

    def attention(self, file_id: int, word: str, detail: str = "") -> None:
        """A copied file cannot be handed over by itself; it stays in the spool."""
        with self._transaction() as db:
            db.execute(
                f"UPDATE file SET attention = 1, word = ?, detail = ?, reported = 0 WHERE id = ? AND {NEEDED}",
                (word, detail[:900], file_id),
            )

    def noted(self, file_id: int, word: str, detail: str = "") -> None:
        """Write down why a copied file is not handed over yet; it is offered again all the same."""
        with self._transaction() as db:
            db.execute(
                f"UPDATE file SET word = ?, detail = ? WHERE id = ? AND {NEEDED}",
                (word, detail[:900], file_id),
            )

    def try_again(self) -> None:
        """Let go of the marks on copied files, so that they are offered once more; done at each start."""
        with self._transaction() as db:
            db.execute(f"UPDATE file SET attention = 0 WHERE {NEEDED} AND attention = 1")

    def unfinished(self) -> int:
        """Number of copied files, with nothing against them, that are not received yet."""
        return int(self._rows(f"SELECT count(*) FROM file WHERE {ON_THE_WAY}")[0][0])

    def waiting(self) -> Waiting:
        """Count what is copied and not received yet, and what needs a person."""
        row = self._rows(
            f"SELECT count(*) AS files, total(size) AS bytes, min(copied_at) AS oldest FROM file WHERE {NEEDED}"
        )[0]
        failed = self._rows(
            f"SELECT count(*) FROM file WHERE attention = 1 AND ({NEEDED} OR docking IN"
            " (SELECT id FROM (SELECT id, max(started) FROM docking GROUP BY serial)))"
        )[0][0]
        return Waiting(row["files"], int(row["bytes"]), row["oldest"], int(failed))
