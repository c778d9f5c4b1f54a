"""Hostile files received as clips: every stage ends, none is left under way, and the originals stay as they came.

The long form, with everything running: `tests/faults/test_hostile_card.py`.
"""

from __future__ import annotations

import hashlib
import resource
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest

from catalog.models import Clip, Copy
from catalog.stages import BATCHED
from tests.workers.bench_desk import run_all
from tests.workers.media import mutants, studio
from workers.runtime import Runtime

Take = Callable[[bytes, bytes], UUID]
SHORT = range(3000, 3012)
MONSTERS = ("nested boxes.mp4", "endless tables.mp4", "exif in a circle.jpg", "playlist.mp4", "no end.wav")
MOST_MEMORY = 3 << 30


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("studio")


@pytest.fixture(scope="module")
def sources(folder: Path) -> dict[str, bytes]:
    return {
        name: mutants.source(lambda wanted: studio.make(folder, wanted), name).read_bytes()
        for name in mutants.SOURCES
    }


def check(runtime: Runtime, take: Take, name: str, body: bytes) -> None:
    """Receive it and do all its work; nothing may be left to do, and nothing may have changed."""
    clip = take(body, f"DCIM/{name}".encode())
    stages = run_all(runtime, clip)
    assert {"verify", "describe"} <= set(stages)
    for name_of_stage, stage in stages.items():
        if name_of_stage in BATCHED:
            continue  # waits for others to be stamped with
        assert stage.state in {"done", "failed"}, f"{name}: {stage.stage} is {stage.state}: {stage.error}"
        assert (stage.state == "failed") == bool(stage.error)
        assert "Traceback" not in stage.error
        assert "unexpected trouble" not in stage.error, f"{name}: {stage.stage}"
    assert stages["verify"].state == stages["describe"].state == "done"
    with runtime.database.read() as session:
        row = session.get_one(Clip, clip)
        (copy,) = session.query(Copy).filter_by(clip_id=clip)
        assert row.verified_at is not None
        assert row.shown_as is not None
    read = b"".join(runtime.evidence.read(copy.key, copy.version))
    assert hashlib.sha256(read).digest() == hashlib.sha256(body).digest()
    assert list((runtime.settings.scratch_folder / "renders").glob("*")) == [], "scratch is left behind"


def all_checked(runtime: Runtime, take: Take, files: dict[str, bytes]) -> None:
    for name, body in files.items():
        check(runtime, take, name, body)
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss << 10 < MOST_MEMORY


def test_mutants(runtime: Runtime, take: Take, sources: dict[str, bytes]) -> None:
    all_checked(runtime, take, dict(mutants.mutant(sources, number) for number in SHORT))


def test_monsters(runtime: Runtime, take: Take, sources: dict[str, bytes], tmp_path: Path) -> None:
    made = mutants.monsters(sources, tmp_path)
    all_checked(runtime, take, {name: made[name].read_bytes() for name in MONSTERS})
