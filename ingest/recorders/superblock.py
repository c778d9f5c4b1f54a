"""What lies on a block device, read from its first sectors: file system and id, as blkid would say.

Read by ourselves, because a station may run where udev knows nothing, and because it must say what it cannot mount.
Layouts: FAT, exFAT and NTFS boot sectors by Microsoft's published specifications; ext2-4 by the kernel's documentation.
"""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass
from uuid import UUID

_HEAD = 4096
_BTRFS = 65536
_FAT_MEDIA = {0xF0, *range(0xF8, 0x100)}
_JOURNAL = 0x4
_EXT4_ONLY = 0x40 | 0x80 | 0x200  # extents, 64bit, flex_bg


@dataclass(frozen=True, slots=True)
class Superblock:
    """`filesystem`: the kernel's name of it, or one for people; empty when nothing is recognised. `id` as blkid writes it."""

    filesystem: str = ""
    id: str = ""
    blank: bool = False
    """Nothing but zeros in the first sectors."""
    partitioned: bool = False
    """A partition table, not a file system."""


def read_superblock(device: str) -> Superblock:
    """Look at a device or an image. Raises OSError when it cannot be opened or read."""
    fd = os.open(device, os.O_RDONLY | os.O_CLOEXEC)
    try:
        head = os.pread(fd, _HEAD, 0)
        found = _boot_sector(head) or _unix(head)
        if found is None and os.pread(fd, 8, _BTRFS + 64) == b"_BHRfS_M":
            return Superblock("btrfs", str(UUID(bytes=os.pread(fd, 16, _BTRFS + 32))))
        if found is None and os.pread(fd, 5, 32769) in {b"CD001", b"BEA01"}:
            return Superblock("iso9660")
    finally:
        os.close(fd)
    if found is not None:
        return found
    return Superblock(blank=not any(head), partitioned=_has_partitions(head))


def _boot_sector(head: bytes) -> Superblock | None:
    if len(head) < 512 or head[510:512] != b"\x55\xaa":
        return None
    name = head[3:11]
    if name == b"EXFAT   ":
        return Superblock("exfat", _short(head, 100))
    if name == b"NTFS    ":
        return Superblock("ntfs", f"{struct.unpack_from('<Q', head, 0x48)[0]:016X}")
    if name == b"-FVE-FS-":
        return Superblock("BitLocker")
    sector, cluster, reserved, tables = struct.unpack_from("<HBHB", head, 11)
    if (
        sector not in {512, 1024, 2048, 4096}
        or not cluster
        or cluster & (cluster - 1)
        or not reserved
        or not 1 <= tables <= 4
        or head[21] not in _FAT_MEDIA
    ):
        return None
    # FAT32 keeps the 16-bit length of a table at zero, and its id further back.
    where = 0x43 if not struct.unpack_from("<H", head, 22)[0] else 0x27
    return Superblock("vfat", _short(head, where) if head[where - 1] in {0x28, 0x29} else "")


def _short(head: bytes, where: int) -> str:
    number = struct.unpack_from("<I", head, where)[0]
    return f"{number >> 16:04X}-{number & 0xFFFF:04X}" if number else ""


def _unix(head: bytes) -> Superblock | None:
    if head[:6] == b"LUKS\xba\xbe":
        return Superblock("LUKS")
    if head[:4] == b"XFSB":
        return Superblock("xfs", str(UUID(bytes=head[32:48])))
    if head[32:36] == b"NXSB":
        return Superblock("APFS")
    if head[4086:4096] == b"SWAPSPACE2":
        return Superblock("swap")
    if len(head) < 2048:
        return None
    block = head[1024:]
    if block[0x38:0x3A] == b"\x53\xef":
        compatible, needed = struct.unpack_from("<II", block, 0x5C)
        kind = "ext4" if needed & _EXT4_ONLY else "ext3" if compatible & _JOURNAL else "ext2"
        return Superblock(kind, str(UUID(bytes=block[0x68:0x78])))
    if block[:4] == b"\x10\x20\xf5\xf2":
        return Superblock("f2fs", str(UUID(bytes=block[108:124])))
    if block[:2] in {b"H+", b"HX"}:
        return Superblock("HFS+")
    return None


def _has_partitions(head: bytes) -> bool:
    """Whether an MBR (with or without a GPT behind it) lists at least one partition."""
    if head[510:512] != b"\x55\xaa":
        return False
    return any(head[446 + 16 * n + 4] and any(head[446 + 16 * n + 12 :][:4]) for n in range(4))
