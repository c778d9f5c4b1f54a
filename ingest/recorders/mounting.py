"""Mounting recorders read-only with nosuid, nodev, noexec; making one writable for a moment; unmounting.

By mount(2) itself or, where the kernel lacks a file system, by a FUSE tool.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import fcntl
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from ingest.errors import NotAttached

_RDONLY, _NOSUID, _NODEV, _NOEXEC, _REMOUNT = 1, 2, 4, 8, 32
_HARMLESS = _NOSUID | _NODEV | _NOEXEC
_DETACH, _NOFOLLOW = 2, 8
OWN_FOLDER = re.compile(r"recorders-[0-9a-f]{8}")
"""Names of stations' run folders; nothing of another name is ever touched."""
TOOL_LIMIT = 20.0
"""Seconds a FUSE tool may take to mount."""

_FAT = ("utf8=1,iocharset=utf8,tz=UTC", "utf8=1,tz=UTC", "iocharset=iso8859-1,utf8=1,tz=UTC")
WAYS: dict[str, tuple[tuple[str, tuple[str, ...]], ...]] = {
    # The clock on a FAT has no zone; read as UTC its numbers are those the recorder showed, on every station.
    "vfat": (("vfat", _FAT),),
    "exfat": (("exfat", ("iocharset=utf8", "")),),
    "ntfs": (("ntfs3", ("iocharset=utf8", "nls=utf8", "")), ("ntfs", ("nls=utf8", ""))),
    # noload: a journal that was not played back stays as it is; reading changes nothing on the medium.
    "ext4": (("ext4", ("noload",)),),
    "ext3": (("ext4", ("noload",)), ("ext3", ("noload",))),
    "ext2": (("ext4", ("",)), ("ext2", ("",))),
    "xfs": (("xfs", ("norecovery,nouuid",)),),
    "btrfs": (("btrfs", ("rescue=nologreplay", "")),),
    "f2fs": (("f2fs", ("norecovery", "disable_roll_forward")),),
}
"""Kernel file systems with the options to try, best first. All of them take read-only as given."""
_TOOLS = {
    "vfat": (("fusefat", "fusefat"),),
    "exfat": (("mount.exfat-fuse", "exfat-fuse"),),
    "ntfs": (("ntfs-3g", "ntfs-3g"),),
}
"""FUSE tools by file system: the command, and the Debian package it comes in."""

_libc = ctypes.CDLL(None, use_errno=True)


def mount(node: str, point: Path, filesystem: str) -> bool:
    """Mount read-only. Answers whether the kernel did it itself (a FUSE tool's mount cannot be made writable).

    Raises NotAttached: `may-not-mount`, `filesystem-not-known-here`, `filesystem-damaged`, `medium-unreadable`.
    """
    if filesystem not in WAYS:
        raise NotAttached("filesystem-not-readable", filesystem or "?")
    worst = errno.ENODEV
    for kind, options in WAYS[filesystem]:
        for data in options:
            number = _mount(node, point, kind, _RDONLY | _HARMLESS, data)
            if not number:
                return True
            if number == errno.ENODEV:
                break
            worst = number
    if worst == errno.ENODEV and _by_tool(node, point, filesystem):
        return False
    raise _refusal(worst, filesystem, node)


def _mount(node: str, point: Path, kind: str, flags: int, data: str) -> int:
    done = _libc.mount(
        os.fsencode(node), os.fsencode(point), kind.encode(), ctypes.c_ulong(flags), data.encode() or None
    )
    return ctypes.get_errno() if done else 0


def _by_tool(node: str, point: Path, filesystem: str) -> bool:
    for command, _package in _TOOLS.get(filesystem, ()):
        if (path := shutil.which(command, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")) is None:
            continue
        try:
            done = subprocess.run(
                [path, "-o", "ro,nosuid,nodev,noexec", node, str(point)],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=TOOL_LIMIT,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired):
            continue
        if not done.returncode and os.path.ismount(point):
            return True
    return False


def _refusal(number: int, filesystem: str, node: str) -> NotAttached:
    if number == errno.ENODEV:
        packages = [package for _, package in _TOOLS.get(filesystem, ())]
        return NotAttached(
            "filesystem-not-known-here", f"{filesystem}{' → ' if packages else ''}{', '.join(packages)}"
        )
    if number in {errno.EPERM, errno.EACCES}:
        return NotAttached("may-not-mount", node)
    if number in {errno.EIO, errno.ENXIO, errno.ENOMEDIUM, errno.ENOENT}:
        return NotAttached("medium-unreadable", f"{filesystem}: {os.strerror(number)}")
    return NotAttached("filesystem-damaged", f"{filesystem}: {os.strerror(number)}")


def unmount(point: Path) -> None:
    """Unmount, even when the device is gone or somebody still looks; never raises, never follows a link."""
    _libc.umount2(os.fsencode(point), _DETACH | _NOFOLLOW)


@contextlib.contextmanager
def writable(point: Path) -> Iterator[None]:
    """Make a mount of ours writable for a moment. Raises OSError: EROFS when the medium is write-protected."""
    _remount(point, _HARMLESS)
    try:
        yield
    finally:
        # Nothing of it is open for writing now, so this succeeds unless the device is gone.
        _remount(point, _RDONLY | _HARMLESS)


def _remount(point: Path, flags: int) -> None:
    if _libc.mount(None, os.fsencode(point), None, ctypes.c_ulong(_REMOUNT | flags), None):
        number = ctypes.get_errno()
        if number == errno.EACCES:  # what the kernel answers for a device that is read-only
            number = errno.EROFS
        raise OSError(number, os.strerror(number), str(point))


def sync_filesystem(fd: int) -> None:
    """syncfs(2): everything written to the file system of `fd` is on the medium. Raises OSError."""
    if _libc.syncfs(fd):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


class RunFolder:
    """The folder our mount points lie in, one station's own, held by a lock for as long as that station lives."""

    def __init__(self, path: Path) -> None:
        """`path` is made when first needed."""
        self.path = path
        self._lock = -1

    def claim(self) -> None:
        """Take it, and give back what stations that were killed left mounted, in it and in folders beside it."""
        with contextlib.suppress(OSError):
            self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._lock = _held(self.path)
            for beside in sorted(self.path.parent.iterdir()) if OWN_FOLDER.fullmatch(self.path.name) else []:
                if beside != self.path and OWN_FOLDER.fullmatch(beside.name):
                    with contextlib.suppress(OSError):
                        lock = _held(beside)
                        RunFolder(beside).clean()
                        beside.rmdir()
                        os.close(lock)
            self.clean()

    def point(self, name: str) -> Path:
        """Make a mount point. Raises OSError."""
        self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
        clean = "".join(c if c.isalnum() or c in "-._" else "_" for c in name)[:100]
        point = self.path / clean
        unmount(point)  # a left-over of a station that was killed
        point.mkdir(mode=0o700, exist_ok=True)
        return point

    def give_back(self, point: Path) -> None:
        """Unmount and remove a mount point."""
        unmount(point)
        with contextlib.suppress(OSError):
            point.rmdir()

    def clean(self) -> None:
        """Give back whatever is mounted in it."""
        with contextlib.suppress(OSError):
            for entry in list(self.path.iterdir()):
                self.give_back(entry)

    def release(self) -> None:
        """Give back everything, and the folder itself."""
        self.clean()
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1


def _held(folder: Path) -> int:
    """Lock a folder; answer the descriptor that holds it. Raises BlockingIOError when a living station has it."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC | os.O_NOFOLLOW)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BaseException:
        os.close(fd)
        raise
    return fd
