"""The hand-over: copied files are offered, sent part by part and completed, each until its receipt is checked.

The journal is the queue. Whatever fails, the file is let go and offered again later; the server answers what is
still missing of it. So nothing here needs to be remembered, and a crash costs at most a part sent twice.
"""

from __future__ import annotations

import os
import queue
import sqlite3
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import groupby

from ingest.client import Client
from ingest.copying import check_spool
from ingest.errors import (
    AddressExpired,
    IntakeStopped,
    PartRefused,
    ServerRefused,
    ServerUnreachable,
    SpoolDamaged,
    StatementInvalid,
    StorageUnreachable,
    TokenRefused,
    UploadClosed,
)
from ingest.fair_queue import FairQueue
from ingest.journal import FileRow
from ingest.names import encoded, shown
from ingest.patience import LONGEST_PAUSE, Rests, Trouble, TroubleKind, Troubles
from ingest.protocol import (
    BATCH_LIMIT,
    CompleteUpload,
    FileOffer,
    Fingerprint,
    Held,
    OpenDocking,
    PartAddress,
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
MOST_IN_HAND = 2 * BATCH_LIMIT
ADDRESSES_AT_ONCE = 100
"""So many the server answers at most; fewer mean that there are no more."""
DAMAGED_TRIES = 3


@dataclass(slots=True, eq=False)
class InHand:
    """A file between its offer and its receipt."""

    row: FileRow
    task: UploadTask
    fd: int = -1
    left: int = 0
    given_up: bool = False
    version: str | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)


