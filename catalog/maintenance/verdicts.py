"""Verdicts of recalls, and the flag of a recording that follows from them."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from catalog.models import Clip, RecallVerdict
from catalog.rules.recall import FLAG


def verdicts_of(session: Session, clip_id: UUID) -> list[RecallVerdict]:
    """Answer the verdict that counts of each recall a recording is in; a fault that was rejected recalls nothing."""
    rows = session.scalars(
        select(RecallVerdict)
        .where(RecallVerdict.clip_id == clip_id)
        .order_by(RecallVerdict.at, RecallVerdict.id)
        .options(joinedload(RecallVerdict.fault), joinedload(RecallVerdict.judge))
    )
    newest = {row.fault_id: row for row in rows}.values()
    return [row for row in newest if row.fault.outcome != "rejected"]


def flag_by_verdicts(session: Session, clip_id: UUID) -> None:
    """Put the flag of a doubtful recording, or take it off, as the verdicts of all its recalls say."""
    asked = select(Clip).where(Clip.id == clip_id).with_for_update(of=Clip)
    clip = session.scalars(asked.execution_options(populate_existing=True)).one()
    doubtful = any(one.verdict == FLAG for one in verdicts_of(session, clip_id))
    clip.flags = [f for f in clip.flags if f != FLAG] + ([FLAG] if doubtful else [])
