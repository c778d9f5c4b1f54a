"""Who was named to see what is sealed, and their looks at it: each one an entry with its purpose."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from catalog.actors import Actor
from catalog.custody.log import add_entry
from catalog.custody.record import utc_text
from catalog.finding.visible import unsealed_to
from catalog.looking import Issued, original_address
from catalog.models import Clip, Seal, SealReader
from catalog.ports import ReadStore
from catalog.refused import Refused
from catalog.rules.free_text import spoken
from catalog.rules.giving_out import TEXT_LIMIT


class CannotLook(Refused):
    """Nothing was shown; `why` is a stable word."""


def named_clips(session: Session, account: UUID) -> frozenset[UUID]:
    """Answer the sealed clips that an account was named for, at this moment."""
    return frozenset(
        session.scalars(
            select(Seal.clip_id)
            .join(SealReader, SealReader.seal_id == Seal.id)
            .where(
                Seal.state == "standing",
                SealReader.account_id == account,
                SealReader.confirmed_at.is_not(None),
                SealReader.removed_at.is_(None),
            )
        )
    )


def look(
    session: Session, evidence: ReadStore, *, actor: Actor, clip_id: UUID, purpose: str, now: datetime
) -> Issued:
    """Answer the address of a sealed original, valid for minutes, to somebody named for it; the purpose is kept.

    Who is named is read anew in this transaction, whatever was known when the request began.
    Raises CannotLook (unknown-clip, purpose-missing) and NothingToShow.
    """
    named = named_clips(session, actor.id) if actor.id is not None else frozenset()
    clip = session.scalar(
        select(Clip)
        .where(Clip.id == clip_id, Clip.restricted, unsealed_to(replace(actor, named=named)))
        .options(selectinload(Clip.copies))
    )
    if clip is None or clip_id not in named:
        raise CannotLook("unknown-clip")
    text = spoken(purpose)
    if not text:
        raise CannotLook("purpose-missing")
    issued = original_address(evidence, clip)
    add_entry(
        session,
        actor=actor,
        action="seal.looked",
        subjects={"clip": clip_id},
        facts={"version": issued.version, "expires": utc_text(issued.expires)},
        private={"purpose": text[:TEXT_LIMIT]},
        now=now,
    )
    return issued
