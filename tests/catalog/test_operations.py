"""Figures of the house on both databases: what waits, what failed, how long work takes, what came in."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import pytest

from catalog import stages
from catalog.actors import system
from catalog.database import Database
from catalog.ids import new_id
from catalog.models import Clip, CustodyEntry, Rendition, Stage
from catalog.operations import failed_stages, last_days, operations, run_failed_again
from catalog.stage_runs import KEPT, expected_seconds, forget_runs, paces, runs_of
from catalog.stages import Due
from catalog.standing_jobs import note_end, note_planned, note_start, standing_jobs


def add_clip(database: Database, now: datetime, *, size: int = 1000, duration: float | None = None) -> UUID:
    with database.write() as session:
        clip = Clip(
            id=new_id(), sha256=new_id().hex * 2, sm3="b" * 64, checksum="c", size=size, name="x", received_at=now,
            facts={}, flags=[], lock_desired=now, duration=duration,
        )  # fmt: skip
        session.add(clip)
        session.flush()
        stages.add_stages(session, clip.id, ["verify", "encode"], now)
        return clip.id


def attempt(database: Database, clip: UUID, stage: str, now: datetime, took: float, error: str = "") -> None:
    with database.write() as session:
        number = stages.claim(session, clip, stage, now)
        assert number is not None
        end = now + timedelta(seconds=took)
        if error:
            stages.fail(session, clip, stage, number, reason=error, final=True, now=end)
        else:
            assert stages.finish(session, clip, stage, number, end)


def test_work_per_minute_is_that_of_what_was_done(database: Database, now: datetime) -> None:
    one, two, still = (add_clip(database, now, duration=d) for d in (60.0, 180.0, None))
    attempt(database, one, "encode", now, 10)
    attempt(database, two, "encode", now, 50)
    attempt(database, still, "encode", now, 3)
    attempt(database, one, "verify", now, 9, error="odd")
    with database.read() as session:
        (pace,) = paces(session, now + timedelta(minutes=2))
        assert (pace.stage, pace.runs) == ("encode", 3)
        assert pace.per_minute == pytest.approx(15)  # sixty seconds for four minutes
        assert pace.each == pytest.approx(21)
        long = session.get_one(Clip, two)
        assert expected_seconds(session, long, "encode", now + timedelta(minutes=2)) == pytest.approx(45)
        assert expected_seconds(session, session.get_one(Clip, still), "encode", now) is None
        assert expected_seconds(session, long, "render", now) is None
        assert [r.outcome for r in runs_of(session, one)] == ["failed", "done"]
    with database.write() as session:
        forget_runs(session, now + KEPT + timedelta(days=1))
    with database.read() as session:
        assert runs_of(session, one) == []


def test_a_lost_worker_and_an_absent_storage_are_noted_too(database: Database, now: datetime) -> None:
    clip = add_clip(database, now)
    with database.write() as session:
        assert stages.claim(session, clip, "verify", now) == 1
    late = now + stages.LEASE + timedelta(seconds=5)
    with database.write() as session:
        assert Due(clip, "verify") in stages.sweep(session, late)
        assert stages.sweep(session, late) == []
        row = session.get_one(Stage, (clip, "verify"))
        assert (row.state, row.attempts) == ("pending", 1)
        assert "tried again" in row.error
        number = stages.claim(session, clip, "verify", late)
        assert number == 2
        stages.put_off(session, clip, "verify", 2, reason="away", delay=timedelta(seconds=9), now=late)
    with database.read() as session:
        assert sorted(r.outcome for r in runs_of(session, clip)) == ["lost", "put-off"]


def test_the_page_in_one_go(database: Database, now: datetime) -> None:
    midnight = now.replace(hour=0)
    clips = [add_clip(database, midnight - timedelta(days=n, hours=-1), size=10**n) for n in range(4)]
    attempt(
        database,
        clips[0],
        "encode",
        now,
        1,
        error="player: the tool made no progress for 60 seconds and was ended",
    )
    attempt(
        database,
        clips[1],
        "encode",
        now,
        1,
        error="player: the tool made no progress for 90 seconds and was ended",
    )
    with database.write() as session:
        session.add(
            Rendition(
                clip_id=clips[0], kind="thumb", bucket="d", key="k", size=7, sha256="0" * 64, content_type="image/jpeg",
                source_sha256="0" * 64, recipe={}, created_at=now,
            )
        )  # fmt: skip
        number = stages.claim(session, clips[2], "encode", now)
        assert number is not None
        stages.defer(session, clips[2], "encode", number, until=now + timedelta(hours=9), now=now)
    with database.read() as session:
        found = operations(session, now + timedelta(hours=2), last_days(midnight, 3))
    assert [d.originals for d in found.days] == [100, 10, 1]
    assert [d.renditions for d in found.days] == [0, 0, 7]
    assert found.queues["intake"].pending == 4
    assert found.queues["encode"].pending == 1  # the deferred one does not wait
    assert [(f.stage, f.count) for f in found.failures] == [("encode", 2)]
    counts = {s.stage: (s.pending, s.running, s.deferred, s.failed) for s in found.stages}
    assert counts["encode"] == (1, 0, 1, 2)
    assert found.probe is None


def test_only_what_failed_is_run_again(database: Database, now: datetime) -> None:
    clips = [add_clip(database, now) for _ in range(3)]
    attempt(database, clips[0], "verify", now, 1, error="one")
    attempt(database, clips[1], "verify", now, 1)
    with database.write() as session:
        assert [line.stage.clip_id for line in failed_stages(session)] == [clips[0]]
        due = run_failed_again(
            session,
            actor=system("test"),
            chosen=[(c, "verify") for c in clips] + [(new_id(), "verify")],
            now=now,
        )
        assert due == [Due(clips[0], "verify")]
    with database.read() as session:
        assert failed_stages(session) == []
        assert [e.action for e in session.query(CustodyEntry)] == ["clip.stage-requested"]


def test_standing_jobs_are_noted_and_forgotten_with_their_plan(database: Database, now: datetime) -> None:
    with database.write() as session:
        note_planned(session, {"probe": now + timedelta(hours=2), "old": now})
    with database.write() as session:
        note_planned(session, {"probe": now + timedelta(hours=1)})
        note_start(session, "reconcile-locks", now)
        note_end(session, "reconcile-locks", now, trouble="no", next_at=now + timedelta(days=1))
    with database.read() as session:
        assert [(j.name, j.succeeded) for j in standing_jobs(session)] == [
            ("probe", None),
            ("reconcile-locks", False),
        ]
