"""Plain folders and what somebody else has mounted: `liuhen dock PATH`, and the watched folders of a station."""

from __future__ import annotations

import contextlib
import functools
import os
import stat
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

from ingest.errors import NotAttached
from ingest.protocol import RecorderIdentity
from ingest.recorders.base import DeviceDefaults, DriverDefaults, LeftOut, Listed, Place
from ingest.recorders.identity import MARKER, identify, read_marker
from ingest.recorders.mounts import mounts
from ingest.recorders.slot_names import labels, slot_name
from ingest.recorders.tree import OpenFile, Tree


class FolderRecorder(DeviceDefaults):
    """A mounted file system or a folder; a `Recorder`. The station's own marker file is not listed."""

    def __init__(
        self,
        root: Path,
        identity: RecorderIdentity | None = None,
        *,
        plugged: Callable[[], bool] = lambda: True,
        writable: Callable[[], AbstractContextManager[None]] = contextlib.nullcontext,
        on_close: Callable[[], None] = lambda: None,
    ) -> None:
        """Open and identify it. Raises OSError when the folder cannot be opened.

        `plugged`: whether the medium is still there. `writable` is entered while something is removed: it makes a
        read-only mount of ours writable and read-only again. `on_close` unmounts.
        """
        self.root = Path(os.path.realpath(root))
        self.identity = identity or identify(self.root)
        ignore = frozenset({os.fsencode(MARKER)}) if read_marker(self.root) else frozenset[bytes]()
        self._tree = Tree(self.root, ignore=ignore, plugged=plugged)
        self._writable = writable
        self._removing = threading.Lock()
        self._on_close = on_close

    def present(self) -> bool:
        """Whether the same folder still stands there and answers."""
        return self._tree.present()

    def entries(self) -> Iterator[Listed | LeftOut]:
        """List everything on it. Raises Unplugged."""
        return self._tree.entries()

    def open(self, path: bytes) -> OpenFile:
        """Open a listed file. Raises Vanished, NotTaken, Unplugged."""
        return self._tree.open(path)

    def clear(self, path: bytes, size: int, modified_ns: int) -> None:
        """Remove a listed file for good. Raises NotTaken, Vanished, Unplugged, OSError."""
        with self._removing:
            self._tree.remove(path, size, modified_ns, self._writable)

    def free_space(self) -> int | None:
        """Answer the free bytes of its file system."""
        try:
            space = os.statvfs(self.root)
        except OSError:
            return None
        return space.f_bavail * space.f_frsize

    def close(self) -> None:
        """Let go of it."""
        self._tree.close()
        self._on_close()


class FolderDriver(DriverDefaults):
    """Mount points and plain subfolders of watched folders, links left out; see `slot_names` for what they are called."""

    name = "folder"

    def __init__(
        self, folders: Iterable[Path] = (), *, others: Callable[[], frozenset[int]] = frozenset
    ) -> None:
        """`folders` are watched. `others`: device numbers of disks that another driver finds by itself."""
        self._folders = labels(list(dict.fromkeys(Path(os.path.realpath(folder)) for folder in folders)))
        self._others = others

    def find(self) -> list[Place]:
        """List them by name alone: a dead mount among them must not keep the others waiting."""
        if not self._folders:
            return []
        mounted = {mount.point: mount.device for mount in mounts()}
        others = self._others()
        alone = len(self._folders) == 1
        return [
            place
            for folder, label in self._folders.items()
            for place in _places(folder, mounted, functools.partial(slot_name, label, alone=alone))
            if mounted.get(Path(place.handle)) not in others
        ]

    def attach(self, place: Place) -> FolderRecorder:
        """Open it. Raises NotAttached."""
        return self.attach_path(Path(place.handle))

    def holds_still(self, place: Place) -> tuple[int, int, int]:
        """Answer number, size and newest change of everything below it."""
        return picture(Path(place.handle))

    def accepts(self, path: Path) -> bool:
        """Any folder."""
        return path.is_dir()

    def attach_path(self, path: Path) -> FolderRecorder:
        """Open it. Raises NotAttached."""
        try:
            return FolderRecorder(path)
        except OSError as error:
            raise NotAttached("folder-not-opened", f"{path}: {error.strerror}") from error


def _places(folder: Path, mounted: dict[Path, int], named: Callable[[bytes], str]) -> Iterator[Place]:
    try:
        entries = list(os.scandir(folder))
    except OSError:
        return
    for entry in entries:
        with contextlib.suppress(OSError):
            if entry.name.startswith(".") or not entry.is_dir(follow_symlinks=False):
                continue
            path = Path(entry.path)
            slot = named(os.fsencode(entry.name))
            # The number as listed, without asking the folder itself: another folder of the name has another.
            mark = f"{entry.inode()}:{mounted.get(path, 0)}"
            # A file system is whole when it is mounted; a folder may still be filled.
            yield Place(f"{entry.path}:{mark}", slot, entry.path, settled=path in mounted)


def picture(root: Path) -> tuple[int, int, int]:
    """Answer number, size and newest change of everything below `root`, to see whether it holds still."""
    count = size = newest = 0
    waiting = [root]
    while waiting:
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    facts = entry.stat(follow_symlinks=False)
                    count += 1
                    newest = max(newest, facts.st_mtime_ns)
                    if stat.S_ISDIR(facts.st_mode):
                        waiting.append(Path(entry.path))
                    else:
                        size += facts.st_size
        except OSError:
            continue
    return count, size, newest
