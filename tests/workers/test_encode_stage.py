"""Films that must be encoded anew: short ones at once, long ones at night or when somebody asks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from catalog import stages as catalog_stages
from catalog.models import Clip, Stage
from catalog.renditions import clear_unnamed
from catalog.stage_runs import expected_seconds, runs_of
from catalog.stages import BATCHED, Due
from tests.workers.bench_desk import Take, renditions_of, run_all, runtime, stages_of, take
from tests.workers.media import studio
from workers.media import render as media_render
from workers.runtime import Runtime
from workers.stages.run import run_stage

__all__ = ["runtime", "take"]

NOON = datetime(2026, 11, 25, 4, 0, tzinfo=UTC)
"""12:00 in Shanghai."""
EVENING = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
"""20:00 there."""


@pytest.fixture
def film(take: Take, tmp_path: Path) -> UUID:
    return take(studio.make(tmp_path, "mpeg4.avi").read_bytes(), b"DCIM/a.avi")


def at(runtime: Runtime, moment: datetime, by_day: float = 30.0) -> Runtime:
    runtime.settings = runtime.settings.model_copy(update={"encode_by_day_minutes": by_day})
    runtime.now = lambda: moment  # type: ignore[method-assign]
    return runtime


def test_a_short_film_is_encoded_at_once(runtime: Runtime, film: UUID) -> None:
    stages = run_all(at(runtime, NOON), film)
    states = {name: stage.state for name, stage in stages.items() if name not in BATCHED}
    assert states == dict.fromkeys(("verify", "describe", "render", "analyse", "encode"), "done")
    assert {"player", "poster", "waveform"} <= set(renditions_of(runtime, film))
    assert [(r.stage, r.outcome) for r in runs_of_clip(runtime, film)] == [
        ("analyse", "done"),
        ("describe", "done"),
        ("encode", "done"),
        ("render", "done"),
        ("verify", "done"),
    ]
    with runtime.database.read() as session:
        run = next(r for r in runs_of(session, film) if r.stage == "encode")
        assert run.media_seconds == pytest.approx(3.0, abs=0.2)
        assert expected_seconds(session, session.get_one(Clip, film), "encode", NOON) is not None


def runs_of_clip(runtime: Runtime, clip: UUID) -> list[object]:
    with runtime.database.read() as session:
        return sorted(runs_of(session, clip), key=lambda r: r.stage)


def test_a_long_film_waits_for_the_night_and_its_pictures_do_not(runtime: Runtime, film: UUID) -> None:
    stages = run_all(at(runtime, NOON, by_day=0.01), film)
    assert stages["render"].state == "done"
    assert {"poster", "thumb", "sprite", "thumbnails", "waveform"} == set(renditions_of(runtime, film))
    waiting = stages["encode"]
    assert (waiting.state, waiting.attempts, waiting.error) == ("deferred", 0, "")
    assert waiting.due_at == EVENING
    with runtime.database.write() as session:
        assert catalog_stages.sweep(session, EVENING - timedelta(seconds=1)) == []
        assert catalog_stages.sweep(session, EVENING + timedelta(seconds=1)) == [Due(film, "encode")]
    assert stages_of(runtime, film)["encode"].state == "pending"
    assert (
        run_all(at(runtime, EVENING + timedelta(seconds=1), 0.01), film, "encode")["encode"].state == "done"
    )
    assert "player" in renditions_of(runtime, film)


def test_a_night_that_was_too_short_is_followed_by_another(runtime: Runtime, film: UUID) -> None:
    run_all(at(runtime, NOON, by_day=0.01), film)
    morning = EVENING + timedelta(hours=13)
    with runtime.database.write() as session:
        catalog_stages.sweep(session, morning)
    stages = run_all(at(runtime, morning, by_day=0.01), film, "encode")
    assert stages["encode"].state == "deferred"
    assert stages["encode"].due_at == EVENING + timedelta(days=1)


def test_whoever_asks_does_not_wait(runtime: Runtime, film: UUID) -> None:
    run_all(at(runtime, NOON, by_day=0.01), film)
    with runtime.database.write() as session:
        due = catalog_stages.want_now(session, film, "encode", NOON)
    assert due == Due(film, "encode", wanted=True)
    assert due.queue == "media"
    with runtime.database.write() as session:  # the queue loses it: it is sent again to the same place
        (again,) = catalog_stages.sweep(session, NOON + catalog_stages.SEND_AGAIN_AFTER)
    assert again.queue == "media"
    assert run_all(runtime, film, "encode")["encode"].state == "done"
    with runtime.database.write() as session:
        assert catalog_stages.want_now(session, film, "encode", NOON) is None


def test_a_copy_that_cannot_be_multiplexed_is_encoded(
    runtime: Runtime, take: Take, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip = take(studio.make(tmp_path, "matroska.mkv").read_bytes(), b"DCIM/a.mkv")
    remux = media_render._remux
    monkeypatch.setattr(media_render, "_remux", lambda *a: [*remux(*a)[:-1], "-no-such-option", "{output}"])
    stages = run_all(at(runtime, NOON), clip)
    assert stages["render"].state == "done"
    assert stages["encode"].state == "done"
    assert "libx264" in renditions_of(runtime, clip)["player"].recipe["arguments"]


def test_making_again_gives_the_same_bytes(runtime: Runtime, film: UUID) -> None:
    run_all(at(runtime, NOON), film)
    before = {k: r.sha256 for k, r in renditions_of(runtime, film).items()}
    assert runtime.derived.delete_prefix(f"renditions/{film}/") == len(before)
    with runtime.database.write() as session:
        for stage in ("render", "encode"):
            catalog_stages.request_again(session, film, stage, runtime.now())
    run_all(runtime, film, "render", "encode")
    assert {k: r.sha256 for k, r in renditions_of(runtime, film).items()} == before


def test_a_rendition_that_fails_this_time_stays_as_it_was(
    runtime: Runtime, film: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_all(at(runtime, NOON), film)
    before = renditions_of(runtime, film)["player"].sha256
    monkeypatch.setattr(media_render, "_player", lambda *_: False)
    with runtime.database.write() as session:
        catalog_stages.request_again(session, film, "encode", runtime.now())
    assert run_all(runtime, film, "encode")["encode"].state == "failed"
    assert renditions_of(runtime, film)["player"].sha256 == before


def test_a_full_disk_is_no_fault_of_the_recording(
    runtime: Runtime, film: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_stage(at(runtime, NOON), film, "describe")
    runtime.settings = runtime.settings.model_copy(update={"render_limit": 1})
    run_stage(runtime, film, "encode")
    stage = stages_of(runtime, film)["encode"]
    assert stage.state == "pending"
    assert "scratch" in stage.error


def test_what_nothing_names_any_more_is_cleared_away(runtime: Runtime, film: UUID) -> None:
    run_all(at(runtime, NOON), film)
    kept = renditions_of(runtime, film)
    runtime.derived.put(f"renditions/{film}/player-{'0' * 32}", b"of a worker that was killed")
    runtime.derived.put("renditions/odd", b"not ours to judge")
    today, tomorrow = datetime.now(UTC), datetime.now(UTC) + timedelta(days=1, minutes=1)
    assert clear_unnamed(runtime.database, runtime.derived, today) == 0
    with runtime.database.write() as session:
        session.get_one(Stage, (film, "encode")).state = "running"
    assert clear_unnamed(runtime.database, runtime.derived, tomorrow) == 0
    with runtime.database.write() as session:
        session.get_one(Stage, (film, "encode")).state = "done"
    assert clear_unnamed(runtime.database, runtime.derived, tomorrow) == 1
    assert set(renditions_of(runtime, film)) == set(kept)
    runtime.derived.delete("renditions/odd")
