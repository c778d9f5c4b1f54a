"""The driver port: what the station asks of a recorder, whatever it is. Drivers hold no rules.

A `Driver` finds what is plugged in and attaches it; a `Recorder` is what stands open then. Some recorders show a
vendor interface first: they attach as `Locked`, and become a disk only after logging in.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol, runtime_checkable

from ingest.errors import NotSupported
from ingest.protocol import RecorderIdentity


@dataclass(frozen=True, slots=True)
class Listed:
    """A regular file as it stood when listed. `path` is relative to the recorder's root."""

    path: bytes
    size: int
    modified_ns: int
    read_only: bool = False
    """Whether it bears the attribute read-only, which some recorders set on what was marked as important."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Something that is not taken in: `word` names the reason (see `ingest.words.words`).

    `attention` is set where a recording may be hidden behind it (an unreadable folder), not for links and the like.
    """

    path: bytes
    word: str
    attention: bool
    detail: str = ""


@dataclass(frozen=True, slots=True)
class ClockValue:
    """What a recorder's clock showed. `error_seconds` bounds what asking took and the clock's granularity."""

    shown: datetime
    """As the recorder gave it; without zone where it names none."""
    station: datetime
    """The station's clock in the middle of asking, UTC."""
    error_seconds: float


class SourceFile(Protocol):
    """A file on a recorder, opened for reading. Errors of the operating system come as OSError."""

    def facts(self) -> tuple[int, int]:
        """Answer size in bytes and modification time in nanoseconds as they are now."""

    def read_at(self, view: memoryview, offset: int) -> int:
        """Fill `view` from `offset` as far as one read goes; answer the bytes read, 0 at the end."""

    def ahead(self, offset: int, length: int) -> None:
        """Say what will be read soon; a driver may ignore it."""

    def close(self) -> None:
        """Let go of the file."""


class Device(Protocol):
    """What every plugged-in recorder may be asked, locked or not. Any of it may raise Unplugged and OSError."""

    identity: RecorderIdentity

    def present(self) -> bool:
        """Whether it is still there. Cheap; asked often."""

    def read_clock(self) -> ClockValue:
        """Read its clock. Raises NotSupported."""

    def set_clock(self, to: datetime) -> None:
        """Set its clock to `to` (with zone). Raises NotSupported."""

    def battery(self) -> int | None:
        """Answer its charge in per cent, None when it does not say."""

    def free_space(self) -> int | None:
        """Answer its free bytes, None when it does not say."""

    def close(self) -> None:
        """Let go of it, so that it can be unmounted."""


@runtime_checkable
class Recorder(Device, Protocol):
    """A recorder whose files can be read."""

    def entries(self) -> Iterator[Listed | LeftOut]:
        """List everything on it, in no particular order. Raises Unplugged."""

    def open(self, path: bytes) -> SourceFile:
        """Open a listed file. Raises Vanished, NotTaken, Unplugged, OSError."""

    def clear(self, path: bytes, size: int, modified_ns: int) -> None:
        """Remove exactly this file; when it answers, the removal is on the medium.

        The medium is writable only for that moment. Whether the file may go is not a driver's question: the caller
        has proven it. Raises NotTaken when the file is not the one that was listed or the medium is write-protected
        (`word` says which), Vanished, Unplugged, OSError. After any of them the file counts as not removed.
        """


@runtime_checkable
class Locked(Device, Protocol):
    """A recorder that shows a vendor interface: its files can be read only after it became a disk."""

    def log_in(self, secret: str) -> None:
        """Log in. Raises LogInRefused. A recorder that asks for nothing accepts anything."""

    def to_disk_mode(self) -> Recorder | None:
        """Make it a disk. None: it leaves the bus and comes back at the same port as another device.

        Raises LogInRefused, NotSupported.
        """


@dataclass(frozen=True, slots=True)
class Place:
    """Something plugged in, as a driver saw it at a glance: not opened, perhaps not even readable."""

    key: str
    """Names it among all places of its driver; another recorder in the same socket has another key."""
    slot: str
    """The socket's name: its port, such as `1-2.3`, or the watched folder's."""
    handle: str = field(default="", compare=False)
    """Whatever the driver needs to attach it."""
    settled: bool = True
    """Whole from the moment it is seen. A folder that somebody may still be filling is not: it must hold still."""


class Driver(Protocol):
    """Finds recorders of one sort. Made once a station; its methods may be called from several threads."""

    name: str
    """That of its entry point."""

    def find(self) -> Iterable[Place]:
        """Answer what is plugged in now. Asked every second, on a thread of the driver's own; never opens anything."""

    def attach(self, place: Place) -> Recorder | Locked:
        """Open and identify it, on a thread of the place's own. Raises NotAttached with a word for people; OSError."""

    def holds_still(self, place: Place) -> tuple[int, int, int] | None:
        """Answer a picture of what lies there (entries, bytes, newest change); None where nothing can change unseen.

        A place that is not `settled` is attached once its picture is not empty and holds still. After a docking, a
        changed picture is a reason to dock again.
        """

    def accepts(self, path: Path) -> bool:
        """Whether `attach_path` can open this path, for `liuhen dock PATH`."""

    def attach_path(self, path: Path) -> Recorder | Locked:
        """Open what lies at a path a person named. Raises NotAttached, OSError."""

    def close(self) -> None:
        """Stop listening and let go of everything; nothing stays mounted."""


class DriverDefaults:
    """Honest answers for whatever a driver cannot do; drivers may inherit from it."""

    name = ""

    def holds_still(self, place: Place) -> tuple[int, int, int] | None:
        """Nothing to watch: places of this driver are settled."""
        del place
        return None

    def accepts(self, path: Path) -> bool:
        """No path is this driver's."""
        del path
        return False

    def attach_path(self, path: Path) -> Recorder | Locked:
        """Refuse: see `accepts`."""
        raise NotSupported(f"the driver {self.name} opens no paths, so not {path}")

    def close(self) -> None:
        """Nothing to let go of."""


class DeviceDefaults:
    """Honest answers for whatever a recorder cannot do; recorders may inherit from it."""

    identity: RecorderIdentity
    wall_times = False
    """Times of files are the recorder's wall clock read as if it were UTC, as on a FAT that we mounted."""

    def read_clock(self) -> ClockValue:
        """Refuse: its clock cannot be read."""
        raise NotSupported("the clock of this recorder cannot be read")

    def set_clock(self, to: datetime) -> None:
        """Refuse: its clock cannot be set."""
        raise NotSupported(f"the clock of this recorder cannot be set to {to}")

    def battery(self) -> int | None:
        """It does not say."""
        return None

    def free_space(self) -> int | None:
        """It does not say."""
        return None

    def clear(self, path: bytes, size: int, modified_ns: int) -> None:
        """Refuse: nothing can be removed."""
        del path, size, modified_ns
        raise NotSupported("nothing can be removed from this recorder")
