"""The journal while a recorder is read: found → copied → checked, and the ends of what could not be copied."""

# ruff: noqa: S608  (the statements are put together from constants; values always travel as parameters)
from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from uuid import UUID

from ingest.journal.rows import CopiedFacts, FileRow, file_row
from ingest.journal.states import NEEDED
from ingest.journal.store import JournalStore
from ingest.protocol import SINGLE_PUT_LIMIT, FileEnd, NameFacts, SignedStatement
from ingest.recorders.base import LeftOut, Listed


def _unnamed(_entry: Listed) -> NameFacts | None:
    return None


class CopyingTable(JournalStore):
    """Files between the recorder and the spool."""

    def found(
        self,
        docking: UUID,
        serial: str,
        entries: Iterable[Listed | LeftOut],
        named: Callable[[Listed], NameFacts | None] = _unnamed,
    ) -> None:
        """Write down what was listed; what is refused has its end already. `named` reads a file's name."""
        values = []
        for entry in entries:
            if isinstance(entry, LeftOut):
                end = ("refused", entry.word, entry.detail, int(entry.attention), None, 0)
                values.append((str(docking), serial, entry.path, None, None, *end))
                continue
            facts = named(entry)
            marks = (facts.model_dump_json(), int(facts.important)) if facts else (None, 0)
            values.append(
                (str(docking), serial, entry.path, entry.size, entry.modified_ns, "found", "", "", 0, *marks)
            )
        with self._transaction() as db:
            db.executemany(
                "INSERT OR IGNORE INTO file (docking, serial, path, size, modified_ns, state, word, detail, attention,"
                " named, important) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
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

    def held(self, files: Sequence[tuple[int, SignedStatement, str]]) -> None:
        """The server recognised these by fingerprint as handed over earlier; not read, nothing in the spool.

        Without a digest of what lies on the recorder now they never become `verified`; what is cleared of them is
        read whole before.
        """
        with self._transaction() as db:
            db.executemany(
                "UPDATE file SET state = 'held already', received = ?, clip = ?, page = ?, held_already = 1, new = 0"
                " WHERE id = ? AND state = 'found'",
                [(s.model_dump_json(), str(s.statement.clip), page, number) for number, s, page in files],
            )

    def copied(self, copies: Sequence[tuple[int, CopiedFacts]]) -> None:
        """These files lie in the spool, flushed and under their names, and are not read back yet."""
        with self._transaction() as db:
            for file_id, facts in copies:
                twin = db.execute(
                    f"SELECT id FROM file WHERE sha256 = ? AND sm3 = ? AND size = ? AND id <> ?"
                    f" AND waits_for IS NULL AND {NEEDED} AND attention = 0 LIMIT 1",
                    (facts.sha256, facts.sm3, facts.size, file_id),
                ).fetchone()
                db.execute(
                    "UPDATE file SET state = 'copied', spool = ?, size = ?, modified_ns = ?, sha256 = ?, sm3 = ?,"
                    " head = ?, tail = ?, parts = ?, bad_ranges = ?, copied_at = ?, waits_for = ?,"
                    " word = ?, detail = '', attention = 0 WHERE id = ? AND state = 'found'",
                    (
                        facts.spool, facts.size, facts.modified_ns, facts.sha256, facts.sm3, facts.head, facts.tail,
                        b"".join(facts.parts), json.dumps(list(facts.bad_ranges)),
                        facts.copied_at, twin["id"] if twin else None, "partial" if facts.bad_ranges else "", file_id,
                    ),
                )  # fmt: skip

    def checked(self, files: Sequence[tuple[int, str]]) -> None:
        """These were read back from the spool's disk and agree; with how each was read."""
        with self._transaction() as db:
            db.executemany(
                "UPDATE file SET state = 'checked', read_method = ? WHERE id = ? AND state = 'copied'",
                [(method, number) for number, method in files],
            )

    def to_check(self) -> list[FileRow]:
        """Files that were not read back before a process ended."""
        return [file_row(row) for row in self._rows("SELECT * FROM file WHERE state = 'copied' ORDER BY id")]

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

    def left_open_before(self, word: str) -> None:
        """No docking runs: say of all files that none of them came to, why they are not copied."""
        with self._transaction() as db:
            db.execute(
                "UPDATE file SET word = ?, attention = 1, reported = 0 WHERE state = 'found' AND word = ''",
                (word,),
            )

    def spool_lost(self, name: str, word: str, detail: str = "") -> None:
        """Take note that a spool file is gone or damaged before it was handed over: its files must be copied again."""
        with self._transaction() as db:
            db.execute(
                "UPDATE file SET state = 'found', spool = NULL, waits_for = NULL, attention = 1, word = ?,"
                f" detail = ?, reported = 0 WHERE spool = ? AND {NEEDED}",
                (word, detail[:900], name),
            )

    def to_report(self, docking: UUID, limit: int) -> list[FileRow]:
        """Files whose end the server does not know and would not learn by an upload."""
        rows = self._rows(
            "SELECT * FROM file WHERE docking = ? AND reported = 0 AND (state IN ('refused', 'vanished',"
            " 'changed while read') OR (state = 'found' AND word <> '') OR (attention = 1 AND "
            f"{NEEDED})) ORDER BY id LIMIT ?",
            (str(docking), limit),
        )
        return [file_row(row) for row in rows]

    def reported(self, files: Sequence[int]) -> None:
        """The server knows of these ends."""
        with self._transaction() as db:
            db.executemany("UPDATE file SET reported = 1 WHERE id = ?", [(number,) for number in files])
