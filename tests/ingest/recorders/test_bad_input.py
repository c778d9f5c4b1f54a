"""Cards as they should not be: nothing of them is followed, run or lost without a word."""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import threading
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from ingest.desk import Desk
from ingest.docking import Result
from ingest.errors import NotTaken, Unplugged, Vanished
from ingest.recorders.base import LeftOut, Listed
from ingest.recorders.folder import FolderRecorder
from ingest.recorders.twins import Twins
from tests.ingest.recorders.images import blank, fuse_knows, kernel_knows, plugged, run, tool
from tests.ingest.recorders.test_mass_storage import attach, driver, listed
from tests.ingest.reference_server import Server

pytest_plugins: list[str] = []


def entries(recorder: FolderRecorder) -> dict[bytes, Listed | LeftOut]:
    return {entry.path: entry for entry in recorder.entries()}


@pytest.fixture
def recorder(card: Path) -> FolderRecorder:
    recorder = FolderRecorder(card)
    yield recorder
    recorder.close()


def test_programs_are_taken_in_as_files_and_never_run(
    card: Path, dock: Callable[..., Result], server: Server, desk: object, tmp_path: Path
) -> None:
    mark = tmp_path / "was-run"
    script = f"#!/bin/sh\ntouch {mark}\n".encode()
    files = {"autorun.inf": b"[autorun]\r\nopen=setup.exe\r\n", "setup.exe": b"MZ" + script, "run.sh": script,
             "Autorun.sh": script, ".hidden": script, "desktop.ini": b"x"}  # fmt: skip
    for name, data in files.items():
        (card / name).write_bytes(data)
        (card / name).chmod(0o755)
    server.verify_at_once = False
    result = dock(card)
    assert server.received().keys() == {name.encode() for name in files}
    assert result.counts.attention == 0
    kept = [desk.spool.folder.path / name for name in desk.spool.folder.names()]
    assert kept
    assert all(not path.stat().st_mode & (stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH) for path in kept)
    assert not mark.exists()


def test_names_that_differ_in_case_only(card: Path, dock: Callable[..., Result], server: Server) -> None:
    for name in ("a.mp4", "A.mp4", "A.MP4", "DCIM/b", "dcim/b"):
        (card / name).parent.mkdir(exist_ok=True)
        (card / name).write_bytes(name.encode())
    dock(card)
    assert {path: clip.size for path, clip in server.received().items()} == {
        b"a.mp4": 5, b"A.mp4": 5, b"A.MP4": 5, b"DCIM/b": 6, b"dcim/b": 6,
    }  # fmt: skip
    assert len(server.clips) == 5


def test_a_file_of_no_bytes_and_an_empty_card(
    card: Path, dock: Callable[..., Result], server: Server
) -> None:
    assert dock(card).counts.files == 0
    (card / "empty.mp4").touch()
    assert dock(card).counts.received_files == 1
    assert server.received()[b"empty.mp4"].size == 0


def test_the_longest_names(card: Path, recorder: FolderRecorder) -> None:
    name = "长" * 85  # 255 bytes: the longest a Linux file system keeps
    (card / name).write_bytes(b"x")
    deep = card.joinpath(*["夹" * 85] * 10)
    deep.mkdir(parents=True)
    with (deep / name).open("wb") as file:
        file.write(b"deep")
    found = entries(recorder)
    path = b"/".join(["夹".encode() * 85] * 10 + [name.encode()])
    assert found.keys() == {name.encode(), path}
    source = recorder.open(path)
    assert source.facts()[0] == 4
    source.close()


def test_names_of_255_chinese_characters_on_exfat(tmp_path: Path) -> None:
    """765 bytes of UTF-8: longer than a name on most file systems of Linux."""
    if os.geteuid() or not fuse_knows("exfat"):
        pytest.skip("exFAT cannot be mounted writable here to put such a name on it")
    image = blank(tmp_path / "card.img", 16 << 20)
    run(tool("mkfs.exfat"), image)
    name = "执" * 251 + ".mp4"
    point = tmp_path / "point"
    point.mkdir()
    with plugged(image) as device:
        run(tool("mount.exfat-fuse"), f"/dev/{device}", point)
        try:
            (point / name).write_bytes(b"long")
        finally:
            run("umount", point)
        recorder = attach(driver(tmp_path / "run", device), device)
        assert listed(recorder).keys() == {name.encode()}
        source = recorder.open(name.encode())
        assert source.facts()[0] == 4
        source.close()
        recorder.close()


