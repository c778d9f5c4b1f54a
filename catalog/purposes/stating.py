"""Stating for what one looks at a clip: a row, and an entry in the custody log in the same transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.actors import Actor
from catalog.custody.log import add_entry
from catalog.custody.record import utc_text
from catalog.finding.visible import reachable_by
from catalog.models import Clip, LookPurpose
from catalog.refused import Refused
from catalog.rules.free_text import spoken
from catalog.rules.looking import IN_WORDS, PURPOSE_VALID, PURPOSES
from catalog.rules.scopes import finds

TEXT_LIMIT = 500
NUMBER_LIMIT = 128


class CannotState(Refused):
    """Nothing was kept and nothing is shown; `why` is a stable word."""


WHY = (
    "unknown-clip",
    "unknown-purpose",
    "text-missing",
    "text-too-long",
    "number-missing",
    "number-too-long",
)


def number_given(actor: Actor, case_number: str) -> bool:
    """Answer whether a look refers to a case or document where it has to: for those who look by procedure alone (R5.4)."""
    return bool(case_number or finds(actor.roles))


def as_kept(actor: Actor, purpose: str, text: str, case_number: str) -> tuple[str, str]:
    """Answer text and number of a purpose as they are kept. Raises CannotState for what says too little or too much."""
    if purpose not in PURPOSES:
        raise CannotState("unknown-purpose")
    text, case_number = spoken(text), " ".join(spoken(case_number).split())
    if len(text) > TEXT_LIMIT:
        raise CannotState("text-too-long")
    if len(case_number) > NUMBER_LIMIT:
        raise CannotState("number-too-long")
    if purpose in IN_WORDS and not text:
        raise CannotState("text-missing")
    if not number_given(actor, case_number):
        raise CannotState("number-missing")
    return text, case_number


def state_purpose(
    session: Session,
    *,
    actor: Actor,
    clip_id: UUID,
    purpose: str,
    text: str = "",
    case_number: str = "",
    now: datetime,
) -> LookPurpose:
    """Keep for what `actor` looks at a clip, for this account and this clip, for `PURPOSE_VALID`.

    A purpose on record says nothing against the one before: each statement is a row of its own, none is changed. Sealed
    clips are looked at otherwise (`catalog.holds.reading`), so they are unknown here.

    Raises CannotState (see `WHY`).
    """
    known = select(Clip.id).where(Clip.id == clip_id, reachable_by(actor), Clip.restricted.is_(False))
    if actor.kind != "person" or actor.id is None or session.scalar(known) is None:
        raise CannotState("unknown-clip")
    text, case_number = as_kept(actor, purpose, text, case_number)
    (row,) = keep_for(
        session, actor.id, [clip_id], purpose=purpose, text=text, case_number=case_number, now=now
    )
    add_entry(
        session,
        actor=actor,
        action="clip.purpose-stated",
        subjects={"clip": clip_id},
        facts={"purpose": purpose, "until": utc_text(row.valid_until)},
        private={"text": text, "case_number": case_number},
        now=now,
    )
    return row


def keep_for(
    session: Session,
    account: UUID,
    clips: Sequence[UUID],
    *,
    purpose: str,
    text: str,
    case_number: str,
    now: datetime,
) -> list[LookPurpose]:
    """Keep one purpose for each of these clips, valid for `PURPOSE_VALID`; the caller has asked what may be stated."""
    rows = [
        LookPurpose(
            account_id=account,
            clip_id=clip,
            purpose=purpose,
            text=text,
            case_number=case_number,
            stated_at=now,
            valid_until=now + PURPOSE_VALID,
        )
        for clip in clips
    ]
    session.add_all(rows)
    session.flush()
    return rows
