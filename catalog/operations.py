"""How the house does: work waiting, under way and failed; what came in day by day; the standing jobs. Reading only.

Nothing here names a person or a file: whoever runs the machine sees no evidence.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from catalog.actors import Actor
from catalog.models import Clip, Copy, Incident, ProbeResult, Rendition, Stage, StandingJob
from catalog.rendering import ask_again
from catalog.rules.failure_groups import group_of
from catalog.stage_runs import Pace, paces
from catalog.stages import QUEUES, STAGES, WANTED_QUEUE, Due
from catalog.standing_jobs import standing_jobs

OPEN_STATES = ("pending", "running", "deferred", "failed")
FAILED_AT_ONCE = 5000
"""Failed stages that are looked at for grouping; more than that is one trouble, not many."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """The work of one queue, as the catalog knows it."""

    pending: int
    oldest: datetime | None
    """Since when the oldest of them has been waiting."""


@dataclass(frozen=True, slots=True)
class StageCount:
    """Clips by the state of one stage; those that are done are not counted."""

    stage: str
    pending: int
    running: int
    deferred: int
    failed: int
    pace: Pace | None


@dataclass(frozen=True, slots=True)
class Failures:
    """Failed stages with the same reason."""

    stage: str
    group: str
    reason: str
    """That of the newest."""
    count: int
    newest: datetime


@dataclass(frozen=True, slots=True)
class Day:
    """Bytes that came in within one of the bureau's days."""

    begin: datetime
    originals: int
    renditions: int


@dataclass(frozen=True, slots=True)
class Operations:
    """All of it at one moment."""

    queues: dict[str, Waiting]
    stages: Sequence[StageCount]
    failures: Sequence[Failures]
    days: Sequence[Day]
    jobs: Sequence[StandingJob]
    probe: ProbeResult | None
    lock_ends: datetime | None
    """When the first lock of an original ends, as last read back."""
    incidents: int
    more_failed: bool = field(default=False)


def operations(session: Session, now: datetime, days: Sequence[datetime]) -> Operations:
    """Answer how things stand; `days` are the beginnings of the bureau's days to be counted, oldest first."""
    failures, more = failure_groups(session)
    return Operations(
        queues=waiting(session, now),
        stages=stage_counts(session, now),
        failures=failures,
        days=growth(session, days, now),
        jobs=standing_jobs(session),
        probe=session.scalar(select(ProbeResult).order_by(ProbeResult.at.desc()).limit(1)),
        lock_ends=session.scalar(select(func.min(Copy.lock_until))),
        incidents=session.scalar(select(func.count()).where(Incident.resolved_at.is_(None))) or 0,
        more_failed=more,
    )


def waiting(session: Session, now: datetime) -> dict[str, Waiting]:
    """Answer what waits on each queue that carries stages. What was put off does not wait."""
    del now
    rows = session.execute(
        select(Stage.stage, Stage.wanted_at.is_not(None), func.count(), func.min(Stage.updated_at))
        .where(Stage.state == "pending")
        .group_by(Stage.stage, Stage.wanted_at.is_not(None))
    ).all()
    found = {queue: Waiting(0, None) for queue in (*QUEUES.values(), WANTED_QUEUE)}
    for stage, wanted, count, oldest in rows:
        if stage not in QUEUES:
            continue
        queue = Due(UUID(int=0), stage, wanted).queue
        before = found[queue]
        first = oldest if before.oldest is None else min(before.oldest, oldest)
        found[queue] = Waiting(before.pending + count, first)
    return found


