"""Scratch folders in which renditions are made: one for each attempt, bounded together, gone when it ends.

A folder is locked for as long as its process lives, so what a killed worker left is known by nobody holding it, and
removed by the next worker that starts or renders on this machine. Its name says how many bytes it was promised.
"""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

LEAST = 64 << 20
"""Bytes without which nothing is begun."""


class ScratchFull(OSError):
    """The scratch space for renditions is taken by others; it is tried again."""

    def __init__(self) -> None:
        super().__init__(errno.ENOSPC, "the worker's scratch space is full")


class Renders:
    """The folder of these folders."""

    def __init__(self, folder: Path, limit: int) -> None:
        self.folder = folder
        self.limit = limit
        """Bytes that all attempts on this machine may take together."""

    @contextmanager
    def scratch(self, clip: UUID, wanted: int) -> Iterator[tuple[Path, int]]:
        """Answer an empty folder of one's own and the bytes that may be written there; it is removed at the end.

        They are promised to nobody else, and `wanted` at most; nor more than half of what is free (but LEAST), so
        that a long film leaves room for the pictures of others. Raises ScratchFull, OSError.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        with self._alone():
            self._clear()
            free = self._free()
            if free < LEAST:
                raise ScratchFull
            room = min(wanted, max(free // 2, LEAST))
            path = Path(tempfile.mkdtemp(dir=self.folder, prefix=f"{clip}.{room}."))
            handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
            fcntl.flock(handle, fcntl.LOCK_EX)
        try:
            yield path, room
        finally:
            shutil.rmtree(path, ignore_errors=True)
            os.close(handle)

    def clear_leftovers(self) -> int:
        """Remove the folders of attempts whose process is gone; answer how many there were."""
        if not self.folder.is_dir():
            return 0
        with self._alone():
            return self._clear()

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Hold the folder of folders: one that is made and not locked yet is not to be taken for a leftover."""
        handle = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    def _clear(self) -> int:
        removed = 0
        for path in self._folders():
            try:
                handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
            except OSError:
                continue  # just gone
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                continue  # somebody is at work in it
            else:
                shutil.rmtree(path, ignore_errors=True)
                removed += 1
            finally:
                os.close(handle)
        return removed

    def _folders(self) -> list[Path]:
        return [path for path in self.folder.iterdir() if path.is_dir()]

    def _free(self) -> int:
        """Bytes that neither lie in the folders nor are promised to them."""
        taken = unwritten = 0
        for path in self._folders():
            used = _used(path)
            promised = max(_promised(path), used)
            taken += promised
            unwritten += promised - used
        return min(self.limit - taken, shutil.disk_usage(self.folder).free - unwritten)


def _promised(path: Path) -> int:
    said = path.name.partition(".")[2].partition(".")[0]
    return int(said) if said.isdecimal() else 0


def _used(path: Path) -> int:
    total = 0
    for folder, _, names in os.walk(path):
        for name in names:
            try:
                total += (Path(folder) / name).stat().st_size
            except OSError:
                continue  # just gone
    return total
