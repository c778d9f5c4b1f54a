"""Dockings of real FAT and exFAT images, mounted through loop devices by the station's own driver, and pulled out.

Where the kernel lacks the file system, a FUSE tool mounts it, and the end of that tool is the recorder being pulled
out. Where neither works, the skip says so; the plug itself is tried in `tests/usb`.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from ingest.desk import Desk
from ingest.docking import Docking, Result
from ingest.recorders.mass_storage import MassStorageDriver
from ingest.settings import StationSettings
from ingest.spool import Spool
from tests.faults.storm.cards import Card, Recorders
from tests.ingest.recorders.images import MIB, blank, fuse_knows, kernel_knows, plugged, run, tool
from tests.ingest.reference_server import TOKEN, Server

MAKE = {"vfat": ("mkfs.vfat", "-F", "32"), "exfat": ("mkfs.exfat",)}


@pytest.fixture(params=["vfat", "exfat"])
def filesystem(request: pytest.FixtureRequest) -> str:
    name = str(request.param)
    if not (kernel_knows(name) or fuse_knows(name)):
        pytest.skip(f"neither the kernel nor a FUSE tool knows {name} here")
    return name


@pytest.fixture
def seed(request: pytest.FixtureRequest) -> int:
    given = request.config.getoption("--storm-seed")
    return 1127 if given is None else int(given)


def make_image(path: Path, filesystem: str, files: Path) -> None:
    """An image of this file system with everything below `files` on it."""
    size = sum(file.stat().st_size for file in files.rglob("*") if file.is_file())
    blank(path, (size // MIB + 48) * MIB)
    if filesystem == "vfat":
        run(tool("mkfs.vfat"), "-F", "32", path)
        os.environ.setdefault("MTOOLS_SKIP_CHECK", "1")
        run("env", "LC_ALL=C.UTF-8", tool("mcopy"), "-s", "-i", path, *files.iterdir(), "::/")
        return
    run(tool("mkfs.exfat"), path)
    with plugged(path) as name, mounted_for_writing(name, path.with_suffix(".filling")) as point:
        run("cp", "-r", f"{files}/.", point)


@contextmanager
def mounted_for_writing(name: str, point: Path) -> Iterator[Path]:
    point.mkdir()
    if kernel_knows("exfat"):
        run("mount", "-t", "exfat", f"/dev/{name}", point)
    else:
        run(tool("mount.exfat-fuse"), f"/dev/{name}", point)
    try:
        yield point
    finally:
        run("umount", point)
        for _ in range(100):  # the tool lets go of the device a moment later
            if not fuse_tools(name):
                break
            time.sleep(0.05)
        point.rmdir()


def fuse_tools(name: str) -> list[psutil.Process]:
    """The FUSE tools that hold this device."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if f"/dev/{name}" in process.cmdline():
                found.append(process)
    return found


def fat_names(card: Card) -> None:
    """FAT knows no difference of case and no names that are no text: drop what would not fit side by side."""
    seen = set()
    for file in list(card.files):
        key = os.fsdecode(file.path).casefold()
        odd = b"\xff" in file.path or any(part != part.strip() for part in os.fsdecode(file.path).split("/"))
        if key in seen or odd or len(file.path.rpartition(b"/")[2]) > 120:
            (card.root / os.fsdecode(file.path)).unlink()
            card.files.remove(file)
        else:
            seen.add(key)


@contextmanager
def desk_at(folder: Path, server: Server) -> Iterator[Desk]:
    folder.mkdir(exist_ok=True)
    (folder / "token").write_text(TOKEN)
    settings = StationSettings(
        server=server.url, token_file=folder / "token", spool=folder / "spool", disk_reserve=0, settle_seconds=0.05,
        free_after_hours=0, statement_poll_seconds=3600, watch_usb=False, language="en",
    )  # fmt: skip
    with Desk(settings, Spool(settings.spool / "hand-1")) as desk:
        yield desk


def dock(desk: Desk, folder: Path, name: str, during: Callable[[Docking], None] | None = None) -> Result:
    """Find, mount and dock what is plugged in as `name`."""
    driver = MassStorageDriver(folder / "run", also=frozenset({name}))
    (place,) = [place for place in driver.find() if place.handle == name]
    recorder = driver.attach(place)
    try:
        docking = Docking(desk, recorder, "slot", wait_for_room=False)
        helper = threading.Thread(target=during or (lambda _docking: None), args=(docking,), daemon=True)
        helper.start()
        end = time.monotonic() + 30
        result = docking.run(lambda _trouble: time.monotonic() < end)
        helper.join(20)
        return result
    finally:
        recorder.close()


def arrived(server: Server) -> dict[str, str]:
    return {os.fsdecode(path).casefold(): offer.sha256 for path, offer in server.received().items()}


def recorded(card: Card) -> dict[str, str]:
    return {os.fsdecode(file.path).casefold(): file.sha256 for file in card.files}


@pytest.fixture
def card(tmp_path: Path, seed: int) -> Card:
    cards = Recorders(random.Random(seed), tmp_path / "cards", large=True)
    card = cards.new(files=14)
    fat_names(card)
    body = random.Random(seed).randbytes(18 * MIB)
    (card.root / "长录像.mp4").write_bytes(body)
    digest = hashlib.sha256(body).hexdigest()
    card.files.append(type(card.files[0])("长录像.mp4".encode(), len(body), digest, digest, []))
    return card


def test_an_image_is_taken_in_whole(filesystem: str, card: Card, tmp_path: Path) -> None:
    make_image(tmp_path / "card.img", filesystem, card.root)
    with (
        Server() as server,
        desk_at(tmp_path / "station", server) as desk,
        plugged(tmp_path / "card.img") as name,
    ):
        first = dock(desk, tmp_path, name)
        assert (first.reason, first.counts.attention, first.counts.open) == ("done", 0, 0)
        assert arrived(server) == recorded(card)
        taken = server.bytes_taken
        again = dock(desk, tmp_path, name)
        assert again.counts.received_files == len(card.files)
        assert server.bytes_taken == taken, "the same bytes were sent twice"


def test_an_image_pulled_out_in_mid_copy_and_plugged_in_again(
    filesystem: str, card: Card, tmp_path: Path, seed: int
) -> None:
    if kernel_knows(filesystem):
        pytest.skip(
            "a loop device cannot be pulled out from under the kernel; tests/usb does it with a real plug"
        )
    make_image(tmp_path / "card.img", filesystem, card.root)
    draw = random.Random(seed)
    with (
        Server() as server,
        desk_at(tmp_path / "station", server) as desk,
        plugged(tmp_path / "card.img") as name,
    ):
        at = draw.randrange(1, 6 * MIB)

        def pull(docking: Docking) -> None:
            tools = fuse_tools(name)
            while sum(docking._meter.sample()[:2]) < at:
                time.sleep(0.0005)
            for process in tools:
                process.kill()

        pulled = dock(desk, tmp_path, name, pull)
        assert pulled.reason == "unplugged"
        assert pulled.counts.open > 0
        finished = dock(desk, tmp_path, name)
        assert (finished.reason, finished.counts.attention, finished.counts.open) == ("done", 0, 0)
        assert arrived(server) == recorded(card)
        digests = [offer.sha256 for offer in server.received().values()]
        assert set(digests) == set(recorded(card).values())
        assert len(server.clips) == len(set(digests)), "something was stored twice"
