"""USB disks and cards in readers: found in sysfs, mounted read-only by ourselves, every partition of a card at once."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NoReturn

from ingest.errors import NotAttached, NotTaken, Vanished
from ingest.protocol import RecorderIdentity
from ingest.recorders.base import DeviceDefaults, DriverDefaults, LeftOut, Listed, Place
from ingest.recorders.blocks import SYS, Disk, Volume, disks, still_there
from ingest.recorders.folder import FolderRecorder, picture
from ingest.recorders.identity import compose, read_marker
from ingest.recorders.mounting import RunFolder, mount, writable
from ingest.recorders.mounts import Mount, facts_of, filesystem_id, mount_at, mounts
from ingest.recorders.superblock import Superblock, read_superblock
from ingest.recorders.system_disks import of_the_system
from ingest.recorders.tree import OpenFile

__all__ = ["DiskRecorder", "FolderRecorder", "MassStorageDriver"]

RUN_FOLDER = Path("/run/liuhen/recorders")
SHOWN = 0.3
"""Seconds for which a disk's partitions must stay the same before they count as all of them."""


@dataclass(slots=True)
class _Part:
    """A partition of a card: what stands open of it, or why it does not."""

    prefix: bytes
    folder: FolderRecorder | None
    trouble: NotAttached | None = None


class DiskRecorder(DeviceDefaults):
    """A disk's file systems as one recorder. With several partitions their paths begin with `p1/`, `p2/` and so on."""

    def __init__(self, identity: RecorderIdentity, parts: list[_Part], *, wall_times: bool = False) -> None:
        self.identity = identity
        self.wall_times = wall_times
        self._parts = {part.prefix: part for part in parts}
        self._single = parts[0].folder if len(parts) == 1 and not parts[0].prefix else None

    @property
    def roots(self) -> list[Path]:
        """Where its file systems are mounted."""
        return [folder.root for folder in self._folders()]

    def present(self) -> bool:
        """Whether the same medium is still there."""
        return all(folder.present() for folder in self._folders())

    def entries(self) -> Iterator[Listed | LeftOut]:
        """List everything on it; a partition that cannot be read is named and needs attention. Raises Unplugged."""
        if self._single is not None:
            yield from self._single.entries()
            return
        for prefix, part in self._parts.items():
            if part.folder is None:
                trouble = part.trouble or NotAttached("medium-unreadable")
                # An empty partition hides nothing; anything else may.
                attention = trouble.word != "partition-blank"
                yield LeftOut(prefix, trouble.word, attention=attention, detail=trouble.detail)
                continue
            for entry in part.folder.entries():
                path = prefix + b"/" + entry.path if entry.path else prefix
                if isinstance(entry, Listed):
                    yield replace(entry, path=path)
                else:
                    yield LeftOut(path, entry.word, attention=entry.attention, detail=entry.detail)

    def open(self, path: bytes) -> OpenFile:
        """Open a listed file. Raises Vanished, NotTaken, Unplugged."""
        folder, rest = self._where(path)
        return folder.open(rest)

    def clear(self, path: bytes, size: int, modified_ns: int) -> None:
        """Remove a listed file for good. Raises NotTaken, Vanished, Unplugged, OSError."""
        folder, rest = self._where(path)
        folder.clear(rest, size, modified_ns)

    def free_space(self) -> int | None:
        """Answer the free bytes of all its file systems together."""
        known = [free for folder in self._folders() if (free := folder.free_space()) is not None]
        return sum(known) if known else None

    def close(self) -> None:
        """Let go of it and unmount what we mounted."""
        for folder in self._folders():
            folder.close()

    def _folders(self) -> list[FolderRecorder]:
        return [part.folder for part in self._parts.values() if part.folder is not None]

    def _where(self, path: bytes) -> tuple[FolderRecorder, bytes]:
        if self._single is not None:
            return self._single, path
        prefix, _, rest = path.partition(b"/")
        part = self._parts.get(prefix)
        if part is None:
            raise Vanished(f"no partition {prefix!r}")
        if part.folder is None:
            raise NotTaken("unreadable", part.trouble.detail if part.trouble else "")
        return part.folder, rest


