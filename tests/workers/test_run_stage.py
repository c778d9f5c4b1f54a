"""Running a stage: what fails stays in words, what follows is sent, and a clip stays usable whatever happens."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import imageio_ffmpeg
import pytest
import urllib3
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pydantic import SecretStr

from catalog.database import migrate
from catalog.intake.sealed import Sealer
from catalog.models import Clip, Rendition, Stage
from catalog.settings import CatalogSettings
from catalog.stages import Due
from storage.errors import Forbidden, StorageError, StorageMisconfigured, StorageUnavailable
from storage.settings import StorageSettings
from tests.catalog.intake_desk import Intake
from workers.runtime import Runtime
from workers.settings import WorkerSettings
from workers.stages import run
from workers.stages.run import run_stage


@pytest.fixture
def runtime(tmp_path: Path, seaweed: StorageSettings) -> Iterator[Runtime]:
    key = tmp_path / "key.pem"
    key.write_bytes(
        Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    secret = tmp_path / "metadata-key"
    secret.write_text("07" * 32)
    url = f"sqlite:///{tmp_path / 'catalog.sqlite3'}"
    migrate(url)
    made = Runtime(
        WorkerSettings(
            broker_url=SecretStr("redis://unused"),
            catalog=CatalogSettings(database_url=url, receipt_key_file=key, metadata_key_file=secret),
            storage=seaweed,
            scratch_folder=tmp_path / "scratch",
        )
    )
    yield made
    made.evidence.close()
    made.derived.close()
    made.database.close()


@pytest.fixture
def take(runtime: Runtime) -> Iterator[object]:
    http = urllib3.PoolManager()
    intake = Intake(
        runtime.database,
        runtime.evidence,
        http,
        (Sealer.load(runtime.settings.catalog.metadata_key_file), runtime.signer),
        datetime.now(UTC),
    )
    yield lambda body, path: intake.take(body, path=path).clip
    http.clear()


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


def _run_all(runtime: Runtime, clip: UUID) -> dict[str, Stage]:
    due = [Due(clip, "verify"), Due(clip, "describe")]
    while due:
        one = due.pop()
        due += run_stage(runtime, one.clip, one.stage)
    with runtime.database.read() as session:
        return {s.stage: s for s in session.get_one(Clip, clip).stages}


def test_a_video_goes_through_all_stages_and_again_without_change(
    runtime: Runtime, take, tmp_path: Path
) -> None:
    clip = take(_video(tmp_path / "v.mp4"), b"DCIM/DSJ0412_20261123143012_0001.MP4")
    for _ in range(2):
        stages = _run_all(runtime, clip)
        assert {n: s.state for n, s in stages.items()} == {
            "verify": "done",
            "describe": "done",
            "render": "done",
        }
    with runtime.database.read() as session:
        row = session.get_one(Clip, clip)
        assert (row.kind, row.shown_as, row.width) == ("video", "original", 320)
        assert row.duration == pytest.approx(2, abs=0.2)
        assert row.verified_at is not None
        json.dumps(row.facts)
        kinds = {r.kind: r for r in session.query(Rendition).filter_by(clip_id=clip)}
    assert {"poster", "thumb", "waveform"} <= set(kinds)
    assert "player" not in kinds  # the original itself plays
    poster = runtime.derived.newest(kinds["poster"].key)
    assert poster is not None
    assert poster.size == kinds["poster"].size


@pytest.mark.parametrize("body", [b"", b"\x00" * 1000, os.urandom(5000)])
def test_what_cannot_be_understood_stays_usable(runtime: Runtime, take, body: bytes) -> None:
    clip = take(body, b"DCIM/odd.mp4")
    stages = _run_all(runtime, clip)
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


def test_nothing_is_done_for_a_clip_nobody_knows(runtime: Runtime) -> None:
    assert run_stage(runtime, UUID(int=1), "verify") == []
