"""A worker killed at any point leaves nothing half-done that anybody could take for whole."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from catalog import stages as catalog_stages
from tests.workers.bench_desk import (
    Take,
    hand_over,
    later,
    renditions_of,
    run_all,
    runtime,
    stages_of,
    take,
)
from tests.workers.killed_worker import STEPS
from tests.workers.media import studio
from workers.app import clear_scratch
from workers.runtime import Runtime
from workers.stages.run import run_stage

__all__ = ["runtime", "take"]

ROOT = Path(__file__).parents[2]
AFTER_COMMIT = "committed"


@pytest.fixture(scope="session")
def film(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return studio.make(tmp_path_factory.mktemp("film"), "mpeg4.avi").read_bytes()


@pytest.fixture
def clip(runtime: Runtime, take: Take, film: bytes) -> UUID:
    taken = take(film, b"DCIM/a.avi")
    for stage in ("verify", "describe"):
        run_stage(runtime, taken, stage)
    return taken


def kill(runtime: Runtime, folder: Path, clip: UUID, stage: str, step: str, quality: int = 23) -> None:
    settings = hand_over(runtime.settings, folder)
    done = subprocess.run(
        [sys.executable, "-m", "tests.workers.killed_worker", settings, str(clip), stage, step, str(quality)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr


def tools_at_work(folder: Path) -> list[str]:
    """Processes that have a path in `folder` on their command line."""
    found = []
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = process.read_bytes()
        except OSError:
            continue
        if str(folder).encode() in line and b"pytest" not in line:
            found.append(line.replace(b"\0", b" ").decode(errors="replace"))
    return found


def wait_until_gone(folder: Path) -> None:
    deadline = time.monotonic() + 10
    while (left := tools_at_work(folder)) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert left == []


@pytest.mark.parametrize("stage", ["render", "encode"])
@pytest.mark.parametrize("step", STEPS)
def test_a_stage_is_done_again_and_nothing_half_is_seen(
    runtime: Runtime, clip: UUID, tmp_path: Path, stage: str, step: str
) -> None:
    kill(runtime, tmp_path, clip, stage, step)
    wait_until_gone(runtime.settings.scratch_folder)
    seen = renditions_of(runtime, clip)
    assert bool(seen) == (step == AFTER_COMMIT)
    assert stages_of(runtime, clip)[stage].state == "running"  # nobody takes it for done

    after = later(runtime, catalog_stages.LEASE + timedelta(seconds=1))
    clear_scratch(runtime.settings)
    left = [p.name for p in runtime.settings.scratch_folder.rglob("*") if p.is_file() and p.suffix != ".lock"]
    assert set(left) <= {str(clip)}  # a whole working copy of the original may stay
    with after.database.write() as session:
        assert [d.stage for d in catalog_stages.sweep(session, after.now()) if d.stage == stage] == [stage]
    stages = run_all(after, clip, stage)
    assert (stages[stage].state, stages[stage].error) == ("done", "")
    made = renditions_of(after, clip)
    assert ("player" in made) == (stage == "encode")
    assert ("poster" in made) == (stage == "render")


@pytest.mark.parametrize("step", ["rendering", "one-stored", "stored", "uncommitted", AFTER_COMMIT])
def test_what_was_shown_before_goes_on_being_whole(
    runtime: Runtime, clip: UUID, tmp_path: Path, step: str
) -> None:
    run_all(runtime, clip, "render", "encode")
    before = renditions_of(runtime, clip)
    with runtime.database.write() as session:
        catalog_stages.request_again(session, clip, "encode", runtime.now())
    kill(runtime, tmp_path, clip, "encode", step, quality=40)  # other bytes than before
    during = renditions_of(runtime, clip)
    assert set(during) == set(before)
    assert (during["player"].sha256 != before["player"].sha256) == (step == AFTER_COMMIT)
    assert {k: r.sha256 for k, r in during.items() if k != "player"} == {
        k: r.sha256 for k, r in before.items() if k != "player"
    }
