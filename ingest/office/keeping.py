"""What lies in the spool and why it may go: only with checked statements for exactly its bytes, and after the delay.

The delay runs from the later of the statement's time and our own, by a clock that has not jumped; then the server
reads the object back from the storage a second time, and only its signed word on that lets the bytes go.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Literal
from uuid import UUID

from ingest.clearing.rules import read_again_soundly, time_of
from ingest.errors import ServerRefused, ServerUnreachable, StatementInvalid
from ingest.journal.rows import FileRow
from ingest.names import encoded
from ingest.office.client import Client
from ingest.office.officers import KnownOfficers
from ingest.office.orders import carry_out
from ingest.office.picks import send_picks
from ingest.office.trust import Trust
from ingest.progress import LAST_SEQUENCE, reports
from ingest.protocol import (
    BATCH_LIMIT,
    AskStatements,
    ClearedFile,
    ClearingPolicy,
    ClipStatements,
    CloseDocking,
    DockingProgress,
    ReportCleared,
    SignedStatement,
    StationQueue,
)
from ingest.spool import Spool
from ingest.words.words import Words

JUMP = 86400.0
"""Seconds between two rounds after which the clock counts as set anew: the delay begins anew with it."""
BEHIND = 300.0
"""Seconds the station's clock may be behind the statements it holds."""

log = logging.getLogger(__name__)


