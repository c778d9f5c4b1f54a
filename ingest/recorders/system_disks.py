"""Disks the station itself lives on are no recorders, even when they hang on USB."""

from __future__ import annotations

import contextlib
from pathlib import Path

from ingest.recorders.blocks import SYS, Disk
from ingest.recorders.mounts import mounts

_SYSTEM = {
    Path(name) for name in ("/", "/boot", "/boot/efi", "/usr", "/var", "/home", "/opt", "/srv", "/etc")
}
_SWAPS = Path("/proc/swaps")


def of_the_system(disk: Disk, own: tuple[Path, ...], sys: Path = SYS) -> bool:
    """Whether a part of the system, swap, a folder of the station's own, or a volume manager sits on this disk."""
    numbers = {disk.device, *(volume.device for volume in disk.volumes)}
    nodes = {f"/dev/{disk.name}", *(volume.node for volume in disk.volumes)}
    folders = [sys / "block" / disk.name, *(sys / "block" / disk.name / v.name for v in disk.volumes)]
    for folder in folders:
        with contextlib.suppress(OSError):
            if any((folder / "holders").iterdir()):
                return True
    with contextlib.suppress(OSError):
        if any(line.split(" ", 1)[0] in nodes for line in _SWAPS.read_text().splitlines()):
            return True
    for mount in mounts():
        if mount.device in numbers and (
            mount.point in _SYSTEM or any(path.is_relative_to(mount.point) for path in own)
        ):
            return True
    return False
