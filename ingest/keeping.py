"""What lies in the spool and why it may go: only with a checked `verified` for exactly its bytes, and after the delay."""

from __future__ import annotations

from uuid import UUID

from ingest.client import Client
from ingest.errors import ServerRefused, ServerUnreachable, StatementInvalid
from ingest.journal_rows import FileRow
from ingest.progress import LAST_SEQUENCE, reports
from ingest.protocol import BATCH_LIMIT, CloseDocking, DockingProgress
from ingest.spool import Spool
from ingest.trust import Trust
from ingest.words import Words


class Keeper:
    """Asks for `verified` statements, frees what they allow, and tells the server which dockings are over."""

    def __init__(
        self, spool: Spool, client: Client, trust: Trust, free_after_hours: float, words: Words
    ) -> None:
        self._spool = spool
        self._client = client
        self._trust = trust
        self._words = words
        self._delay = free_after_hours * 3600

    def round(self, now: float) -> None:
        """Do what can be done now (`now` in seconds since 1970). Raises ServerUnreachable, ServerRefused, OSError."""
        self.free(now)
        self.close_dockings()
        self.ask_verified(now)
        self.free(now)

    def ask_verified(self, now: float) -> int:
        """Ask for outstanding `verified` statements; answer how many came."""
        came = after = 0
        while rows := self._spool.journal.to_verify(after, BATCH_LIMIT):
            after = rows[-1].id
            came += self._ask(rows, now)
        return came

    def _ask(self, rows: list[FileRow], now: float) -> int:
        by_clip = {
            clip.clip: clip for clip in self._client.statements(list({row.clip for row in rows if row.clip}))
        }
        good = []
        for row in rows:
            answer = by_clip.get(row.clip) if row.clip else None
            if answer is None or answer.verified is None:
                continue
            try:
                self._trust.check(
                    answer.verified,
                    kind="verified",
                    size=row.size,
                    sha256=row.sha256,
                    sm3=row.sm3,
                    clip=row.clip,
                )
            except StatementInvalid:
                continue  # it counts for nothing: the spool file stays
            good.append((row.id, answer.verified))
        self._spool.journal.verified(good, now)
        return len(good)

    def free(self, now: float) -> int:
        """Remove spool files whose statement and delay allow it; answer how many went."""
        names = self._spool.journal.freeable(now - self._delay)
        for name in names:
            self._spool.folder.remove(name)
        self._spool.journal.freed(names)
        return len(names)

    def _report(self, docking: UUID) -> None:
        """Hand in what became of files that were not uploaded, as far as the server does not know."""
        while rows := self._spool.journal.to_report(docking, BATCH_LIMIT):
            counts = self._spool.journal.counts(docking)
            self._client.progress(
                docking,
                DockingProgress(
                    sequence=LAST_SEQUENCE,
                    state="gone",
                    files_total=counts.files,
                    files_copied=counts.copied_files,
                    files_received=counts.received_files,
                    bytes_total=counts.bytes,
                    bytes_copied=counts.copied_bytes,
                    bytes_received=counts.received_bytes,
                    reports=reports(rows, self._words),
                ),
            )
            self._spool.journal.reported([row.id for row in rows])

    def close_dockings(self) -> None:
        """Tell the server of dockings that are over; those it never heard of are opened by their first offer."""
        for docking in self._spool.journal.dockings(only="to close"):
            counts = self._spool.journal.counts(docking.id)
            if docking.ended is None or docking.reason is None or counts.waiting:
                continue
            self._report(docking.id)
            message = CloseDocking(
                ended=docking.ended, files_total=counts.files, reason=docking.reason, message=docking.message
            )
            try:
                self._client.close_docking(docking.id, message)
            except ServerUnreachable:
                raise
            except ServerRefused as error:
                if error.problem.retry or error.status not in {404, 409}:
                    raise
            self._spool.journal.docking_closed(docking.id)
