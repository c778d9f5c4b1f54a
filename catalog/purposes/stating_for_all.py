"""One purpose for all recordings of a case, of an appraisal's list or of a recall that wait for one: stated once, one entry.

It opens what stating it for each of them would open, and nothing else: what the person can reach, never what is sealed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from catalog.actors import Actor
from catalog.case_files.standing import ON_THE_LIST
from catalog.custody.log import add_entry
from catalog.custody.record import utc_text
from catalog.finding.visible import reachable_by
from catalog.maintenance.log import CannotMaintain
from catalog.maintenance.recall import recall_of
from catalog.models import Appraisal, AppraisalItem, Attachment, Case, Clip, RecorderFault, Step
from catalog.permissions import Permission, may
from catalog.purposes.consulting import MOST
from catalog.purposes.standing import facts_of_many, onlooker
from catalog.purposes.stating import CannotState, as_kept, keep_for
from catalog.rules.looking import PURPOSE_VALID, free_ground

AT_ONCE = 500
"""Recordings asked about in one question."""

WHY = ("unknown-list", "nothing-waits", "too-many-wait")


@dataclass(frozen=True, slots=True)
class Together:
    """What recordings are looked at together for."""

    kind: Literal["case", "appraisal", "recall"]
    id: UUID
    """Of the case, the appraisal, or the fault whose recall it is."""


def waiting(session: Session, actor: Actor, of: Together, now: datetime) -> list[UUID]:
    """Answer the recordings of a list that `actor` can reach, and sees only once a purpose is stated; in order.

    Neither what is sealed nor what was destroyed is among them. Raises CannotState (unknown-list).
    """
    if actor.kind != "person" or actor.id is None or not may(actor, Permission.CLIP_READ):
        return []
    who, found = onlooker(session, actor), []
    listed = _listed(session, actor, of, now)
    for start in range(0, len(listed), AT_ONCE):
        clips = session.scalars(
            select(Clip)
            .where(
                Clip.id.in_(listed[start : start + AT_ONCE]),
                reachable_by(actor),
                Clip.restricted.is_(False),
                Clip.destroyed_at.is_(None),
            )
            .order_by(Clip.id)
        ).all()
        for clip_id, facts in facts_of_many(session, clips, now).items():
            if actor.id not in facts.opened_by and free_ground(who, facts) is None:
                found.append(clip_id)
    return found


def state_for_all(
    session: Session,
    *,
    actor: Actor,
    of: Together,
    purpose: str,
    text: str = "",
    case_number: str = "",
    now: datetime,
) -> int:
    """Keep for what `actor` looks at the recordings of a list that wait for it, for `PURPOSE_VALID`; answer how many.

    One row for each of them, as if it had been stated for each; one entry that names them all. Raises CannotState.
    """
    clips = waiting(session, actor, of, now)
    text, case_number = as_kept(actor, purpose, text, case_number) if clips else (text, case_number)
    if not clips or actor.id is None:
        raise CannotState("nothing-waits")
    if len(clips) > MOST:
        raise CannotState("too-many-wait")
    until = now + PURPOSE_VALID
    keep_for(session, actor.id, clips, purpose=purpose, text=text, case_number=case_number, now=now)
    about: dict[str, UUID] = {} if of.kind == "recall" else {of.kind: of.id}
    add_entry(
        session,
        actor=actor,
        action="clip.purpose-stated",
        subjects={"clip": clips, **about},
        facts={
            "purpose": purpose,
            "until": utc_text(until),
            "by": of.kind,
            "count": len(clips),
            **({"fault": str(of.id)} if of.kind == "recall" else {}),
        },
        private={"text": text, "case_number": case_number},
        now=now,
    )
    return len(clips)


def _listed(session: Session, actor: Actor, of: Together, now: datetime) -> Sequence[UUID]:
    """What stands on the list, whoever may see it."""
    known = {"case": Case, "appraisal": Appraisal, "recall": RecorderFault}[of.kind]
    if session.get(known, of.id) is None:
        raise CannotState("unknown-list")
    if of.kind == "recall":
        try:
            return [line.clip.id for line in recall_of(session, of.id, actor=actor, now=now).lines]
        except CannotMaintain:
            raise CannotState("unknown-list") from None
    asked: Select[Any] = (
        select(Attachment.clip_id)
        .join(Step, Step.id == Attachment.step_id)
        .where(Step.case_id == of.id, ON_THE_LIST)
        .distinct()
        if of.kind == "case"
        else select(AppraisalItem.clip_id).where(AppraisalItem.appraisal_id == of.id).distinct()
    )
    return sorted(session.scalars(asked))
