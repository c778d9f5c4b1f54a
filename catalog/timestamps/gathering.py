"""Gathering: verified clips that wait for their time stamp become a batch under one root."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, exists, select, text, update
from sqlalchemy.orm import Session

from catalog.database import Database
from catalog.ids import new_id
from catalog.models import Clip, Stage, TimestampBatch, TimestampLeaf, TimestampToken
from catalog.rules.merkle import root_of
from catalog.rules.stamp_text import record_leaf, record_text
from catalog.timestamps.authorities import Authority
from catalog.timestamps.proving import holds, stamped_clip

STAGE = "timestamp"
MOST = 4096
"""Clips in one batch at most: the proof of each is then twelve digests long."""
IN_A_ROUND = 8
"""Batches made at once at most, so that an upgrade with a million recordings leaves room for other work."""
POSTGRES_LOCK = 0x11006
"""Advisory lock that keeps a second gatherer waiting; SQLite has one writer anyway."""


def gather(
    database: Database, authorities: Sequence[Authority], now: datetime, *, wait: timedelta
) -> list[UUID]:
    """Make batches of what waits; answer their ids.

    A batch is made once its first clip has waited for others as long as `wait`, or when it is full. A clip is in one
    unfinished batch at most, however many workers gather.
    """
    made: list[UUID] = []
    if not authorities:
        return made
    for _ in range(IN_A_ROUND):
        with database.write() as session:
            _one_at_a_time(session)
            waiting = _waiting(session, now, wait)
            fresh = _without_proven(session, waiting, authorities, now)
            if fresh:
                made.append(_make(session, fresh, authorities, now))
        if len(waiting) < MOST:
            break
    return made


def in_batch(*, finished: bool) -> ColumnElement[bool]:
    """A condition on stages: the clip is in a batch that is finished, or in one that is not."""
    end = TimestampBatch.finished_at.is_not(None) if finished else TimestampBatch.finished_at.is_(None)
    return exists().where(
        TimestampLeaf.clip_id == Stage.clip_id, TimestampBatch.id == TimestampLeaf.batch_id, end
    )


def _one_at_a_time(session: Session) -> None:
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": POSTGRES_LOCK})


def _waiting(session: Session, now: datetime, wait: timedelta) -> Sequence[UUID]:
    """Clips to be stamped that are in no unfinished batch, the oldest first; none while they may wait for others."""
    found = session.execute(
        select(Stage.clip_id, Stage.updated_at)
        .where(Stage.stage == STAGE, Stage.state == "pending", ~in_batch(finished=False))
        .order_by(Stage.due_at, Stage.clip_id)  # which has an index; none is ever put off
        .limit(MOST)
    ).all()
    if len(found) < MOST and (not found or min(since for _, since in found) + wait > now):
        return []
    return [clip for clip, _ in found]


def _without_proven(
    session: Session, waiting: Sequence[UUID], authorities: Sequence[Authority], now: datetime
) -> list[UUID]:
    """Leave out clips that were asked for again and whose stamp holds; their stage is done, nothing else changes."""
    again = set(
        session.scalars(
            select(TimestampLeaf.clip_id)
            .join(TimestampBatch, TimestampBatch.id == TimestampLeaf.batch_id)
            .where(TimestampBatch.finished_at.is_not(None), TimestampLeaf.clip_id.in_(waiting))
        )
        if waiting
        else ()
    )
    proven = {clip for clip in again if holds(session, clip, authorities)}
    if proven:
        session.execute(
            update(Stage)
            .where(Stage.stage == STAGE, Stage.clip_id.in_(proven))
            .values(state="done", error="", updated_at=now)
        )
    return [clip for clip in waiting if clip not in proven]


def _make(session: Session, clips: Sequence[UUID], authorities: Sequence[Authority], now: datetime) -> UUID:
    found = {clip.id: clip for clip in session.scalars(select(Clip).where(Clip.id.in_(clips)))}
    leaves = [record_leaf(record_text(stamped_clip(found[clip]))) for clip in clips]
    batch = TimestampBatch(
        id=new_id(), root=root_of(leaves).hex(), size=len(leaves), made_at=now, finished_at=None, objects={}
    )
    session.add(batch)
    session.flush()
    session.add_all(
        TimestampLeaf(batch_id=batch.id, place=place, clip_id=clip, leaf=leaf.hex())
        for place, (clip, leaf) in enumerate(zip(clips, leaves, strict=True))
    )
    session.add_all(wish(batch.id, authority, now) for authority in authorities)
    return batch.id


def wish(batch: UUID, authority: Authority, now: datetime) -> TimestampToken:
    """Answer a token that is still to be asked for."""
    return TimestampToken(
        batch_id=batch,
        authority=authority.name,
        self_signed=authority.settings.self_signed,
        state="pending",
        attempts=0,
        due_at=now,
        error="",
        facts={},
        objects={},
    )
