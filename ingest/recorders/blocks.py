"""Disks that may be recorders, read from sysfs alone: it is there without udev, and it is never behind.

Layout: Documentation/ABI/stable/sysfs-block, testing/sysfs-bus-usb and testing/sysfs-block of the kernel.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

SYS = Path("/sys")
SECTOR = 512
"""Bytes; sysfs counts in these whatever the device's own sector is."""
_NO_DISKS = re.compile(r"(loop|ram|zram|dm-|md|sr|nbd|fd|mtdblock|ubiblock|drbd|bcache)")
_LUN = re.compile(r"\d+:\d+:\d+:(\d+)")
_READER = re.compile(r"reader|multi-?card|\bcrw\b|sd\W?/?mmc|usb[ _-]?2\.0-crw", re.IGNORECASE)
"""Products that are card readers: their serial is not that of the card."""
_TEXT_LIMIT = 128


@dataclass(frozen=True, slots=True)
class Volume:
    """A partition, or a whole disk without partitions."""

    name: str
    """As in `/sys/class/block`."""
    number: int
    """Number of the partition; 0 is the whole disk."""
    device: int
    """Device number as in `st_rdev`."""
    size: int
    """Bytes."""
    node: str
    """Such as `/dev/sda1`."""


@dataclass(frozen=True, slots=True)
class Disk:
    """A disk with a medium in it."""

    name: str
    device: int
    size: int
    sequence: str
    """The kernel's running number of media (`diskseq`): another card in the same reader has another."""
    usb: bool
    removable: bool
    read_only: bool
    """Write-protected, by a switch on the card for instance."""
    serial: str
    vendor: str
    model: str
    usb_id: str
    port: str
    """Where it is plugged in, such as `1-2.3`; stays the same for a socket."""
    slot: str
    """The port, with the unit's number where one USB device shows several disks."""
    reader: bool
    """The serial is that of a card reader, or one USB device shows several disks."""
    volumes: tuple[Volume, ...]

    @property
    def key(self) -> str:
        """Names this medium in this socket."""
        return f"{self.slot}:{self.name}:{self.sequence}:{self.size}"


def text_of(path: Path) -> str:
    """Answer one attribute, empty when it is absent or cannot be read."""
    try:
        raw = path.read_bytes()
    except OSError:
        return ""
    return "".join(c for c in raw.decode("utf-8", "replace") if c.isprintable()).strip()[:_TEXT_LIMIT]


def disks(sys: Path = SYS, *, also: frozenset[str] = frozenset()) -> list[Disk]:
    """List USB disks, cards and other removable media that have a medium in them.

    `also`: names of block devices that count besides, such as a loop device. Never raises; what goes while we look
    is left out.
    """
    try:
        names = sorted(entry.name for entry in (sys / "block").iterdir())
    except OSError:
        return []
    every = [
        disk
        for name in names
        if (name in also or not _NO_DISKS.match(name)) and (disk := _disk(sys, name)) is not None
    ]
    chosen = [disk for disk in every if disk.usb or disk.removable or disk.name in also]
    shared = Counter(disk.port for disk in chosen if disk.usb)
    return [
        replace(disk, slot=f"{disk.port}.lun{_lun(sys, disk.name)}", reader=True)
        if disk.usb and shared[disk.port] > 1
        else disk
        for disk in chosen
        if disk.size
    ]


def disk_of(device: int, sys: Path = SYS) -> Disk | None:
    """Answer the disk a block device number belongs to, whatever sort it is, or None."""
    folder = sys / "dev" / "block" / f"{os.major(device)}:{os.minor(device)}"
    try:
        real = folder.resolve(strict=True)
    except OSError:
        return None
    name = real.parent.name if (real / "partition").exists() else real.name
    known = {disk.name: disk for disk in disks(sys)}
    return known.get(name) or _disk(sys, name)


def still_there(disk: Disk, sys: Path = SYS) -> bool:
    """Whether the same medium is still in it. Reads two small files of sysfs; touches no device."""
    folder = sys / "block" / disk.name
    return _sequence(folder) == disk.sequence and _size(folder) == disk.size


def usb_facts(folder: Path) -> dict[str, str]:
    """Answer what the USB device says of itself; `folder` is its own in sysfs, or any below it. Empty: no USB."""
    for above in (folder, *folder.parents):
        if (above / "idVendor").exists():
            return {
                "port": above.name,
                "serial": text_of(above / "serial"),
                "vendor": text_of(above / "manufacturer"),
                "model": text_of(above / "product"),
                "usb_id": f"{text_of(above / 'idVendor')}:{text_of(above / 'idProduct')}"[:16],
            }
    return {}


def _disk(sys: Path, name: str) -> Disk | None:
    folder = sys / "block" / name
    try:
        real = folder.resolve(strict=True)
        device = _number(folder)
    except (OSError, ValueError):
        return None
    usb = usb_facts(real)
    model = usb.get("model") or text_of(folder / "device" / "model") or text_of(folder / "device" / "name")
    port = usb.get("port") or name
    return Disk(
        name=name,
        device=device,
        size=_size(folder),
        sequence=_sequence(folder),
        usb=bool(usb),
        removable=text_of(folder / "removable") == "1" or text_of(folder / "device" / "type") == "SD",
        read_only=text_of(folder / "ro") == "1",
        serial=usb.get("serial", ""),
        vendor=usb.get("vendor") or text_of(folder / "device" / "vendor"),
        model=model,
        usb_id=usb.get("usb_id", ""),
        port=port,
        slot=port,
        reader=bool(usb) and _READER.search(model) is not None,
        volumes=tuple(_volumes(folder, name)),
    )


def _volumes(folder: Path, name: str) -> Iterator[Volume]:
    try:
        parts = sorted(
            (int(text_of(part / "partition")), part)
            for part in list(folder.iterdir())
            if (part / "partition").exists()
        )
        for number, part in parts:
            # An extended partition is a box of two sectors around others.
            if _size(part) > 2 * SECTOR:
                yield Volume(part.name, number, _number(part), _size(part), _node(part))
        if not parts and _size(folder):
            yield Volume(name, 0, _number(folder), _size(folder), _node(folder))
    except (OSError, ValueError):
        return


def _number(folder: Path) -> int:
    major, minor = text_of(folder / "dev").split(":")
    return os.makedev(int(major), int(minor))


def _size(folder: Path) -> int:
    text = text_of(folder / "size")
    return int(text) * SECTOR if text.isdigit() else 0


def _sequence(folder: Path) -> str:
    # Kernels before 5.15 have none; then the number of the device's folder serves, which is new at every plugging.
    if text := text_of(folder / "diskseq"):
        return text
    try:
        return f"i{folder.resolve(strict=True).stat().st_ino}"
    except OSError:
        return ""


def _node(folder: Path) -> str:
    found = re.search(r"^DEVNAME=(.+)$", _lines(folder / "uevent"), re.MULTILINE)
    return f"/dev/{found.group(1) if found else folder.name.replace('!', '/')}"


def _lines(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _lun(sys: Path, name: str) -> str:
    try:
        found = _LUN.findall(str((sys / "block" / name).resolve(strict=True)))
    except OSError:
        found = []
    return found[-1] if found else name
