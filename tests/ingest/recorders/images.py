"""Disk images with partition tables and file systems, and loop devices to plug them in."""

from __future__ import annotations

import os
import shutil
import struct
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

MIB = 1 << 20
SBIN = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"


def tool(name: str) -> str:
    """Path of a program, or skip."""
    found = shutil.which(name, path=SBIN)
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


def run(*command: str | Path) -> None:
    subprocess.run([str(word) for word in command], check=True, capture_output=True, timeout=60)


def blank(path: Path, size: int) -> Path:
    with path.open("wb") as file:
        file.truncate(size)
    return path


def partitioned(path: Path, sizes: list[int], *, kind: int = 0x83) -> Path:
    """An image with an MBR and these partitions, the first at 1 MiB."""
    blank(path, MIB * 2 + sum(sizes))
    table, start = b"", MIB
    for size in sizes:
        table += struct.pack(
            "<B3sB3sII", 0, b"\xfe\xff\xff", kind, b"\xfe\xff\xff", start // 512, size // 512
        )
        start += size
    with path.open("r+b") as file:
        file.seek(446)
        file.write(table.ljust(64, b"\0") + b"\x55\xaa")
    return path


@contextmanager
def plugged(image: Path, *, read_only: bool = False, at: str = "") -> Iterator[str]:
    """Plug an image in as a loop device; at the device `at` if named; answers its name. Skips where that cannot be done."""
    if os.geteuid():
        pytest.skip("only root may use loop devices")
    where = [f"/dev/{at}"] if at else ["--find", "--show"]
    command = [
        tool("losetup"),
        "--partscan",
        *(["--read-only"] if read_only else []),
        *where,
        str(image),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    if done.returncode:
        pytest.skip(f"loop devices do not work here: {done.stderr.strip()}")
    device = f"/dev/{at}" if at else done.stdout.strip()
    try:
        _show_partitions(device, image)
        yield Path(device).name
    finally:
        subprocess.run([tool("losetup"), "--detach", device], check=False, timeout=20)


def _show_partitions(device: str, image: Path) -> None:
    """Some kernels cannot read partition tables; then they are told what is in it."""
    name = Path(device).name
    for number, entry in enumerate(_table(image), 1):
        if not Path(f"/sys/block/{name}/{name}p{number}").exists():
            start, size = struct.unpack_from("<II", entry, 8)
            run(tool("addpart"), device, str(number), str(start), str(size))
    time.sleep(0.1)


def _table(image: Path) -> list[bytes]:
    with image.open("rb") as file:
        head = file.read(512)
    if head[510:512] != b"\x55\xaa" or any(head[:440]):
        return []
    return [entry for n in range(4) if (entry := head[446 + 16 * n :][:16])[4]]


def ext4(device: str | Path, files: dict[str, bytes], folder: Path) -> None:
    """Make an ext4 with these files on it, without mounting it."""
    tree = folder / f"tree-{len(list(folder.iterdir()))}"
    tree.mkdir()
    for name, data in files.items():
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_bytes(data)
    run(tool("mkfs.ext4"), "-q", "-F", "-d", tree, device)
    shutil.rmtree(tree)


def kernel_knows(filesystem: str) -> bool:
    """Whether the kernel has, or can load, a file system."""
    modprobe = shutil.which("modprobe", path=SBIN)
    if modprobe is not None:
        subprocess.run([modprobe, "-q", filesystem], check=False, timeout=20, capture_output=True)
    return f"\t{filesystem}\n" in Path("/proc/filesystems").read_text()


def fuse_knows(filesystem: str) -> bool:
    """Whether a FUSE tool for it is installed and FUSE works."""
    commands = {"vfat": "fusefat", "exfat": "mount.exfat-fuse", "ntfs": "ntfs-3g"}
    return Path("/dev/fuse").exists() and shutil.which(commands[filesystem], path=SBIN) is not None
