"""What pages show of keeping: a case file's period with its reason, how far its locks are, cases without a row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import Session

from catalog.actors import Actor
from catalog.finding.visible import unsealed_to
from catalog.models import Attachment, Case, Clip, LockApply, LockDue, Step
from catalog.retention.facts import case_facts, schedule_in_force
from catalog.rules.case_life import IN_ARCHIVE
from catalog.rules.desired_lock import period_of, rule_of_case, until_of_rule

BOTH = frozenset({"evidence", "process"})


@dataclass(frozen=True, slots=True)
class CaseKept:
    """How long a case file is kept, and how far its clips' locks are."""

    rule: Mapping[str, Any]
    until: datetime
    clips: int
    settled: int
    """Clips whose lock and hold are at the storage as they should be, read back."""


@dataclass(frozen=True, slots=True)
class NoRow:
    """An accepted case file that no row of the schedule in force is for."""

    case: Case
    clips: int


def case_kept(session: Session, case: Case, zone: ZoneInfo, now: datetime, actor: Actor | None) -> CaseKept:
    """Answer how long a case file is kept, by the schedule in force."""
    rule = rule_of_case(case_facts(case, BOTH), schedule_in_force(session), zone, now.astimezone(zone).date())
    on = _on(case.id) & unsealed_to(actor)
    clips = session.scalar(select(func.count()).select_from(Clip).where(on)) or 0
    unsettled = session.scalar(select(func.count()).select_from(Clip).where(on, waiting())) or 0
    return CaseKept(rule, until_of_rule(rule, zone), clips, clips - unsettled)


def waiting() -> ColumnElement[bool]:
    """The condition that a clip's lock is still to be worked out, or set and read back."""
    return or_(exists().where(LockDue.clip_id == Clip.id), exists().where(LockApply.clip_id == Clip.id))


def cases_without_row(
    session: Session,
    zone: ZoneInfo,
    *,
    actor: Actor | None,
    before: tuple[datetime, UUID] | None = None,
    limit: int = 50,
) -> tuple[list[NoRow], tuple[datetime, UUID] | None]:
    """Answer accepted case files that no row is for, the newest first, and where the next page begins.

    They are kept, on hold, until a schedule says something of them.
    """
    schedule = schedule_in_force(session)
    found: list[Case] = []
    at = before
    while len(found) <= limit:
        query = select(Case).where(Case.state.in_(IN_ARCHIVE))
        if at is not None:
            query = query.where(or_(Case.opened_at < at[0], and_(Case.opened_at == at[0], Case.id < at[1])))
        cases = session.scalars(query.order_by(Case.opened_at.desc(), Case.id.desc()).limit(500)).all()
        found += [
            c
            for c in cases
            if c.accepted_at is None or period_of(case_facts(c, BOTH), schedule, zone) is None
        ]
        if len(cases) < 500:
            break
        at = cases[-1].opened_at, cases[-1].id
    lines = [
        NoRow(c, session.scalar(select(func.count()).where(_on(c.id), unsealed_to(actor))) or 0)
        for c in found[:limit]
    ]
    more = (found[limit - 1].opened_at, found[limit - 1].id) if len(found) > limit else None
    return lines, more


def _on(case_id: UUID) -> ColumnElement[bool]:
    # From the case to its clips: asked the other way round, every clip of the bureau would be looked at.
    attached = select(Attachment.clip_id).join(Step, Step.id == Attachment.step_id)
    return Clip.id.in_(attached.where(Step.case_id == case_id, Attachment.detach_confirmed_at.is_(None)))