def stage_counts(session: Session, now: datetime) -> list[StageCount]:
    """Answer the stages in their order, with their pace of late."""
    counts: dict[tuple[str, str], int] = {
        (stage, state): count
        for stage, state, count in session.execute(
            select(Stage.stage, Stage.state, func.count())
            .where(Stage.state.in_(OPEN_STATES))
            .group_by(Stage.stage, Stage.state)
        )
    }
    pace = {p.stage: p for p in paces(session, now)}
    return [
        StageCount(
            stage=stage,
            pending=counts.get((stage, "pending"), 0),
            running=counts.get((stage, "running"), 0),
            deferred=counts.get((stage, "deferred"), 0),
            failed=counts.get((stage, "failed"), 0),
            pace=pace.get(stage),
        )
        for stage in STAGES
    ]


def failure_groups(session: Session) -> tuple[list[Failures], bool]:
    """Answer failed stages by reason, the most frequent first, and whether there were more than are looked at."""
    rows = session.execute(
        select(Stage.stage, Stage.error, Stage.updated_at)
        .where(Stage.state == "failed")
        .order_by(Stage.updated_at.desc())
        .limit(FAILED_AT_ONCE + 1)
    ).all()
    groups: dict[tuple[str, str], Failures] = {}
    for stage, reason, at in rows[:FAILED_AT_ONCE]:
        key = (stage, group_of(reason))
        known = groups.get(key)
        groups[key] = (
            Failures(stage, key[1], reason, 1, at)
            if known is None
            else Failures(stage, key[1], known.reason, known.count + 1, known.newest)
        )
    return sorted(groups.values(), key=lambda f: (-f.count, f.stage)), len(rows) > FAILED_AT_ONCE


def growth(session: Session, days: Sequence[datetime], now: datetime) -> list[Day]:
    """Answer the bytes of each day; two passes over what came in since the first of them."""
    ends = [*days[1:], now]
    originals = _sums(session, Clip.received_at, Clip.size, days, ends)
    renditions = _sums(session, Rendition.created_at, Rendition.size, days, ends)
    return [Day(*values) for values in zip(days, originals, renditions, strict=True)]


def _sums(
    session: Session, at: Any, size: Any, begins: Sequence[datetime], ends: Sequence[datetime]
) -> list[int]:
    if not begins:
        return []
    sums = [
        func.sum(case(((at >= begin) & (at < end), size), else_=0))
        for begin, end in zip(begins, ends, strict=True)
    ]
    row = session.execute(select(*sums).where(at >= begins[0])).one()
    return [int(value or 0) for value in row]


@dataclass(frozen=True, slots=True)
class FailedStage:
    """A failed stage as listed: what was recorded when is nobody's business here, so only the clip's kind and receipt."""

    stage: Stage
    kind: str
    received_at: datetime


def failed_stages(
    session: Session, *, stage: str = "", group: str = "", limit: int = 200
) -> list[FailedStage]:
    """Answer failed stages, newest first: all, those of one stage, or those of one group of reasons."""
    query = (
        select(Stage, Clip.kind, Clip.received_at)
        .join(Clip, Clip.id == Stage.clip_id)
        .where(Stage.state == "failed")
        .order_by(Stage.updated_at.desc())
        .limit(FAILED_AT_ONCE)
    )
    if stage:
        query = query.where(Stage.stage == stage)
    found = [
        FailedStage(row, kind, received)
        for row, kind, received in session.execute(query)
        if not group or group_of(row.error) == group
    ]
    return found[:limit]


def run_failed_again(
    session: Session, *, actor: Actor, chosen: Sequence[tuple[UUID, str]], now: datetime
) -> list[Due]:
    """Ask for failed stages anew; what is no longer failed is left alone. Answer what is to be sent."""
    due: list[Due] = []
    for clip, stage in chosen:
        row = session.get(Stage, (clip, stage))
        if row is not None and row.state == "failed":
            due += ask_again(session, actor=actor, clip=clip, stages=[stage], now=now)
    return due


def last_days(today: datetime, count: int) -> list[datetime]:
    """Answer the beginnings of the last `count` days up to `today`'s (which is aware), oldest first."""
    return [today - timedelta(days=back) for back in range(count - 1, -1, -1)]
