"""Walking and opening below one folder without ever leaving it: no link followed, no other file system entered.

Every folder on the way is opened relative to the one above it with O_NOFOLLOW, so a name that is exchanged for a
link while we look leads nowhere.
"""

from __future__ import annotations

import errno
import os
import stat
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

from ingest.errors import NotTaken, Unplugged, Vanished
from ingest.names import shown
from ingest.recorders.base import LeftOut, Listed
from ingest.recorders.circles import repeats
from ingest.recorders.mounting import sync_filesystem
from ingest.recorders.twins import Twins

_DIR_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_MAY_WRITE = stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH
"""Of a FAT or exFAT, files with the attribute read-only have none of these bits."""
_GONE = {errno.ENODEV, errno.ENXIO, errno.ENOTCONN, errno.ESHUTDOWN, errno.ENOMEDIUM}
"""Answers of a device that was pulled out."""
_DEEPEST = 64
"""Folders within folders; a corrupt FAT can hold a circle whose folders have ever new numbers."""
_KINDS = {
    stat.S_IFLNK: "link",
    stat.S_IFIFO: "fifo",
    stat.S_IFSOCK: "socket",
    stat.S_IFBLK: "device",
    stat.S_IFCHR: "device",
    stat.S_IFDIR: "folder-not-file",
}


def kind_word(mode: int) -> str:
    """Name what is no regular file."""
    return _KINDS.get(stat.S_IFMT(mode), "unknown-kind")


def _split(path: bytes) -> tuple[bytes, bytes]:
    """Answer folder and name of a path that stays below its root. Raises NotTaken for any other."""
    if not path or any(name in {b"", b".", b".."} for name in path.split(b"/")):
        raise NotTaken("not-below-the-root", repr(path))
    folder, _, name = path.rpartition(b"/")
    return folder, name


