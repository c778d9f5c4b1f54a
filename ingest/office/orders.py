"""What the office asks of this station, and what the station says of itself."""

from __future__ import annotations

import base64
import binascii
import importlib.metadata
from collections.abc import Callable
from datetime import UTC, datetime

from ingest.handover.patience import Trouble
from ingest.journal.journal import Journal
from ingest.protocol import Order, OrderDone, StationClock, StationQueue
from ingest.spool import Spool


def carry_out(journal: Journal, order: Order) -> OrderDone:
    """Carry out an order and write down how it ended. Doing it twice changes nothing."""
    try:
        journal.docking(order.docking)
        again, needed = journal.retry(order.docking, base64.b64decode(order.path, validate=True))
    except (KeyError, binascii.Error):
        done = OrderDone(id=order.id, result="not here")
    else:
        done = OrderDone(id=order.id, result="recorder needed" if needed and not again else "done")
    journal.order_done(done)
    return done


def software() -> str:
    """Name this program and its version."""
    try:
        return f"liuhen {importlib.metadata.version('liuhen')}"
    except importlib.metadata.PackageNotFoundError:
        return "liuhen"


def queue_of(
    spool: Spool,
    *,
    full: bool,
    trouble: Trouble | None,
    clock: Callable[[], StationClock | None] = lambda: None,
) -> StationQueue:
    """Answer how a station stands. Raises sqlite3.Error, OSError."""
    waiting = spool.journal.waiting()
    return StationQueue(
        files=waiting.files,
        bytes=waiting.bytes,
        oldest=datetime.fromtimestamp(waiting.oldest, UTC) if waiting.oldest else None,
        failed=waiting.failed,
        spool_free=spool.folder.room(),
        spool_full=full,
        trouble=f"{trouble.kind}: {trouble.text}"[:1000] if trouble else "",
        software=software()[:64],
        clock=clock(),
    )
