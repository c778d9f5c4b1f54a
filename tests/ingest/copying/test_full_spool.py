"""A spool that is full stops accepting, says so, and loses nothing: on a pretended and on a really small disk."""

from __future__ import annotations

import hashlib
import os
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest import docking
from ingest.copying import taking
from ingest.copying.durable import Folder
from ingest.copying.room import JOURNAL_ROOM, Room
from ingest.desk import Desk
from ingest.docking import Docking, Result
from ingest.errors import SpoolFailed, SpoolFull
from ingest.progress import View
from ingest.recorders.mass_storage import FolderRecorder
from ingest.settings import StationSettings
from ingest.spool import STATION, Spool
from tests.ingest.docks import Dock, fill, until
from tests.ingest.reference_server import Server

MIB = 1 << 20
ENOUGH = JOURNAL_ROOM + 5000


def test_copying_stops_and_says_so(
    card: Path, dock: Dock, desk: Desk, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(card, {f"{n}.mp4": os.urandom(1000) for n in range(10)})
    rooms = iter([ENOUGH] * 4)
    monkeypatch.setattr(desk.spool.folder, "room", lambda: next(rooms, 500))
    result = dock(card)
    assert (result.reason, result.counts.copied_files, result.counts.open) == ("failed", 4, 6)
    assert "full" in result.message
    until(lambda: not desk.journal.unfinished())
    desk.keep_once()
    assert len(server.received()) == 4
    assert [report.end for report in server.reports.values()] == ["found"] * 6


def test_a_station_waits_for_room(
    card: Path, dock: Dock, desk: Desk, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(card, {f"{n}.mp4": os.urandom(1000) for n in range(4)})
    rooms = iter([ENOUGH, 500])
    monkeypatch.setattr(desk.spool.folder, "room", lambda: next(rooms, ENOUGH))
    result = dock(card, wait_for_room=True)
    assert (result.reason, result.counts.received_files) == ("done", 4)
    assert not desk.room.full


def test_a_docking_begins_once_there_is_room_to_write_it_down(
    card: Path, dock: Dock, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the recorder would be in its slot, and nobody would ever look at it."""
    fill(card, {"a.mp4": b"a"})
    begin, tries = desk.journal.begin_docking, iter([SpoolFull("no room"), SpoolFailed("no disk")])

    def begin_docking(*values: Any) -> None:
        for error in tries:
            raise error
        begin(*values)

    monkeypatch.setattr(desk.journal, "begin_docking", begin_docking)
    monkeypatch.setattr(docking, "BEGIN_AGAIN", 0.05)
    result = dock(card, wait_for_room=True)
    assert (result.reason, result.counts.received_files) == ("done", 1)


class SmallDisk:
    """A disk of `size` bytes, as far as `Room` looks at it."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.used = 0

    def room(self) -> int:
        return self.size - self.used


@given(
    size=st.integers(0, 1000),
    reserve=st.integers(0, 300),
    wishes=st.lists(st.tuples(st.integers(0, 400), st.integers(0, 400), st.booleans()), max_size=20),
)
def test_room_is_promised_once(size: int, reserve: int, wishes: list[tuple[int, int, bool]]) -> None:
    disk = SmallDisk(size)
    room = Room(disk, reserve)  # type: ignore[arg-type]
    promised = []
    for wish, tried, done in wishes:
        before = disk.size - disk.used - sum(left for _, left in promised)
        share = room.take(wish)
        assert (share is not None) == (before - wish >= reserve)
        if share is None:
            continue
        written = min(tried, wish)
        disk.used += written
        share.wrote(written)
        if done:
            share.give_back()
            share.give_back()
        else:
            promised.append((share, wish - written))
        assert disk.size - disk.used - sum(left for _, left in promised) >= reserve
    for share, _ in promised:
        share.give_back()
    rest = disk.size - disk.used - reserve
    assert rest < 0 or room.take(rest) is not None


def test_room_is_promised_once_to_many_at_a_time() -> None:
    disk = SmallDisk(1000)
    room = Room(disk, 100)  # type: ignore[arg-type]
    lock = threading.Lock()
    lowest = [1000]

    def copy() -> None:
        for _ in range(200):
            if (share := room.take(150)) is None:
                continue
            for _ in range(15):
                with lock:
                    disk.used += 10
                    lowest[0] = min(lowest[0], disk.room())
                share.wrote(10)
            share.give_back()
            with lock:
                disk.used -= 150

    threads = [threading.Thread(target=copy) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert lowest[0] >= 100


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A file system of 12 MiB."""
    place = tmp_path / "small"
    place.mkdir()
    if os.geteuid() != 0:
        pytest.skip("mounting a small file system needs root")
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", str(place)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"no small file system can be mounted here: {mounted.stderr.decode().strip()}")
    yield place
    subprocess.run(["umount", str(place)], check=True)


@pytest.fixture
def settings_there(settings: StationSettings, small: Path) -> StationSettings:
    return settings.model_copy(update={"spool": small, "disk_reserve": 2 * MIB})


def recordings() -> dict[str, bytes]:
    return {f"{number:02}.mp4": os.urandom(MIB) for number in range(30)}


def all_there(server: Server, files: dict[str, bytes]) -> None:
    got = {path.decode(): offer.sha256 for path, offer in server.received().items()}
    assert got == {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    assert len(server.clips) == len(files)


def test_a_small_disk_and_no_server_for_days(
    card: Path, settings_there: StationSettings, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The recorder stays plugged in; once the server is back, all goes on by itself."""
    monkeypatch.setattr(taking, "LOOK_FOR_ROOM", 0.05)
    files = recordings()
    fill(card, files)
    server.down = True
    views: list[View] = []
    with Desk(settings_there, Spool(settings_there.spool / STATION)) as desk:
        recorder = FolderRecorder(card)
        visit = Docking(desk, recorder, "slot", on_view=views.append, view_every=0.05)
        answer: list[Result] = []
        docking = threading.Thread(target=lambda: answer.append(visit.run()))
        docking.start()
        until(lambda: desk.room.full)
        until(lambda: views and views[-1].state == "attention" and "full" in views[-1].message)
        copied = len(desk.spool.folder.names())
        assert 5 <= copied < 10
        assert (
            desk.spool.folder.room() >= 2 * MIB
        )  # of the four that copies never take, the journal uses some
        assert desk._queue().spool_full  # type: ignore[union-attr]
        desk.keep_once()
        time.sleep(0.5)
        assert len(desk.spool.folder.names()) == copied  # nothing is freed, nothing is pressed in
        for name in desk.spool.folder.names():
            assert (desk.spool.folder.path / name).stat().st_size == MIB
        server.down = False
        deadline = time.monotonic() + 60
        while docking.is_alive() and time.monotonic() < deadline:
            desk.keep_once()
            docking.join(0.1)
        assert not docking.is_alive()
        recorder.close()
        assert (answer[0].reason, answer[0].counts.received_files) == ("done", 30)
        assert server.queues[-1].spool_full is False or any(not queue.spool_full for queue in server.queues)
        desk.keep_once()
        assert desk.spool.folder.names() == []
    all_there(server, files)


def test_a_disk_without_reserve_that_runs_full_under_the_journal(
    card: Path, settings_there: StationSettings, server: Server, small: Path
) -> None:
    settings = settings_there.model_copy(update={"disk_reserve": 0})
    files = recordings()
    fill(card, files)
    server.down = True
    with Desk(settings, Spool(settings.spool / "hand-1")) as desk:
        ballast = small / "ballast"

        def press(_view: View) -> None:  # somebody else writes to that disk until it is full to the last byte
            if len(desk.spool.folder.names()) >= 3 and not ballast.exists():
                with ballast.open("wb", buffering=0) as file:
                    try:
                        while file.write(bytes(4096)):
                            pass
                    except OSError:
                        pass

        recorder = FolderRecorder(card)
        result = Docking(desk, recorder, "slot", on_view=press, view_every=0.01, wait_for_room=False).run(
            lambda trouble: False
        )
        assert result.reason == "failed"
        assert "full" in result.message
        ballast.unlink(missing_ok=True)
        server.down = False
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            until(lambda: not desk.journal.unfinished())
            desk.keep_once()
            again = Docking(desk, recorder, "slot", wait_for_room=False).run()
            if again.reason == "done":
                break
        recorder.close()
        assert again.counts.received_files == 30

        def nothing_left() -> bool:
            desk.keep_once()  # what was copied when the journal had no room is read back a little later
            return desk.spool.folder.names() == []

        until(nothing_left)
    all_there(server, files)


def test_room_of_a_real_folder(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "files")
    assert Room(folder, 0).take(1 << 60) is None
    assert Room(folder, 0).take(1) is not None
    assert Room(folder, folder.room() * 2).take(1) is None
    folder.close()
