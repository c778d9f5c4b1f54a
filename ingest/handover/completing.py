"""Completing: what was sent is told to the server, many files together, and each receipt is checked."""

from __future__ import annotations

import queue
import time

from ingest.errors import ServerRefused, ServerTroubled, ServerUnreachable
from ingest.handover.couriers import InHand
from ingest.handover.hands import Hands
from ingest.handover.offering import MOST_STUCK
from ingest.handover.patience import Rests, Troubles
from ingest.handover.receipts import Receipts, ServerState
from ingest.journal.journal import Journal
from ingest.office.client import Client
from ingest.protocol import BATCH_LIMIT, CompleteUpload, Received

GATHER = 0.05
"""Seconds that small things wait for others to travel with."""


class Completing:
    """Put files into `sent`; None ends the work. Used by one thread."""

    def __init__(
        self,
        journal: Journal,
        client: Client,
        *,
        receipts: Receipts,
        server: ServerState,
        hands: Hands,
        rests: Rests,
        troubles: Troubles,
    ) -> None:
        self._journal = journal
        self._client = client
        self._receipts = receipts
        self._server = server
        self._hands = hands
        self._rests = rests
        self._troubles = troubles
        self.sent: queue.SimpleQueue[InHand | None] = queue.SimpleQueue()

    def run(self) -> None:
        """Complete what comes until None comes; whatever goes wrong with some, the rest goes on."""
        while (first := self.sent.get()) is not None:
            batch = [first]
            end = time.monotonic() + GATHER
            while len(batch) < BATCH_LIMIT:
                try:
                    more = self.sent.get(timeout=max(0.0, end - time.monotonic()))
                except queue.Empty:
                    break
                if more is None:
                    return
                batch.append(more)
            try:
                self._complete(batch)
            except Exception as error:  # noqa: BLE001  as in offering
                self._troubles.unexpected(error)
                self._hands.rest_apart(file.row.id for file in batch)

    def _complete(self, batch: list[InHand]) -> None:
        """Complete these and let go of them, one by one when the server meets trouble with all together."""
        try:
            troubled = self._complete_some(batch)
            if troubled is not None and len(batch) > 1:
                stuck = 0
                for file in batch:
                    stuck = stuck + 1 if self._complete_some([file], tries=1) else 0
                    if stuck >= MOST_STUCK:
                        self._server.failed(troubled)
                        break
        finally:
            for file in batch:
                self._hands.let_go(file)

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
                    if self._receipts.accept(file.row, answer.statement):
                        received.append((file.row.id, answer.statement, answer.page, answer.held_already))
                else:
                    self._receipts.not_wanted(file.row, answer.reason, retry=answer.retry)
                outstanding.discard(file.row.id)
            if received:
                self._journal.received(received)
                self._server.last_answer = time.monotonic()
            self._server.well()
        except ServerTroubled as error:
            if len(batch) == 1:
                self._journal.noted(batch[0].row.id, "server-trouble", str(error))
            return error
        except (ServerUnreachable, ServerRefused) as error:
            self._server.failed(error)
        except Exception as error:  # noqa: BLE001  a thread that dies silently hands nothing over for days
            self._troubles.unexpected(error)
            outstanding = {file.row.id for file in batch}
        finally:
            for number in outstanding:
                self._rests.rest(number)
        return None
