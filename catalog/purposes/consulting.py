"""按号查阅: opening recordings outside one's scope by an exact number, with a purpose and a reference kept first (R5.4).

Leaders, the head of the bureau and of the office look in no other way; a case handler looks so beyond his own unit. It
changes nothing about any recording.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.actors import Actor
from catalog.case_files.standing import ON_THE_LIST
from catalog.custody.log import add_entry
from catalog.custody.record import utc_text
from catalog.models import Attachment, Case, Clip, Step
from catalog.purposes.stating import NUMBER_LIMIT, TEXT_LIMIT, CannotState, keep_for
from catalog.rules.free_text import plain, spoken
from catalog.rules.looking import IN_WORDS, PURPOSE_VALID, PURPOSES
from catalog.rules.scopes import BY_NUMBER

MOST = 1000
"""Recordings of one case that are opened at once."""

LONGEST_ASKED = 255
"""Characters that a refusal keeps of what was asked for: a file's name is no longer."""

WHY = (
    "not-yours",
    "asked-missing",
    "unknown-purpose",
    "text-missing",
    "text-too-long",
    "number-missing",
    "number-too-long",
    "nothing-found",
    "too-many",
)


@dataclass(frozen=True, slots=True)
class Consulted:
    """What was opened: a case's recordings, or one recording."""

    clips: tuple[UUID, ...]
    case: UUID | None
    until: datetime


def consult(
    session: Session,
    *,
    actor: Actor,
    asked: str,
    purpose: str,
    reference: str,
    text: str = "",
    now: datetime,
) -> Consulted:
    """Open a case's recordings, or one recording, to `actor` for `PURPOSE_VALID`; the purpose is kept, in one entry.

    `asked` is a case's number, a recording's identifier or its file name, exactly. `reference` is the number of the case
    or document that asks for the look. What does not exist and what is sealed answer alike.

    Raises CannotState (see `WHY`); refusals are kept by the page's act, with what was asked for.
    """
    if actor.kind != "person" or actor.id is None or not actor.roles & BY_NUMBER:
        raise CannotState("not-yours")
    asked, reference = (" ".join(spoken(one).split()) for one in (asked, reference))
    text = spoken(text)
    if why := _why_not(asked, purpose, reference, text):
        raise CannotState(why)
    case, clips = _found(session, asked)
    if not clips:
        raise CannotState("nothing-found")
    if len(clips) > MOST:
        raise CannotState("too-many")
    until = now + PURPOSE_VALID
    keep_for(session, actor.id, clips, purpose=purpose, text=text, case_number=reference, now=now)
    add_entry(
        session,
        actor=actor,
        action="clip.consulted",
        subjects={"clip": list(clips), **({"case": case} if case is not None else {})},
        facts={
            "purpose": purpose,
            "by": "clip" if case is None else "case",
            "count": len(clips),
            "until": utc_text(until),
        },
        private={"text": text, "case_number": reference},
        now=now,
    )
    return Consulted(tuple(clips), case, until)


def asked_for(asked: str, purpose: str, reference: str) -> dict[str, str | None]:
    """Answer what of a look in vain its refusal keeps, cut to what a number can be; the same for whatever is there or not."""
    said = {"asked": asked, "purpose": purpose, "reference": reference}
    return {name: " ".join(plain(text[:LONGEST_ASKED]).split()) or None for name, text in said.items()}


def _why_not(asked: str, purpose: str, reference: str, text: str) -> str | None:
    if not asked:
        return "asked-missing"
    if purpose not in PURPOSES:
        return "unknown-purpose"
    if purpose in IN_WORDS and not text:
        return "text-missing"
    if len(text) > TEXT_LIMIT:
        return "text-too-long"
    if not reference:
        return "number-missing"
    return "number-too-long" if len(reference) > NUMBER_LIMIT else None


def _found(session: Session, asked: str) -> tuple[UUID | None, Sequence[UUID]]:
    """The case of this number with its open recordings, else the one open recording of this identifier or name."""
    case = session.scalar(select(Case.id).where(Case.number == asked))
    if case is not None:
        rows = session.scalars(
            select(Clip.id)
            .join(Attachment, Attachment.clip_id == Clip.id)
            .join(Step, Step.id == Attachment.step_id)
            .where(Step.case_id == case, ON_THE_LIST, Clip.restricted.is_(False))
            .distinct()
            .order_by(Clip.id)
            .limit(MOST + 1)
        )
        return case, rows.all()
    try:
        named = Clip.id == UUID(asked)
    except ValueError:
        named = Clip.name == asked
    rows = session.scalars(select(Clip.id).where(named, Clip.restricted.is_(False)).limit(2))
    clips = rows.all()
    return None, clips if len(clips) == 1 else []  # a name that several have is the number of none
