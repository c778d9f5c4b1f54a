"""The hand-over: copied files are offered, sent part by part and completed, each until its receipt is checked.

The journal is the queue. Whatever fails, the file is let go and offered again later; the server answers what is
still missing of it. So nothing here needs to be remembered, and a crash costs at most a part sent twice.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator
from itertools import groupby

from ingest.client import Client
from ingest.couriers import Couriers, InHand
from ingest.errors import (
    IngestError,
    IntakeStopped,
    ServerRefused,
    ServerTroubled,
    ServerUnreachable,
    StatementInvalid,
    TokenRefused,
)
from ingest.journal_rows import FileRow
from ingest.names import encoded, shown
from ingest.patience import LONGEST_PAUSE, Rests, Trouble, TroubleKind, Troubles
from ingest.protocol import (
    BATCH_LIMIT,
    CompleteUpload,
    FileOffer,
    Fingerprint,
    Held,
    OpenDocking,
    Received,
    Refused,
    SignedStatement,
    UploadTask,
)
from ingest.sending import Sender
from ingest.spool import Spool
from ingest.trust import Trust

GATHER = 0.05
"""Seconds that small things wait for others to travel with."""
MOST_DIGESTS = 50_000
"""Part digests in one request at most, about 3 MB; one file of 1 TiB has 8192."""
MOST_IN_HAND = 2 * BATCH_LIMIT
MOST_STUCK = 3
"""Files in a row that the server meets trouble with, after which it is asked no more for a while."""


class Handover:
    """Three kinds of threads: one offers, some send, one completes. Start once, stop once."""

    def __init__(
        self, spool: Spool, client: Client, trust: Trust, senders: Callable[[], Sender], threads: int = 3
    ) -> None:
        self._spool = spool
        self._journal = spool.journal
        self._client = client
        self._trust = trust
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._busy: set[int] = set()
        self._rests = Rests()
        self._troubles = Troubles()
        self._failures = 0
        self._stuck = 0
        self._sent: queue.SimpleQueue[InHand | None] = queue.SimpleQueue()
        self._couriers = Couriers(
            spool,
            client,
            senders,
            self._rests,
            self._troubles,
            done=self._sent.put,
            release=self._let_go,
        )
        self._last_answer = time.monotonic()
        self._threads = [
            threading.Thread(target=self._offer_all, name="offer", daemon=True),
            threading.Thread(target=self._complete_all, name="complete", daemon=True),
            *(
                threading.Thread(target=self._couriers.run, name=f"send-{n}", daemon=True)
                for n in range(threads)
            ),
        ]

    def start(self) -> None:
        """Begin with what the journal holds."""
        for thread in self._threads:
            thread.start()

    def stop(self, timeout: float = 5.0) -> None:
        """Stop within about `timeout` seconds; a part that is under way is sent again another time."""
        self._stopping.set()
        self._wake.set()
        self._couriers.stop()
        self._sent.put(None)
        end = time.monotonic() + timeout
        for thread in self._threads:
            if thread.is_alive():
                thread.join(max(0.0, end - time.monotonic()))

    def wake(self) -> None:
        """There is something new in the journal."""
        self._wake.set()

    @property
    def last_progress(self) -> float:
        """When a part or a receipt last came through, monotonic seconds."""
        return max(self._last_answer, self._couriers.last_progress)

    def unexpected(self, error: Exception) -> None:
        """Something else that works on this spool met trouble nobody foresaw; called where it is handled."""
        self._troubles.unexpected(error)

    @property
    def trouble(self) -> Trouble | None:
        """What is wrong right now; the oldest first."""
        return self._troubles.oldest()

    # Offering

    def _offer_all(self) -> None:
        while not self._stopping.is_set():
            self._wake.wait(timeout=self._rests.soonest(5.0))
            self._wake.clear()
            if self._stopping.wait(GATHER):
                return
            try:
                while self._offer_some() and not self._stopping.is_set():
                    pass
            except (ServerUnreachable, IntakeStopped, TokenRefused, ServerRefused) as error:
                self._server_failed(error)
                self._pause()
            except Exception as error:  # noqa: BLE001  a thread that dies silently hands nothing over for days
                self._troubles.unexpected(error)
                self._pause()

    def _pause(self) -> None:
        self._failures += 1
        self._stopping.wait(min(LONGEST_PAUSE, 0.25 * 2 ** min(self._failures, 10)))
        self._wake.set()

    def _offer_some(self) -> bool:
        """Offer one batch of one docking; answer whether there may be more."""
        resting = self._rests.resting()
        with self._lock:
            room = MOST_IN_HAND - len(self._busy)
            apart = self._busy | resting
        if room <= 0:
            return False  # each receipt wakes us
        rows = self._journal.to_offer(min(room, BATCH_LIMIT), apart)
        self._stuck = 0
        for docking, group in groupby(rows, key=lambda row: row.docking):
            files = list(group)
            try:
                self.ensure_open(docking)
            except (IntakeStopped, TokenRefused):
                raise
            except (ServerTroubled, ServerRefused) as error:
                self._not_now(files, error)
                continue
            for batch in _batches(files):
                try:
                    self._offer_batch(docking, batch)
                except IngestError:
                    raise
                except Exception:
                    self._rest_apart(batch)  # let others go first next time
                    raise
        self._troubles.clear("station")
        if not rows and not apart:
            self._server_well()  # nothing is left that could show it
        return len(rows) == BATCH_LIMIT

    def _not_now(self, rows: list[FileRow], error: ServerTroubled | ServerRefused) -> None:
        """The server cannot take these by themselves: they rest, longer each time, and others go on.

        Raises ServerUnreachable after several such in a row: then it is the server, not the files.
        """
        for row in rows:
            self._journal.noted(row.id, "server-trouble", str(error))
            self._rests.rest(row.id)
        self._stuck += 1
        if self._stuck >= MOST_STUCK:
            raise ServerUnreachable(str(error)) from error

    def _rest_apart(self, rows: list[FileRow]) -> None:
        """Let those rest that no courier has."""
        with self._lock:
            idle = [row.id for row in rows if row.id not in self._busy]
        for number in idle:
            self._rests.rest(number)

    def ensure_open(self, docking: str) -> None:
        """Make sure that the server knows of a docking. Raises ServerUnreachable, ServerRefused."""
        row = self._journal.docking(docking)
        if not row.opened:
            opened = self._client.open_docking(
                OpenDocking(docking=row.id, slot=row.slot, recorder=row.recorder, started=row.started)
            )
            self._journal.docking_opened(row.id, opened.page)

    def _offer_batch(self, docking: str, rows: list[FileRow], tries: int = 3) -> None:
        try:
            answers = self._client.offer(docking, [_offer(row) for row in rows], tries=tries)
        except (IntakeStopped, TokenRefused):
            raise
        except ServerTroubled as error:
            if len(rows) == 1:
                self._not_now(rows, error)
            else:  # halves, so that one file is found in few questions
                middle = len(rows) // 2
                self._offer_batch(docking, rows[:middle], tries=1)
                self._offer_batch(docking, rows[middle:], tries=1)
        except ServerRefused as error:
            if error.problem.error == "unknown-docking":
                self._journal.docking_unknown(docking)
                for row in rows:
                    self._rests.rest(row.id)
            elif len(rows) > 1:
                for row in rows:  # one of them is not acceptable: find out which
                    self._offer_batch(docking, [row])
            else:
                self._not_wanted(rows[0], error.problem.what, retry=error.problem.retry)
        else:
            self._stuck = 0
            self._server_well()
            self._take_answers(rows, answers)

    def _take_answers(self, rows: list[FileRow], answers: list[UploadTask | Held | Refused]) -> None:
        received = []
        upload: list[tuple[FileRow, UploadTask]] = []
        for row, answer in zip(rows, answers, strict=True):
            if isinstance(answer, UploadTask):
                upload.append((row, answer))
            elif isinstance(answer, Refused):
                self._not_wanted(row, answer.reason, retry=answer.retry)
            elif self._accept(row, answer.received):
                # The same upload as before a crash is not "held already".
                received.append((row.id, answer.received, answer.page, row.clip != answer.clip))
        if received:
            self._journal.received(received)
            self._last_answer = time.monotonic()
            self._wake.set()
        if upload:
            self._journal.offered([(row.id, task.clip) for row, task in upload])
        for row, task in upload:
            self._take_in_hand(row, task)

    def _not_wanted(self, row: FileRow, reason: str, *, retry: bool) -> None:
        if retry:
            self._rests.rest(row.id)
        else:
            self._journal.attention(row.id, "refused-by-server", reason)

    def _take_in_hand(self, row: FileRow, task: UploadTask) -> None:
        try:
            fd = self._spool.folder.open(row.spool or "")
        except FileNotFoundError:
            self._journal.spool_lost(row.spool or "", "spool-lost")
            return
        file = InHand(row, task, fd, left=len(task.parts))
        with self._lock:
            self._busy.add(row.id)
        self._couriers.take(file)

    # Completing

    def _complete_all(self) -> None:
        while (first := self._sent.get()) is not None:
            batch = [first]
            end = time.monotonic() + GATHER
            while len(batch) < BATCH_LIMIT:
                try:
                    more = self._sent.get(timeout=max(0.0, end - time.monotonic()))
                except queue.Empty:
                    break
                if more is None:
                    return
                batch.append(more)
            try:
                self._complete(batch)
            except Exception as error:  # noqa: BLE001  as in offering
                self._troubles.unexpected(error)
                self._rest_apart([file.row for file in batch])

    def _complete(self, batch: list[InHand]) -> None:
        """Complete these and let go of them, one by one when the server meets trouble with all together."""
        try:
            troubled = self._complete_some(batch)
            if troubled is not None and len(batch) > 1:
                stuck = 0
                for file in batch:
                    stuck = stuck + 1 if self._complete_some([file], tries=1) else 0
                    if stuck >= MOST_STUCK:
                        self._server_failed(troubled)
                        break
        finally:
            for file in batch:
                self._let_go(file)

    def _complete_some(self, batch: list[InHand], tries: int = 3) -> ServerTroubled | None:
        """Complete these together; those without an answer rest. Answers the server's own trouble, if it met any."""
        outstanding = {file.row.id for file in batch}
        try:
            self._journal.uploaded([file.row.id for file in batch])
            answers = self._client.complete(
                [CompleteUpload(clip=file.task.clip, version_hint=file.version) for file in batch],
                tries=tries,
            )
            received = []
            for file, answer in zip(batch, answers, strict=True):
                if isinstance(answer, Received):
                    if self._accept(file.row, answer.statement):
                        received.append((file.row.id, answer.statement, answer.page, answer.held_already))
                else:
                    self._not_wanted(file.row, answer.reason, retry=answer.retry)
                outstanding.discard(file.row.id)
            if received:
                self._journal.received(received)
                self._last_answer = time.monotonic()
            self._server_well()
        except ServerTroubled as error:
            if len(batch) == 1:
                self._journal.noted(batch[0].row.id, "server-trouble", str(error))
            return error
        except (ServerUnreachable, ServerRefused) as error:
            self._server_failed(error)
        except Exception as error:  # noqa: BLE001  a thread that dies silently hands nothing over for days
            self._troubles.unexpected(error)
            outstanding = {file.row.id for file in batch}
        finally:
            for number in outstanding:
                self._rests.rest(number)
        return None

    def _accept(self, row: FileRow, statement: SignedStatement) -> bool:
        """Check a receipt; one that does not check out leaves the file here, marked."""
        try:
            self._trust.check(statement, kind="received", size=row.size, sha256=row.sha256, sm3=row.sm3)
        except StatementInvalid as error:
            self._journal.attention(row.id, "receipt-invalid", str(error))
            return False
        self._rests.done(row.id)
        return True

    def _let_go(self, file: InHand) -> None:
        try:
            file.close()
        except OSError as error:
            self._troubles.unexpected(error)
        with self._lock:
            self._busy.discard(file.row.id)
        self._wake.set()

    # Trouble

    def _server_failed(self, error: Exception) -> None:
        kind: TroubleKind = "server"
        if isinstance(error, IntakeStopped):
            kind = "intake"
        elif isinstance(error, TokenRefused):
            kind = "token"
        self._troubles.mark(kind, error.problem.what if isinstance(error, ServerRefused) else str(error))

    def _server_well(self) -> None:
        self._failures = 0
        self._troubles.clear("server", "intake", "token")


def _batches(rows: list[FileRow]) -> Iterator[list[FileRow]]:
    """Cut rows so that no request carries too many part digests."""
    batch: list[FileRow] = []
    digests = 0
    for row in rows:
        if batch and digests + len(row.parts) > MOST_DIGESTS:
            yield batch
            batch, digests = [], 0
        batch.append(row)
        digests += len(row.parts)
    if batch:
        yield batch


def _offer(row: FileRow) -> FileOffer:
    path = encoded(row.path)
    return FileOffer(
        path=path,
        shown=shown(row.path),
        size=row.size,
        modified_ns=row.modified_ns,
        sha256=row.sha256,
        sm3=row.sm3,
        parts=[part.hex() for part in row.parts],
        fingerprint=Fingerprint(
            path=path, size=row.size, modified_ns=row.modified_ns, head=row.head, tail=row.tail
        ),
        bad_ranges=row.bad_ranges,
    )
