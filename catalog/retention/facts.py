"""Gathering what clips' locks follow from, for many clips in a handful of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.disposal.keeping import kept_longer, reviewed_since
from catalog.holds.standing import holds_on
from catalog.models import Attachment, Case, Clip, Copy, Incident, RetentionRow, RetentionSchedule, Step
from catalog.rules.desired_lock import CaseFacts, ClipFacts, CopyFacts, KeptFacts
from catalog.rules.retention import FileDates, Row, ScheduleFacts

UNEXPECTED = "hold-unexpected"
"""The incident about a hold that nobody here put on; while it is open, the hold stays."""


def schedule_in_force(session: Session) -> ScheduleFacts | None:
    """Answer the schedule in force; None while there is none."""
    found = session.scalar(select(RetentionSchedule).where(RetentionSchedule.state == "in-force"))
    return schedule_facts(session, found) if found is not None else None


def schedule_facts(session: Session, schedule: RetentionSchedule) -> ScheduleFacts:
    """Answer a schedule with its rows as they are now."""
    rows = session.scalars(
        select(RetentionRow)
        .where(RetentionRow.schedule_id == schedule.id)
        .order_by(RetentionRow.number)
        .execution_options(populate_existing=True)
    )
    return ScheduleFacts(schedule.version, tuple(row_facts(row) for row in rows))


def row_facts(row: RetentionRow) -> Row:
    """Answer a row as the rules read it."""
    return Row(row.number, row.case_type, row.coercion, row.role, row.years, frozenset(row.starts), row.basis)


def gather(
    session: Session, clips: Iterable[Clip], schedule: ScheduleFacts | None
) -> Mapping[UUID, ClipFacts]:
    """Answer the facts of these clips, under `schedule`."""
    by_id = {clip.id: clip for clip in clips}
    copies: dict[UUID, list[CopyFacts]] = defaultdict(list)
    for copy in session.scalars(select(Copy).where(Copy.clip_id.in_(by_id))):
        copies[copy.clip_id].append(copy_facts(copy))
    cases = _cases_of(session, by_id)
    holds = holds_on(session, list(by_id))
    found = _found_held(session, by_id, cases)
    kept, reviewed = kept_longer(session, list(by_id)), reviewed_since(session, list(by_id))
    return {
        clip.id: ClipFacts(
            received_at=clip.received_at,
            lock_desired=clip.lock_desired,
            copies=tuple(copies[clip.id]),
            cases=cases.get(clip.id, ()),
            holds=tuple(holds.get(clip.id, ())),
            found=found.get(clip.id, ""),
            schedule=schedule,
            reviewed_at=reviewed.get(clip.id),
            kept=KeptFacts(kept[clip.id].until, kept[clip.id].why) if clip.id in kept else None,
        )
        for clip in by_id.values()
    }


def copy_facts(copy: Copy) -> CopyFacts:
    """Answer a copy's lock as the rules read it."""
    return CopyFacts(copy.lock_until, copy.lock_mode == "COMPLIANCE", copy.hold)


def _found_held(
    session: Session, clips: Mapping[UUID, Clip], cases: Mapping[UUID, tuple[CaseFacts, ...]]
) -> Mapping[UUID, str]:
    """Answer of which clips an unexplained hold was found at the storage that still counts, and how it was found."""
    found = {
        clip.id: str(clip.lock_reason["found"]) for clip in clips.values() if clip.lock_reason.get("found")
    }
    if not found:
        return {}
    asked = set(
        session.scalars(
            select(Incident.clip_id).where(
                Incident.clip_id.in_(found), Incident.kind == UNEXPECTED, Incident.resolved_at.is_(None)
            )
        )
    )
    return {
        clip: how for clip, how in found.items() if (clip in asked if how == "storage" else clip not in cases)
    }


def _cases_of(session: Session, clips: Collection[UUID]) -> Mapping[UUID, tuple[CaseFacts, ...]]:
    """Answer the cases each clip is on; what was detached counts until the legal section has confirmed it (R4.11)."""
    rows = session.execute(
        select(Attachment.clip_id, Attachment.role, Step.case_id)
        .join(Step, Step.id == Attachment.step_id)
        .where(Attachment.clip_id.in_(clips), Attachment.detach_confirmed_at.is_(None))
    ).all()
    roles: dict[UUID, dict[UUID, set[str]]] = defaultdict(lambda: defaultdict(set))
    for clip, role, case in rows:
        roles[clip][case].add(role)
    cases = {
        case.id: case for case in session.scalars(select(Case).where(Case.id.in_({c for _, _, c in rows})))
    }
    return {
        clip: tuple(case_facts(cases[case], frozenset(of)) for case, of in sorted(per_case.items()))
        for clip, per_case in roles.items()
    }


def case_facts(case: Case, roles: frozenset[str]) -> CaseFacts:
    """Answer a case as the rules read it, for what is attached to it in `roles`."""
    return CaseFacts(
        id=case.id,
        number=case.number or "",
        type=case.type,
        coercion=case.coercion,
        state=case.state,
        roles=roles,
        dates=FileDates(case.closed_on, case.executed_on, case.accepted_at, case.stated_accepted_on),
    )
