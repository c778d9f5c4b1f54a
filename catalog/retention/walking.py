"""Walking over the clips a schedule concerns, in batches that each remember their place: trials, and coming into force.

A crash between two batches costs nothing: the place stands in the transaction of the batch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, exists, func, select
from sqlalchemy.orm import Session

from catalog.actors import Actor
from catalog.database import Database
from catalog.finding.visible import unsealed_to
from catalog.models import Attachment, Case, Clip, LockApply, LockDue, RetentionSchedule, ScheduleRun, Step
from catalog.retention.due import locks_due
from catalog.retention.facts import gather, schedule_facts
from catalog.rules.case_life import IN_ARCHIVE
from catalog.rules.desired_lock import ClipFacts, Desired, desire
from catalog.rules.retention import ScheduleFacts

BATCH = 500
"""Clips in one transaction."""
OUTCOMES = ("longer", "same", "shorter")


@dataclass(frozen=True, slots=True)
class TrialLine:
    """What a schedule would give one clip."""

    clip: Clip
    now_until: datetime
    until: datetime
    """What its rows alone would give."""
    outcome: str
    """One of OUTCOMES; `shorter` stays as it is."""
    wanted: Desired


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a schedule has come into force."""

    run: ScheduleRun
    waiting: int
    """Clips whose dates are still to be worked out, or set at the storage."""

    @property
    def share(self) -> float:
        """0…1."""
        return self.run.done / self.run.total if self.run.total else 1.0


def concerned() -> ColumnElement[bool]:
    """The condition that a schedule concerns a clip: it is on a case file that the archive has accepted."""
    return exists().where(
        Attachment.clip_id == Clip.id,
        Attachment.step_id == Step.id,
        Step.case_id == Case.id,
        Attachment.detach_confirmed_at.is_(None),
        Case.state.in_(IN_ARCHIVE),
    )


def begin(
    session: Session, schedule: RetentionSchedule, kind: str, digest: str, now: datetime
) -> ScheduleRun:
    """Begin a walk; those of the same kind that are under way end where they are."""
    for earlier in session.scalars(
        select(ScheduleRun).where(
            ScheduleRun.schedule_id == schedule.id, ScheduleRun.kind == kind, ScheduleRun.ended_at.is_(None)
        )
    ):
        earlier.ended_at = now
    total = session.scalar(select(func.count()).select_from(Clip).where(concerned(), _shown(None)))
    run = ScheduleRun(schedule_id=schedule.id, kind=kind, digest=digest, total=total or 0, begun_at=now)
    session.add(run)
    session.flush()
    return run


def go_on_with_schedules(database: Database, zone: ZoneInfo, now: datetime, *, batches: int = 20) -> int:
    """Go on with walks under way, at most `batches` batches; answer how many clips were walked over."""
    walked = 0
    for _ in range(batches):
        with database.write() as session:
            run = session.scalar(
                select(ScheduleRun)
                .where(ScheduleRun.ended_at.is_(None))
                .order_by(ScheduleRun.begun_at)
                .limit(1)
                .with_for_update(skip_locked=True)
            )
            if run is None:
                return walked
            walked += _batch(session, run, zone, now)
    return walked


def _batch(session: Session, run: ScheduleRun, zone: ZoneInfo, now: datetime) -> int:
    query = select(Clip).where(concerned(), Clip.destroyed_at.is_(None))
    if run.after is not None:
        query = query.where(Clip.id > run.after)
    clips = session.scalars(query.order_by(Clip.id).limit(BATCH)).all()
    if run.kind == "force":
        locks_due(session, [clip.id for clip in clips], now)
    else:
        schedule = session.get_one(RetentionSchedule, run.schedule_id)
        for line in _tried(session, [c for c in clips if not c.restricted], schedule, zone, now):
            setattr(run, line.outcome, getattr(run, line.outcome) + 1)
    # What is restricted shows nowhere, not in numbers either; it is worked out all the same.
    run.done += sum(not clip.restricted for clip in clips)
    if clips:
        run.after = clips[-1].id
    if len(clips) < BATCH:
        run.ended_at = now
        run.total = run.done
    return len(clips)


def _tried(
    session: Session, clips: Sequence[Clip], schedule: RetentionSchedule, zone: ZoneInfo, now: datetime
) -> list[TrialLine]:
    rows: ScheduleFacts = schedule_facts(session, schedule)
    facts = gather(session, clips, rows)
    return [_line(clip, facts[clip.id], zone, now) for clip in clips]


def _line(clip: Clip, facts: ClipFacts, zone: ZoneInfo, now: datetime) -> TrialLine:
    standing = max([facts.lock_desired, *(copy.lock_until for copy in facts.copies)]).replace(microsecond=0)
    wanted = desire(facts, zone, now)
    if "stands" not in wanted.reason:
        outcome = "longer" if wanted.lock_until > standing else "same"
        return TrialLine(clip, standing, wanted.lock_until, outcome, wanted)
    alone = desire(without_locks(facts), zone, now)
    return TrialLine(clip, standing, alone.lock_until, "shorter", wanted)


def without_locks(facts: ClipFacts) -> ClipFacts:
    """Answer the facts as if nothing had been locked yet: what the rows alone would give."""
    return ClipFacts(
        received_at=facts.received_at,
        lock_desired=facts.received_at,
        copies=(),
        cases=facts.cases,
        holds=facts.holds,
        found=facts.found,
        schedule=facts.schedule,
    )


def trial_lines(
    session: Session,
    schedule: RetentionSchedule,
    zone: ZoneInfo,
    now: datetime,
    *,
    actor: Actor | None,
    after: UUID | None = None,
    limit: int = 50,
) -> tuple[list[TrialLine], UUID | None]:
    """Answer a page of what the schedule would give, and the id after which the next page begins."""
    query: Select[Clip] = select(Clip).where(concerned(), Clip.destroyed_at.is_(None), _shown(actor))
    if after is not None:
        query = query.where(Clip.id > after)
    clips = session.scalars(query.order_by(Clip.id).limit(limit + 1)).all()
    lines = _tried(session, clips[:limit], schedule, zone, now)
    return lines, clips[limit - 1].id if len(clips) > limit else None


def newest_run(session: Session, schedule: UUID, kind: str) -> ScheduleRun | None:
    """Answer the newest walk of a kind."""
    return session.scalar(
        select(ScheduleRun)
        .where(ScheduleRun.schedule_id == schedule, ScheduleRun.kind == kind)
        .order_by(ScheduleRun.begun_at.desc(), ScheduleRun.id.desc())
        .limit(1)
    )


def progress(session: Session, schedule: UUID) -> Progress | None:
    """Answer how far a schedule has come into force; None when it never began to."""
    run = newest_run(session, schedule, "force")
    if run is None:
        return None
    waiting = sum(
        session.scalar(
            select(func.count()).select_from(table).join(Clip, Clip.id == table.clip_id).where(_shown(None))
        )
        or 0
        for table in (LockDue, LockApply)
    )
    return Progress(run, waiting)


def _shown(actor: Actor | None) -> ColumnElement[bool]:
    return unsealed_to(actor)
