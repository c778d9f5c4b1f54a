"""Looking at holds: the list of those who set them, and what a clip's or a case's page says to everybody."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from catalog.actors import Actor
from catalog.finding.visible import told_to
from catalog.holds.standing import holds_on
from catalog.models import Account, Case, Clip, Hold
from catalog.permissions import Permission
from catalog.rules.holds import TARGETS, reasons_of

PAGE = 100


def list_holds(
    session: Session,
    actor: Actor,
    *,
    lifted: bool = False,
    reason: str = "",
    target: str = "",
    clip: UUID | None = None,
    case: UUID | None = None,
    before: tuple[datetime, UUID] | None = None,
    limit: int = PAGE,
) -> tuple[Sequence[Hold], tuple[datetime, UUID] | None]:
    """Answer holds that `actor` may know of, newest first, and the key the next page begins after.

    What others set for reasons of theirs is not there, not even as a number; nor is a hold on a clip that `actor` may
    not find.
    """
    reasons = reasons_of(actor.roles)
    query = (
        select(Hold)
        .outerjoin(Clip, Clip.id == Hold.clip_id)
        .where(
            Hold.reason.in_([reason] if reason in reasons else reasons),
            Hold.lifted_at.is_not(None) if lifted else Hold.lifted_at.is_(None),
            or_(Hold.clip_id.is_(None), told_to(actor, Permission.HOLD_SET)),
        )
        .options(
            joinedload(Hold.clip).joinedload(Clip.officer),
            joinedload(Hold.case),
            selectinload(Hold.officers),
            joinedload(Hold.setter).joinedload(Account.officer),
            joinedload(Hold.lifter).joinedload(Account.officer),
        )
        .order_by(Hold.set_at.desc(), Hold.id.desc())
    )
    if target in TARGETS:
        query = query.where(Hold.target == target)
    if clip is not None:
        query = query.where(Hold.clip_id == clip)
    if case is not None:
        query = query.where(Hold.case_id == case)
    if before is not None:
        at, hold = before
        query = query.where(or_(Hold.set_at < at, (Hold.set_at == at) & (Hold.id < hold)))
    rows = session.scalars(query.limit(limit + 1)).all()
    page = rows[:limit]
    following = (page[-1].set_at, page[-1].id) if len(rows) > limit else None
    return page, following


def clip_is_held(session: Session, clip: UUID) -> bool:
    """Answer whether any hold stands on a clip: all that its page says, to everybody alike (R9.8)."""
    return any(one.reason != "seal" for one in holds_on(session, [clip]).get(clip, ()))


def case_is_held(session: Session, case: UUID) -> bool:
    """Answer whether a hold stands on a case, or on one that was merged into it."""
    cases = select(Case.id.label("case")).where(Case.id == case).cte("merged", recursive=True)
    cases = cases.union(select(Case.id).join(cases, Case.merged_into_id == cases.c.case))
    standing = select(Hold.id).where(Hold.case_id.in_(select(cases.c.case)), Hold.lifted_at.is_(None))
    return session.scalar(standing.limit(1)) is not None
