"""The journal's dockings: what is known of each, and what the server knows."""

# ruff: noqa: S608  (the statements are put together from constants; values always travel as parameters)
from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from ingest.journal.rows import DockingRow, EndReason, docking_row
from ingest.journal.store import JournalStore
from ingest.journal.visits import interrupted_parts
from ingest.protocol import DockingOpened, PickedOfficer, RecorderIdentity

_MOST_PARTS = 100
"""Dockings of a recorder that are looked at; a loose plug makes many."""


class DockingTable(JournalStore):
    """Writes and answers dockings."""

    def begin_docking(self, docking: UUID, slot: str, recorder: RecorderIdentity, started: datetime) -> None:
        """A recorder was plugged in."""
        with self._transaction() as db:
            db.execute(
                "INSERT OR IGNORE INTO docking (id, slot, recorder, serial, started) VALUES (?, ?, ?, ?, ?)",
                (str(docking), slot, recorder.model_dump_json(), recorder.serial, started.isoformat()),
            )

    def identified(self, docking: UUID, recorder: RecorderIdentity) -> None:
        """More is known of the recorder than when it was plugged in."""
        with self._transaction() as db:
            db.execute(
                "UPDATE docking SET recorder = ? WHERE id = ?", (recorder.model_dump_json(), str(docking))
            )

    def docking_opened(self, docking: UUID, answer: DockingOpened) -> None:
        """The server knows of the docking, and says what it knows of the recorder."""
        with self._transaction() as db:
            db.execute(
                "UPDATE docking SET opened = 1, page = ?, answer = ? WHERE id = ?",
                (answer.page, answer.model_dump_json(), str(docking)),
            )

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

    def dockings(
        self, *, only: Literal["running", "to close", "pick to send", "sheet to make", "sheet to send"]
    ) -> list[DockingRow]:
        """Dockings that have not ended, or of which the server lacks the end, the pick or the last sheet, or that lack one."""
        where = {
            "running": "ended IS NULL",
            "to close": "ended IS NOT NULL AND closed = 0 AND opened = 1",
            "pick to send": "picked IS NOT NULL AND picked_sent = 0 AND opened = 1",
            "sheet to make": "ended IS NOT NULL AND sheet_revision = 0",
            "sheet to send": "sheet_sent < sheet_revision AND opened = 1",
        }[only]
        return [
            docking_row(row) for row in self._rows(f"SELECT * FROM docking WHERE {where} ORDER BY started")
        ]

    # What people say at the station

    def officer_picked(self, docking: UUID, picked: PickedOfficer) -> None:
        """Somebody said who recorded; the last one counts.

        It is said of the whole visit: where a pull interrupted it, of the dockings before as well, unless something
        else was said at one of them.
        """
        with self._transaction() as db:
            rows = db.execute(
                "SELECT * FROM docking WHERE serial = (SELECT serial FROM docking WHERE id = ?) AND rowid <="
                " (SELECT rowid FROM docking WHERE id = ?) ORDER BY rowid DESC LIMIT ?",
                (str(docking), str(docking), _MOST_PARTS),
            )
            visit = [docking_row(row) for row in rows]
            of = [*visit[:1], *interrupted_parts(visit)]
            db.executemany(
                "UPDATE docking SET picked = ?, picked_sent = 0 WHERE id = ?",
                [(picked.model_dump_json(), str(one.id)) for one in of],
            )

    def pick_sent(self, docking: UUID, picked: PickedOfficer) -> None:
        """The server knows of this pick."""
        with self._transaction() as db:
            db.execute(
                "UPDATE docking SET picked_sent = 1 WHERE id = ? AND picked = ?",
                (str(docking), picked.model_dump_json()),
            )

    def clearing_confirmed(self, docking: UUID, by: str) -> None:
        """Somebody confirmed at the station that this docking's files may be cleared; `by`: what they are called."""
        with self._transaction() as db:
            db.execute("UPDATE docking SET confirmed_by = ? WHERE id = ?", (by[:128], str(docking)))

    # Sheets

    def sheet_made(self, docking: UUID, revision: int) -> None:
        """Sheet number `revision` lies on the disk."""
        with self._transaction() as db:
            db.execute(
                "UPDATE docking SET sheet_revision = max(sheet_revision, ?) WHERE id = ?",
                (revision, str(docking)),
            )

    def sheet_sent(self, docking: UUID, revision: int) -> None:
        """The server keeps sheet number `revision`."""
        with self._transaction() as db:
            db.execute(
                "UPDATE docking SET sheet_sent = max(sheet_sent, ?) WHERE id = ?", (revision, str(docking))
            )
