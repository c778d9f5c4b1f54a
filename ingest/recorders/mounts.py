"""What the kernel says is mounted: `/proc/self/mountinfo` (proc(5)), and what udev knows of the device below."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyudev

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


@dataclass(frozen=True, slots=True)
class DeviceFacts:
    """What udev knows of a block device; empty where it knows nothing."""

    usb: bool = False
    removable: bool = False
    serial: str = ""
    vendor: str = ""
    model: str = ""
    port: str = ""
    """Where it is plugged in, such as `1-2.3`; stays the same for a socket."""
    filesystem_id: str = ""


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


def device_facts(device: int, context: pyudev.Context | None = None) -> DeviceFacts:
    """Ask udev about a block device by its number; nothing known is an empty answer, not an error."""
    try:
        node = pyudev.Devices.from_device_number(context or pyudev.Context(), "block", device)
    except (pyudev.DeviceNotFoundError, OSError):
        return DeviceFacts()
    usb = node.find_parent("usb", "usb_device")
    disk = node if node.device_type == "disk" else (node.find_parent("block", "disk") or node)
    known = node.properties
    return DeviceFacts(
        usb=usb is not None or known.get("ID_BUS") == "usb",
        removable=disk.attributes.get("removable", b"0") == b"1" or disk.sys_name.startswith("mmcblk"),
        serial=_text(known.get("ID_SERIAL_SHORT") or (usb.attributes.get("serial") if usb else "")),
        vendor=_text(known.get("ID_VENDOR") or (usb.attributes.get("manufacturer") if usb else "")),
        model=_text(known.get("ID_MODEL") or (usb.attributes.get("product") if usb else "")),
        port=usb.sys_name if usb is not None else disk.sys_name,
        filesystem_id=_text(known.get("ID_FS_UUID") or _id_by_link(device)),
    )


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
