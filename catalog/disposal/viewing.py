"""What pages show of appraisals. Reading only; a recording somebody may not find shows nowhere and is not counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload, selectinload

from catalog.actors import Actor
from catalog.disposal.approving import ready_at, standing_witnesses
from catalog.disposal.persons import group_of
from catalog.finding.visible import unsealed_to
from catalog.models import Account, Appraisal, AppraisalItem, AppraisalOpinion, Clip
from catalog.rules.disposal import PARTS, UNDOABLE, Opinion, settle
from catalog.rules.visible import may_find
from catalog.same_person import is_among


@dataclass(frozen=True, slots=True)
class AppraisalLine:
    """An appraisal as listed."""

    appraisal: Appraisal
    items: Mapping[str, int]
    """How many by state."""
    ready: datetime | None
    """When the cooling period ends or ended."""


@dataclass(frozen=True, slots=True)
class ItemLine:
    """A clip on a list."""

    number: int
    """Its place among those that are shown."""
    item: AppraisalItem
    facts: Mapping[str, Any]
    opinions: Mapping[str, AppraisalOpinion]
    settled: Opinion | None


@dataclass(frozen=True, slots=True)
class AppraisalView:
    """One appraisal with all that its page shows."""

    appraisal: Appraisal
    lines: Sequence[ItemLine]
    counts: Mapping[str, int]
    proposals: Mapping[str, int]
    ready: datetime | None
    cooled: bool
    people: Mapping[UUID, str]
    """What each account named on the page is called."""
    witnesses: Sequence[Account]
    """Those whose sign-in holds now for an order of this actor."""
    may_witness: bool
    """Whether this actor neither appraised nor approved it."""


def list_appraisals(
    session: Session, actor: Actor, cooling_days: int, limit: int = 200
) -> list[AppraisalLine]:
    """Answer the appraisals, newest first, with what `actor` may find of their lists counted."""
    rows = session.scalars(
        select(Appraisal).order_by(Appraisal.opened_at.desc(), Appraisal.id.desc()).limit(limit)
    ).all()
    counts: dict[UUID, Counter[str]] = {row.id: Counter() for row in rows}
    for appraisal, state, number in session.execute(
        select(AppraisalItem.appraisal_id, AppraisalItem.state, func.count())
        .join(Clip, Clip.id == AppraisalItem.clip_id)
        .where(AppraisalItem.appraisal_id.in_(counts), unsealed_to(actor))
        .group_by(AppraisalItem.appraisal_id, AppraisalItem.state)
    ):
        counts[appraisal][state] = number
    return [
        AppraisalLine(row, counts[row.id], ready_at(row, cooling_days) if row.approved_at else None)
        for row in rows
    ]


def view_appraisal(
    session: Session, appraisal_id: UUID, actor: Actor, *, cooling_days: int, now: datetime
) -> AppraisalView | None:
    """Answer one appraisal as `actor` may see it, None when there is none."""
    appraisal = session.get(Appraisal, appraisal_id)
    if appraisal is None:
        return None
    items = session.scalars(
        select(AppraisalItem)
        .where(AppraisalItem.appraisal_id == appraisal_id)
        .order_by(AppraisalItem.position)
        .options(joinedload(AppraisalItem.clip), selectinload(AppraisalItem.opinions))
    ).all()
    lines: list[ItemLine] = []
    for item in items:
        if not may_find(actor, restricted=item.clip.restricted, clip=item.clip_id):
            continue  # it is on no list any more as soon as anybody goes on with this one
        given = {one.part: one for one in item.opinions}
        settled = settle({part: Opinion(one.proposal, one.years) for part, one in given.items()})
        lines.append(ItemLine(len(lines) + 1, item, item.facts, given, settled))
    named = {
        appraisal.opened_by, appraisal.reported_by, appraisal.approved_by, appraisal.ended_by,
        appraisal.executor_id, *(one.by_id for item in items for one in item.opinions),
        *(one.account_id for one in appraisal.witnesses),
    } - {None}  # fmt: skip
    accounts = session.scalars(
        select(Account).where(Account.id.in_(named)).options(joinedload(Account.officer))
    )
    ready = ready_at(appraisal, cooling_days) if appraisal.approved_at else None
    return AppraisalView(
        appraisal=appraisal,
        lines=lines,
        counts=Counter(line.item.state for line in lines),
        proposals=Counter(
            line.item.proposal for line in lines if line.item.proposal and line.item.state != "dropped"
        ),
        ready=ready,
        cooled=appraisal.state in UNDOABLE and ready is not None and now >= ready,
        people={one.id: called(one) for one in accounts},
        witnesses=standing_witnesses(session, appraisal, actor.id, now),
        may_witness=not is_among(session, actor.id, {appraisal.approved_by, *group_of(session, appraisal)}),
    )


def part_of(actor: Actor, view: AppraisalView) -> str | None:
    """Answer for which part of the group this person may speak: the one spoken for already, else the first by role."""
    for line in view.lines:
        for part, one in line.opinions.items():
            if one.by_id == actor.id:
                return part
    return next((part for part, role in PARTS.items() if role in actor.roles), None)


def destroyed_under(session: Session, clip_id: UUID) -> Appraisal | None:
    """Answer the appraisal under which a clip was destroyed, None when it was not."""
    return session.scalar(
        select(Appraisal)
        .join(AppraisalItem, AppraisalItem.appraisal_id == Appraisal.id)
        .where(AppraisalItem.clip_id == clip_id, AppraisalItem.state == "destroyed")
    )


def called(account: Account) -> str:
    """Answer what a person is called."""
    return account.called
