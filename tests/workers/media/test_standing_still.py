"""FFmpeg that stands still is ended, cleaned up after, tried once in a safer way, then given up with its reason.

Stopped for real: SIGSTOP, as a debugger or a frozen disk would have it.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from workers.media import render, run
from workers.media.describe import describe
from workers.media.render import encode_film, render_quick

Recording = Callable[[str], Path]
STILL = 0.6


def at_work(path: Path, tool: bytes = b"ffmpeg") -> set[int]:
    """FFmpeg processes that read `path`; or sandboxed readers, which get their work by a pipe."""
    if tool == b"reader":
        return {
            int(process.parent.name)
            for process in Path("/proc").glob("[0-9]*/cmdline")
            if b"workers.media.child" in _read(process) and _parent(process.parent) == os.getpid()
        }
    found = set()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            line = (process / "cmdline").read_bytes()
        except OSError:
            continue
        if b"ffmpeg" in line.split(b"\0")[0] and str(path).encode() in line:
            found.add(int(process.name))
    return found


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def _parent(process: Path) -> int:
    fields = _read(process / "stat").rsplit(b")", 1)[-1].split()
    return int(fields[1]) if len(fields) > 1 else 0


@contextmanager
def stopping(path: Path, times: int, tool: bytes = b"ffmpeg") -> Iterator[set[int]]:
    """Stop FFmpeg as soon as it reads `path`, so many of them; answer which were stopped."""
    stopped: set[int] = set()
    over = threading.Event()

    def watch() -> None:
        while not over.wait(0.001) and len(stopped) < times:
            for pid in at_work(path, tool) - stopped:
                try:
                    os.kill(pid, signal.SIGSTOP)
                except ProcessLookupError:
                    continue
                stopped.add(pid)
                if len(stopped) == times:
                    break

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield stopped
    finally:
        over.set()
        thread.join()


@pytest.fixture
def film(recording: Recording, tmp_path: Path) -> Path:
    path = tmp_path / "film.avi"
    path.write_bytes(recording("mpeg4.avi").read_bytes())
    return path


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "STALL_SECONDS", STILL)
    # The first sign of life must not come before it is stopped.
    plain = run._started

    def slowly(arguments: list[str], *rest: object) -> object:
        return plain(["-re", *arguments], *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(run, "_started", slowly)


def gone(pids: set[int]) -> bool:
    return not any(Path(f"/proc/{pid}").exists() for pid in pids)


def scratch_of(tmp_path: Path) -> Path:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    return scratch


def test_one_that_is_stopped_once_is_made_in_the_safer_way(film: Path, tmp_path: Path) -> None:
    scratch = scratch_of(tmp_path)
    found = describe(film, film.name)
    with stopping(film, 1) as stopped:
        made = encode_film(film, found, scratch)
    assert len(stopped) == 1
    assert gone(stopped)
    player = next(r for r in made.renditions if r.kind == "player")
    assert made.failures == ()
    assert player.seconds == pytest.approx(3.0, abs=0.3)
    assert "+igndts" in " ".join(player.recipe.arguments)  # what the safer way adds
    assert {p.name for p in scratch.iterdir()} == {"player.mp4", "frames.json"}


def test_one_that_is_stopped_again_is_given_up_with_its_reason(film: Path, tmp_path: Path) -> None:
    scratch = scratch_of(tmp_path)
    found = describe(film, film.name)
    began = time.monotonic()
    with stopping(film, 2) as stopped:
        made = encode_film(film, found, scratch)
    assert time.monotonic() - began < 20
    assert len(stopped) == 2
    assert gone(stopped)
    assert made.renditions == ()
    assert [(f.kind, f.reason) for f in made.failures] == [
        ("player", f"the tool made no progress for {STILL:g} seconds and was ended")
    ]
    assert list(scratch.iterdir()) == []


def test_a_waveform_whose_reader_is_stopped_is_read_once_more(recording: Recording, tmp_path: Path) -> None:
    sound = tmp_path / "voice.mp3"
    sound.write_bytes(recording("voice.mp3").read_bytes())
    found = describe(sound, sound.name)
    scratch = scratch_of(tmp_path)
    with stopping(sound, 1) as stopped:
        made = render_quick(sound, found, scratch)
    assert gone(stopped)
    assert len(stopped) == 1
    assert [r.kind for r in made.renditions] == ["waveform"]
    with stopping(sound, 2) as stopped:
        made = render_quick(sound, found, scratch)
    assert [(f.kind, f.reason) for f in made.failures] == [
        ("waveform", f"the tool made no progress for {STILL:g} seconds and was ended")
    ]


def test_one_that_goes_on_slowly_is_left_alone(film: Path, tmp_path: Path) -> None:
    scratch = scratch_of(tmp_path)
    made = encode_film(
        film, describe(film, film.name), scratch
    )  # three seconds in real time, still for 0.6 s never
    assert {r.kind for r in made.renditions} == {"player", "frames"}


def test_a_reader_of_pictures_that_is_stopped_is_started_once_more(
    recording: Recording, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(render, "PICTURES", replace(render.PICTURES, still=STILL))
    film = tmp_path / "silent.mp4"
    film.write_bytes(recording("silent.mp4").read_bytes())
    found = describe(film, film.name)
    scratch = scratch_of(tmp_path)
    with stopping(film, 1, b"reader") as stopped:
        made = render_quick(film, found, scratch)
    assert len(stopped) == 1
    assert gone(stopped)
    assert {r.kind for r in made.renditions} == {"poster", "thumb", "sprite", "thumbnails"}
    with stopping(film, 2, b"reader") as stopped:
        made = render_quick(film, found, scratch)
    assert len(stopped) == 2
    assert gone(stopped)
    assert {f.reason for f in made.failures} == {"the reader stood still and was ended"}
