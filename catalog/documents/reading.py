"""Who put a document in, and when. Reading only."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from catalog.models import Account, Clip, DocumentUpload


def put_in_by(session: Session, clip: Clip) -> DocumentUpload | None:
    """Answer the first time a clip was put in by the browser, with the account; None for what came another way."""
    if clip.origin != "browser":
        return None
    return session.scalar(
        select(DocumentUpload)
        .where(DocumentUpload.clip_id == clip.id)
        .order_by(DocumentUpload.received_at)
        .limit(1)
        .options(joinedload(DocumentUpload.by).joinedload(Account.officer))
    )
