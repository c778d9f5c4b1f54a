"""Noticing recorders: mounted USB file systems and cards, and what appears in watched folders.

Events wake the watcher, a poll every second makes sure: events get lost.
"""

from __future__ import annotations

import os
import stat
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pyudev

from ingest.recorders.mounts import device_facts, mount_at, mounts

POLL = 1.0
"""Seconds between looks."""
LOOK_AGAIN = 15.0
"""Seconds between looks for new files on a recorder that stays plugged in."""
_NO_RECORDERS = {"squashfs", "iso9660", "overlay", "autofs", "tmpfs", "devtmpfs", "proc", "sysfs"}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a recorder is plugged in: its mount point or folder, and the slot's name."""

    root: Path
    slot: str
    mark: tuple[int, int]
    """Device and number of the root: another recorder at the same place has another."""


@dataclass(slots=True)
class _Settling:
    place: Place
    picture: tuple[int, int, int]
    since: float
    docked: tuple[int, int, int] | None = None
    looked: float = field(default_factory=time.monotonic)


def usb_places(context: pyudev.Context | None = None) -> Iterator[Place]:
    """Mounted file systems on USB disks and removable media; the slot is the USB port, such as `1-2.3`."""
    for mount in mounts():
        if mount.root != b"/" or mount.filesystem in _NO_RECORDERS:
            continue
        facts = device_facts(mount.device, context)
        if facts.usb or facts.removable:
            place = _place(mount.point, facts.port or mount.point.name)
            if place is not None:
                yield place


def folder_places(folder: Path) -> Iterator[Place]:
    """Mount points and plain subfolders of a watched folder, links left out; the slot is the name."""
    try:
        entries = list(os.scandir(folder))
    except OSError:
        return
    for entry in entries:
        try:
            if entry.is_dir(follow_symlinks=False) and not entry.name.startswith("."):
                place = _place(Path(entry.path), os.fsencode(entry.name).decode("utf-8", "backslashreplace"))
                if place is not None:
                    yield place
        except OSError:
            continue


def _place(root: Path, slot: str) -> Place | None:
    try:
        facts = root.stat()
    except OSError:
        return None
    return Place(root, slot[:64], (facts.st_dev, facts.st_ino))


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


class Watcher:
    """Tells which places hold a recorder that is ready to be read."""

    def __init__(self, folders: list[Path], *, usb: bool, settle: float) -> None:
        self._folders = folders
        self._usb = usb
        self._settle = settle
        self._known: dict[Path, _Settling] = {}
        self._wake = threading.Event()
        self._context = pyudev.Context() if usb else None
        self._observer: pyudev.MonitorObserver | None = None
        if self._context is not None:
            monitor = pyudev.Monitor.from_netlink(self._context)
            monitor.filter_by("block")
            self._observer = pyudev.MonitorObserver(monitor, callback=lambda _device: self._wake.set())
            self._observer.start()

    def wait(self) -> None:
        """Wait for an event, a second at most."""
        self._wake.wait(POLL)
        self._wake.clear()

    def wake(self) -> None:
        """Look now."""
        self._wake.set()

    def close(self) -> None:
        """Stop listening."""
        if self._observer is not None:
            self._observer.stop()

    def ready(self, docked: set[Path]) -> list[Place]:
        """Answer places that became ready to be docked; `docked`: those where a docking runs.

        A place is answered once, and again when another recorder takes it or new files settle there.
        """
        now = time.monotonic()
        places = {place.root: place for place in self._places()}
        for root in self._known.keys() - places.keys():
            del self._known[root]
        answer = []
        for root, place in places.items():
            known = self._known.get(root)
            if known is None or known.place.mark != place.mark:
                # A file system is whole when it is mounted; a folder may still be filled.
                mounted = mount_at(root) is not None
                known = _Settling(place, picture(root), now - (self._settle if mounted else 0.0))
                self._known[root] = known
            elif root in docked or (known.docked is not None and now - known.looked < LOOK_AGAIN):
                continue
            else:
                known.looked = now
                if (newer := picture(root)) != known.picture:
                    known.picture, known.since = newer, now
            if known.picture[0] and known.docked != known.picture and now - known.since >= self._settle:
                known.docked = known.picture
                answer.append(place)
        return answer

    def _places(self) -> Iterator[Place]:
        if self._usb:
            yield from usb_places(self._context)
        for folder in self._folders:
            yield from folder_places(folder)
