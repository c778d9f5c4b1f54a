"""How far a collector is behind, for whoever looks after the machine. Names nobody and shows no entry."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.custody.projection import newest_place
from catalog.models import CustodyEntry, CustodyPlace, LogForwarding


@dataclass(frozen=True, slots=True)
class ForwardingState:
    """What a collector has and has not."""

    collector: str
    behind: int
    """Entries it has not been handed yet."""
    since: datetime | None
    """When the oldest of them was made."""
    sent_at: datetime | None
    failing_since: datetime | None
    due_at: datetime | None
    """When it is tried again, while it fails."""
    error: str
    """Plain words; empty when the last try did not fail."""


def forwarding_state(session: Session, collector: str) -> ForwardingState:
    """Answer how the collector of this name stands; one that was never tried is behind by the whole log."""
    row = session.get(LogForwarding, collector)
    newest, following = newest_place(session), row.next_place if row is not None else 0
    behind = max(0, newest + 1 - following) if newest is not None else 0
    oldest = (
        select(CustodyEntry.at)
        .join(CustodyPlace, CustodyPlace.entry_id == CustodyEntry.id)
        .where(CustodyPlace.place == following)
    )
    failing = row is not None and bool(row.error)
    return ForwardingState(
        collector=collector,
        behind=behind,
        since=session.scalar(oldest) if behind else None,
        sent_at=row.sent_at if row is not None else None,
        failing_since=row.failing_since if row is not None else None,
        due_at=row.due_at if row is not None and failing else None,
        error=row.error if row is not None else "",
    )
