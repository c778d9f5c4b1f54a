"""The station's memory: which file stands where, from `found` to `cleared`, in SQLite with every commit flushed.

Each step is one transaction that may be repeated; a step that came too late changes nothing. A process that is
killed at any moment carries on from what stands here. The states are named in `ingest.journal.states`, the tables in
`ingest.journal.schema`; each of the parts below knows one stretch of a file's way.
"""

# ruff: noqa: S608  (the statements are put together from constants; values always travel as parameters)
from __future__ import annotations

from uuid import UUID

from ingest.journal.clearing import ClearingTable
from ingest.journal.copying import CopyingTable
from ingest.journal.dockings import DockingTable
from ingest.journal.handover import HandoverTable
from ingest.journal.orders import OrderTable
from ingest.journal.rows import Counts, FileRow, file_row
from ingest.journal.states import ON_THE_WAY, PROVEN, RECEIVED, TO_COPY


class Journal(DockingTable, CopyingTable, HandoverTable, ClearingTable, OrderTable):
    """The journal of one spool. Safe to use from several threads."""

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

    def counts(self, docking: UUID) -> Counts:
        """Count one docking's files; links and the like are left out."""
        row = self._rows(
            "SELECT count(size) AS files, total(size) AS bytes, total(attention OR bad_ranges <> '[]') AS attention,"
            f" total({PROVEN}) AS copied_files, total(size * ({PROVEN})) AS copied_bytes,"
            f" total({RECEIVED}) AS received_files, total(size * ({RECEIVED})) AS received_bytes,"
            f" total({TO_COPY}) AS open, total({ON_THE_WAY}) AS waiting,"
            " total(state = 'cleared') AS cleared_files FROM file WHERE docking = ?",
            (str(docking),),
        )[0]
        return Counts(**{name: int(row[name] or 0) for name in row.keys()})  # noqa: SIM118  a Row iterates values
