from __future__ import annotations

import os
from pathlib import Path

from ingest.recorders.identity import MARKER, compose, identify, read_marker
from ingest.recorders.mass_storage import FolderRecorder
from ingest.recorders.mounts import DeviceFacts, Mount, mount_at, mounts

MOUNT = Mount(Path("/media/card"), os.makedev(8, 1), b"/", "vfat", "/dev/sda1")


def test_mountinfo() -> None:
    text = (
        b"36 35 98:0 / /mnt/a\\040b rw,noatime master:1 - ext3 /dev/root rw\n"
        b"40 35 0:45 /sub /mnt/bind rw - tmpfs tmp\\134fs rw\n"
        b"broken line\n"
    )
    first, second = mounts(text)
    assert (first.point, first.device, first.filesystem) == (Path("/mnt/a b"), os.makedev(98, 0), "ext3")
    assert (second.root, second.source) == (b"/sub", "tmp\\fs")
    assert mount_at(Path("/proc")) is not None
    assert mount_at(Path("/proc/self")) is None


def test_the_order_of_serials(card: Path) -> None:
    usb = DeviceFacts(usb=True, serial="BWC-1", vendor="Acme", model="Cam", filesystem_id="AAAA-BBBB")
    marker = {"serial": "M-1", "model": "Marked", "kind": "recorder"}
    by_usb = compose(card, MOUNT, usb, marker)
    assert (by_usb.serial, by_usb.serial_source, by_usb.kind) == ("BWC-1", "usb", "recorder")
    assert (by_usb.vendor, by_usb.model, by_usb.filesystem) == ("Acme", "Cam", "vfat AAAA-BBBB")
    by_card = compose(card, MOUNT, DeviceFacts(filesystem_id="AAAA-BBBB"), {})
    assert (by_card.serial, by_card.serial_source, by_card.kind) == ("fs-AAAA-BBBB", "filesystem", "card")
    by_marker = compose(card, None, DeviceFacts(), marker)
    assert (by_marker.serial, by_marker.serial_source, by_marker.model) == ("M-1", "marker", "Marked")
    by_folder = compose(card, None, DeviceFacts(), {})
    assert (by_folder.serial_source, by_folder.kind) == ("folder", "folder")
    assert by_folder.serial != compose(card.parent, None, DeviceFacts(), {}).serial
    assert by_folder.free_bytes


def test_a_plain_folder_does_not_take_the_disk_s_identity(card: Path) -> None:
    assert identify(card).serial_source == "folder"


def test_marker(card: Path, tmp_path: Path) -> None:
    assert read_marker(card) == {}
    (card / MARKER).write_text('serial = "执法仪-1\\n"\nmodel = 5\nkind = "recorder"\n', encoding="utf-8")
    assert read_marker(card) == {"serial": "执法仪-1", "kind": "recorder"}
    (card / "a.mp4").write_bytes(b"x")
    recorder = FolderRecorder(card)
    assert recorder.identity.serial == "执法仪-1"
    assert [entry.path for entry in recorder.entries()] == [b"a.mp4"]
    recorder.close()
    (card / MARKER).write_bytes(b"\xff not toml")
    assert read_marker(card) == {}
    recorder = FolderRecorder(card)
    assert MARKER.encode() in {entry.path for entry in recorder.entries()}  # not ours: a file like others
    recorder.close()
    (card / MARKER).unlink()
    (tmp_path / "outside.toml").write_text('serial = "X"')
    (card / MARKER).symlink_to(tmp_path / "outside.toml")
    assert read_marker(card) == {}
