"""Handing the custody log to a collector, entry by entry in the order of the log, and remembering how far it got.

The cursor moves after the entries were handed over, never before: what is in between when a worker dies is sent once
more, at most one batch, and each message says which entry it is. A collector that is away is left alone for a growing while;
nothing waits for it, and nothing is given up.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import text, update
from sqlalchemy.orm import Session

from catalog.actors import system
from catalog.custody.log import add_entry
from catalog.custody.projection import Placed, outward, placed_page
from catalog.database import Database
from catalog.models import LogForwarding
from catalog.ports import LogCollector
from catalog.rules.act_groups import group_of
from catalog.rules.stamp_pause import pause_after
from catalog.rules.syslog import Origin, Told, message

log = logging.getLogger(__name__)

JOB = "forward-log"
BATCH = 500
"""Entries handed over at once: what is sent twice at most when a worker dies."""
LEASE = timedelta(seconds=120)
"""Longer than handing over a batch can take."""
LONGEST = timedelta(seconds=10)
"""After this a round ends; the next one goes on, so that other jobs get their turn."""
POSTGRES_LOCK = 0x11007
"""Advisory lock under which workers agree on who is at it; SQLite has one writer anyway."""


@dataclass(frozen=True, slots=True)
class Round:
    """How a round went."""

    sent: int
    trouble: str
    """Why it ended early, in plain words; empty when it did not."""


@dataclass(frozen=True, slots=True)
class Post:
    """A collector: under which name it is remembered, the way to it, and what all messages to it have in common."""

    name: str
    way: LogCollector
    origin: Origin


def forward(
    database: Database, post: Post, clock: Callable[[], datetime], new_holder: Callable[[], str]
) -> Round:
    """Hand a collector what it has not had yet, as far as a round's time goes.

    One worker at a time: another one that comes meanwhile does nothing. Raises what the database raises.
    """
    turn, until, sent = _Turn(database, post.name, new_holder()), clock() + LONGEST, 0
    with database.write() as session:
        cursor = _claim(session, turn, clock())
    if isinstance(cursor, str):
        return Round(0, cursor)
    while clock() <= until:
        with database.read() as session:
            batch = placed_page(session, cursor, cursor + BATCH - 1)
        if not batch:
            break
        try:
            post.way.send([_message(post.origin, entry) for entry in batch])
        except post.way.Away as error:
            log.warning("log collector %s: %s", post.name, error)
            _put_off(turn, str(error), clock())
            return Round(sent, str(error))
        cursor, now = batch[-1].place + 1, clock()
        if not turn.change(
            next_place=cursor,
            sent_at=now,
            attempts=0,
            failing_since=None,
            error="",
            lease_until=now + LEASE,
        ):
            return Round(sent, "")  # taken for lost meanwhile; whoever took over goes on
        sent += len(batch)
    turn.change(holder=None, lease_until=None)
    return Round(sent, "")


@dataclass(frozen=True, slots=True)
class _Turn:
    """One worker's hold on a cursor."""

    database: Database
    name: str
    holder: str

    def change(self, **values: object) -> bool:
        """Change the cursor if it is still this worker's; answer whether it was."""
        with self.database.write() as session:
            result = session.execute(
                update(LogForwarding)
                .where(LogForwarding.collector == self.name, LogForwarding.holder == self.holder)
                .values(**values)
            )
            return bool(result.rowcount)  # type: ignore[attr-defined]


def _claim(session: Session, turn: _Turn, now: datetime) -> int | str:
    """Take the cursor for this worker; answer its place, or else why not: "" for another worker, a reason for a pause."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": POSTGRES_LOCK})
    row = session.get(LogForwarding, turn.name, with_for_update=True)
    if row is None:
        row = LogForwarding(collector=turn.name, next_place=0, begun_at=now, attempts=0, due_at=now, error="")
        session.add(row)
        add_entry(
            session,
            actor=system(JOB),
            action="custody.forwarding-begun",
            subjects={},
            facts={"collector": turn.name},
            now=now,
        )
    if row.lease_until is not None and row.lease_until > now:
        return ""
    if row.due_at > now:
        return row.error
    row.holder, row.lease_until = turn.holder, now + LEASE
    return row.next_place


def _put_off(turn: _Turn, reason: str, now: datetime) -> None:
    with turn.database.write() as session:
        row = session.get(LogForwarding, turn.name, with_for_update=True)
        if row is None or row.holder != turn.holder:
            return
        row.attempts += 1
        row.failing_since = row.failing_since or now
        row.due_at = now + pause_after(row.attempts)
        row.error = reason[:2000]
        row.holder, row.lease_until = None, None


def _message(origin: Origin, entry: Placed) -> bytes:
    record = json.loads(entry.record)
    told = Told(
        place=entry.place,
        leaf=entry.leaf,
        entry=record["entry"],
        action=record["action"],
        actor=record["actor"],
        at=record["at"],
        warning=group_of(record["action"], record["actor"]) == "refusal",
    )
    return message(origin, told, outward(entry))
