"""The hand-over: copied files are offered, sent part by part and completed, each until its receipt is checked.

The journal is the queue. Whatever fails, the file is let go and offered again later; the server answers what is
still missing of it. So nothing here needs to be remembered, and a crash costs at most a part sent twice.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from ingest.errors import ServerRefused, ServerUnreachable
from ingest.handover.completing import GATHER, Completing
from ingest.handover.couriers import Couriers
from ingest.handover.hands import Hands
from ingest.handover.offering import Offering
from ingest.handover.patience import LONGEST_PAUSE, Rests, Trouble, Troubles
from ingest.handover.receipts import Receipts, ServerState
from ingest.handover.sending import Sender
from ingest.office.client import Client
from ingest.office.trust import Trust
from ingest.protocol import DockingOpened
from ingest.spool import Spool


class Handover:
    """Three kinds of threads: one offers, some send, one completes. Start once, stop once."""

    def __init__(
        self, spool: Spool, client: Client, trust: Trust, senders: Callable[[], Sender], threads: int = 3
    ) -> None:
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._rests = rests = Rests()
        self._troubles = troubles = Troubles()
        self._server = server = ServerState(troubles)
        self._hands = hands = Hands(rests, troubles, self.wake)
        receipts = Receipts(spool.journal, trust, rests)
        self._completing = Completing(
            spool.journal,
            client,
            receipts=receipts,
            server=server,
            hands=hands,
            rests=rests,
            troubles=troubles,
        )
        self._couriers = Couriers(
            spool, client, senders, rests, troubles, done=self._completing.sent.put, release=hands.let_go
        )
        self._offering = Offering(
            spool,
            client,
            receipts=receipts,
            server=server,
            hands=hands,
            rests=rests,
            troubles=troubles,
            send=self._couriers.take,
            wake=self.wake,
        )
        self._threads = [
            threading.Thread(target=self._offer_all, name="offer", daemon=True),
            threading.Thread(target=self._completing.run, name="complete", daemon=True),
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
        self._completing.sent.put(None)
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
        return max(self._server.last_answer, self._couriers.last_progress)

    def unexpected(self, error: Exception) -> None:
        """Something else that works on this spool met trouble nobody foresaw; called where it is handled."""
        self._troubles.unexpected(error)

    @property
    def trouble(self) -> Trouble | None:
        """What is wrong right now; the oldest first."""
        return self._troubles.oldest()

    def ensure_open(self, docking: str, *, again: bool = False) -> DockingOpened | None:
        """As `Offering.ensure_open`."""
        return self._offering.ensure_open(docking, again=again)

    def _offer_all(self) -> None:
        while not self._stopping.is_set():
            self._wake.wait(timeout=self._rests.soonest(5.0))
            self._wake.clear()
            if self._stopping.wait(GATHER):
                return
            try:
                self._offering.offer_all(self._stopping)
            except (ServerUnreachable, ServerRefused) as error:
                self._server.failed(error)
                self._pause()
            except Exception as error:  # noqa: BLE001  a thread that dies silently hands nothing over for days
                self._troubles.unexpected(error)
                self._pause()

    def _pause(self) -> None:
        self._server.failures += 1
        self._stopping.wait(min(LONGEST_PAUSE, 0.25 * 2 ** min(self._server.failures, 10)))
        self._wake.set()
