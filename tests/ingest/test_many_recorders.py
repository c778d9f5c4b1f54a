"""Several recorders at once: one that is slow, stalled or dying holds up none of the others, and memory is bounded."""

from __future__ import annotations

import errno
import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest

from ingest.desk import Desk
from ingest.docking import Docking, Result
from ingest.settings import StationSettings
from tests.ingest.fakes import Recorder, Source
from tests.ingest.reference_server import Server

MIB = 1 << 20
MOST_MIB = 150
"""What the station may take with eight recorders plugged in; 110 were measured, and the house allows 200 MB."""
LONGEST = 60.0
"""Seconds after which a docking that should be over counts as held up. Nothing here is timed."""


class Running:
    """Dockings on threads of their own; remembers in which order they ended."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._threads: dict[str, threading.Thread] = {}
        self.results: dict[str, Result] = {}

    def plug(self, name: str, recorder: Recorder) -> None:
        docking = Docking(self._desk, recorder, name)
        self._threads[name] = threading.Thread(
            target=lambda: self.results.update({name: docking.run()}), name=name, daemon=True
        )
        self._threads[name].start()

    def over(self, *names: str) -> bool:
        for name in names:
            self._threads[name].join(LONGEST)
        return all(name in self.results for name in names)

    def goes_on(self, name: str) -> bool:
        return self._threads[name].is_alive() and name not in self.results


@pytest.fixture
def running(desk: Desk) -> Running:
    return Running(desk)


@pytest.fixture
def opened() -> Iterator[Callable[[], threading.Event]]:
    """Gates that are open at the latest when the test is over, so that no thread waits for ever."""
    gates: list[threading.Event] = []

    def gate() -> threading.Event:
        gates.append(threading.Event())
        return gates[-1]

    yield gate
    for one in gates:
        one.set()


def recording(name: str, size: int) -> bytes:
    return name.encode().ljust(16, b".") * (size // 16)


def recorder(name: str, before: Callable[[int], None] = lambda _offset: None) -> Recorder:
    """Two short recordings and a long one; `before` is called with each offset of the long one that is read."""
    files = {f"{n}.jpg".encode(): Source(recording(f"{name} {n}", 64 * 1024)) for n in range(2)}
    files[b"long.mp4"] = Source(recording(f"{name} long", 9 * MIB), before=before)
    return Recorder(files, serial=name)


def test_a_slow_a_stalled_and_a_dying_recorder_hold_up_nobody(
    running: Running, server: Server, opened: Callable[[], threading.Event]
) -> None:
    slow, stalled, reached = opened(), opened(), opened()

    def read_slowly(offset: int) -> None:
        if offset >= 4 * MIB:
            assert slow.wait(LONGEST)

    def stall(offset: int) -> None:
        if offset >= 4 * MIB:
            reached.set()
            stalled.wait(LONGEST)  # as a read that the kernel does not come back from
            raise OSError(errno.EIO, "no answer")

    def die(offset: int) -> None:
        if offset >= 4 * MIB:
            dying.there = False
            raise OSError(errno.EIO, "gone")

    dying = recorder("dying", die)
    stalling = recorder("stalled", stall)
    running.plug("slow", recorder("slow", read_slowly))
    running.plug("stalled", stalling)
    running.plug("dying", dying)
    assert reached.wait(LONGEST)  # it hangs before the others begin
    well = [f"well-{n}" for n in range(5)]
    for name in well:
        running.plug(name, recorder(name))

    assert running.over(*well, "dying")
    assert running.goes_on("slow")
    assert running.goes_on("stalled")
    for name in well:
        assert running.results[name].reason == "done"
        assert running.results[name].counts.received_files == 3
    assert running.results["dying"].reason == "unplugged"
    # each of the three gave its short files before; of the long ones nothing passes for whole
    with server.lock:
        held = [clip.offer.size for clip in server.clips.values() if clip.received]
    assert held.count(9 * MIB) == len(well)
    assert len(held) - len(well) >= 2 * len(well)

    slow.set()
    assert running.over("slow")
    assert running.goes_on("stalled")
    assert running.results["slow"].counts.received_files == 3
    stalling.there = False
    stalled.set()
    assert running.over("stalled")
    assert running.results["stalled"].reason == "unplugged"
    assert not [clip for clip in server.clips.values() if clip.offer.bad_ranges]


def test_a_full_recorder_does_not_keep_a_late_one_waiting(running: Running, server: Server) -> None:
    """What was copied first is not all sent first: recorders take turns."""
    many = {b"%03d.jpg" % n: Source(recording(f"full {n}", 1024)) for n in range(400)}
    server.down = True
    running.plug("full", Recorder(many, serial="full"))
    desk = running._desk
    deadline = time.monotonic() + LONGEST
    while desk.journal.unfinished() < len(many):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    running.plug("late", Recorder({b"one.jpg": Source(recording("late", 1024))}, serial="late"))
    while desk.journal.unfinished() <= len(many):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    server.down = False
    assert running.over("full", "late")
    with server.lock:
        given: dict[str, list[datetime]] = {"full": [], "late": []}
        for clip in server.clips.values():
            assert clip.received is not None
            serial = server.dockings[clip.docking].recorder.serial
            given[serial].append(datetime.fromisoformat(clip.received.statement.time))
    assert len(given["full"]) == len(many)
    behind = sum(1 for moment in given["full"] if moment > given["late"][0])
    assert behind >= len(many) // 4, f"only {behind} of {len(many)} came after the late one"


@pytest.mark.parametrize(
    "size", [pytest.param(40 * MIB, id="40M"), pytest.param(384 * MIB, id="384M", marks=pytest.mark.slow)]
)
def test_memory_with_eight(size: int, settings: StationSettings, server: Server, tmp_path: Path) -> None:
    file = tmp_path / "settings.json"
    file.write_text(settings.model_dump_json())
    done = subprocess.run(
        [sys.executable, "-m", "tests.ingest.many_recorders", str(file), "8", str(size)],
        capture_output=True, text=True, timeout=280, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["received"] == 8
    assert server.bytes_taken == 8 * size
    assert said["peak_mib"] < MOST_MIB