class MassStorageDriver(DriverDefaults):
    """Everything the kernel shows as a disk on USB or as a removable medium."""

    name = "mass-storage"

    def __init__(
        self,
        run_folder: Path = RUN_FOLDER,
        *,
        sys: Path = SYS,
        also: frozenset[str] = frozenset(),
        never: tuple[Path, ...] = (),
    ) -> None:
        """`run_folder`: where we mount. `also`: block devices that count besides. `never`: paths of the station's own."""
        self._run = RunFolder(run_folder)
        self._sys = sys
        self._also = also
        self._never = never
        self._lock = threading.Lock()
        self._claimed = False

    def find(self) -> list[Place]:
        """List the disks with a medium. Reads sysfs and the list of mounts, and touches no device."""
        with self._lock:
            if not self._claimed:
                self._run.claim()
                self._claimed = True
        return [Place(disk.key, disk.slot[:64], disk.name) for disk in self._disks()]

    def devices(self) -> frozenset[int]:
        """Answer the device numbers of all these disks and their partitions."""
        return frozenset(
            number
            for disk in self._disks()
            for number in (disk.device, *(volume.device for volume in disk.volumes))
        )

    def _disks(self) -> list[Disk]:
        found = disks(self._sys, also=self._also)
        return [disk for disk in found if not of_the_system(disk, self._never, self._sys)] if found else []

    def attach(self, place: Place) -> DiskRecorder:
        """Mount and identify it. Raises NotAttached."""
        disk = self._whole(place)
        parts: list[_Part] = []
        try:
            several = len(disk.volumes) > 1
            parts.extend(
                self._part(disk, volume, b"p%d" % volume.number if several else b"")
                for volume in disk.volumes
            )
            opened = [
                (part.folder, volume)
                for part, volume in zip(parts, disk.volumes, strict=True)
                if part.folder is not None
            ]
            if not opened:
                _refuse(parts)
            ours = all(folder.root.is_relative_to(self._run.path) for folder, _ in opened)
            identity = self._identity(disk, opened)
            wall = ours and identity.filesystem.startswith("vfat")
            return DiskRecorder(identity, parts, wall_times=wall)
        except BaseException:
            for part in parts:
                if part.folder is not None:
                    part.folder.close()
            raise

    def holds_still(self, place: Place) -> tuple[int, int, int] | None:
        """Answer a picture where somebody else mounted it: what is mounted read-only by us does not change."""
        disk = next((disk for disk in self._disks() if disk.key == place.key), None)
        foreign = [self._mounted(volume) for volume in disk.volumes] if disk is not None else []
        pictures = [picture(mount.point) for mount in foreign if mount is not None and not mount.read_only]
        return tuple(map(sum, zip(*pictures, strict=True))) if pictures else None  # type: ignore[return-value]

    def close(self) -> None:
        """Unmount everything of ours."""
        with self._lock:
            if self._claimed:
                self._run.release()
                self._claimed = False

    def _whole(self, place: Place) -> Disk:
        """Answer the disk once the kernel has shown all its partitions. Raises NotAttached."""
        before = None
        while True:
            disk = next((disk for disk in self._disks() if disk.key == place.key), None)
            if disk is None:
                raise NotAttached("gone")
            if before == disk:
                return disk
            before = disk
            time.sleep(SHOWN)

    def _part(self, disk: Disk, volume: Volume, prefix: bytes) -> _Part:
        try:
            return _Part(prefix, self._open(disk, volume))
        except NotAttached as error:
            return _Part(prefix, None, error)
        except OSError as error:
            return _Part(prefix, None, NotAttached("medium-unreadable", error.strerror or str(error)))

    def _open(self, disk: Disk, volume: Volume) -> FolderRecorder:
        there = self._mounted(volume)
        if there is not None:
            identity = _unnamed(there.point)
            return FolderRecorder(there.point, identity, plugged=lambda: still_there(disk, self._sys))
        found = _look(volume)
        point = self._run.point(f"{disk.slot}-{disk.sequence}-{volume.name}")
        try:
            by_kernel = mount(volume.node, point, found.filesystem)
            return FolderRecorder(
                point,
                _unnamed(point),
                plugged=lambda: still_there(disk, self._sys),
                writable=(lambda: writable(point)) if by_kernel else contextlib.nullcontext,
                on_close=lambda: self._run.give_back(point),
            )
        except BaseException:
            self._run.give_back(point)
            raise

    def _mounted(self, volume: Volume) -> Mount | None:
        """Answer where somebody else has mounted it whole, if anywhere."""
        for there in mounts():
            if there.root == b"/" and not there.point.is_relative_to(self._run.path):
                if there.device == volume.device:
                    return there
                # A FUSE file system has a number of its own and names the device as its source.
                with contextlib.suppress(OSError):
                    if there.source == volume.node or (
                        there.source.startswith("/dev/")
                        and Path(there.source).stat().st_rdev == volume.device
                    ):
                        return there
        return None

    def _identity(self, disk: Disk, opened: list[tuple[FolderRecorder, Volume]]) -> RecorderIdentity:
        ids = [filesystem_id(volume.node, volume.device) for _, volume in opened]
        kinds = [
            " ".join(filter(None, (_kind(folder.root, volume), found)))
            for (folder, volume), found in zip(opened, ids, strict=True)
        ]
        root = opened[0][0].root
        marker = next((marker for folder, _ in opened if (marker := read_marker(folder.root))), {})
        facts = facts_of(disk, next(filter(None, ids), ""))
        identity = compose(root, mount_at(root), facts, marker, driver=self.name)
        free = [free for folder, _ in opened if (free := folder.free_space()) is not None]
        return identity.model_copy(
            update={"filesystem": "; ".join(kinds)[:128], "free_bytes": sum(free) if free else None}
        )


def _refuse(parts: list[_Part]) -> NoReturn:
    """Say why nothing of a disk could be opened; an empty partition is the least telling reason."""
    troubles = [part.trouble for part in parts if part.trouble is not None]
    telling = [trouble for trouble in troubles if trouble.word != "partition-blank"]
    raise (telling or troubles or [NotAttached("no-medium")])[0]


def _look(volume: Volume) -> Superblock:
    try:
        found = read_superblock(volume.node)
    except PermissionError as error:
        raise NotAttached("may-not-mount", volume.node) from error
    except OSError as error:
        raise NotAttached("medium-unreadable", error.strerror or str(error)) from error
    if not found.filesystem:
        if found.blank:
            raise NotAttached("partition-blank", volume.node)
        # A table whose partitions the kernel has not shown yet, or one it does not understand.
        raise NotAttached("partitions-not-shown" if found.partitioned else "filesystem-unknown", volume.node)
    return found


def _kind(root: Path, volume: Volume) -> str:
    """Name the file system: as it calls itself, for a FUSE tool's mount says nothing; else as it is mounted."""
    with contextlib.suppress(OSError):
        if found := read_superblock(volume.node).filesystem:
            return found
    there = mount_at(root)
    return there.filesystem if there is not None else ""


def _unnamed(root: Path) -> RecorderIdentity:
    """A partition needs no identity of its own; the disk has one."""
    return RecorderIdentity(serial=str(root)[-128:], serial_source="folder", driver="mass-storage")
