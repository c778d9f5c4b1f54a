"""An uploaded file between its dry run and the go: kept for the one person who put it in, for a day at most."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from catalog.actors import Actor
from catalog.models import CaseImportDraft
from catalog.rules.free_text import plain

KEPT = timedelta(days=1)


def keep_draft(
    session: Session, *, actor: Actor, name: str, source: str, body: bytes, now: datetime
) -> CaseImportDraft:
    """Keep a file for its go; the person's earlier one and everybody's old ones are removed."""
    session.execute(
        delete(CaseImportDraft).where(
            (CaseImportDraft.account_id == actor.id) | (CaseImportDraft.made_at < now - KEPT)
        )
    )
    draft = CaseImportDraft(
        account_id=actor.id,
        name=plain(name)[:255],
        source=plain(source)[:64],
        body=body,
        sha256=hashlib.sha256(body).hexdigest(),
        made_at=now,
    )
    session.add(draft)
    session.flush()
    return draft


def draft_of(session: Session, *, actor: Actor, draft_id: UUID, now: datetime) -> CaseImportDraft | None:
    """Answer a kept file, if it is this person's and not too old."""
    return session.scalar(
        select(CaseImportDraft).where(
            CaseImportDraft.id == draft_id,
            CaseImportDraft.account_id == actor.id,
            CaseImportDraft.made_at >= now - KEPT,
        )
    )


def take_draft(session: Session, *, actor: Actor, draft_id: UUID, now: datetime) -> CaseImportDraft | None:
    """Answer a kept file and remove it: a second press finds nothing, so of two only one goes through it."""
    draft = session.scalar(select(CaseImportDraft).where(CaseImportDraft.id == draft_id).with_for_update())
    if draft is None or draft.account_id != actor.id or draft.made_at < now - KEPT:
        return None
    session.delete(draft)
    return draft
