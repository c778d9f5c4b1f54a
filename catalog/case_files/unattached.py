"""未关联资料: clips of officers that are on no case, listed until somebody attaches or declares each of them.

A declaration says "belongs to no case" with a reason. It is a person's word, not a review: the clip stays unreviewed, and
its lock is renewed as before (invariant 4).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.orm import Session, joinedload, selectinload

from catalog.actors import Actor
from catalog.case_files.standing import ON_THE_LIST
from catalog.custody.log import add_entry
from catalog.finding.visible import visible_to
from catalog.models import Attachment, Clip, ClipDeclaration, Officer
from catalog.refused import Refused
from catalog.retention.due import locks_due
from catalog.rules.free_text import spoken
from catalog.rules.visible import may_find

REASON_LIMIT = 500
LISTED = 300
"""Clips on one page."""
COUNTED = 999
MOST = 1000
"""Clips declared in one act."""
FOR_OTHERS = "section-head"
"""The role that declares for all officers of its unit; everybody else for what they recorded themselves."""


class CannotDeclare(Refused):
    """It was refused; `why` is a stable word, and nothing was changed."""


WHY = (
    "unknown-clip",
    "not-yours",
    "reason-missing",
    "reason-too-long",
    "attached-already",
    "declared-already",
    "not-declared",
    "too-many",
)


def unattached_of(
    session: Session, officers: Collection[UUID] | None, actor: Actor, *, limit: int = LISTED
) -> Sequence[Clip]:
    """Answer what these officers (None: whichever) recorded and nobody has dealt with, newest first."""
    return session.scalars(
        select(Clip)
        .where(_by(officers), *undealt(actor))
        .order_by(Clip.received_at.desc(), Clip.id.desc())
        .limit(limit)
        .options(
            joinedload(Clip.officer),
            joinedload(Clip.recorder),
            selectinload(Clip.renditions),
            selectinload(Clip.stages),
        )
    ).all()


def count_unattached(session: Session, officers: Collection[UUID] | None, actor: Actor) -> int:
    """Answer how many those are, counted up to `COUNTED` + 1."""
    some = select(Clip.id).where(_by(officers), *undealt(actor)).limit(COUNTED + 1).subquery()
    return session.scalar(select(func.count()).select_from(some)) or 0


def declared_of(
    session: Session, officers: Collection[UUID] | None, actor: Actor, *, limit: int = 50
) -> list[tuple[Clip, ClipDeclaration]]:
    """Answer what was declared to belong to no case, newest first."""
    rows = session.execute(
        select(Clip, ClipDeclaration)
        .join(ClipDeclaration, ClipDeclaration.clip_id == Clip.id)
        .where(
            _by(officers),
            ClipDeclaration.withdrawn_at.is_(None),
            ~exists().where(Attachment.clip_id == Clip.id, ON_THE_LIST),
            visible_to(actor),
        )
        .order_by(ClipDeclaration.at.desc(), Clip.id.desc())
        .limit(limit)
        .options(joinedload(Clip.officer), joinedload(ClipDeclaration.by))
    )
    return [(clip, declaration) for clip, declaration in rows]


def officers_of(session: Session, unit: UUID | None) -> Sequence[Officer]:
    """Answer the officers of a unit, of all units without one."""
    query = select(Officer).order_by(Officer.name, Officer.number)
    return session.scalars(query.where(Officer.unit_id == unit) if unit is not None else query).all()


def declare_unrelated(
    session: Session, *, actor: Actor, clips: Sequence[UUID], reason: str, now: datetime
) -> int:
    """Declare that clips belong to no case: all of them, or none. Raises CannotDeclare. Answers how many."""
    wanted = sorted(set(clips))
    reason = spoken(reason)
    if not reason:
        raise CannotDeclare("reason-missing")
    if len(reason) > REASON_LIMIT:
        raise CannotDeclare("reason-too-long")
    if not wanted or len(wanted) > MOST:
        raise CannotDeclare("too-many" if wanted else "unknown-clip")
    rows = _held(session, actor, wanted)
    attached = set(
        session.scalars(select(Attachment.clip_id).where(Attachment.clip_id.in_(wanted), ON_THE_LIST))
    )
    if attached:
        raise CannotDeclare("attached-already")
    earlier = {
        one.clip_id: one
        for one in session.scalars(select(ClipDeclaration).where(ClipDeclaration.clip_id.in_(wanted)))
    }
    if any(one.withdrawn_at is None for one in earlier.values()):
        raise CannotDeclare("declared-already")
    for clip_id in wanted:
        row = earlier.get(clip_id)
        if row is None:
            row = ClipDeclaration(clip_id=clip_id, reason=reason, by_id=actor.id, at=now)
            session.add(row)
        row.reason, row.by_id, row.at = reason, actor.id, now
        row.withdrawn_at = row.withdrawn_by = None
    session.flush()
    locks_due(session, wanted, now)
    for clip_id in wanted:
        add_entry(
            session,
            actor=actor,
            action="clip.declared-unrelated",
            subjects={"clip": clip_id},
            facts={
                "of_officer": rows[clip_id].officer_id == actor.officer_id,
                "before": {"declared": False},
                "after": {"declared": True},
            },
            private={"reason": reason},
            now=now,
        )
    return len(wanted)


def withdraw_declaration(session: Session, *, actor: Actor, clip_id: UUID, now: datetime) -> None:
    """Take a declaration back: the clip is listed again. Raises CannotDeclare."""
    _held(session, actor, [clip_id])
    row = session.get(ClipDeclaration, clip_id, populate_existing=True)
    if row is None or row.withdrawn_at is not None:
        raise CannotDeclare("not-declared")
    _withdraw(session, actor, row, now)
    locks_due(session, [clip_id], now)


def withdraw_attached(session: Session, actor: Actor, clips: Collection[UUID], now: datetime) -> None:
    """Take back what declarations stand of clips that are being attached.

    None of them answers for a clip that is detached later: it is listed as unattached again then.
    """
    standing = session.scalars(
        select(ClipDeclaration)
        .where(ClipDeclaration.clip_id.in_(clips), ClipDeclaration.withdrawn_at.is_(None))
        .order_by(ClipDeclaration.clip_id)
        .with_for_update()
    ).all()
    for row in standing:
        _withdraw(session, actor, row, now)


def _withdraw(session: Session, actor: Actor, row: ClipDeclaration, now: datetime) -> None:
    row.withdrawn_at, row.withdrawn_by = now, actor.id
    session.flush()
    add_entry(
        session,
        actor=actor,
        action="clip.declaration-withdrawn",
        subjects={"clip": row.clip_id},
        facts={"before": {"declared": True}, "after": {"declared": False}},
        private={"reason": row.reason},
        now=now,
    )


def _by(officers: Collection[UUID] | None) -> ColumnElement[bool]:
    """Everybody is not asked for by a list of names: the order of receipt is walked then, and nothing sorted."""
    return Clip.officer_id.is_not(None) if officers is None else Clip.officer_id.in_(officers)


def undealt(actor: Actor | None) -> list[ColumnElement[bool]]:
    """Answer the conditions of clips that nobody has dealt with: on no case, not declared, shown to `actor`, still there."""
    return [
        visible_to(actor),
        Clip.destroyed_at.is_(None),
        ~exists().where(Attachment.clip_id == Clip.id, ON_THE_LIST),
        ~exists().where(ClipDeclaration.clip_id == Clip.id, ClipDeclaration.withdrawn_at.is_(None)),
    ]


def _held(session: Session, actor: Actor, clips: Sequence[UUID]) -> dict[UUID, Clip]:
    """Answer the clips, their rows locked (in the order of their ids), all of them `actor`'s to speak for."""
    rows = {
        clip.id: clip
        for clip in session.scalars(
            select(Clip).where(Clip.id.in_(clips)).order_by(Clip.id).with_for_update(of=Clip)
        )
    }
    if len(rows) < len(clips) or any(not may_find(actor, restricted=c.restricted) for c in rows.values()):
        raise CannotDeclare("unknown-clip")
    own = {actor.officer_id} if actor.officer_id is not None else set()
    if FOR_OTHERS in actor.roles:
        own |= {officer.id for officer in officers_of(session, actor.unit_id)}
    if any(clip.officer_id not in own for clip in rows.values()):
        raise CannotDeclare("not-yours")
    return rows
