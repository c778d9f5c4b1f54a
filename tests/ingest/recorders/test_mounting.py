from __future__ import annotations

import os
from pathlib import Path

import pytest

from ingest.errors import NotAttached
from ingest.recorders import mounting
from ingest.recorders.mounting import WAYS, RunFolder, mount, unmount, writable
from tests.ingest.recorders.images import MIB, blank, ext4, kernel_knows, plugged

as_root = pytest.mark.skipif(bool(os.geteuid()), reason="only root may mount")


@as_root
def test_a_file_system_this_machine_lacks_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mounting, "_by_tool", lambda *_args: False)
    point = RunFolder(tmp_path / "run").point("a card/../x")
    assert point.parent == tmp_path / "run"
    lacking = [
        name
        for name in ("exfat", "ntfs", "vfat", "f2fs")
        if not any(kernel_knows(kind) for kind, _ in WAYS[name])
    ]
    if not lacking:
        pytest.skip("the kernel here knows every file system")
    with plugged(blank(tmp_path / "image", MIB)) as name:
        for filesystem in lacking:
            with pytest.raises(NotAttached) as caught:
                mount(f"/dev/{name}", point, filesystem)
            assert caught.value.word == "filesystem-not-known-here"
            assert caught.value.detail.startswith(filesystem)
            package = {"exfat": "exfat-fuse", "ntfs": "ntfs-3g", "vfat": "fusefat", "f2fs": ""}[filesystem]
            assert caught.value.detail.endswith(package)


@as_root
def test_writable_for_a_moment_only(tmp_path: Path) -> None:
    image = blank(tmp_path / "image", 8 * MIB)
    ext4(image, {"a": b"a"}, tmp_path)
    folder = RunFolder(tmp_path / "run")
    point = folder.point("x")
    with plugged(image) as name:
        assert mount(f"/dev/{name}", point, "ext4")
        try:
            with pytest.raises(OSError, match="Read-only"):
                (point / "new").write_bytes(b"new")
            with writable(point):
                (point / "new").write_bytes(b"new")
                assert os.statvfs(point).f_flag & os.ST_NOEXEC
            with pytest.raises(OSError, match="Read-only"):
                (point / "newer").write_bytes(b"new")
            with pytest.raises(RuntimeError), writable(point):
                raise RuntimeError
            assert os.statvfs(point).f_flag & os.ST_RDONLY
        finally:
            folder.give_back(point)
    assert not point.exists()


def test_who_may_not_mount_is_told(tmp_path: Path) -> None:
    if not os.geteuid():
        pytest.skip("root may mount")
    with pytest.raises(NotAttached) as caught:
        mount("/dev/null", tmp_path, "ext4")
    assert caught.value.word in {"may-not-mount", "filesystem-damaged"}


def test_unmounting_what_is_not_mounted_is_no_matter(tmp_path: Path) -> None:
    unmount(tmp_path)
    unmount(tmp_path / "none")
    folder = RunFolder(tmp_path / "run")
    folder.clean()
    (tmp_path / "run").mkdir()
    (tmp_path / "run/left").mkdir()
    folder.clean()
    assert list((tmp_path / "run").iterdir()) == []


def test_every_way_is_read_only_by_the_flags_alone() -> None:
    assert not [
        word for ways in WAYS.values() for _, options in ways for word in options if "rw" in word.split(",")
    ]
