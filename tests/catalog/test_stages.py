"""Invariant 10: the queue can be lost, and doing a stage twice changes nothing."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import pytest

from catalog import stages
from catalog.database import Database
from catalog.ids import new_id
from catalog.models import Clip, Stage


@pytest.fixture
def clip(database: Database, now: datetime) -> UUID:
    with database.write() as session:
        clip = Clip(
            id=new_id(),
            sha256="a" * 64,
            sm3="b" * 64,
            checksum="c",
            size=1,
            name="x",
            received_at=now,
            facts={},
            flags=[],
            lock_desired=now,
        )
        session.add(clip)
        session.flush()
        stages.add_stages(session, clip.id, stages.AT_RECEIPT, now)
    return clip.id


def _state(database: Database, clip: UUID, stage: str = "verify") -> Stage:
    with database.read() as session:
        return session.get_one(Stage, (clip, stage))


def _claim(database: Database, clip: UUID, now: datetime) -> int | None:
    with database.write() as session:
        return stages.claim(session, clip, "verify", now)


def test_a_stage_is_claimed_by_one_worker_only(database: Database, clip: UUID, now: datetime) -> None:
    assert _claim(database, clip, now) == 1
    assert _claim(database, clip, now + timedelta(seconds=1)) is None


def test_a_lost_workers_stage_is_swept_and_claimed_again(
    database: Database, clip: UUID, now: datetime
) -> None:
    _claim(database, clip, now)
    later = now + stages.LEASE + timedelta(seconds=1)
    with database.write() as session:
        assert stages.Due(clip, "verify") in stages.sweep(session, later)
    assert _claim(database, clip, later) == 2


def test_a_live_workers_stage_is_not_swept(database: Database, clip: UUID, now: datetime) -> None:
    _claim(database, clip, now)
    half = now + stages.LEASE * 0.9
    with database.write() as session:
        assert stages.renew_lease(session, clip, "verify", 1, half)
    with database.write() as session:
        assert stages.Due(clip, "verify") not in stages.sweep(session, now + stages.LEASE * 1.5)


def test_a_stage_that_takes_workers_down_is_given_up_in_words(
    database: Database, clip: UUID, now: datetime
) -> None:
    at = now
    for attempt in range(1, stages.MAX_ATTEMPTS + 1):
        assert _claim(database, clip, at) == attempt
        at += stages.LEASE + timedelta(seconds=1)
        with database.write() as session:
            stages.sweep(session, at)
        at += stages.SEND_AGAIN_AFTER
    assert _claim(database, clip, at) is None
    row = _state(database, clip)
    assert row.state == "failed"
    assert "worker was lost" in row.error


def test_failures_pause_longer_each_time_and_end(database: Database, clip: UUID, now: datetime) -> None:
    pauses = []
    for _ in range(stages.MAX_ATTEMPTS):
        attempt = _claim(database, clip, now)
        assert attempt is not None
        with database.write() as session:
            state = stages.fail(session, clip, "verify", attempt, reason="no", final=False, now=now)
        pauses.append(_state(database, clip).due_at - now)
    assert state == "failed"
    assert pauses == sorted(pauses)
    assert len(set(pauses)) == len(pauses)


def test_storage_out_of_reach_costs_no_attempt(database: Database, clip: UUID, now: datetime) -> None:
    for _ in range(20):
        assert _claim(database, clip, now) == 1
        with database.write() as session:
            stages.put_off(session, clip, "verify", 1, reason="away", delay=timedelta(seconds=30), now=now)
    assert _state(database, clip).state == "pending"


def test_what_waits_on_a_queue_is_not_sent_again(database: Database, clip: UUID, now: datetime) -> None:
    later = now + stages.SEND_AGAIN_AFTER
    with database.write() as session:
        assert stages.sweep(session, later, queues={"media"}) == []
    with database.write() as session:
        assert len(stages.sweep(session, later, queues={"intake"})) == 2
    with database.write() as session:
        assert stages.sweep(session, later, queues={"intake"}) == []  # just sent


def test_a_done_stage_stays_done_unless_a_person_asks(database: Database, clip: UUID, now: datetime) -> None:
    _claim(database, clip, now)
    with database.write() as session:
        assert stages.finish(session, clip, "verify", 1, now)
    assert _claim(database, clip, now + timedelta(days=1)) is None
    with database.write() as session:
        assert stages.request_again(session, clip, "verify", now) == stages.Due(clip, "verify")
    assert _claim(database, clip, now) == 1


def test_a_worker_taken_for_lost_changes_nothing_any_more(
    database: Database, clip: UUID, now: datetime
) -> None:
    assert _claim(database, clip, now) == 1
    later = now + stages.LEASE + timedelta(seconds=1)
    assert _claim(database, clip, later) == 2
    with database.write() as session:
        assert not stages.renew_lease(session, clip, "verify", 1, later)
        assert not stages.finish(session, clip, "verify", 1, later)
        assert stages.fail(session, clip, "verify", 1, reason="old", final=True, now=later) is None
        assert stages.finish(session, clip, "verify", 2, later)
    assert _state(database, clip).state == "done"
