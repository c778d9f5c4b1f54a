"""Disks as sysfs shows them, in trees made up after real ones."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ingest.recorders.blocks import disk_of, disks, still_there, usb_facts


class Sys:
    """A sysfs of its own."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "block").mkdir(parents=True)
        (root / "dev/block").mkdir(parents=True)
        self._minor = 0

    def write(self, folder: Path, **values: object) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        for name, value in values.items():
            (folder / name).write_text(f"{value}\n")

    def usb(self, port: str, **values: object) -> Path:
        folder = self.root / "devices/pci0000:00/usb1" / port
        self.write(self.root / "devices/pci0000:00/usb1", idVendor="1d6b", idProduct="0002", serial="hub")
        self.write(folder, idVendor="0951", idProduct="1666", **values)
        return folder

    def disk(
        self, where: Path, name: str, *, sectors: int = 1000, parts: int = 0, seq: int = 1, **values: object
    ) -> Path:
        folder = where / "block" / name
        self._minor += 16
        self.write(
            folder, dev=f"8:{self._minor}", size=sectors, diskseq=seq, uevent=f"DEVNAME={name}",
            **{"removable": 0, "ro": 0, **values},
        )  # fmt: skip
        for number in range(1, parts + 1):
            part = folder / f"{name}{number}"
            self.write(
                part,
                dev=f"8:{self._minor + number}",
                size=100,
                partition=number,
                uevent=f"DEVNAME={name}{number}",
            )
            (self.root / f"dev/block/8:{self._minor + number}").symlink_to(part)
        (self.root / "block" / name).symlink_to(folder)
        (self.root / f"dev/block/8:{self._minor}").symlink_to(folder)
        return folder


@pytest.fixture
def sys(tmp_path: Path) -> Sys:
    return Sys(tmp_path / "sys")


def scsi(usb: Path, lun: int = 0) -> Path:
    return usb / f"{usb.name}:1.0/host6/target6:0:0/6:0:0:{lun}"


def test_a_usb_disk_with_all_that_tells_it(sys: Sys) -> None:
    usb = sys.usb("1-2.3", serial="BWC-0001", manufacturer="Acme", product="执法记录仪")
    sys.disk(scsi(usb), "sda", parts=2, removable=1)
    sys.disk(sys.root / "devices/pci0000:00/ata1/host0", "sdb")  # the station's own
    sys.disk(sys.root / "devices/virtual", "loop0")
    (disk,) = disks(sys.root)
    assert (disk.serial, disk.vendor, disk.model) == ("BWC-0001", "Acme", "执法记录仪")
    assert (disk.usb_id, disk.port, disk.slot, disk.reader) == ("0951:1666", "1-2.3", "1-2.3", False)
    assert [(volume.node, volume.number) for volume in disk.volumes] == [("/dev/sda1", 1), ("/dev/sda2", 2)]
    assert disk_of(os.makedev(8, 17), sys.root) == disk
    assert disk_of(os.makedev(99, 1), sys.root) is None
    (own,) = [disk for disk in disks(sys.root, also=frozenset({"loop0"})) if disk.name == "loop0"]
    assert (own.usb, own.slot) == (False, "loop0")


def test_another_card_is_another_medium(sys: Sys) -> None:
    folder = sys.disk(scsi(sys.usb("1-1", product="Disk")), "sda", sectors=1000, seq=7)
    (disk,) = disks(sys.root)
    assert still_there(disk, sys.root)
    (folder / "diskseq").write_text("8\n")
    assert not still_there(disk, sys.root)
    (again,) = disks(sys.root)
    assert again.key != disk.key
    (folder / "size").write_text("0\n")  # the reader is empty
    assert disks(sys.root) == []


def test_the_disks_of_one_usb_device_are_told_apart(sys: Sys) -> None:
    usb = sys.usb("1-1", serial="READER", product="Storage")
    sys.disk(scsi(usb, 0), "sda", seq=1)
    sys.disk(scsi(usb, 1), "sdb", seq=2)
    sys.disk(scsi(usb, 2), "sdc", seq=3, sectors=0)
    assert [(disk.slot, disk.port, disk.reader) for disk in disks(sys.root)] == [
        ("1-1.lun0", "1-1", True),
        ("1-1.lun1", "1-1", True),
    ]


def test_a_card_reader_is_known_by_its_name(sys: Sys) -> None:
    sys.disk(scsi(sys.usb("1-1", serial="X", product="USB3.0 Card Reader")), "sda")
    sys.disk(sys.root / "devices/mmc0/mmc0:0001", "mmcblk0")
    sys.write(sys.root / "devices/mmc0/mmc0:0001/block/mmcblk0/device", type="SD", name="SD32G")
    found = {disk.name: disk for disk in disks(sys.root)}
    assert found["sda"].reader
    assert (found["mmcblk0"].removable, found["mmcblk0"].usb, found["mmcblk0"].model) == (
        True,
        False,
        "SD32G",
    )


def test_a_sysfs_that_goes_away_while_we_look(sys: Sys, tmp_path: Path) -> None:
    assert disks(tmp_path / "none") == []
    (sys.root / "block/sdz").symlink_to("nowhere")
    sys.write(sys.root / "block/sdy", size="many", dev="nonsense")
    assert disks(sys.root) == []
    assert usb_facts(tmp_path) == {}
