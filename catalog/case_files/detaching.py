"""解除关联: detaching a clip from a step, which holds only once the legal section confirms it (R4.11).

Nothing here weakens a lock or lifts a hold: what follows from an attachment is worked out anew from the rows, and a
detached one counts as attached until it is confirmed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from catalog.actors import Actor
from catalog.case_files.standing import WAITING
from catalog.case_files.whose import NOT_YOUR_CASE, changes
from catalog.custody.log import add_entry
from catalog.finding.visible import reached, visible_to
from catalog.models import Account, Attachment, Case, Clip, DetachmentRefusal, Step
from catalog.refused import Refused
from catalog.retention.due import locks_due
from catalog.rules.case_life import CHANGEABLE, IN_ARCHIVE
from catalog.rules.free_text import spoken
from catalog.same_person import is_among

REASON_LIMIT = 500
DECIDES = "legal"
"""The role that confirms or refuses."""

STANDING = {
    "clip.detached": ("attached", "detached"),
    "clip.detachment-confirmed": ("detached", "gone"),
    "clip.detachment-refused": ("detached", "attached"),
}
"""How an attachment stood before each act, and how it stands after."""


class CannotDetach(Refused):
    """It was refused; `why` is a stable word, and nothing was changed."""


WHY = (
    "unknown-attachment",
    "not-your-case",
    "case-closed",
    "in-archive",
    "reason-missing",
    "reason-too-long",
    "detached-already",
    "not-detached",
    "confirmed-already",
    "not-yours",
    "same-person",
)


def detach(session: Session, *, actor: Actor, attachment_id: UUID, reason: str, now: datetime) -> Attachment:
    """Detach, with a reason: the clip keeps lock, hold and its place on the list. Raises CannotDetach."""
    row, case = _held(session, actor, attachment_id)
    if not changes(actor, case):
        raise CannotDetach(NOT_YOUR_CASE)
    reason = _reason(reason)
    if case.state not in CHANGEABLE:
        raise CannotDetach("case-closed")
    if row.detached_at is not None:
        raise CannotDetach("detached-already")
    row.detached_at, row.detached_by, row.detach_reason = now, actor.id, reason
    _enter(session, actor, "clip.detached", row, case, reason=reason, now=now)
    return row


def confirm_detachment(session: Session, *, actor: Actor, attachment_id: UUID, now: datetime) -> Attachment:
    """Confirm as the legal section: the clip leaves the case's list, its row and its lock stay. Raises CannotDetach."""
    row, case = _to_decide(session, actor, attachment_id)
    row.detach_confirmed_at, row.detach_confirmed_by = now, actor.id
    _enter(session, actor, "clip.detachment-confirmed", row, case, reason=None, now=now)
    return row


def refuse_detachment(
    session: Session, *, actor: Actor, attachment_id: UUID, reason: str, now: datetime
) -> Attachment:
    """Refuse as the legal section, with a reason: the attachment is in force as before. Raises CannotDetach."""
    row, case = _to_decide(session, actor, attachment_id)
    reason = _reason(reason)
    assert row.detached_at is not None  # noqa: S101 - `_to_decide` has seen to it
    session.add(
        DetachmentRefusal(
            attachment_id=row.id,
            detached_by=row.detached_by,
            detached_at=row.detached_at,
            detach_reason=row.detach_reason,
            by_id=actor.id,
            at=now,
            reason=reason,
        )
    )
    row.detached_at, row.detached_by, row.detach_reason = None, None, ""
    _enter(session, actor, "clip.detachment-refused", row, case, reason=reason, now=now)
    return row


@dataclass(frozen=True, slots=True)
class WaitingLine:
    """One detachment that waits for the legal section."""

    attachment: Attachment
    by: Account | None


def waiting_detachments(
    session: Session, actor: Actor, *, cases: Sequence[UUID] | None = None, limit: int = 200
) -> list[WaitingLine]:
    """Answer what waits, oldest first, of what `actor` may find; of these cases only, if they are given."""
    query = (
        select(Attachment, Account)
        .join(Clip, Clip.id == Attachment.clip_id)
        .join(Step, Step.id == Attachment.step_id)
        .outerjoin(Account, Account.id == Attachment.detached_by)
        .where(WAITING, visible_to(actor))
        .options(
            joinedload(Attachment.clip).joinedload(Clip.officer),
            joinedload(Attachment.step).joinedload(Step.case),
            joinedload(Account.officer),
        )
        .order_by(Attachment.detached_at, Attachment.id)
        .limit(limit)
    )
    if cases is not None:
        query = query.where(Step.case_id.in_(cases))
    return [WaitingLine(a, by) for a, by in session.execute(query)]


def count_waiting(session: Session, actor: Actor) -> int:
    """Answer how many detachments wait."""
    query = (
        select(func.count(Attachment.id))
        .join(Clip, Clip.id == Attachment.clip_id)
        .where(WAITING, visible_to(actor))
    )
    return session.scalar(query) or 0


def _held(session: Session, actor: Actor, attachment_id: UUID) -> tuple[Attachment, Case]:
    """Answer an attachment with its case, the case's row locked: one decides at a time."""
    case = session.scalar(
        select(Case)
        .join(Step, Step.case_id == Case.id)
        .join(Attachment, Attachment.step_id == Step.id)
        .where(Attachment.id == attachment_id)
        .with_for_update(of=Case)
        .execution_options(populate_existing=True)
    )
    row = session.get(Attachment, attachment_id, populate_existing=True) if case is not None else None
    if case is None or row is None:
        raise CannotDetach("unknown-attachment")
    if session.get_one(Clip, row.clip_id).restricted or not reached(session, actor, [row.clip_id]):
        raise CannotDetach("unknown-attachment")
    return row, case


def _to_decide(session: Session, actor: Actor, attachment_id: UUID) -> tuple[Attachment, Case]:
    if DECIDES not in actor.roles:
        raise CannotDetach("not-yours")
    row, case = _held(session, actor, attachment_id)
    if row.detached_at is None:
        raise CannotDetach("not-detached")
    if row.detach_confirmed_at is not None:
        raise CannotDetach("confirmed-already")
    if is_among(session, actor.id, [row.detached_by]):
        raise CannotDetach("same-person")
    if case.state in IN_ARCHIVE:
        raise CannotDetach("in-archive")
    return row, case


def _reason(text: str) -> str:
    reason = spoken(text)
    if not reason:
        raise CannotDetach("reason-missing")
    if len(reason) > REASON_LIMIT:
        raise CannotDetach("reason-too-long")
    return reason


def _enter(
    session: Session,
    actor: Actor,
    action: str,
    row: Attachment,
    case: Case,
    *,
    reason: str | None,
    now: datetime,
) -> None:
    session.flush()
    locks_due(session, [row.clip_id], now)
    add_entry(
        session,
        actor=actor,
        action=action,
        subjects={"clip": row.clip_id, "case": case.id, "step": row.step_id},
        facts={
            "attachment": str(row.id),
            "role": row.role,
            "volume": row.volume,
            "before": {"standing": STANDING[action][0]},
            "after": {"standing": STANDING[action][1]},
        },
        private={"reason": reason},
        now=now,
    )
