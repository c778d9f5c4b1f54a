"""Scratch folders of renditions: bounded, one's own, and gone with their process."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import threading
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from workers.originals import Originals
from workers.renders import LEAST, Renders, ScratchFull

HOLDS = """
import sys
from pathlib import Path
from uuid import UUID
from workers.renders import Renders
with Renders(Path(sys.argv[1]), 1 << 40).scratch(UUID(sys.argv[2]), 1 << 30) as (path, room):
    (path / "half").write_bytes(b"x" * 1000)
    print(path, flush=True)
    sys.stdin.read()
"""


def test_a_folder_goes_when_its_work_ends_however_it_ends(tmp_path: Path) -> None:
    renders = Renders(tmp_path, 1 << 40)
    with renders.scratch(uuid4(), 1 << 30) as (path, room):
        (path / "player.mp4").write_bytes(b"x")
        assert room > LEAST
    with pytest.raises(RuntimeError), renders.scratch(uuid4(), 1 << 30):
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_worker_left_is_removed_and_what_a_live_one_has_is_not(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLDS, str(tmp_path), str(uuid4())],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2],
    ) as worker:  # fmt: skip
        assert worker.stdout is not None
        path = Path(worker.stdout.readline().strip())
        assert Renders(tmp_path, 1 << 40).clear_leftovers() == 0
        assert (path / "half").exists()
        worker.kill()
        worker.wait()
    assert path.exists()
    assert Renders(tmp_path, 1 << 40).clear_leftovers() == 1
    assert list(tmp_path.iterdir()) == []


def test_all_attempts_together_are_bounded(tmp_path: Path) -> None:
    renders = Renders(tmp_path, LEAST + 1000)
    with renders.scratch(uuid4(), 1 << 30) as (first, room):
        assert room == LEAST
        # Nothing is written yet, and still it is promised.
        with pytest.raises(ScratchFull, match="scratch space is full"), renders.scratch(uuid4(), 1):
            pass
        assert [p.name for p in tmp_path.iterdir()] == [first.name]
    with renders.scratch(uuid4(), 1000) as (_, room):
        assert room == 1000


def test_what_is_promised_together_is_never_more_than_there_is(tmp_path: Path) -> None:
    limit = 10 * LEAST
    renders, rooms = Renders(tmp_path, limit), []
    with ExitStack() as attempts:
        with suppress(ScratchFull):
            while True:
                path, room = attempts.enter_context(renders.scratch(uuid4(), 4 * LEAST))
                rooms.append(room)
                (path / "half").write_bytes(b"x" * 1000)
        assert rooms[:2] == [4 * LEAST, 3 * LEAST]
        assert min(rooms) >= LEAST
        assert limit - LEAST < sum(rooms) <= limit
    with renders.scratch(uuid4(), 4 * LEAST) as (_, room):
        assert room == 4 * LEAST


def test_what_outgrew_a_promise_counts_as_it_is(tmp_path: Path) -> None:
    renders = Renders(tmp_path, 3 * LEAST)
    with renders.scratch(uuid4(), 10) as (path, _), (path / "big").open("wb") as big:
        big.truncate(2 * LEAST + 1)
        with pytest.raises(ScratchFull), renders.scratch(uuid4(), 10):
            pass


def test_a_half_fetched_original_of_a_killed_worker_is_removed(tmp_path: Path) -> None:
    originals, clip = Originals(tmp_path, 1 << 20), uuid4()
    (tmp_path / f"{clip}.part").write_bytes(b"half")
    with originals.borrow(clip, size=1, sha256=_SHA_OF_X, read=lambda: iter([b"x"])):
        other = uuid4()
        (tmp_path / f"{other}.part").write_bytes(b"half")
        (tmp_path / f"{clip}.part").write_bytes(b"somebody is at it")
        assert originals.clear_leftovers() == 1
    assert not (tmp_path / f"{other}.part").exists()
    assert (tmp_path / f"{clip}.part").exists()


def test_a_folder_just_made_is_not_taken_for_a_leftover(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another worker clears up in the moment between the folder and its lock."""
    renders, others = Renders(tmp_path, 1 << 40), []
    make = tempfile.mkdtemp

    def make_and_be_watched(**how: Any) -> str:
        path: str = make(**how)
        other = threading.Thread(target=Renders(tmp_path, 1 << 40).clear_leftovers)
        other.start()
        other.join(0.3)  # it removes the folder by then, or waits for us
        others.append(other)
        return path

    monkeypatch.setattr(tempfile, "mkdtemp", make_and_be_watched)
    with renders.scratch(uuid4(), 1 << 30) as (path, _):
        for other in others:
            other.join()
        assert path.is_dir()
    assert len(others) == 1


_SHA_OF_X = "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"
