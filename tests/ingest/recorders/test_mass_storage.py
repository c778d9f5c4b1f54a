from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest.errors import NotAttached, NotTaken, Unplugged, Vanished
from ingest.recorders.base import LeftOut, Listed
from ingest.recorders.mass_storage import DiskRecorder, MassStorageDriver
from ingest.recorders.mounts import mounts
from tests.ingest.recorders.images import (
    MIB,
    blank,
    ext4,
    fuse_knows,
    kernel_knows,
    partitioned,
    plugged,
    run,
    tool,
)


@pytest.fixture
def run_folder(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "run"
    yield folder
    assert [mount.point for mount in mounts() if mount.point.is_relative_to(folder)] == []
    assert not folder.exists() or [point for one in folder.iterdir() for point in one.iterdir()] == []


def driver(run_folder: Path, name: str) -> MassStorageDriver:
    return MassStorageDriver(run_folder, also=frozenset({name}))


def attach(driver: MassStorageDriver, name: str) -> DiskRecorder:
    (place,) = [place for place in driver.find() if place.handle == name]
    return driver.attach(place)


def listed(recorder: DiskRecorder) -> dict[bytes, Listed]:
    return {entry.path: entry for entry in recorder.entries() if isinstance(entry, Listed)}


def content(recorder: DiskRecorder, path: bytes) -> bytes:
    source = recorder.open(path)
    buffer = bytearray(100)
    got = source.read_at(memoryview(buffer), 0)
    source.close()
    return bytes(buffer[:got])


def test_a_card_with_two_partitions_is_one_recorder(tmp_path: Path, run_folder: Path) -> None:
    image = partitioned(tmp_path / "card.img", [8 * MIB, 8 * MIB])
    with plugged(image) as name:
        ext4(f"/dev/{name}p1", {"DCIM/录像.mp4": b"one"}, tmp_path)
        ext4(f"/dev/{name}p2", {"same.mp4": b"two"}, tmp_path)
        finder = driver(run_folder, name)
        recorder = attach(finder, name)
        files = listed(recorder)
        assert files.keys() == {"p1/DCIM/录像.mp4".encode(), b"p2/same.mp4"}
        assert content(recorder, b"p2/same.mp4") == b"two"
        identity = recorder.identity
        assert (identity.serial_source, identity.kind, identity.driver) == (
            "filesystem",
            "card",
            "mass-storage",
        )
        assert identity.serial == f"fs-{identity.filesystem_id}"
        assert identity.filesystem.count("ext4") == 2
        assert identity.port == name
        assert identity.free_bytes == recorder.free_space()
        for root in recorder.roots:
            flags = os.statvfs(root).f_flag
            for flag in (os.ST_RDONLY, os.ST_NOSUID, os.ST_NODEV, os.ST_NOEXEC):
                assert flags & flag
        with pytest.raises(Vanished):
            recorder.open(b"p3/x")
        with pytest.raises(Vanished):
            recorder.open(b"DCIM/x")
        recorder.close()
        finder.close()


def test_a_partition_that_cannot_be_read_is_named(tmp_path: Path, run_folder: Path) -> None:
    image = partitioned(tmp_path / "card.img", [8 * MIB, 2 * MIB, 2 * MIB])
    with plugged(image) as name:
        ext4(f"/dev/{name}p1", {"a.mp4": b"a"}, tmp_path)
        Path(f"/dev/{name}p2").write_bytes(os.urandom(8192))
        recorder = attach(driver(run_folder, name), name)
        left = {entry.path: entry for entry in recorder.entries() if isinstance(entry, LeftOut)}
        assert listed(recorder).keys() == {b"p1/a.mp4"}
        assert (left[b"p2"].word, left[b"p2"].attention) == ("filesystem-unknown", True)
        assert (left[b"p3"].word, left[b"p3"].attention) == ("partition-blank", False)
        with pytest.raises(NotTaken):
            recorder.open(b"p2/x")
        recorder.close()


def test_a_card_without_a_partition_table_cleared_for_good(tmp_path: Path, run_folder: Path) -> None:
    image = blank(tmp_path / "card.img", 8 * MIB)
    ext4(image, {"a.mp4": b"a", "b.mp4": b"bb", "sub/c.mp4": b"c"}, tmp_path)
    with plugged(image) as name:
        recorder = attach(driver(run_folder, name), name)
        files = listed(recorder)
        assert files.keys() >= {b"a.mp4", b"b.mp4", b"sub/c.mp4"}
        b = files[b"b.mp4"]
        with pytest.raises(NotTaken) as caught:
            recorder.clear(b"b.mp4", b.size + 1, b.modified_ns)
        assert caught.value.word == "not-the-listed-file"
        with pytest.raises(NotTaken):
            recorder.clear(b"b.mp4", b.size, b.modified_ns + 1)
        with pytest.raises(NotTaken):
            recorder.clear(b"sub", 0, 0)
        with pytest.raises(Vanished):
            recorder.clear(b"none.mp4", 1, 1)
        assert listed(recorder).keys() == files.keys()
        recorder.clear(b"b.mp4", b.size, b.modified_ns)
        c = files[b"sub/c.mp4"]
        recorder.clear(b"sub/c.mp4", c.size, c.modified_ns)
        assert os.statvfs(recorder.roots[0]).f_flag & os.ST_RDONLY
        assert listed(recorder).keys() == files.keys() - {b"b.mp4", b"sub/c.mp4"}
        # what is on the medium now, not only in memory
        copy = tmp_path / "copy.img"
        copy.write_bytes(image.read_bytes())
        recorder.close()
    with plugged(copy, read_only=True) as name:
        recorder = attach(driver(run_folder, name), name)
        assert listed(recorder).keys() == files.keys() - {b"b.mp4", b"sub/c.mp4"}
        # the switch on the card is pushed
        a = files[b"a.mp4"]
        with pytest.raises(NotTaken) as caught:
            recorder.clear(b"a.mp4", a.size, a.modified_ns)
        assert caught.value.word == "write-protected"
        assert b"a.mp4" in listed(recorder)
        recorder.close()


def test_a_card_that_is_pulled_out(tmp_path: Path, run_folder: Path) -> None:
    image = blank(tmp_path / "card.img", 8 * MIB)
    ext4(image, {"a.mp4": b"a"}, tmp_path)
    with plugged(image) as name:
        finder = driver(run_folder, name)
        (place,) = [place for place in finder.find() if place.handle == name]
        recorder = finder.attach(place)
        assert recorder.present()
        disk = finder._disks()[0]
        # The medium's number is what tells; loop devices stay busy while they are mounted.
        finder._sys = tmp_path / "sys"
        (finder._sys / "block" / name).mkdir(parents=True)
        assert not recorder.present()
        assert disk.key == place.key
        with pytest.raises(Unplugged):
            recorder.open(b"b.mp4")
        with pytest.raises(NotAttached) as caught:
            finder.attach(place)
        assert caught.value.word == "gone"
        recorder.close()


def test_what_the_desktop_has_mounted_is_used_as_it_is(tmp_path: Path, run_folder: Path) -> None:
    image = blank(tmp_path / "card.img", 8 * MIB)
    ext4(image, {"a.mp4": b"a"}, tmp_path)
    point = tmp_path / "media"
    point.mkdir()
    with plugged(image) as name:
        run("mount", f"/dev/{name}", point)
        try:
            finder = driver(run_folder, name)
            recorder = attach(finder, name)
            assert recorder.roots == [point]
            (place,) = finder.find()
            before = finder.holds_still(place)
            (point / "new.mp4").write_bytes(b"new")
            assert finder.holds_still(place) != before
            file = listed(recorder)[b"new.mp4"]
            recorder.clear(b"new.mp4", file.size, file.modified_ns)
            assert not (point / "new.mp4").exists()
            recorder.close()
            assert os.path.ismount(point)
        finally:
            run("umount", point)


@pytest.mark.parametrize(
    ("head", "word"),
    [
        (b"", "partition-blank"),
        (b"LUKS\xba\xbe" + bytes(4000), "filesystem-not-readable"),
        (b"nonsense" * 100, "filesystem-unknown"),
        (bytes(1024 + 0x38) + b"\x53\xef" + bytes(3000), "filesystem-damaged"),
    ],
)
def test_what_cannot_be_read_is_said(head: bytes, word: str, tmp_path: Path, run_folder: Path) -> None:
    image = blank(tmp_path / "card.img", 4 * MIB)
    with image.open("r+b") as file:
        file.write(head)
    with plugged(image) as name:
        with pytest.raises(NotAttached) as caught:
            attach(driver(run_folder, name), name)
        assert caught.value.word == word


@pytest.mark.parametrize(
    ("filesystem", "command"),
    [("vfat", ["mkfs.vfat"]), ("exfat", ["mkfs.exfat"]), ("ntfs", ["mkfs.ntfs", "-F", "-Q"])],
)
def test_fat_exfat_and_ntfs(filesystem: str, command: list[str], tmp_path: Path, run_folder: Path) -> None:
    image = blank(tmp_path / "card.img", 16 * MIB)
    run(tool(command[0]), *command[1:], image)
    with plugged(image) as name:
        finder = driver(run_folder, name)
        if not kernel_knows("ntfs3" if filesystem == "ntfs" else filesystem) and not fuse_knows(filesystem):
            with pytest.raises(NotAttached) as caught:
                attach(finder, name)
            assert caught.value.word == "filesystem-not-known-here"
            assert filesystem in caught.value.detail
            pytest.skip(f"neither the kernel nor a FUSE tool here reads {filesystem}; it was said so")
        recorder = attach(finder, name)
        assert listed(recorder) == {}
        assert len(recorder.identity.filesystem_id) == (16 if filesystem == "ntfs" else 9)
        assert recorder.identity.filesystem == f"{filesystem} {recorder.identity.filesystem_id}"
        recorder.close()


def test_a_disk_of_the_system_is_no_recorder(tmp_path: Path, run_folder: Path) -> None:
    image = blank(tmp_path / "card.img", 8 * MIB)
    ext4(image, {"a.mp4": b"a"}, tmp_path)
    point = tmp_path / "spool"
    point.mkdir()
    with plugged(image) as name:
        run("mount", f"/dev/{name}", point)
        try:
            finder = MassStorageDriver(run_folder, also=frozenset({name}), never=(point / "spool",))
            assert [place for place in finder.find() if place.handle == name] == []
        finally:
            run("umount", point)
        assert [place.handle for place in finder.find()] == [name]
        assert name not in {place.handle for place in MassStorageDriver(run_folder).find()}


@pytest.mark.parametrize("spool", ["recorders-00000001", "recorders-00000002"])
def test_what_a_killed_station_left_mounted_is_given_back(
    spool: str, tmp_path: Path, run_folder: Path
) -> None:
    """Also when the station that comes after works in another spool; what is not a station's stays."""
    image = blank(tmp_path / "card.img", 8 * MIB)
    ext4(image, {"a.mp4": b"a"}, tmp_path)
    (run_folder / "other").mkdir(parents=True)
    with plugged(image) as name:
        killed = driver(run_folder / "recorders-00000001", name)
        left = attach(killed, name)
        living = driver(run_folder / spool, name)
        living.find()
        assert left.roots[0].is_mount()  # its station lives
        living.close()
        os.close(killed._run._lock)  # as the kernel does for a process that was killed
        again = driver(run_folder / spool, name)
        recorder = attach(again, name)
        assert len([mount for mount in mounts() if mount.point.is_relative_to(run_folder)]) == 1
        assert recorder.roots[0].is_relative_to(run_folder / spool)
        assert b"a.mp4" in listed(recorder)
        recorder.close()
        again.close()
    assert [entry.name for entry in run_folder.iterdir() if entry.name != spool] == ["other"]
    (run_folder / "other").rmdir()


def test_a_damaged_fat_is_not_repaired(tmp_path: Path, run_folder: Path) -> None:
    image = blank(tmp_path / "card.img", 16 * MIB)
    run(tool("mkfs.vfat"), image)
    with image.open("r+b") as file:
        file.seek(512)
        file.write(os.urandom(64 * 1024))  # both tables and a part of the root folder
    before = image.read_bytes()
    with (
        plugged(image) as name,
        contextlib.suppress(NotAttached),
        contextlib.closing(attach(driver(run_folder, name), name)) as one,
    ):
        list(one.entries())
    subprocess.run(["sync"], check=False)
    assert image.read_bytes() == before
