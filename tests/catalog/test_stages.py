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
        claimed = _claim(database, clip, now)
        assert claimed is not None
        with database.write() as session:
            stages.put_off(
                session, clip, "verify", claimed, reason="away", delay=timedelta(seconds=30), now=now
            )
    assert (_state(database, clip).state, _state(database, clip).attempts) == ("pending", 0)


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
    assert _claim(database, clip, now) is not None
    assert _state(database, clip).attempts == 1


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


@pytest.mark.parametrize(
    ("idle", "waits"), [("media", False), ("encode", True)], ids=["nobody-waits", "somebody-waits"]
)
def test_films_that_wait_on_a_busy_queue_hold_up_no_other_stage(
    database: Database, clip: UUID, now: datetime, idle: str, waits: bool
) -> None:
    with database.write() as session:
        for size in range(2, 5):
            film = Clip(
                id=new_id(), sha256="c" * 64, sm3="d" * 64, checksum="e", size=size, name="y", received_at=now,
                facts={}, flags=[], lock_desired=now,
            )  # fmt: skip
            session.add(film)
            session.flush()
            stages.add_stages(session, film.id, ["encode"], now - timedelta(hours=1))
            if waits:
                stages.request_again(session, film.id, "encode", now - timedelta(hours=1), wanted=True)
    with database.write() as session:
        due = stages.sweep(session, now + stages.SEND_AGAIN_AFTER, queues={idle, "intake"}, limit=3)
    assert {one.clip for one in due} == {clip}


@pytest.mark.parametrize("wanted", [False, True])
def test_a_film_is_sent_to_the_queue_that_stands_empty(
    database: Database, clip: UUID, now: datetime, wanted: bool
) -> None:
    with database.write() as session:
        stages.add_stages(session, clip, ["encode"], now)
        stages.request_again(session, clip, "encode", now, wanted=wanted)
    later = now + stages.SEND_AGAIN_AFTER
    full, empty = ("encode", "media") if wanted else ("media", "encode")
    with database.write() as session:
        assert stages.sweep(session, later, queues={full}) == []
        assert stages.sweep(session, later, queues={empty}) == [stages.Due(clip, "encode", wanted)]


def test_asking_again_gives_nobody_the_claim_of_a_lost_worker(
    database: Database, clip: UUID, now: datetime
) -> None:
    lost = _claim(database, clip, now)
    later = now + stages.LEASE + timedelta(seconds=1)
    with database.write() as session:
        assert stages.request_again(session, clip, "verify", later)
    at_work = _claim(database, clip, later)
    assert lost is not None
    assert at_work is not None
    with database.write() as session:
        assert not stages.renew_lease(session, clip, "verify", lost, later)
        assert stages.fail(session, clip, "verify", lost, reason="old", final=True, now=later) is None
        assert stages.finish(session, clip, "verify", at_work, later)
    assert _state(database, clip).attempts == 1
