"""Running a stage: what fails stays in words, what follows is sent, and a clip stays usable whatever happens."""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
import subprocess
import time
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import imageio_ffmpeg
import pytest

from catalog import stages as catalog_stages
from catalog.models import Clip, Rendition, Stage
from catalog.stages import MAX_ATTEMPTS
from storage.errors import Forbidden, StorageError, StorageMisconfigured, StorageUnavailable
from tests.workers.bench_desk import run_all, runtime, take
from workers.renders import ScratchFull
from workers.runtime import Runtime
from workers.stages import progress, run
from workers.stages.run import run_stage

__all__ = ["runtime", "take"]


def _video(path: Path) -> bytes:
    subprocess.run(
        [
            imageio_ffmpeg.get_ffmpeg_exe(),
            "-v",
            "error",
            "-f",
            "lavfi",
            "-i",
            "testsrc=s=320x240:d=2",
            "-f",
            "lavfi",
            "-i",
            "sine=d=2",
            "-c:v",
            "libx264",
            "-pix_fmt",
            "yuv420p",
            "-c:a",
            "aac",
            str(path),
        ],
        check=True,
    )
    return path.read_bytes()


def test_a_video_goes_through_all_stages_and_again_without_change(
    runtime: Runtime, take, tmp_path: Path
) -> None:
    clip = take(_video(tmp_path / "v.mp4"), b"DCIM/DSJ0412_20261123143012_0001.MP4")
    for _ in range(2):
        stages = run_all(runtime, clip)
        assert {n: s.state for n, s in stages.items()} == {
            "verify": "done",
            "timestamp": "pending",  # a standing job gathers these
            "describe": "done",
            "render": "done",
            "analyse": "done",
        }
    with runtime.database.read() as session:
        row = session.get_one(Clip, clip)
        assert (row.kind, row.shown_as, row.width) == ("video", "original", 320)
        assert row.duration == pytest.approx(2, abs=0.2)
        assert row.verified_at is not None
        json.dumps(row.facts)
        assert row.analysis is not None
        assert (row.analysis.seconds, row.analysis.whole) == (pytest.approx(2, abs=0.2), True)
        assert row.duration_source == "decoded"
        kinds = {r.kind: r for r in session.query(Rendition).filter_by(clip_id=clip)}
    assert {"poster", "thumb", "waveform"} <= set(kinds)
    assert "player" not in kinds  # the original itself plays
    poster = runtime.derived.newest(kinds["poster"].key)
    assert poster is not None
    assert poster.size == kinds["poster"].size


@pytest.mark.parametrize("body", [b"", b"\x00" * 1000, os.urandom(5000)], ids=["empty", "zeros", "noise"])
def test_what_cannot_be_understood_stays_usable(runtime: Runtime, take, body: bytes) -> None:
    clip = take(body, b"DCIM/odd.mp4")
    stages = run_all(runtime, clip)
    assert stages["verify"].state == "done"
    assert stages["describe"].state == "done"
    assert stages["render"].state in {"done", "failed"}
    assert "Traceback" not in stages["render"].error


def test_a_missing_scratch_disk_is_said_in_words_and_tried_again(runtime: Runtime, take) -> None:
    clip = take(os.urandom(100), b"x.mp4")
    runtime.originals  # noqa: B018 - open it, then take its folder away
    shutil.rmtree(runtime.settings.scratch_folder)
    assert run_stage(runtime, clip, "describe") == []
    with runtime.database.read() as session:
        stage = session.get_one(Stage, (clip, "describe"))
    assert stage.state == "pending"
    assert "scratch" in stage.error


@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        (StorageUnavailable("no answer"), "the storage is out of reach: no answer"),
        (Forbidden("reading x: 403"), "the storage refuses the worker; .*: reading x: 403"),
        (StorageMisconfigured("no such key"), "the storage refuses the worker; .*: no such key"),
    ],
)
def test_trouble_of_the_storage_puts_a_stage_off(
    runtime: Runtime, take, monkeypatch: pytest.MonkeyPatch, trouble: StorageError, words: str
) -> None:
    clip = take(os.urandom(100), b"x.mp4")

    def away(_runtime: Runtime, _clip: UUID) -> None:
        raise trouble

    monkeypatch.setitem(run.STAGES, "verify", away)
    assert run_stage(runtime, clip, "verify") == []
    with runtime.database.read() as session:
        stage = session.get_one(Stage, (clip, "verify"))
    assert (stage.state, stage.attempts) == ("pending", 0)
    assert re.fullmatch(words, stage.error)


@pytest.mark.parametrize(
    "trouble",
    [ScratchFull(), OSError(errno.ENOSPC, "No space left"), OSError(errno.EDQUOT, "Quota exceeded")],
    ids=["bound", "disk", "quota"],
)
def test_a_disk_that_is_full_for_long_gives_no_stage_up(
    runtime: Runtime, take, monkeypatch: pytest.MonkeyPatch, trouble: OSError
) -> None:
    clip = take(os.urandom(100), b"x.mp4")

    def full(_runtime: Runtime, _clip: UUID) -> None:
        raise trouble

    monkeypatch.setitem(run.STAGES, "verify", full)
    for _ in range(MAX_ATTEMPTS + 1):
        assert run_stage(runtime, clip, "verify") == []
    with runtime.database.read() as session:
        stage = session.get_one(Stage, (clip, "verify"))
    assert (stage.state, stage.attempts) == ("pending", 0)
    assert stage.due_at - stage.updated_at == run.DISK_FULL
    assert stage.error.startswith("the worker could not write or read its scratch folder: ")


def test_a_worker_that_was_taken_for_lost_stops(
    runtime: Runtime, take, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip = take(os.urandom(100), b"x.mp4")
    stopped = []

    def overtaken(_runtime: Runtime, _clip: UUID) -> None:
        with runtime.database.write() as session:
            row = session.get_one(Stage, (clip, "verify"))
            row.lease_until = row.due_at = runtime.now() - timedelta(hours=1)
        with runtime.database.write() as session:
            assert catalog_stages.claim(session, clip, "verify", runtime.now()) == 2
        until = time.monotonic() + 30
        try:
            while time.monotonic() < until:
                progress.tell(0.5)
                time.sleep(0.01)
        except progress.TakenOver:
            stopped.append(True)
            raise

    monkeypatch.setattr(run, "RENEW_EVERY", 0.05)
    monkeypatch.setitem(run.STAGES, "verify", overtaken)
    assert run_stage(runtime, clip, "verify") == []
    assert stopped
    with runtime.database.read() as session:
        stage = session.get_one(Stage, (clip, "verify"))
    assert (stage.state, stage.claims, stage.error) == ("running", 2, "")


def test_nothing_is_done_for_a_clip_nobody_knows(runtime: Runtime) -> None:
    assert run_stage(runtime, UUID(int=1), "verify") == []
