"""Setting a hold 暂停销毁, and lifting it: one person sets it, another lifts it, each with a reason that is kept.

All that tells one hold from another stands in private fields of its entry, who did it included: the personnel section's
holds must not be told from others by how they are entered (R9.8).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from catalog.actors import Actor
from catalog.custody.log import add_entry
from catalog.custody.record import utc_text
from catalog.finding.visible import told_to
from catalog.holds.reach import clips_of_case, note_caught, spans_candidates, take_turn
from catalog.ids import new_id
from catalog.models import Case, Clip, Hold, HoldClip, HoldOfficer, Officer
from catalog.permissions import Permission
from catalog.refused import Refused
from catalog.retention.due import locks_due, locks_of_case_due
from catalog.rules.free_text import spoken
from catalog.rules.holds import REASONS, TARGETS, may_know
from catalog.rules.officer_hold import OfficerSpan, caught
from catalog.same_person import is_among

DOCUMENT_LIMIT = 255
NOTE_LIMIT = 2000


class CannotHold(Refused):
    """Setting or lifting was refused; `why` is a stable word, and nothing was changed."""


WHY = (
    "unknown-reason",
    "not-yours",
    "unknown-clip",
    "unknown-case",
    "unknown-officer",
    "unknown-hold",
    "bad-target",
    "span-wrong",
    "document-missing",
    "text-too-long",
    "set-already",
    "destroyed",
    "lifted-already",
    "same-person",
    "reason-missing",
)


@dataclass(frozen=True, slots=True)
class HoldWish:
    """What is to be held. With `officers`, `since` is included and `until` not, both in UTC."""

    target: str
    reason: str
    document: str
    note: str = ""
    clip: UUID | None = None
    case: UUID | None = None
    officers: frozenset[UUID] = frozenset()
    since: datetime | None = None
    until: datetime | None = None


def set_hold(session: Session, *, actor: Actor, wish: HoldWish, now: datetime) -> Hold:
    """Set a hold (R2.11, R4.8, R9.5); what it reaches is kept from this moment. Raises CannotHold.

    The same hold on the same thing, by the same document, is set once.
    """
    document, note = spoken(wish.document), spoken(wish.note)
    if wish.reason not in REASONS:
        raise CannotHold("unknown-reason")
    if actor.id is None or not may_know(actor.roles, wish.reason):
        raise CannotHold("not-yours")
    if wish.target not in TARGETS:
        raise CannotHold("bad-target")
    if not document:
        raise CannotHold("document-missing")
    if len(document) > DOCUMENT_LIMIT or len(note) > NOTE_LIMIT:
        raise CannotHold("text-too-long")
    take_turn(session, setting=True)
    hold = Hold(
        id=new_id(),
        target=wish.target,
        reason=wish.reason,
        document=document,
        note=note,
        set_by=actor.id,
        set_at=now,
    )
    subjects: dict[str, UUID] = {}
    about: dict[str, Any] = {}
    if wish.target == "clip":
        hold.clip_id = subjects["clip"] = _clip(session, actor, wish.clip)
    elif wish.target == "case":
        hold.case_id = subjects["case"] = _case(session, wish.case)
    else:
        # Whose time it is about names people: as private as the reason.
        about = _span(session, hold, wish)
    _refuse_twice(session, hold, wish)
    session.add(hold)
    session.flush()
    session.add_all(HoldOfficer(hold_id=hold.id, officer_id=officer) for officer in wish.officers if about)
    session.flush()
    session.expire(hold, ["officers"])
    _reach(session, hold, wish, now)
    add_entry(
        session,
        actor=actor,
        action="hold.set",
        subjects=subjects,
        private={
            "hold": str(hold.id),
            "reason": hold.reason,
            "document": document,
            "note": note,
            **about,
            "before": {"held": False},
            "after": {"held": True},
        },
        now=now,
    )
    return hold


def lift_hold(session: Session, *, actor: Actor, hold_id: UUID, reason: str, now: datetime) -> Hold:
    """Lift one hold; what another hold, a seal or an open case still keeps stays kept. Raises CannotHold.

    Whoever may not know of it is told that there is none.
    """
    take_turn(session, setting=True)
    hold = session.scalar(select(Hold).where(Hold.id == hold_id).with_for_update())
    if hold is None or not may_know(actor.roles, hold.reason):
        raise CannotHold("unknown-hold")
    if hold.lifted_at is not None:
        raise CannotHold("lifted-already")
    if actor.id is None or is_among(session, actor.id, [hold.set_by]):
        raise CannotHold("same-person")
    text = spoken(reason)
    if not text:
        raise CannotHold("reason-missing")
    if len(text) > NOTE_LIMIT:
        raise CannotHold("text-too-long")
    reached = _reached(session, hold)
    hold.lifted_by, hold.lifted_at, hold.lift_reason = actor.id, now, text
    session.flush()
    locks_due(session, reached, now)
    add_entry(
        session,
        actor=actor,
        action="hold.lifted",
        subjects=_subjects(hold),
        private={
            "hold": str(hold.id),
            "reason": hold.reason,
            "why": text,
            "before": {"held": True},
            "after": {"held": False},
        },
        now=now,
    )
    return hold


def _clip(session: Session, actor: Actor, clip_id: UUID | None) -> UUID:
    clip = session.scalar(
        select(Clip)
        .where(Clip.id == clip_id, told_to(actor, Permission.HOLD_SET))
        .with_for_update(key_share=True)
    )
    if clip is None:
        raise CannotHold("unknown-clip")
    if clip.destroyed_at is not None:
        raise CannotHold("destroyed")
    return clip.id


def _case(session: Session, case_id: UUID | None) -> UUID:
    case = session.scalar(select(Case.id).where(Case.id == case_id).with_for_update(key_share=True))
    if case is None:
        raise CannotHold("unknown-case")
    return case


def _span(session: Session, hold: Hold, wish: HoldWish) -> dict[str, Any]:
    if wish.since is None or wish.until is None or wish.since >= wish.until:
        raise CannotHold("span-wrong")
    known = session.scalar(select(func.count()).select_from(Officer).where(Officer.id.in_(wish.officers)))
    if not wish.officers or known != len(wish.officers):
        raise CannotHold("unknown-officer")
    hold.since, hold.until = wish.since, wish.until
    return {
        "officers": sorted(str(officer) for officer in wish.officers),
        "since": utc_text(wish.since),
        "until": utc_text(wish.until),
    }


def _refuse_twice(session: Session, hold: Hold, wish: HoldWish) -> None:
    same = session.scalars(
        select(Hold).where(
            Hold.lifted_at.is_(None),
            Hold.target == hold.target,
            Hold.reason == hold.reason,
            Hold.document == hold.document,
        )
    )
    for other in same:
        if (other.clip_id, other.case_id, other.since, other.until) != (
            hold.clip_id,
            hold.case_id,
            hold.since,
            hold.until,
        ):
            continue
        if hold.target != "officers" or {o.id for o in other.officers} == wish.officers:
            raise CannotHold("set-already")


def _reach(session: Session, hold: Hold, wish: HoldWish, now: datetime) -> None:
    if hold.clip_id is not None:
        locks_due(session, [hold.clip_id], now)
    elif hold.case_id is not None:
        clips = clips_of_case(session, hold.case_id)
        note_caught(session, hold.id, clips, now)
        locks_of_case_due(session, hold.case_id, now)
        locks_due(session, clips, now)
    elif hold.since is not None and hold.until is not None:
        span = OfficerSpan(wish.officers, hold.since, hold.until)
        for known in spans_candidates(session, span):
            found = {clip: caught(span, facts) for clip, facts in known.items()}
            note_caught(session, hold.id, [clip for clip, sure in found.items() if sure == "surely"], now)
            locks_due(session, [clip for clip, sure in found.items() if sure], now)


def _reached(session: Session, hold: Hold) -> set[UUID]:
    """Every clip the hold may have kept: each of them is looked at anew."""
    reached = set(session.scalars(select(HoldClip.clip_id).where(HoldClip.hold_id == hold.id)))
    if hold.clip_id is not None:
        reached.add(hold.clip_id)
    elif hold.case_id is not None:
        reached.update(clips_of_case(session, hold.case_id))
    elif hold.since is not None and hold.until is not None:
        span = OfficerSpan(frozenset(o.id for o in hold.officers), hold.since, hold.until)
        for known in spans_candidates(session, span):
            reached.update(clip for clip, facts in known.items() if caught(span, facts))
    return reached


def _subjects(hold: Hold) -> dict[str, UUID]:
    found = {"clip": hold.clip_id, "case": hold.case_id}
    return {kind: one for kind, one in found.items() if one is not None}