class Keeper:
    """Asks for statements, frees what they allow, and tells the server what became of dockings and files."""

    def __init__(
        self,
        spool: Spool,
        client: Client,
        trust: Trust,
        free_after_hours: float,
        words: Words,
        *,
        queue: Callable[[], StationQueue | None] = lambda: None,
        retried: Callable[[], None] = lambda: None,
        sheets: Callable[[], bool] = lambda: True,
    ) -> None:
        """`queue`: how the station stands, None when that is not ours to say; `retried`: files are offered again.

        `sheets` makes and sends the sheets of dockings, before these are closed; False when it is at it still.
        """
        self._spool = spool
        self._client = client
        self._trust = trust
        self._words = words
        self._delay = free_after_hours * 3600
        self._queue = queue
        self._retried = retried
        self._sheets = sheets
        self._steady: bool | None = None
        self._complained: set[tuple[int, str]] = set()
        self.policy: ClearingPolicy | None = None
        """When files may leave a recorder, as the server last said; None until it said so."""
        self.officers = KnownOfficers(spool.path)
        """Names to pick from, as the server last said, perhaps before this process began."""

    def round(self, now: float) -> None:
        """Do what can be done now (`now` in seconds since 1970). Raises ServerUnreachable, ServerRefused, OSError."""
        self._steady = self._clock_is_steady(now)
        if self._steady:
            self.free(now)
        self.report_in()
        self.ask_verified(now)
        if self._steady:
            self.ask_again(now)
            self.free(now)
        self.tell_cleared()
        send_picks(self._spool.journal, self._client)
        self.close_dockings()  # last: a sheet that is long in coming keeps no statement waiting

    def clock_is_trusted(self, now: float) -> bool:
        """Whether delays may be judged by this clock: it did not jump, and is not behind what was written down."""
        if self._steady is None:
            self._steady = self._clock_is_steady(now)
        return self._steady and now >= self._spool.journal.latest_verified() - BEHIND

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

    # The office

    def report_in(self) -> None:
        """Say that the station is there and how it stands; do what the office wants done."""
        journal = self._spool.journal
        done = journal.orders_to_tell(BATCH_LIMIT)
        answer = self._client.ask(
            AskStatements(clips=[], queue=self._queue(), done=done, officers_mark=self.officers.mark)
        )
        journal.orders_told(done)
        if answer.clearing is not None:
            self.policy = answer.clearing
        if answer.officers is not None:
            self.officers.keep(answer.officers, answer.officers_mark)
        for order in answer.orders:
            carry_out(journal, order)
        if answer.orders:
            self._retried()

    # Statements

    def ask_verified(self, now: float) -> int:
        """Ask for outstanding `verified` statements; answer how many came."""
        came = after = 0
        while rows := self._spool.journal.to_verify(after, BATCH_LIMIT):
            after = rows[-1].id
            good = []
            for row, said in self._asked(rows, again=False):
                if (verified := self._good(said.verified, "verified", row)) is not None:
                    good.append((row.id, verified, max(now, time_of(verified.statement).timestamp())))
            self._spool.journal.verified(good)
            came += len(good)
        return came

    def ask_again(self, now: float) -> int:
        """Ask for second read-backs of what waits in the spool since its delay; answer how many came."""
        came = after = 0
        delay = self.delay()
        while rows := self._spool.journal.to_read_again(now - delay.total_seconds(), after, BATCH_LIMIT):
            after = rows[-1].id
            good = []
            for row, said in self._asked(rows, again=True):
                reread = self._good(said.reread, "reread", row)
                if row.verified is None or reread is None:
                    continue
                wrong = read_again_soundly(
                    row.verified.statement, reread.statement, delay, datetime.fromtimestamp(now, UTC)
                )
                if wrong:
                    self._complain("reread", row, wrong)
                    continue
                good.append((row.id, reread))
            self._spool.journal.clearable(good)
            came += len(good)
        return came

    def delay(self) -> timedelta:
        """Answer the longer of the bureau's delay and this station's own."""
        bureau = (self.policy or ClearingPolicy()).delay_hours
        return max(timedelta(hours=bureau), timedelta(seconds=self._delay))

    def _asked(self, rows: list[FileRow], *, again: bool) -> list[tuple[FileRow, ClipStatements]]:
        clips = list(dict.fromkeys(row.clip for row in rows if row.clip))
        answer = self._client.ask(AskStatements(clips=clips, again=clips if again else []))
        by_clip = {clip.clip: clip for clip in answer.clips}
        return [(row, by_clip[row.clip]) for row in rows if row.clip in by_clip]

    def _good(
        self, signed: SignedStatement | None, kind: Literal["verified", "reread"], row: FileRow
    ) -> SignedStatement | None:
        """Answer a statement that is good for exactly these bytes; any other counts for nothing."""
        if signed is None:
            return None
        try:
            self._trust.check(signed, kind=kind, size=row.size, sha256=row.sha256, sm3=row.sm3, clip=row.clip)
            time_of(signed.statement)
        except (StatementInvalid, ValueError) as error:
            self._complain(kind, row, str(error))
            return None
        return signed

    def _complain(self, kind: str, row: FileRow, why: str) -> None:
        """Log a statement that counts for nothing, once: it is asked for again and again."""
        if (row.id, kind) not in self._complained:
            self._complained.add((row.id, kind))
            log.warning("a statement %s for clip %s counts for nothing: %s", kind, row.clip, why)

    def free(self, now: float) -> int:
        """Remove spool files that are clearable; answer how many went.

        None go while the clock is behind what was written down: then it is wrong.
        """
        journal = self._spool.journal
        if now < journal.latest_verified() - BEHIND:
            return 0
        names = journal.freeable(now - self.delay().total_seconds())
        for name in names:
            self._spool.folder.remove(name)
        journal.freed(names)
        return len(names)

    # What became of dockings and files

    def tell_cleared(self) -> None:
        """Tell the server which files left their recorders."""
        journal = self._spool.journal
        while rows := journal.cleared_to_tell(BATCH_LIMIT):
            docking = journal.docking(rows[0].docking)
            files = [cleared for row in rows if (cleared := _cleared(row)) is not None]
            if files:
                self._client.cleared(
                    docking.id, ReportCleared(files=files, confirmed_by=docking.confirmed_by or "")
                )
            journal.cleared_told([row.id for row in rows])

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
                    reports=reports(rows),
                ),
            )
            self._spool.journal.reported([row.id for row in rows])

    def close_dockings(self) -> None:
        """Tell the server of dockings that are over; those it never heard of are opened by their first offer."""
        if not self._sheets():
            return
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


def _cleared(row: FileRow) -> ClearedFile | None:
    if row.clip is None or row.clear_from is None or row.cleared_at is None:
        return None
    return ClearedFile(
        path=encoded(row.path),
        clip=row.clip,
        sha256=row.sha256,
        sm3=row.sm3,
        read_again_at=datetime.fromtimestamp(row.clear_from, UTC),
        cleared_at=datetime.fromtimestamp(row.cleared_at, UTC),
    )
