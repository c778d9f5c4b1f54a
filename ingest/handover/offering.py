"""Offering: what is checked is told to the server, docking by docking, and taken in hand where bytes are wanted."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from itertools import groupby

from ingest.errors import (
    IngestError,
    IntakeStopped,
    OtherProtocol,
    ServerRefused,
    ServerTroubled,
    ServerUnreachable,
    TokenRefused,
)
from ingest.handover.couriers import InHand
from ingest.handover.hands import Hands
from ingest.handover.offers import batches, offer_of
from ingest.handover.patience import Rests, Troubles
from ingest.handover.receipts import Receipts, ServerState
from ingest.journal.rows import FileRow
from ingest.office.client import Client
from ingest.protocol import BATCH_LIMIT, DockingOpened, Held, OpenDocking, Refused, UploadTask
from ingest.spool import Spool

MOST_STUCK = 3
"""Files in a row that the server meets trouble with, after which it is asked no more for a while."""


class Offering:
    """Offers what the journal holds; used by one thread, `ensure_open` by several."""

    def __init__(
        self,
        spool: Spool,
        client: Client,
        *,
        receipts: Receipts,
        server: ServerState,
        hands: Hands,
        rests: Rests,
        troubles: Troubles,
        send: Callable[[InHand], None],
        wake: Callable[[], None],
    ) -> None:
        """`send` takes a file whose bytes are wanted; `wake`: there may be more to offer."""
        self._spool = spool
        self._journal = spool.journal
        self._client = client
        self._receipts = receipts
        self._server = server
        self._hands = hands
        self._rests = rests
        self._troubles = troubles
        self._send = send
        self._wake = wake
        self._stuck = 0

    def offer_all(self, stopping: threading.Event) -> None:
        """Offer until nothing is left to offer now. Raises ServerUnreachable, ServerRefused, and the unforeseen."""
        while self._offer_some() and not stopping.is_set():
            pass

    def _offer_some(self) -> bool:
        """Offer one batch of one docking; answer whether there may be more."""
        room, apart = self._hands.room()
        if room <= 0:
            return False  # each receipt wakes us
        rows = self._journal.to_offer(min(room, BATCH_LIMIT), apart)
        self._stuck = 0
        for docking, group in groupby(rows, key=lambda row: row.docking):
            files = list(group)
            try:
                self.ensure_open(docking)
            except (IntakeStopped, TokenRefused, OtherProtocol):
                raise
            except (ServerTroubled, ServerRefused) as error:
                self._not_now(files, error)
                continue
            for batch in batches(files):
                try:
                    self._offer_batch(docking, batch)
                except IngestError:
                    raise
                except Exception:
                    self._hands.rest_apart(row.id for row in batch)
                    raise
        self._troubles.clear("station")
        if not rows and not apart:
            self._server.well()  # nothing is left that could show it
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

    def ensure_open(self, docking: str, *, again: bool = False) -> DockingOpened | None:
        """Make sure that the server knows of a docking; answer what it said of the recorder.

        `again`: ask even if it knows, for what holds by now. Raises ServerUnreachable, ServerRefused.
        """
        row = self._journal.docking(docking)
        if row.opened and not again:
            return row.answer
        opened = self._client.open_docking(
            OpenDocking(docking=row.id, slot=row.slot, recorder=row.recorder, started=row.started)
        )
        self._journal.docking_opened(row.id, opened)
        return opened

    def _offer_batch(self, docking: str, rows: list[FileRow], tries: int = 3) -> None:
        try:
            answers = self._client.offer(docking, [offer_of(row) for row in rows], tries=tries)
        except (IntakeStopped, TokenRefused, OtherProtocol):
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
                self._receipts.not_wanted(rows[0], error.problem.what, retry=error.problem.retry)
        else:
            self._stuck = 0
            self._server.well()
            self._take_answers(rows, answers)

    def _take_answers(self, rows: list[FileRow], answers: list[UploadTask | Held | Refused]) -> None:
        received = []
        upload: list[tuple[FileRow, UploadTask]] = []
        for row, answer in zip(rows, answers, strict=True):
            if isinstance(answer, UploadTask):
                upload.append((row, answer))
            elif isinstance(answer, Refused):
                self._receipts.not_wanted(row, answer.reason, retry=answer.retry)
            elif self._receipts.accept(row, answer.received):
                # The same upload as before a crash is not "held already".
                received.append((row.id, answer.received, answer.page, row.clip != answer.clip))
        if received:
            self._journal.received(received)
            self._server.last_answer = time.monotonic()
            self._wake()
        if upload:
            self._journal.offered([(row.id, task.clip) for row, task in upload])
        for row, task in upload:
            self._take_in_hand(row, task)

    def _take_in_hand(self, row: FileRow, task: UploadTask) -> None:
        try:
            fd = self._spool.folder.open(row.spool or "")
        except FileNotFoundError:
            self._journal.spool_lost(row.spool or "", "spool-lost")
            return
        file = InHand(row, task, fd, left=len(task.parts))
        self._hands.take(row.id)
        self._send(file)
