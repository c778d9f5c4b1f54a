"""Substitute recorders and parts: nobody swaps one on their own; one person asks, another approves (R2.15)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from catalog.actors import Actor
from catalog.maintenance.log import (
    NOTE_LIMIT,
    CannotMaintain,
    account_of,
    line_of,
    locked_recorder,
    note_down,
    reason_of,
)
from catalog.models import Recorder, RecorderSubstitute
from catalog.rules.free_text import spoken
from catalog.rules.recorder_state import ISSUABLE
from catalog.same_person import is_among

WHAT_LIMIT = 255


def ask_substitute(
    session: Session,
    *,
    actor: Actor,
    recorder_id: UUID,
    substitute_id: UUID | None,
    part: str,
    reason: str,
    now: datetime,
) -> RecorderSubstitute:
    """Ask that another recorder stands in for this one, or that a part (name and serial) be put in.

    Raises CannotMaintain.
    """
    recorder = locked_recorder(session, recorder_id)
    if recorder.state == "retired":
        raise CannotMaintain("retired")
    said, what = reason_of(reason), line_of(part, WHAT_LIMIT)
    if substitute_id is not None:
        other = session.get(Recorder, substitute_id)
        if other is None:
            raise CannotMaintain("unknown-recorder")
        if other.id == recorder.id:
            raise CannotMaintain("same-recorder")
        if other.state not in ISSUABLE:
            raise CannotMaintain("wrong-state")
        what = other.label
    if not what:
        raise CannotMaintain("bad-value")
    asked = RecorderSubstitute(
        recorder_id=recorder.id, kind="recorder" if substitute_id else "part", substitute_id=substitute_id,
        what=what, reason=said, asked_at=now, asked_by=account_of(actor),
    )  # fmt: skip
    session.add(asked)
    session.flush()
    note_down(
        session, actor=actor, recorder=recorder, action="recorder.substitute-asked", now=now,
        facts={"substitute": str(asked.id), "kind": asked.kind, "what": what}, note=said,
    )  # fmt: skip
    return asked


def decide_substitute(
    session: Session, *, actor: Actor, substitute_id: UUID, approved: bool, note: str, now: datetime
) -> RecorderSubstitute:
    """Approve or refuse; not by whoever asked. A refusal needs a reason. Raises CannotMaintain."""
    owner = session.scalar(
        select(RecorderSubstitute.recorder_id).where(RecorderSubstitute.id == substitute_id)
    )
    if owner is None:
        raise CannotMaintain("unknown-substitute")
    recorder = locked_recorder(session, owner)
    found = select(RecorderSubstitute).where(RecorderSubstitute.id == substitute_id)
    asked = session.scalars(found.execution_options(populate_existing=True)).one()
    if asked.decided_at is not None:
        raise CannotMaintain("decided-already")
    if actor.kind != "person" or actor.id is None or is_among(session, actor.id, [asked.asked_by]):
        raise CannotMaintain("same-person")
    said = spoken(note)[:NOTE_LIMIT] if approved else reason_of(note)
    asked.decided_at, asked.decided_by, asked.approved = now, account_of(actor), approved
    asked.decision_note = said
    note_down(
        session, actor=actor, recorder=recorder, action="recorder.substitute-decided", now=now,
        facts={
            "substitute": str(asked.id), "approved": approved, "what": asked.what,
        },
        private={"before": {"approved": None}, "after": {"approved": approved}}, note=said,
    )  # fmt: skip
    return asked


def substitutes_waiting(session: Session) -> list[RecorderSubstitute]:
    """Answer what waits for a second person, the oldest first."""
    return list(
        session.scalars(
            select(RecorderSubstitute)
            .where(RecorderSubstitute.decided_at.is_(None))
            .options(joinedload(RecorderSubstitute.recorder), joinedload(RecorderSubstitute.substitute))
            .order_by(RecorderSubstitute.asked_at, RecorderSubstitute.id)
        )
    )
