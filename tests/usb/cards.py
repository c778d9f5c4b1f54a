"""Images of memory cards, made without mounting anything."""

from __future__ import annotations

import os
import random
import shutil
import struct
import subprocess
from pathlib import Path

from tests.usb.kernel import find_program

SECTOR = 512


def recording(size: int, seed: str) -> bytes:
    """Bytes of a recording that no other has, the same for the same seed."""
    return random.Random(seed).randbytes(size)


def fat(image: Path, files: dict[str, bytes], *, mib: int = 64, bits: int = 32) -> Path:
    """A card as a camera formats it: one FAT file system."""
    image.unlink(missing_ok=True)
    with image.open("wb") as file:
        file.truncate(mib << 20)
    _run("mkfs.vfat", "-F", str(bits), "-n", "BWC", str(image))
    folder = _folder(image, files)
    _run("mcopy", "-s", "-m", "-i", str(image), *(str(path) for path in sorted(folder.iterdir())), "::")
    shutil.rmtree(folder)
    return image


def ext4(image: Path, files: dict[str, bytes], *, mib: int = 64) -> Path:
    """A card of a recorder that runs Linux."""
    image.unlink(missing_ok=True)
    folder = _folder(image, files)
    _run("mkfs.ext4", "-q", "-F", "-L", "BWC", "-d", str(folder), str(image), f"{mib}M")
    shutil.rmtree(folder)
    return image


def empty_exfat(image: Path, *, mib: int = 64) -> Path:
    """An exFAT card without files; no tool writes into one from outside, so the machine fills it."""
    image.unlink(missing_ok=True)
    with image.open("wb") as file:
        file.truncate(mib << 20)
    _run("mkfs.exfat", "-L", "BWC", str(image))
    return image


def ntfs(image: Path, files: dict[str, bytes], *, mib: int = 64) -> Path:
    """A card that somebody formatted on Windows; files without folders."""
    image.unlink(missing_ok=True)
    with image.open("wb") as file:
        file.truncate(mib << 20)
    _run("mkntfs", "--fast", "--force", "--quiet", "--label", "BWC", str(image))
    folder = _folder(image, files)
    for name in files:
        _run("ntfscp", "--force", "--quiet", str(image), str(folder / name), name)
    shutil.rmtree(folder)
    return image


def partitioned(image: Path, *parts: Path) -> Path:
    """A card with a partition table (MBR) and these file systems on it, a MiB apart."""
    table = bytearray(SECTOR)
    start = 2048
    with image.open("wb") as out:
        for number, part in enumerate(parts):
            sectors = part.stat().st_size // SECTOR
            entry = struct.pack("<B3sB3sII", 0, b"\xfe\xff\xff", 0x0C, b"\xfe\xff\xff", start, sectors)
            table[446 + 16 * number : 462 + 16 * number] = entry
            out.seek(start * SECTOR)
            out.write(part.read_bytes())
            start += sectors + 2048
        out.truncate(start * SECTOR)
        table[510:512] = b"\x55\xaa"
        out.seek(0)
        out.write(table)
    return image


def listing(image: Path) -> set[str]:
    """Names of all files on a FAT card."""
    said = _run("mdir", "-b", "-/", "-i", str(image), "::")
    return {line.removeprefix("::/") for line in said.splitlines() if line and not line.endswith("/")}


def is_sound(image: Path) -> bool:
    """Whether the file system check finds nothing wrong with a FAT card."""
    found = find_program("fsck.vfat")
    assert found is not None
    return subprocess.run([found, "-n", str(image)], capture_output=True, check=False).returncode == 0


def where(image: Path, content: bytes, offset: int = 0) -> int:
    """Answer the sector of the card that holds the byte `offset` of a file with this content."""
    offset -= offset % SECTOR
    found = image.read_bytes().find(content[offset : offset + SECTOR])
    assert found >= 0
    assert found % SECTOR == 0
    return found // SECTOR


def ruin_fat(image: Path, *, seed: str) -> None:
    """Overwrite both allocation tables with random bytes, all but their first sector (it names root and medium)."""
    with image.open("r+b") as file:
        boot = file.read(SECTOR)
        (reserved,), (sectors,) = struct.unpack_from("<H", boot, 14), struct.unpack_from("<I", boot, 36)
        for table in range(boot[16]):
            file.seek((reserved + table * sectors + 1) * SECTOR)
            file.write(recording((sectors - 1) * SECTOR, f"{seed}{table}"))


def lead_back(image: Path, folder: str, to: str) -> None:
    """Let the entry of one folder of a FAT card lead to another folder. Short names, each on the card once."""
    content = bytearray(image.read_bytes())

    def entry(name: str) -> int:
        return content.index(name.ljust(11).encode() + b"\x10")

    ours, other = entry(folder), entry(to)
    for place in (20, 26):  # upper and lower half of the first cluster
        content[ours + place : ours + place + 2] = content[other + place : other + place + 2]
    image.write_bytes(content)


def _folder(image: Path, files: dict[str, bytes]) -> Path:
    folder = image.with_suffix(".files")
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


def _run(program: str, *arguments: str) -> str:
    found = find_program(program)
    assert found is not None, program
    done = subprocess.run(
        [found, *arguments], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
        env={**os.environ, "MTOOLS_SKIP_CHECK": "1"},
    )  # fmt: skip
    assert done.returncode == 0, f"{program}: {done.stdout}{done.stderr}"
    return done.stdout
