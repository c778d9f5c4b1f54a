from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from ingest.recorders.superblock import read_superblock
from tests.ingest.recorders.images import MIB, SBIN, blank, partitioned, run, tool


@pytest.mark.parametrize(
    ("command", "filesystem"),
    [
        (["mkfs.vfat", "-F", "12"], "vfat"),
        (["mkfs.vfat", "-F", "16"], "vfat"),
        (["mkfs.vfat", "-F", "32"], "vfat"),
        (["mkfs.exfat"], "exfat"),
        (["mkfs.ntfs", "-F", "-Q"], "ntfs"),
        (["mkfs.ext2"], "ext2"),
        (["mkfs.ext3"], "ext3"),
        (["mkfs.ext4"], "ext4"),
        (["mkfs.xfs"], "xfs"),
        (["mkfs.btrfs"], "btrfs"),
    ],
)
def test_what_lies_on_it_as_blkid_says(command: list[str], filesystem: str, tmp_path: Path) -> None:
    image = blank(tmp_path / "image", 16 * MIB if command[-1] != "32" else 40 * MIB)
    if filesystem in {"xfs", "btrfs"}:
        blank(image, 400 * MIB)
    run(tool(command[0]), *command[1:], image)
    found = read_superblock(str(image))
    assert found.filesystem == filesystem
    assert re.fullmatch(r"[0-9A-F]{4}-[0-9A-F]{4}|[0-9A-F]{16}|[0-9a-f-]{36}", found.id)
    blkid = shutil.which("blkid", path=SBIN)
    if blkid is not None:
        said = subprocess.run(
            [blkid, "-p", "-o", "export", image], capture_output=True, text=True, timeout=20, check=True
        ).stdout.splitlines()
        assert f"UUID={found.id}" in said
        assert f"TYPE={filesystem}" in said


def test_a_fat_written_by_hand(tmp_path: Path) -> None:
    """Without mkfs: the fields as Microsoft's specification gives them."""
    sector = bytearray(512)
    sector[11:13], sector[13], sector[14:16], sector[16] = (512).to_bytes(2, "little"), 8, b"\x20\0", 2
    sector[21], sector[0x42], sector[0x43:0x47] = 0xF8, 0x29, bytes.fromhex("efbeadde")
    sector[510:] = b"\x55\xaa"
    image = tmp_path / "fat"
    image.write_bytes(bytes(sector) + bytes(8192))
    found = read_superblock(str(image))
    assert (found.filesystem, found.id) == ("vfat", "DEAD-BEEF")
    image.write_bytes(bytes(sector[:13]) + b"\x03" + bytes(sector[14:]) + bytes(8192))  # 3 sectors a cluster
    assert read_superblock(str(image)).filesystem == ""


@pytest.mark.parametrize(
    ("head", "filesystem"),
    [(b"LUKS\xba\xbe", "LUKS"), (bytes(32) + b"NXSB", "APFS"), (bytes(4086) + b"SWAPSPACE2", "swap")],
)
def test_what_no_recorder_writes_has_a_name_too(head: bytes, filesystem: str, tmp_path: Path) -> None:
    image = tmp_path / "image"
    image.write_bytes(head.ljust(8192, b"\0"))
    assert read_superblock(str(image)).filesystem == filesystem


def test_nothing_tables_and_short_images(tmp_path: Path) -> None:
    assert read_superblock(str(blank(tmp_path / "blank", MIB))).blank
    table = read_superblock(str(partitioned(tmp_path / "table", [MIB])))
    assert (table.filesystem, table.partitioned, table.blank) == ("", True, False)
    for length in (0, 1, 511, 512, 1024, 2047):
        short = tmp_path / "short"
        short.write_bytes(b"\x55\xaa" * (length // 2))
        assert read_superblock(str(short)).filesystem == ""
    with pytest.raises(OSError, match="none"):
        read_superblock(str(tmp_path / "none"))
