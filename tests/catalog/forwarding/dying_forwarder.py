"""A worker that sends the log on and is killed -9 at its n-th dangerous moment, for each n in turn, until one lives.

    python -m tests.catalog.forwarding.dying_forwarder DATABASE_URL PORT

Moments: before and after each commit, and after each batch the collector had. Prints how many died. Each life begins after
the lease of the one before has run out.
"""

from __future__ import annotations

import itertools
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from sqlalchemy.orm import Session

from catalog.database import Database
from catalog.forwarding import forward as module
from tests.catalog.dying_stamper import Moments
from tests.catalog.forwarding.desk import Desk, target
from workers.forwarding.collector import Collector

BATCH = 7


def live(url: str, port: int, *, last: int) -> None:
    """One worker's life: a round, killed at moment number `last`."""
    moments, database = Moments(last), Database.open(url)
    real = database.write

    @contextmanager
    def write() -> Iterator[Session]:
        with real() as session:
            yield session
            session.flush()
            moments.passes()
        moments.passes()

    class Way(Collector):
        def send(self, messages: Sequence[bytes]) -> None:
            super().send(messages)
            moments.passes()

    database.write = write  # type: ignore[method-assign]
    module.BATCH = BATCH
    desk = Desk(database, datetime.now(UTC) + timedelta(minutes=3 * last))
    to = target(port)
    desk.go(to, way=Way(to))


def main() -> int:
    """Let workers live and die."""
    url, port = sys.argv[1], int(sys.argv[2])
    for last in itertools.count():
        child = os.fork()
        if child == 0:
            try:
                live(url, port, last=last)
            finally:
                os._exit(0 if sys.exc_info()[0] is None else 3)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if status == 0:
            print(last)
            return 0
        if status != -signal.SIGKILL:
            return 1
    return 1


if __name__ == "__main__":
    sys.exit(main())
