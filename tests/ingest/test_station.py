from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ingest.settings import StationSettings, load_station_settings
from ingest.spool import Spool
from ingest.station import Station
from tests.ingest.reference_server import Server


def until(what: Callable[[], object], seconds: float = 20) -> bool:
    deadline = time.monotonic() + seconds
    while not what():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


@pytest.fixture
def watched(tmp_path: Path) -> Path:
    folder = tmp_path / "watched"
    folder.mkdir()
    return folder


@pytest.fixture
def station(settings: StationSettings, watched: Path) -> Iterator[Station]:
    running = Station(settings.model_copy(update={"watch": [watched], "statement_poll_seconds": 0.2}))
    thread = threading.Thread(target=running.run)
    thread.start()
    yield running
    began = time.monotonic()
    running.stop()
    thread.join(20)
    assert not thread.is_alive()
    assert time.monotonic() - began < 8


def test_a_station_docks_what_appears_and_frees_its_spool(
    watched: Path, station: Station, server: Server, settings: StationSettings
) -> None:
    for slot in ("one", "two"):
        (watched / slot).mkdir()
        for number in range(5):
            (watched / slot / f"{number}.mp4").write_bytes(f"{slot} {number}".encode() * 100)
    assert until(lambda: len(server.received()) == 5 and len(server.clips) == 10)
    assert until(lambda: len(server.closed) == 2)
    assert {docking.slot for docking in server.dockings.values()} == {"one", "two"}
    assert until(lambda: not list((settings.spool / "station" / "files").iterdir()))


def test_a_station_carries_on_with_what_others_left(
    watched: Path, server: Server, settings: StationSettings, card: Path
) -> None:
    (card / "a.mp4").write_bytes(b"a" * 1000)
    server.down = True
    file = card.parent / "settings.json"
    file.write_text(settings.model_dump_json())
    agent = subprocess.Popen(
        [sys.executable, "-m", "tests.ingest.crashing_agent", str(file), str(card), "", ""]
    )
    assert until(lambda: any((settings.spool / "hand-1" / "files").glob("[0-9]*")))
    time.sleep(0.5)
    agent.kill()
    agent.wait()
    shutil.rmtree(card)
    server.down = False
    running = Station(settings.model_copy(update={"watch": [watched]}))
    thread = threading.Thread(target=running.run)
    thread.start()
    try:
        assert until(lambda: server.received().keys() == {b"a.mp4"})
    finally:
        running.stop()
        thread.join(20)


def test_the_process_stops_on_sigterm(tmp_path: Path, settings: StationSettings, watched: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / "station.toml").write_text(
        f'server = "{settings.server}"\ntoken_file = "../token"\nspool = "spool"\n'
        f'watch = ["../watched"]\nwatch_usb = false\n'
    )
    loaded = load_station_settings(data / "station.toml")
    assert loaded.token() == "station-token"
    assert loaded.spool == data / "spool"
    process = subprocess.Popen(
        [sys.executable, "-m", "liuhen", "station-agent", "--data", str(data)],
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stderr is not None
        assert any("station ready" in line for line in process.stderr)
        # a second one does not start on the same spool
        second = subprocess.run(
            [sys.executable, "-m", "liuhen", "station-agent", "--data", str(data)],
            capture_output=True, text=True, timeout=30, check=False,
        )  # fmt: skip
        assert second.returncode == 1
        assert "already" in second.stderr
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert process.wait(15) == 0
        assert time.monotonic() - began < 8
    finally:
        process.kill()
        process.communicate()


def test_interrupted_in_mid_copy(watched: Path, settings: StationSettings, server: Server) -> None:
    running = Station(settings.model_copy(update={"watch": [watched]}))
    thread = threading.Thread(target=running.run)
    thread.start()
    (watched / "one").mkdir()
    with (watched / "one" / "long.mp4").open("wb") as file:
        file.truncate(4 << 30)
    assert until(lambda: running._running)
    assert until(lambda: any((settings.spool / "station" / "files").glob(".*.part")))
    began = time.monotonic()
    running.stop()
    thread.join(20)
    assert not thread.is_alive()
    assert time.monotonic() - began < 8
    spool = Spool(settings.spool / "station")
    assert spool.folder.names() == []
    assert len(spool.journal.dockings(only="running")) == 1
    spool.close()
