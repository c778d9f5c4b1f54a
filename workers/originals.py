"""Scratch copies of originals: fetched once from storage, shared by the stages on one machine, bounded in space.

A scratch copy is never evidence. It is complete or absent: it is fetched under a temporary name and renamed when
its length and SHA-256 are those of the catalog.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import UUID


class FetchedWrong(Exception):
    """What the storage gave is not the original; nothing was derived from it."""


class Originals:
    """A folder of scratch copies named by clip id."""

    def __init__(self, folder: Path, limit: int) -> None:
        self.folder = folder
        self.limit = limit
        """Bytes kept at most."""
        folder.mkdir(parents=True, exist_ok=True)

    @contextmanager
    def borrow(
        self,
        clip: UUID,
        *,
        size: int,
        sha256: str,
        read: Callable[[], Iterator[bytes]],
        on_block: Callable[[int], None] = lambda _size: None,
    ) -> Iterator[Path]:
        """Answer a path holding the original for as long as the context lasts; `read` opens it at the storage.

        While borrowed it is not removed; two stages wanting it at once fetch it once. Raises FetchedWrong, OSError
        (scratch disk full), and whatever `read` raises.
        """
        path = self.folder / str(clip)
        with _locked(path.with_suffix(".lock")) as lock:
            if not path.is_file() or path.stat().st_size != size:
                self._reserve(path, size)
                self._fetch(path, size, sha256, read, on_block)
            path.touch()
            fcntl.flock(lock, fcntl.LOCK_SH)
            yield path
        self._make_room(0)

    def clear_leftovers(self) -> int:
        """Remove what fetching left behind where its worker was killed; answer how many files there were."""
        removed = 0
        for partial in self.folder.glob("*.part"):
            with _unless_held(partial.with_suffix(".lock")) as free:
                if free:
                    partial.unlink(missing_ok=True)
                    removed += 1
        return removed

    def _reserve(self, path: Path, size: int) -> None:
        """Make room, and take it at once with an empty file of the size that is to come: others count it."""
        partial = path.with_suffix(".part")
        with _locked(self.folder / "room.lock"):
            partial.unlink(missing_ok=True)
            self.clear_leftovers()
            self._make_room(size)
            with partial.open("wb") as out:
                out.truncate(size)

    @staticmethod
    def _fetch(
        path: Path,
        size: int,
        sha256: str,
        read: Callable[[], Iterator[bytes]],
        on_block: Callable[[int], None],
    ) -> None:
        partial = path.with_suffix(".part")
        digest, length = hashlib.sha256(), 0
        try:
            with partial.open("r+b") as out:
                for block in read():
                    out.write(block)
                    digest.update(block)
                    length += len(block)
                    on_block(len(block))
                # A later stage knows the copy by its length alone, so its content must be down before its name is.
                out.flush()
                os.fsync(out.fileno())
            if length != size or digest.hexdigest() != sha256:
                raise FetchedWrong(f"fetched {length} bytes that are not the original of {size} bytes")
            partial.rename(path)
        finally:
            partial.unlink(missing_ok=True)

    def _make_room(self, wanted: int) -> None:
        """Remove the longest unused copies nobody borrows until `wanted` more bytes fit the limit."""
        copies, used = [], 0
        for path in self.folder.iterdir():
            if path.suffix != ".lock":
                with suppress(FileNotFoundError):
                    facts = path.stat()
                    used += facts.st_size
                    if path.suffix == "":
                        copies.append((facts.st_mtime, facts.st_size, path))
        for _, size, path in sorted(copies):
            if used + wanted <= self.limit:
                return
            if self._remove(path):
                used -= size

    @staticmethod
    def _remove(path: Path) -> bool:
        with _unless_held(path.with_suffix(".lock")) as free:
            if free:
                path.unlink(missing_ok=True)
                path.with_suffix(".lock").unlink(missing_ok=True)
            return free


@contextmanager
def _unless_held(path: Path) -> Iterator[bool]:
    """Hold an exclusive lock if nobody else does; answer whether it is held."""
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError:
        yield False
        return
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield False
        else:
            yield True
    finally:
        os.close(handle)


@contextmanager
def _locked(path: Path) -> Iterator[int]:
    """Hold an exclusive lock on a file that others may remove while they hold it themselves."""
    while True:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            if _same_file(handle, path):
                yield handle
                return
        finally:
            os.close(handle)


def _same_file(handle: int, path: Path) -> bool:
    try:
        return os.fstat(handle).st_ino == path.stat().st_ino
    except FileNotFoundError:
        return False
