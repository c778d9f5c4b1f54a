"""The one place that owns durable writing on the station.

A file is written under an exclusive temporary name, flushed to the disk, read back past the page cache, and only
then gets its name; the folder is flushed after that. What is *not* guaranteed: disks that lie about flushing, and
what a drive answers out of its own cache.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import mmap
import os
import secrets
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Literal

from ingest.errors import SpoolFailed, SpoolFull

TEMPORARY = ".part"
"""Suffix of files that are not finished; whoever owns the folder removes them at start."""
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_SYNC_FILE_RANGE_WRITE = 2

ReadMethod = Literal["direct", "cache dropped"]
"""How a file was read back: O_DIRECT goes to the device; else the cached pages were dropped first, a wish the
kernel may ignore."""

_libc = ctypes.CDLL(None, use_errno=True)


class Folder:
    """A folder whose names are made durable. Close it when done."""

    def __init__(self, path: Path) -> None:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.path = path
        self._fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY)

    def create(self, name: str) -> DraftFile:
        """Begin a file that will be called `name`. Raises SpoolFull, SpoolFailed."""
        temporary = f".{name}.{secrets.token_hex(4)}{TEMPORARY}"
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        with _room():
            fd = os.open(temporary, flags, 0o600, dir_fd=self._fd)
        return DraftFile(fd, self._fd, temporary, name)

    def publish(self, drafts: Iterable[DraftFile]) -> None:
        """Give flushed drafts their names and flush the folder once; on return the names survive a power cut.

        They stay open for reading back; the caller closes each.
        Raises SpoolFull, SpoolFailed; some may have their names then, which no journal entry vouches for.
        """
        with _room():
            for draft in drafts:
                os.rename(draft.temporary, draft.name, src_dir_fd=self._fd, dst_dir_fd=self._fd)
                draft.published()
            os.fsync(self._fd)

    def open(self, name: str) -> int:
        """Open a finished file for reading; answer its descriptor. Raises FileNotFoundError."""
        return os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=self._fd)

    def read_back(self, name: str, take: Callable[[memoryview], object], buffer: ReadBuffer) -> ReadMethod:
        """Read a finished file past the page cache, as `DraftFile.read_back`. Raises FileNotFoundError, SpoolFailed."""
        fd = self.open(name)
        try:
            return read_back(fd, take, buffer)
        finally:
            os.close(fd)

    def remove(self, name: str) -> None:
        """Remove a finished file; nothing happens when it is gone."""
        with contextlib.suppress(FileNotFoundError):
            os.unlink(name, dir_fd=self._fd)

    def move(self, name: str, target: Folder) -> str:
        """Move a file to another folder of the same file system, durably; answer the name it has there.

        Nothing that lies there is replaced: a name that is taken gets a number. Raises OSError.
        """
        free, number = name, 1
        while (target.path / free).exists() or (target.path / free).is_symlink():
            free, number = f"{name}.{number}", number + 1
        os.rename(name, free, src_dir_fd=self._fd, dst_dir_fd=target._fd)
        os.fsync(target._fd)
        os.fsync(self._fd)
        return free

    def names(self) -> list[str]:
        """Names of all files in the folder."""
        return [entry.name for entry in self.path.iterdir()]

    def room(self) -> int:
        """Bytes that may still be written."""
        facts = os.fstatvfs(self._fd)
        return facts.f_bavail * facts.f_frsize

    def capacity(self) -> int:
        """Bytes of the whole file system that we may use."""
        facts = os.fstatvfs(self._fd)
        return (facts.f_blocks - facts.f_bfree + facts.f_bavail) * facts.f_frsize

    def close(self) -> None:
        """Let go of the folder."""
        os.close(self._fd)


class DraftFile:
    """A file under its temporary name. Either it is published and closed, or `discard` leaves nothing of it."""

    def __init__(self, fd: int, folder_fd: int, temporary: str, name: str) -> None:
        self.fd = fd
        self.name = name
        self.temporary = temporary
        self._folder_fd = folder_fd
        self._open = True
        self._named = False

    def write(self, view: memoryview, offset: int) -> None:
        """Write all of `view` at `offset`. Raises SpoolFull, SpoolFailed."""
        with _room():
            while view:
                written = os.pwrite(self.fd, view, offset)
                offset += written
                view = view[written:]

    def start_writing(self, offset: int = 0, length: int = 0) -> None:
        """Let the kernel begin to write this range out, so that the flush at the end finds little to do.

        A `length` of 0 means up to the end.
        """
        _libc.sync_file_range(
            ctypes.c_int(self.fd), ctypes.c_int64(offset), ctypes.c_int64(length), _SYNC_FILE_RANGE_WRITE
        )

    def flush(self) -> None:
        """Put the bytes on the disk. Raises SpoolFull, SpoolFailed."""
        with _room():
            os.fdatasync(self.fd)

    def read_back(self, take: Callable[[memoryview], object], buffer: ReadBuffer) -> ReadMethod:
        """Read the flushed file past the page cache and hand each block to `take`; answer how it was read.

        Raises SpoolFailed.
        """
        return read_back(self.fd, take, buffer)

    def published(self) -> None:
        """The file has its name."""
        self._named = True

    def close(self) -> None:
        """Let go of a published file; harmless when repeated."""
        if self._open:
            self._open = False
            os.close(self.fd)

    def discard(self) -> None:
        """Let go of it, and remove what was written unless it has its name."""
        if self._open:
            self.close()
            if not self._named:
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(self.temporary, dir_fd=self._folder_fd)


class ReadBuffer:
    """Page-aligned memory for reading back, used again and again by one thread."""

    def __init__(self, size: int = 1 << 20) -> None:
        self._memory = mmap.mmap(-1, size)
        self._view = memoryview(self._memory)

    def read_through(self, fd: int, take: Callable[[memoryview], object]) -> None:
        """Read a whole file in order."""
        size = os.fstat(fd).st_size
        offset = 0
        while offset < size:
            # O_DIRECT wants memory and lengths in whole pages; the last read simply comes back shorter.
            wanted = min(len(self._view), -(-(size - offset) // mmap.PAGESIZE) * mmap.PAGESIZE)
            got = os.preadv(fd, [self._view[:wanted]], offset)
            if not got:
                return
            take(self._view[:got])
            offset += got


def read_back(fd: int, take: Callable[[memoryview], object], buffer: ReadBuffer) -> ReadMethod:
    """Read a flushed file past the page cache and hand each block to `take`; answer how it was read.

    Raises SpoolFailed.
    """
    try:
        direct = os.open(f"/proc/self/fd/{fd}", os.O_RDONLY | os.O_DIRECT | os.O_CLOEXEC)
    except OSError:
        return _read_dropped(fd, take, buffer)
    taken = 0

    def count(block: memoryview) -> None:
        nonlocal taken
        take(block)
        taken += len(block)

    try:
        buffer.read_through(direct, count)
    except OSError as error:
        # Some file systems open for direct reading and refuse the first read.
        if error.errno != errno.EINVAL or taken:
            raise SpoolFailed(str(error)) from error
        return _read_dropped(fd, take, buffer)
    finally:
        os.close(direct)
    return "direct"


def _read_dropped(fd: int, take: Callable[[memoryview], object], buffer: ReadBuffer) -> ReadMethod:
    with _room():
        os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
        buffer.read_through(fd, take)
    return "cache dropped"


@contextlib.contextmanager
def _room() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        kind = SpoolFull if error.errno in _NO_ROOM else SpoolFailed
        raise kind(str(error)) from error