class Handover:
    """Three kinds of threads: one offers, some send, one completes. Start once, stop once."""

    def __init__(
        self, spool: Spool, client: Client, trust: Trust, senders: Callable[[], Sender], threads: int = 3
    ) -> None:
        self._spool = spool
        self._journal = spool.journal
        self._client = client
        self._trust = trust
        self._new_sender = senders
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._busy: set[int] = set()
        self._rests = Rests()
        self._troubles = Troubles()
        self._failures = 0
        self._storage_failures = 0
        self._storage_rest = 0.0
        self._parts: FairQueue[tuple[InHand, PartAddress]] = FairQueue()
        self._sent: queue.SimpleQueue[InHand | None] = queue.SimpleQueue()
        self.last_progress = time.monotonic()
        """When a part or a receipt last came through, monotonic seconds."""
        self.bytes_sent = 0
        self._threads = [
            threading.Thread(target=self._offer_all, name="offer", daemon=True),
            threading.Thread(target=self._complete_all, name="complete", daemon=True),
            *(threading.Thread(target=self._send_all, name=f"send-{n}", daemon=True) for n in range(threads)),
        ]

    def start(self) -> None:
        """Begin with what the journal holds."""
        for thread in self._threads:
            thread.start()

    def stop(self, timeout: float = 5.0) -> None:
        """Stop within about `timeout` seconds; a part that is under way is sent again another time."""
        self._stopping.set()
        self._wake.set()
        self._parts.close()
        self._sent.put(None)
        end = time.monotonic() + timeout
        for thread in self._threads:
            if thread.is_alive():
                thread.join(max(0.0, end - time.monotonic()))

    def wake(self) -> None:
        """There is something new in the journal."""
        self._wake.set()

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
            except (sqlite3.Error, OSError) as error:
                self._troubles.mark("station", str(error))
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
        for docking, group in groupby(rows, key=lambda row: row.docking):
            batch = list(group)
            self.ensure_open(docking)
            self._offer_batch(docking, batch)
        self._server_well()
        return len(rows) == BATCH_LIMIT

    def ensure_open(self, docking: str) -> None:
        """Make sure that the server knows of a docking. Raises ServerUnreachable, ServerRefused."""
        row = self._journal.docking(docking)
        if not row.opened:
            opened = self._client.open_docking(
                OpenDocking(docking=row.id, slot=row.slot, recorder=row.recorder, started=row.started)
            )
            self._journal.docking_opened(row.id, opened.page)

    def _offer_batch(self, docking: str, rows: list[FileRow]) -> None:
        try:
            answers = self._client.offer(docking, [_offer(row) for row in rows])
        except (IntakeStopped, TokenRefused):
            raise
        except ServerRefused as error:
            if len(rows) > 1:
                for row in rows:  # one of them is not acceptable: find out which
                    self._offer_batch(docking, [row])
            else:
                self._not_wanted(rows[0], error.problem.what, retry=error.problem.retry)
        else:
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
            self.last_progress = time.monotonic()
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
        if task.parts:
            self._parts.put(row.docking, [(file, part) for part in task.parts])
        else:
            self._sent.put(file)

    # Sending

    def _send_all(self) -> None:
        sender = self._new_sender()
        try:
            while (job := self._parts.get()) is not None:
                while (rest := self._storage_rest - time.monotonic()) > 0:
                    if self._stopping.wait(min(rest, 1.0)):
                        return
                self._send_part(sender, *job)
        finally:
            sender.close()

    def _send_part(self, sender: Sender, file: InHand, part: PartAddress) -> None:
        try:
            if not file.given_up:
                version = sender.put(part.url, part.headers, file.fd, part.offset, part.length)
                file.version = version if file.task.mode == "put" else None
                self._storage_well(part.length)
        except UploadClosed:
            pass  # complete already, or lost: completing tells
        except AddressExpired:
            self._give_up(file, soon=True)
        except PartRefused as error:
            self._refused_bytes(file, str(error))
        except (StorageUnreachable, OSError) as error:
            self._storage_failed(str(error))
            self._give_up(file)
        with file.lock:
            file.left -= 1
            last = file.left == 0
        if last:
            self._after_last(file)

    def _after_last(self, file: InHand) -> None:
        """All addresses we had are used: complete, or let go of it."""
        if file.given_up:
            self._let_go(file)
            return
        if len(file.task.parts) < ADDRESSES_AT_ONCE:
            self._sent.put(file)
            return
        try:
            more = self._client.addresses(file.row.clip or file.task.clip)
        except (ServerUnreachable, ServerRefused):
            self._give_up(file)
            self._let_go(file)
            return
        if isinstance(more, UploadTask) and more.parts:
            file.task, file.left = more, len(more.parts)
            self._parts.put(file.row.docking, [(file, part) for part in more.parts])
        else:
            self._sent.put(file)

    def _refused_bytes(self, file: InHand, text: str) -> None:
        """Find out whether the spool is at fault, or the way to the storage, when it says that bytes are wrong."""
        with file.lock:
            if file.given_up:
                return
            file.given_up = True
        try:
            check_spool(self._spool.folder, file.row.spool or "", file.row.sha256)
        except SpoolDamaged:
            self._journal.spool_lost(file.row.spool or "", "spool-damaged")
            return
        if self._rests.tries(file.row.id) >= DAMAGED_TRIES:
            self._journal.attention(file.row.id, "bytes-refused", text)
        else:
            self._rests.rest(file.row.id)

    def _give_up(self, file: InHand, *, soon: bool = False) -> None:
        """Let the other parts pass; the file is offered again later."""
        with file.lock:
            if file.given_up:
                return
            file.given_up = True
        self._rests.rest(file.row.id, soon=soon)

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
            self._complete(batch)

    def _complete(self, batch: list[InHand]) -> None:
        outstanding = {file.row.id for file in batch}
        try:
            self._journal.uploaded([file.row.id for file in batch])
            answers = self._client.complete(
                [CompleteUpload(clip=file.task.clip, version_hint=file.version) for file in batch]
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
                self.last_progress = time.monotonic()
            self._server_well()
        except (ServerUnreachable, ServerRefused) as error:
            self._server_failed(error)
        except (sqlite3.Error, OSError) as error:
            self._troubles.mark("station", str(error))
            outstanding = {file.row.id for file in batch}
        finally:
            for number in outstanding:
                self._rests.rest(number)
            for file in batch:
                self._let_go(file)

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
        os.posix_fadvise(file.fd, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(file.fd)
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
        self._troubles.clear("server", "intake", "token", "station")

    def _storage_failed(self, text: str) -> None:
        self._storage_failures += 1
        pause = min(LONGEST_PAUSE, 0.25 * 2 ** min(self._storage_failures // 3, 8))
        self._storage_rest = time.monotonic() + pause
        self._troubles.mark("storage", text)

    def _storage_well(self, length: int) -> None:
        self._storage_failures = 0
        self.last_progress = time.monotonic()
        with self._lock:
            self.bytes_sent += length
        self._troubles.clear("storage")


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
