"""What lies in the spool and why it may go: only with a checked `verified` for exactly its bytes, and after the delay.

The delay runs from the later of the statement's time and our own, by a clock that has not jumped. Not done here yet:
reading the object back from the storage a second time before its bytes go; that comes with clearing.
"""

from __future__ import annotations

import logging
from datetime import datetime
from uuid import UUID

from ingest.client import Client
from ingest.errors import ServerRefused, ServerUnreachable, StatementInvalid
from ingest.journal_rows import FileRow
from ingest.progress import LAST_SEQUENCE, reports
from ingest.protocol import BATCH_LIMIT, CloseDocking, DockingProgress
from ingest.spool import Spool
from ingest.trust import Trust
from ingest.words import Words

JUMP = 86400.0
"""Seconds between two rounds after which the clock counts as set anew: the delay begins anew with it."""
BEHIND = 300.0
"""Seconds the station's clock may be behind the statements it holds."""

log = logging.getLogger(__name__)


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
        steady = self._clock_is_steady(now)
        if steady:
            self.free(now)
        self._client.statements([])  # a station with nothing to ask still says that it is there
        self.close_dockings()
        self.ask_verified(now)
        if steady:
            self.free(now)

    def _clock_is_steady(self, now: float) -> bool:
        """Whether the clock went on since the last round, perhaps of another process, as clocks do."""
        journal = self._spool.journal
        last = journal.last_round(now)
        if last is None or abs(now - last) <= JUMP:
            return True
        log.warning(
            "the clock jumped by %.0f s since the last round; nothing is freed, the delay begins anew",
            now - last,
        )
        journal.delay_again(now)
        return False

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
                stated = datetime.fromisoformat(answer.verified.statement.time).timestamp()
            except (StatementInvalid, ValueError):
                continue  # it counts for nothing: the spool file stays
            good.append((row.id, answer.verified, max(now, stated)))
        self._spool.journal.verified(good)
        return len(good)

    def free(self, now: float) -> int:
        """Remove spool files whose statement and delay allow it; answer how many went.

        None go while the clock is behind what was written down: then it is wrong.
        """
        if now < self._spool.journal.latest_verified() - BEHIND:
            return 0
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
