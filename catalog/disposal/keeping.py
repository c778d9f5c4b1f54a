"""What an appraisal found worth keeping longer. The lock rule reads it; it only ever lengthens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.models import KeptLonger
from catalog.retention.due import locks_due


@dataclass(frozen=True, slots=True)
class Kept:
    """How long a clip is kept beyond its period at least."""

    until: datetime | None
    """None: for ever."""
    why: str


def kept_longer(session: Session, clip_ids: Sequence[UUID]) -> dict[UUID, Kept]:
    """Answer how long each of `clip_ids` is kept by appraisals, the longest of several; others are left out."""
    found: dict[UUID, Kept] = {}
    for row in session.scalars(
        select(KeptLonger).where(KeptLonger.clip_id.in_(clip_ids)).order_by(KeptLonger.at, KeptLonger.id)
    ):
        before = found.get(row.clip_id)
        longer = (
            before is None
            or row.until is None
            or (before.until is not None and row.until is not None and row.until > before.until)
        )
        if longer:
            found[row.clip_id] = Kept(row.until, row.why)
    return found


def keep_longer(session: Session, clip_id: UUID, until: datetime | None, why: str, now: datetime) -> None:
    """Keep a clip until `until` at least (None: for ever), and have its lock worked out anew."""
    session.add(KeptLonger(clip_id=clip_id, until=until, why=why, at=now))
    session.flush()
    locks_due(session, [clip_id], now)
