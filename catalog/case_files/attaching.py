"""关联: attaching clips to steps of a case, and which clips may belong to a step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, exists, or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from catalog.actors import Actor
from catalog.custody.log import add_entry
from catalog.finding.visible import visible_to
from catalog.holds.catching import catch_by_case
from catalog.models import Attachment, Case, Clip, Step
from catalog.refused import Refused
from catalog.retention.due import locks_due
from catalog.rules.case_life import CHANGEABLE
from catalog.rules.free_text import plain
from catalog.rules.visible import may_find

ROLES = ("evidence", "process")
VOLUMES = ("main", "sub")
PROVES_LIMIT = 2000
RANGE_SLACK = 1.0
"""Seconds a range may end after the known duration: players round up."""
NEAR = timedelta(hours=1)


class CannotAttach(Refused):
    """Attaching was refused; `why` is a stable word, and nothing was changed."""


WHY = (
    "unknown-clip",
    "sealed",
    "unknown-step",
    "case-closed",
    "bad-role",
    "bad-volume",
    "proves-missing",
    "proves-too-long",
    "range-incomplete",
    "range-wrong",
    "range-no-time",
    "already-attached",
    "destroyed",
)


@dataclass(frozen=True, slots=True)
class Wish:
    """How a clip is to be attached. Ranges are seconds from the clip's start; both None for the whole clip."""

    role: str
    volume: str
    proves: str = ""
    range_start: float | None = None
    range_end: float | None = None


def attach(
    session: Session,
    *,
    actor: Actor,
    clip_id: UUID,
    step_id: UUID,
    wish: Wish,
    now: datetime,
    archived: bool = False,
) -> Attachment:
    """Attach a clip, or a range of it, to a step of an open case. Raises CannotAttach.

    `archived` is for the old footage of a file that came archived (`catalog.footage`): the caller has looked whether it is one.
    """
    clip = session.get(Clip, clip_id)
    if clip is None or not may_find(actor, restricted=clip.restricted, clip=clip_id):
        raise CannotAttach("unknown-clip")
    if clip.destroyed_at is not None:
        raise CannotAttach("destroyed")
    if clip.restricted:
        raise CannotAttach("sealed")
    step = session.get(Step, step_id)
    if step is None:
        raise CannotAttach("unknown-step")
    # Held, so that nobody passes the file between the look and the attachment.
    case = session.scalars(select(Case).where(Case.id == step.case_id).with_for_update(read=True)).one()
    if case.state not in CHANGEABLE and not archived:
        raise CannotAttach("case-closed")
    _check(wish, clip)
    twin = select(Attachment.id).where(
        Attachment.clip_id == clip_id,
        Attachment.step_id == step_id,
        Attachment.range_start.is_(None)
        if wish.range_start is None
        else Attachment.range_start == wish.range_start,
        Attachment.range_end.is_(None) if wish.range_end is None else Attachment.range_end == wish.range_end,
    )
    if session.scalar(twin.limit(1)) is not None:
        raise CannotAttach("already-attached")
    attachment = Attachment(
        clip_id=clip_id,
        step_id=step_id,
        role=wish.role,
        volume=wish.volume,
        proves=plain(wish.proves),
        range_start=wish.range_start,
        range_end=wish.range_end,
        attached_by=actor.id,
        attached_at=now,
    )
    session.add(attachment)
    session.flush()
    catch_by_case(session, [clip_id], now)
    locks_due(session, [clip_id], now)
    add_entry(
        session,
        actor=actor,
        action="clip.attached",
        subjects={"clip": clip_id, "case": case.id, "step": step_id},
        facts={
            "role": wish.role,
            "volume": wish.volume,
            "range": None if wish.range_start is None else [wish.range_start, wish.range_end],
            **({"archived": True} if archived else {}),
        },
        private={"proves": plain(wish.proves) or None},
        now=now,
    )
    return attachment


def _check(wish: Wish, clip: Clip) -> None:
    if wish.role not in ROLES:
        raise CannotAttach("bad-role")
    if wish.volume not in VOLUMES:
        raise CannotAttach("bad-volume")
    if wish.role == "evidence" and not plain(wish.proves):
        raise CannotAttach("proves-missing")
    if len(wish.proves) > PROVES_LIMIT:
        raise CannotAttach("proves-too-long")
    start, end = wish.range_start, wish.range_end
    if start is None and end is None:
        return
    if start is None or end is None:
        raise CannotAttach("range-incomplete")
    if clip.kind not in {"video", "audio"}:
        raise CannotAttach("range-no-time")
    # Written so that "not a number" fails as well.
    if not 0 <= start < end < float("inf") or (
        clip.duration is not None and end > clip.duration + RANGE_SLACK
    ):
        raise CannotAttach("range-wrong")


@dataclass(frozen=True, slots=True)
class Candidates:
    """Clips attached to no case yet: those whose time or person fits the step, and the newest others."""

    near: Sequence[Clip]
    others: Sequence[Clip]


def candidates_for(
    session: Session, step: Step, limit: int = 60, *, actor: Actor | None = None
) -> Candidates:
    """Answer unattached clips for a step; `near` were recorded within an hour of it or by one of the case's handlers that day."""
    query = (
        select(Clip)
        .where(visible_to(actor), Clip.destroyed_at.is_(None), ~exists().where(Attachment.clip_id == Clip.id))
        .options(joinedload(Clip.officer), joinedload(Clip.recorder), selectinload(Clip.renditions))
    )
    near: Sequence[Clip] = []
    if step.started_at is not None:
        ended = step.ended_at or step.started_at
        handlers = [h for h in (step.case.handler_id, step.case.second_handler_id) if h is not None]
        fits: ColumnElement[bool] = Clip.recorded_at.between(step.started_at - NEAR, ended + NEAR)
        if handlers:
            that_day = Clip.recorded_at.between(
                step.started_at - timedelta(hours=12), ended + timedelta(hours=12)
            )
            fits = or_(fits, Clip.officer_id.in_(handlers) & that_day)
        near = session.scalars(query.where(fits).order_by(Clip.recorded_at, Clip.id).limit(limit)).all()
    others = session.scalars(
        query.where(Clip.id.not_in([c.id for c in near]))
        .order_by(Clip.received_at.desc(), Clip.id.desc())
        .limit(limit)
    ).all()
    return Candidates(near, others)
