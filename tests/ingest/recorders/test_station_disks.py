"""A station that finds, mounts, docks and lets go of disks by itself."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest.recorders.mounts import mounts
from ingest.settings import StationSettings
from ingest.station import Station
from tests.ingest.recorders.images import MIB, blank, ext4, partitioned, plugged
from tests.ingest.recorders.test_finding import until
from tests.ingest.reference_server import Server


@pytest.fixture
def image(tmp_path: Path) -> Path:
    return ext4_image(tmp_path / "card.img", {"DCIM/录像 1.mp4": os.urandom(300_000), "b.jpg": b"b"})


def ext4_image(path: Path, files: dict[str, bytes]) -> Path:
    ext4(blank(path, 16 * MIB), files, path.parent)
    return path


@pytest.fixture
def run_folder(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "run"
    yield folder
    assert not ours(folder)


def ours(folder: Path) -> list[Path]:
    return [mount.point for mount in mounts() if mount.point.is_relative_to(folder)]


def running(
    settings: StationSettings, names: list[str], run_folder: Path
) -> tuple[Station, threading.Thread]:
    station = Station(
        settings.model_copy(update={"disks": names, "run_folder": run_folder, "free_after_hours": 24})
    )
    thread = threading.Thread(target=station.run)
    thread.start()
    return station, thread


def test_a_card_is_docked_and_let_go(
    image: Path, settings: StationSettings, server: Server, run_folder: Path
) -> None:
    with plugged(image) as name:
        began = time.monotonic()
        station, thread = running(settings, [name], run_folder)
        try:
            assert until(lambda: len(server.received()) == 2, 30)
            took = time.monotonic() - began
            assert until(lambda: len(server.closed) == 1)
            assert until(lambda: not ours(run_folder))  # it may be pulled out, or cleared by another
            time.sleep(1.5)
            assert len(server.dockings) == 1  # it lies there, and is not docked again
        finally:
            station.stop()
            thread.join(20)
    print(f"docked and received {took:.1f} s after the start")
    (docking,) = server.dockings.values()
    identity = docking.recorder
    assert (docking.slot, identity.port, identity.driver) == (name, name, "mass-storage")
    assert identity.serial == f"fs-{identity.filesystem_id}"
    assert identity.clock is not None
    assert (identity.clock.method, identity.clock.station_clock is not None) == ("file-times", True)
    assert server.received().keys() == {"DCIM/录像 1.mp4".encode(), b"b.jpg"}


def test_one_that_cannot_be_read_keeps_no_other_waiting(
    image: Path, tmp_path: Path, settings: StationSettings, server: Server, run_folder: Path
) -> None:
    ruined = blank(tmp_path / "ruined.img", 4 * MIB)
    ruined.write_bytes(b"nonsense" * (MIB // 2))
    several = partitioned(tmp_path / "several.img", [8 * MIB, 2 * MIB])
    with plugged(image) as good, plugged(ruined) as bad, plugged(several) as mixed:
        ext4(f"/dev/{mixed}p1", {"first.mp4": b"first"}, tmp_path)
        Path(f"/dev/{mixed}p2").write_bytes(b"nonsense" * 1000)
        station, thread = running(settings, [good, bad, mixed], run_folder)
        try:
            assert until(lambda: len(server.received()) >= 3, 30)
            assert until(
                lambda: [(one.slot, one.word) for one in station.stuck()] == [(bad, "filesystem-unknown")]
            )
            assert until(lambda: len(server.closed) == 2)
            assert until(lambda: "p2" in server.reports)
        finally:
            station.stop()
            thread.join(20)
    assert b"p1/first.mp4" in server.received()
    assert server.reports["p2"].end == "refused"
    states = {slot: state for slot, state in _last_states(server).items() if slot in {good, mixed}}
    assert states == {good: "safe", mixed: "attention"}


def _last_states(server: Server) -> dict[str, str]:
    slots = {docking.docking: docking.slot for docking in server.dockings.values()}
    return {
        slots[docking]: said[-1].state for docking, said in server.progress_of.items() if docking in slots
    }
