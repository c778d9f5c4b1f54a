"""What an appraisal found worth keeping longer. The lock rule reads it; it only ever lengthens."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from catalog.models import AppraisalItem, Attachment, ClipReview, KeptLonger
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


def reviewed_since(session: Session, clip_ids: Sequence[UUID]) -> dict[UUID, datetime]:
    """Answer when each of `clip_ids` was reviewed last; a review from before it left its last case says nothing."""
    reviews = session.execute(
        select(ClipReview.clip_id, func.max(ClipReview.at))
        .where(ClipReview.clip_id.in_(clip_ids))
        .group_by(ClipReview.clip_id)
    ).all()
    left = dict(
        session.execute(
            select(Attachment.clip_id, func.max(Attachment.detach_confirmed_at))
            .where(Attachment.clip_id.in_([clip for clip, _ in reviews]))
            .group_by(Attachment.clip_id)
        ).all()
    )
    return {clip: at for clip, at in reviews if (last := left.get(clip)) is None or at >= last}


def being_destroyed(session: Session, clip_ids: Collection[UUID]) -> set[UUID]:
    """Answer which of `clip_ids` the disposal worker is at: what it deletes is not missing, and not to be locked."""
    return set(
        session.scalars(
            select(AppraisalItem.clip_id).where(
                AppraisalItem.active_clip_id.in_(clip_ids), AppraisalItem.state == "deleting"
            )
        )
    )


def keep_longer(session: Session, clip_id: UUID, until: datetime | None, why: str, now: datetime) -> None:
    """Keep a clip until `until` at least (None: for ever), and have its lock worked out anew."""
    session.add(KeptLonger(clip_id=clip_id, until=until, why=why, at=now))
    session.flush()
    locks_due(session, [clip_id], now)