# Circles


def test_a_circle_by_bind_mounts_ends(card: Path, recorder: FolderRecorder) -> None:
    if os.geteuid():
        pytest.skip("only root may bind folders")
    (card / "DCIM/loop").mkdir(parents=True)
    (card / "DCIM/a.mp4").write_bytes(b"a")
    run("mount", "--bind", card, card / "DCIM/loop")
    try:
        found = entries(recorder)
    finally:
        run("umount", card / "DCIM/loop")
    assert found.keys() == {b"DCIM/a.mp4", b"DCIM/loop"}
    assert found[b"DCIM/loop"] == LeftOut(b"DCIM/loop", "folder-circle", attention=True)


def test_a_circle_under_ever_new_numbers_ends(card: Path, recorder: FolderRecorder) -> None:
    """As a FAT whose folder entry leads back up: the same contents again and again, never the same number."""
    inside = card
    for _ in range(12):
        for number in range(5):
            (inside / f"{number}.mp4").write_bytes(b"%d" % number)
            os.utime(inside / f"{number}.mp4", ns=(10**18, 10**18))
        inside /= "LOOP"
        inside.mkdir()
    found = entries(recorder)
    circles = [path for path, entry in found.items() if isinstance(entry, LeftOut)]
    assert circles == [b"LOOP/LOOP"]
    # Once in the folder itself, once through the entry that leads back; never again.
    assert len(found) == 5 + 5 + 1


def test_a_folder_of_the_same_name_with_other_contents_is_no_circle(
    card: Path, recorder: FolderRecorder
) -> None:
    (card / "DCIM/100/DCIM/100").mkdir(parents=True)
    (card / "DCIM/100/a.mp4").write_bytes(b"a")
    (card / "DCIM/100/DCIM/100/b.mp4").write_bytes(b"b")
    (card / "x/x/x").mkdir(parents=True)
    found = entries(recorder)
    assert found.keys() >= {b"DCIM/100/a.mp4", b"DCIM/100/DCIM/100/b.mp4"}


# Very many


def _many(card: Path, count: int) -> tuple[int, float]:
    """Make `count` files and list them; answers the peak of memory in bytes and the seconds."""
    for folder in range(20):
        (card / f"{folder:03}").mkdir()
    for number in range(count):
        os.close(os.open(card / f"{number % 20:03}" / f"{number:06}.jpg", os.O_CREAT | os.O_WRONLY))
    recorder = FolderRecorder(card)
    tracemalloc.start()
    began = time.monotonic()
    listed = sum(1 for entry in recorder.entries() if isinstance(entry, Listed))
    took = time.monotonic() - began
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    recorder.close()
    assert listed == count
    return peak, took


def test_twenty_thousand_files_in_little_memory(card: Path) -> None:
    peak, _ = _many(card, 20_000)
    assert peak < 2 << 20


@pytest.mark.slow
def test_two_hundred_thousand_files_in_little_memory(card: Path) -> None:
    peak, took = _many(card, 200_000)
    print(f"200,000 files listed in {took:.1f} s, {peak / 1024:.0f} KiB at most")
    assert peak < 2 << 20


# Removing


def test_only_the_listed_file_is_removed(card: Path, recorder: FolderRecorder, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "a.mp4").write_bytes(b"a")
    (card / "sub").mkdir()
    (card / "sub/a.mp4").write_bytes(b"a")
    file = entries(recorder)[b"sub/a.mp4"]
    facts = (file.size, file.modified_ns)
    os.utime(outside / "a.mp4", ns=(file.modified_ns, file.modified_ns))
    # the folder is exchanged for a link
    (card / "sub").rename(card / "kept")
    (card / "sub").symlink_to(outside)
    with pytest.raises((NotTaken, Vanished)):
        recorder.clear(b"sub/a.mp4", *facts)
    (card / "sub").unlink()
    (card / "kept").rename(card / "sub")
    # the file is exchanged for a link, a folder
    (card / "sub/a.mp4").rename(card / "sub/b.mp4")
    (card / "sub/a.mp4").symlink_to(outside / "a.mp4")
    with pytest.raises(NotTaken):
        recorder.clear(b"sub/a.mp4", *facts)
    assert (card / "sub/a.mp4").is_symlink()
    (card / "sub/a.mp4").unlink()
    with pytest.raises(Vanished):
        recorder.clear(b"sub/a.mp4", *facts)
    (card / "sub/b.mp4").rename(card / "sub/a.mp4")
    for path in (b"../outside/a.mp4", b"sub/../../outside/a.mp4", b"/" + os.fsencode(outside) + b"/a.mp4"):
        with pytest.raises((NotTaken, Vanished, Unplugged, OSError)):
            recorder.clear(path, *facts)
    assert (outside / "a.mp4").exists()
    recorder.clear(b"sub/a.mp4", *facts)
    assert not (card / "sub/a.mp4").exists()
    shutil.rmtree(card)
    with pytest.raises(Unplugged):
        recorder.clear(b"sub/a.mp4", *facts)


