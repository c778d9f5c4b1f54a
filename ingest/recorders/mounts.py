"""What the kernel says is mounted: `/proc/self/mountinfo` (proc(5)), and what is known of the device below."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ingest.recorders.blocks import Disk, disk_of
from ingest.recorders.superblock import read_superblock

MOUNTINFO = Path("/proc/self/mountinfo")
_ESCAPED = re.compile(rb"\\([0-7]{3})")


@dataclass(frozen=True, slots=True)
class Mount:
    """A mounted file system."""

    point: Path
    device: int
    """Device number as in `st_dev`."""
    root: bytes
    """Which part of the file system is mounted; `/` unless it is a bind mount."""
    filesystem: str
    source: str
    read_only: bool = False


@dataclass(frozen=True, slots=True)
class DeviceFacts:
    """What sysfs and the file system say of a block device; empty where nothing is known."""

    usb: bool = False
    removable: bool = False
    serial: str = ""
    vendor: str = ""
    model: str = ""
    port: str = ""
    """Where it is plugged in, such as `1-2.3`; stays the same for a socket."""
    filesystem_id: str = ""
    usb_id: str = ""
    reader: bool = False
    """The serial is that of a card reader, not of the card."""


def _unescape(field: bytes) -> bytes:
    return _ESCAPED.sub(lambda found: bytes([int(found.group(1), 8)]), field)


def mounts(text: bytes | None = None) -> Iterator[Mount]:
    """List what is mounted, in the kernel's order."""
    for line in (MOUNTINFO.read_bytes() if text is None else text).splitlines():
        fields = line.split(b" ")
        try:
            dash = fields.index(b"-")
            major, minor = fields[2].split(b":")
            yield Mount(
                point=Path(os.fsdecode(_unescape(fields[4]))),
                device=os.makedev(int(major), int(minor)),
                root=_unescape(fields[3]),
                filesystem=fields[dash + 1].decode("ascii", "replace"),
                source=os.fsdecode(_unescape(fields[dash + 2])),
                read_only=b"ro" in fields[5].split(b",") or b"ro" in fields[dash + 3].split(b","),
            )
        except (ValueError, IndexError):
            continue


def mount_at(folder: Path) -> Mount | None:
    """Answer the file system whose mount point is exactly `folder` (the topmost), or None."""
    found = None
    for mount in mounts():
        if mount.point == folder:
            found = mount
    return found


def device_facts(device: int) -> DeviceFacts:
    """Gather what is known of a block device by its number; nothing known is an empty answer, not an error."""
    disk = disk_of(device)
    if disk is None:
        return DeviceFacts()
    node = next((volume.node for volume in disk.volumes if volume.device == device), f"/dev/{disk.name}")
    return facts_of(disk, filesystem_id(node, device))


def facts_of(disk: Disk, found: str) -> DeviceFacts:
    """Say the same of a disk already known and the file system's id `found` on it."""
    return DeviceFacts(
        usb=disk.usb,
        removable=disk.removable,
        serial=disk.serial,
        vendor=disk.vendor,
        model=disk.model,
        port=disk.slot,
        filesystem_id=found,
        usb_id=disk.usb_id,
        reader=disk.reader,
    )


def filesystem_id(node: str, device: int) -> str:
    """Answer a file system's id: read by ourselves, else (who is not root may not read disks) as udev knows it."""
    with contextlib.suppress(OSError):
        if found := read_superblock(node).id:
            return found
    return _id_by_udev(device) or _id_by_link(device)


def _id_by_udev(device: int) -> str:
    try:
        import pyudev  # noqa: PLC0415  needs libudev, which a small system may lack

        known = pyudev.Devices.from_device_number(pyudev.Context(), "block", device).properties
        return _text(known.get("ID_FS_UUID"))
    except Exception:  # noqa: BLE001  whatever udev lacks, it is one of two ways to know
        return ""


def _id_by_link(device: int) -> str:
    """The file system's id from `/dev/disk/by-uuid`, for machines where udev's database is empty."""
    try:
        links = list(os.scandir("/dev/disk/by-uuid"))
    except OSError:
        return ""
    for link in links:
        try:
            if Path(link.path).stat().st_rdev == device:
                return link.name
        except OSError:
            continue
    return ""


def _text(value: object) -> str:
    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value or "")
    return "".join(c for c in text if c.isprintable()).strip()[:128]