class OpenFile:
    """A regular file of a tree; a `SourceFile`."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._read_to = 0

    def facts(self) -> tuple[int, int]:
        """Answer size and modification time as they are now."""
        now = os.fstat(self._fd)
        return now.st_size, now.st_mtime_ns

    def read_at(self, view: memoryview, offset: int) -> int:
        """Read once."""
        return os.preadv(self._fd, [view], offset)

    def ahead(self, offset: int, length: int) -> None:
        """Let the kernel read ahead, and forget what lies behind."""
        os.posix_fadvise(self._fd, offset, length, os.POSIX_FADV_WILLNEED)
        if offset > self._read_to:
            # What was read is not needed again; the card's pages must not push out those of others.
            os.posix_fadvise(self._fd, self._read_to, offset - self._read_to, os.POSIX_FADV_DONTNEED)
            self._read_to = offset

    def drop_cache(self) -> None:
        """Let what is read from here on come from the medium, as far as the kernel heeds the wish."""
        os.posix_fadvise(self._fd, 0, 0, os.POSIX_FADV_DONTNEED)

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._fd)


def _entry(entry: os.DirEntry[str], path: bytes, twins: Twins) -> Listed | LeftOut | None:
    """Say what an entry other than a folder is; None when it is gone already."""
    try:
        facts = entry.stat(follow_symlinks=False)
    except FileNotFoundError:
        return None
    except OSError as error:
        return LeftOut(path, "unreadable", attention=True, detail=os.strerror(error.errno or 0))
    if stat.S_ISREG(facts.st_mode):
        if twins.same_file(facts):
            return LeftOut(path, "same-name", attention=True)
        return Listed(path, facts.st_size, facts.st_mtime_ns, read_only=not facts.st_mode & _MAY_WRITE)
    return LeftOut(path, kind_word(facts.st_mode), attention=False)


class Tree:
    """The files below a folder. Opens may come from several threads."""

    def __init__(
        self,
        root: Path,
        *,
        ignore: frozenset[bytes] = frozenset(),
        plugged: Callable[[], bool] = lambda: True,
    ) -> None:
        """Open the root. `ignore`: paths that are not listed.

        `plugged` says whether the medium below is still there: a file system whose stick was pulled out goes on
        answering from memory. Raises OSError.
        """
        self.root = root
        self._ignore = ignore
        self._plugged = plugged
        self._fd = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        facts = os.fstat(self._fd)
        self._device = facts.st_dev
        self._number = facts.st_ino
        self._lock = threading.Lock()
        self._last: tuple[bytes, int] | None = None

    def present(self) -> bool:
        """Whether the same folder, on the same device, still stands at its path and answers."""
        if not self._plugged():
            return False
        try:
            facts = self.root.stat()
            os.fstatvfs(self._fd)
        except OSError:
            return False
        return (facts.st_dev, facts.st_ino) == (self._device, self._number)

    def entries(self) -> Iterator[Listed | LeftOut]:
        """List everything below the root. Raises Unplugged when the root is gone."""
        waiting: list[tuple[bytes, int]] = [(b"", 0)]
        visited = {(self._device, self._number)}
        while waiting:
            folder, depth = waiting.pop()
            try:
                fd = self._open_folder(folder)
            except OSError as error:
                if not self.present():
                    raise Unplugged from error
                yield LeftOut(
                    folder, "unreadable-folder", attention=True, detail=os.strerror(error.errno or 0)
                )
                continue
            try:
                yield from self._entries_of(fd, folder, depth, waiting, visited)
            finally:
                os.close(fd)

    def _entries_of(
        self,
        fd: int,
        folder: bytes,
        depth: int,
        waiting: list[tuple[bytes, int]],
        visited: set[tuple[int, int]],
    ) -> Iterator[Listed | LeftOut]:
        facts = os.fstat(fd)
        number = (facts.st_dev, facts.st_ino)
        if folder and facts.st_dev != self._device:
            yield LeftOut(folder, "other-filesystem", attention=False)
            return
        if folder and (number in visited or depth > _DEEPEST or self._repeats(folder)):
            yield LeftOut(folder, "folder-circle", attention=True)
            return
        visited.add(number)
        twins = Twins()
        hidden: list[bytes] = []
        try:
            with os.scandir(fd) as entries:
                for entry in entries:
                    # scandir on a descriptor answers text; fsencode gives back the very bytes.
                    name = os.fsencode(entry.name)
                    path = folder + b"/" + name if folder else name
                    if twins.same_name(name):
                        hidden.append(name)
                    elif entry.is_dir(follow_symlinks=False):
                        waiting.append((path, depth + 1))
                    elif path not in self._ignore and (found := _entry(entry, path, twins)) is not None:
                        yield found
        except OSError as error:
            if not self.present():
                raise Unplugged from error
            yield LeftOut(folder, "unreadable-folder", attention=True, detail=os.strerror(error.errno or 0))
        if hidden:
            # Said of the folder: under its own name the first is listed.
            yield LeftOut(folder, "same-name", attention=True, detail=", ".join(map(shown, hidden[:10])))

    def open(self, path: bytes) -> OpenFile:
        """Open a regular file. Raises Vanished, NotTaken, Unplugged."""
        folder, name = _split(path)
        try:
            with self._lock:
                fd = os.open(name, _FILE_FLAGS, dir_fd=self._parent(folder))
        except OSError as error:
            self._forget()
            raise self._translated(error, path) from error
        facts = os.fstat(fd)
        if not stat.S_ISREG(facts.st_mode) or facts.st_dev != self._device:
            os.close(fd)
            word = "other-filesystem" if stat.S_ISREG(facts.st_mode) else kind_word(facts.st_mode)
            raise NotTaken(word)
        return OpenFile(fd)

    def remove(
        self, path: bytes, size: int, modified_ns: int, writable: Callable[[], AbstractContextManager[None]]
    ) -> None:
        """Remove a file if it is still the one that was listed; flush folder and file system before answering.

        `writable` makes the medium writable while it is entered. Raises NotTaken, Vanished, Unplugged, OSError.
        """
        folder, name = _split(path)
        parent = -1
        try:
            parent = self._open_folder(folder)
            self._compare(parent, name, size, modified_ns)
            with writable():
                self._compare(parent, name, size, modified_ns)
                os.unlink(name, dir_fd=parent)
                os.fsync(parent)
                sync_filesystem(parent)
        except OSError as error:
            if error.errno == errno.EROFS:
                raise NotTaken("write-protected", os.strerror(errno.EROFS)) from error
            if error.errno in {errno.EPERM, errno.EACCES}:
                raise NotTaken("may-not-remove", os.strerror(error.errno)) from error
            if isinstance(found := self._translated(error, path), NotTaken) and found.word == "unreadable":
                raise
            raise found from error
        finally:
            if parent >= 0:
                os.close(parent)

    def _compare(self, parent: int, name: bytes, size: int, modified_ns: int) -> None:
        facts = os.stat(name, dir_fd=parent, follow_symlinks=False)
        if not stat.S_ISREG(facts.st_mode):
            raise NotTaken(kind_word(facts.st_mode))
        if facts.st_dev != self._device:
            raise NotTaken("other-filesystem")
        if (facts.st_size, facts.st_mtime_ns) != (size, modified_ns):
            raise NotTaken("not-the-listed-file", f"{facts.st_size} {facts.st_mtime_ns}")

    def close(self) -> None:
        """Let go of all folders."""
        self._forget()
        os.close(self._fd)

    def _parent(self, folder: bytes) -> int:
        if not folder:
            return self._fd
        if self._last is None or self._last[0] != folder:
            self._drop_last()
            self._last = (folder, self._open_folder(folder))
        return self._last[1]

    def _forget(self) -> None:
        with self._lock:
            self._drop_last()

    def _drop_last(self) -> None:
        if self._last is not None:
            os.close(self._last[1])
            self._last = None

    def _repeats(self, folder: bytes) -> bool:
        try:
            return repeats(folder, self._open_folder)
        except OSError:
            return False  # met again, and said, when the folder itself is read

    def _open_folder(self, folder: bytes) -> int:
        fd = os.open(b".", _DIR_FLAGS, dir_fd=self._fd)
        for name in folder.split(b"/") if folder else ():
            above = fd
            try:
                fd = os.open(name, _DIR_FLAGS, dir_fd=above)
            finally:
                os.close(above)
        return fd

    def _translated(self, error: OSError, path: bytes) -> Exception:
        if error.errno == errno.ENXIO and self._is_socket(path):
            return NotTaken("socket")  # the same answer as that of a device that was pulled out
        if error.errno in _GONE or not self.present():
            return Unplugged(str(error))
        if error.errno in {errno.ENOENT, errno.ENOTDIR, errno.ESTALE}:
            return Vanished(str(error))
        if error.errno == errno.ELOOP:
            return NotTaken("link")
        return NotTaken("unreadable", os.strerror(error.errno or 0))

    def _is_socket(self, path: bytes) -> bool:
        try:
            return stat.S_ISSOCK(os.stat(path, dir_fd=self._fd, follow_symlinks=False).st_mode)
        except OSError:
            return False