def test_what_may_not_be_removed_is_said(card: Path, recorder: FolderRecorder) -> None:
    (card / "a.mp4").write_bytes(b"a")
    file = entries(recorder)[b"a.mp4"]
    if os.geteuid():
        card.chmod(0o500)
        with pytest.raises(NotTaken) as caught:
            recorder.clear(b"a.mp4", file.size, file.modified_ns)
        card.chmod(0o700)
        assert caught.value.word == "may-not-remove"
    else:
        run("mount", "--bind", "-o", "ro", card, card)
        bound = FolderRecorder(card)
        try:
            with pytest.raises(NotTaken) as caught:
                bound.clear(b"a.mp4", file.size, file.modified_ns)
        finally:
            bound.close()
            run("umount", card)
        assert caught.value.word == "write-protected"
    assert (card / "a.mp4").exists()
    assert threading.active_count() < 20


def test_a_fat_with_two_entries_of_one_name_says_so(
    tmp_path: Path, dock: Callable[..., Result], desk: Desk, server: Server
) -> None:
    """Both lead to the first one's bytes: those of the second cannot be reached, and must not be missed silently."""
    image = blank(tmp_path / "card.img", 16 << 20)
    run(tool("mkfs.fat"), "-F", "16", image)
    for name in ("AA.MP4", "BB.MP4", "CC.MP4"):
        (tmp_path / name).write_bytes(name.encode() * 100)
        run(tool("mcopy"), "-i", image, tmp_path / name, "::/")
    data = image.read_bytes()
    assert data.count(b"BB      MP4") == 1
    image.write_bytes(data.replace(b"BB      MP4", b"AA      MP4"))
    with plugged(image) as name:
        if not kernel_knows("vfat") and not fuse_knows("vfat"):
            pytest.skip("neither the kernel nor a FUSE tool here reads FAT")
        recorder = attach(driver(tmp_path / "run", name), name)
        result = dock(tmp_path, recorder=recorder)
    rows = {row.path: row for row in desk.journal.files(result.docking)}
    assert rows.keys() == {b"", b"AA.MP4", b"CC.MP4"}
    assert (rows[b""].state, rows[b""].word, rows[b""].detail) == ("refused", "same-name", "AA.MP4")
    assert rows[b"AA.MP4"].sha256 == hashlib.sha256(b"AA.MP4" * 100).hexdigest()
    assert result.counts.attention == 1
    desk.keep_once()
    (folder,) = [file for file in server.sheet(result.docking).files if file.end == "refused"]
    assert folder.path == ""
    assert folder.reason.startswith("two entries of one name")
    assert folder.reason.endswith("(AA.MP4)")


def test_two_names_of_one_file_are_told_from_hard_links(card: Path, recorder: FolderRecorder) -> None:
    (card / "a.mp4").write_bytes(b"a")
    (card / "b.mp4").hardlink_to(card / "a.mp4")
    assert all(isinstance(entry, Listed) for entry in entries(recorder).values())
    facts = (card / "a.mp4").stat()
    only = os.stat_result((*facts[:3], 1, *facts[4:]))  # as a FAT says it, that has no links
    twins = Twins()
    assert [twins.same_file(one) for one in (only, facts, only)] == [False, False, True]


def test_names_that_differ_in_case_and_lead_to_one_file(
    card: Path, recorder: FolderRecorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a.mp4", "A.MP4", "b.mp4"):
        (card / name).write_bytes(name.encode())
    numbers = iter([7, 7, 8])
    same_file = Twins.same_file

    def on_fat(self: Twins, facts: os.stat_result) -> bool:
        return same_file(self, os.stat_result((facts[0], next(numbers), *facts[2:])))

    monkeypatch.setattr(Twins, "same_file", on_fat)
    words = [getattr(entry, "word", "") for entry in recorder.entries()]
    assert words == ["", "same-name", ""]
