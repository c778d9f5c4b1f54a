"""What of a case was detached, for its page: confirmed ones, and what the legal section did not agree to."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from catalog.actors import Actor
from catalog.case_files.standing import ON_THE_LIST
from catalog.finding.visible import reachable_by
from catalog.models import Attachment, Clip, DetachmentRefusal, Step

SHOWN = 100


def gone_from(session: Session, case_id: UUID, actor: Actor) -> Sequence[Attachment]:
    """Answer what was detached from a case and confirmed, newest first: its rows are never deleted (R4.11)."""
    return session.scalars(
        select(Attachment)
        .join(Step, Step.id == Attachment.step_id)
        .join(Clip, Clip.id == Attachment.clip_id)
        .where(Step.case_id == case_id, ~ON_THE_LIST, reachable_by(actor))
        .order_by(Attachment.detach_confirmed_at.desc(), Attachment.id)
        .limit(SHOWN)
        .options(joinedload(Attachment.clip), joinedload(Attachment.step))
    ).all()


def refused_detachments(session: Session, attachments: Sequence[UUID]) -> dict[UUID, DetachmentRefusal]:
    """Answer the newest refusal of each of these attachments."""
    rows = session.scalars(
        select(DetachmentRefusal)
        .where(DetachmentRefusal.attachment_id.in_(attachments))
        .order_by(DetachmentRefusal.at)
    )
    return {row.attachment_id: row for row in rows}
