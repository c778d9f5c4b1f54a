"""Gathering what decides whether clips have expired, and what a list says of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from catalog.actors import Actor
from catalog.custody.record import utc_text
from catalog.disposal.keeping import kept_longer, reviewed_since
from catalog.finding.visible import unsealed_to
from catalog.holds.standing import holds_on
from catalog.models import (
    AppraisalItem,
    Attachment,
    Case,
    Clip,
    Copy,
    DocumentUpload,
    LockApply,
    LockDue,
    Officer,
    ScheduleRun,
    Stage,
    Step,
    Upload,
)
from catalog.rules.expired import CLOCK_MARGIN, CaseFacts, ClipFacts, CopyFacts, reasons

AT_ONCE = 500


def gather(
    session: Session, clip_ids: Sequence[UUID], *, appraisal: UUID | None = None
) -> dict[UUID, ClipFacts]:
    """Answer the facts of these clips as the catalog has them now; those it does not know are left out.

    `appraisal` is the one that asks: being on its list is no reason against it.
    """
    found: dict[UUID, ClipFacts] = {}
    ids = list(dict.fromkeys(clip_ids))
    for at in range(0, len(ids), AT_ONCE):
        found |= _gather(session, ids[at : at + AT_ONCE], appraisal)
    return found


def _gather(session: Session, ids: list[UUID], appraisal: UUID | None) -> dict[UUID, ClipFacts]:
    copies: dict[UUID, list[CopyFacts]] = defaultdict(list)
    for clip, until, hold, mismatched in session.execute(
        select(Copy.clip_id, Copy.lock_until, Copy.hold, Copy.mismatched_at).where(Copy.clip_id.in_(ids))
    ):
        copies[clip].append(CopyFacts(until, hold, mismatched is not None))
    cases: dict[UUID, list[CaseFacts]] = defaultdict(list)
    for clip, state in session.execute(
        select(Attachment.clip_id, Case.state)
        .join(Step, Step.id == Attachment.step_id)
        .join(Case, Case.id == Step.case_id)
        .where(Attachment.clip_id.in_(ids), Attachment.detach_confirmed_at.is_(None))
    ):
        cases[clip].append(CaseFacts(state))
    reviews = reviewed_since(session, ids)
    due = set(session.scalars(select(LockDue.clip_id).where(LockDue.clip_id.in_(ids))))
    due |= set(session.scalars(select(LockApply.clip_id).where(LockApply.clip_id.in_(ids))))
    working = set(
        session.scalars(select(Stage.clip_id).where(Stage.clip_id.in_(ids), Stage.state == "running"))
    )
    listed = set(
        session.scalars(
            select(AppraisalItem.active_clip_id).where(
                AppraisalItem.active_clip_id.in_(ids),
                *([AppraisalItem.appraisal_id != appraisal] if appraisal is not None else []),
            )
        )
    )
    arriving = set(
        session.scalars(
            select(Clip.id)
            .join(
                Upload,
                (Upload.sha256 == Clip.sha256) & (Upload.sm3 == Clip.sm3) & (Upload.size == Clip.size),
            )
            .where(Clip.id.in_(ids), Upload.state == "open")
        )
    ) | set(
        session.scalars(
            select(Clip.id)
            .join(
                DocumentUpload,
                (DocumentUpload.sha256 == Clip.sha256)
                & (DocumentUpload.sm3 == Clip.sm3)
                & (DocumentUpload.size == Clip.size),
            )
            .where(Clip.id.in_(ids), DocumentUpload.state == "open")
        )
    )
    coming = schedule_coming(session)
    kept, held = kept_longer(session, ids), holds_on(session, ids)
    rows = session.scalars(
        select(Clip).where(Clip.id.in_(ids)).execution_options(populate_existing=True)
    ).all()
    return {
        clip.id: ClipFacts(
            copies=copies[clip.id],
            cases=cases[clip.id],
            lock_desired=clip.lock_desired,
            hold_desired=clip.hold_desired,
            holds=len(held.get(clip.id, ())),
            restricted=clip.restricted,
            destroyed=clip.destroyed_at is not None,
            reviewed_at=reviews.get(clip.id),
            lock_due=clip.id in due or (coming and bool(cases[clip.id])),
            kept_until=kept[clip.id].until if clip.id in kept else None,
            kept_for_ever=clip.id in kept and kept[clip.id].until is None,
            at_work=clip.id in working,
            coming_in=clip.id in arriving,
            in_appraisal=clip.id in listed,
        )
        for clip in rows
    }


def schedule_coming(session: Session) -> bool:
    """Whether a schedule is coming into force: what its rows give has not reached every clip of a case yet."""
    going = select(ScheduleRun.id).where(ScheduleRun.kind == "force", ScheduleRun.ended_at.is_(None))
    return session.scalar(going.limit(1)) is not None


@dataclass(frozen=True, slots=True)
class ExpiredLine:
    """A clip whose lock has passed: free for appraisal, or (`review`) once somebody has reviewed it."""

    clip: Clip
    review: bool


def expired(
    session: Session, actor: Actor, now: datetime, *, limit: int = 200, margin: timedelta = CLOCK_MARGIN
) -> Iterator[ExpiredLine]:
    """Answer what may be appraised at `now` and what only waits for a review, the longest expired first."""
    candidates = session.scalars(
        select(Clip)
        .where(
            unsealed_to(actor),
            Clip.destroyed_at.is_(None),
            Clip.hold_desired.is_(False),
            Clip.lock_desired <= now - margin,
        )
        .order_by(Clip.lock_desired, Clip.id)
        .options(joinedload(Clip.officer))
        .execution_options(yield_per=AT_ONCE)
    )
    given = 0
    for part in candidates.partitions(AT_ONCE):
        facts = gather(session, [clip.id for clip in part])
        for clip in part:
            why = reasons(facts[clip.id], now, margin)
            if why in {(), ("not-reviewed",)}:
                yield ExpiredLine(clip, bool(why))
                given += 1
                if given >= limit:
                    return


def said_of(session: Session, clips: Sequence[Clip]) -> dict[UUID, dict[str, Any]]:
    """Answer what a list says of each clip: JSON values only, so that it can be digested.

    A case is named as long as the clip is on it, or until its detaching is confirmed (R4.11).
    """
    ids = [clip.id for clip in clips]
    cases: dict[UUID, list[Case]] = defaultdict(list)
    for clip_id, case in session.execute(
        select(Attachment.clip_id, Case)
        .join(Step, Step.id == Attachment.step_id)
        .join(Case, Case.id == Step.case_id)
        .where(Attachment.clip_id.in_(ids), Attachment.detach_confirmed_at.is_(None))
    ):
        cases[clip_id].append(case)
    copies: dict[UUID, list[Copy]] = defaultdict(list)
    for copy in session.scalars(select(Copy).where(Copy.clip_id.in_(ids)).order_by(Copy.id)):
        copies[copy.clip_id].append(copy)
    officers = {
        officer.id: officer
        for officer in session.scalars(
            select(Officer).where(Officer.id.in_({clip.officer_id for clip in clips if clip.officer_id}))
        )
    }
    return {
        clip.id: _said(
            clip, cases[clip.id], copies[clip.id], officers.get(clip.officer_id) if clip.officer_id else None
        )
        for clip in clips
    }


def _said(
    clip: Clip, cases: Sequence[Case], copies: Sequence[Copy], officer: Officer | None
) -> dict[str, Any]:
    units = {case.unit_id for case in cases if case.unit_id} or (
        {officer.unit_id} if officer is not None and officer.unit_id else set()
    )
    return {
        "clip": str(clip.id),
        "name": clip.name,
        "kind": clip.kind,
        "size": str(clip.size),
        "sha256": clip.sha256,
        "sm3": clip.sm3,
        "received": utc_text(clip.received_at),
        "recorded": utc_text(clip.recorded_at) if clip.recorded_at else None,
        "officer": officer.name if officer else None,
        "lock_until": utc_text(max([clip.lock_desired, *(c.lock_until for c in copies)])),
        "lock_reason": clip.lock_reason,
        "cases": sorted({case.archive_number or case.number or case.title for case in cases}),
        "units": sorted(str(unit) for unit in units),
        "copies": [
            {"endpoint": c.endpoint, "bucket": c.bucket, "key": c.key, "version": c.version} for c in copies
        ],
    }
