"""A recorder that does as it is told: for tests, demonstrations, and for trying a station without hardware.

It can lie about sizes, stall, leave at a byte, answer errors, drift its clock, and show a vendor interface first.
Nothing makes this driver by itself: whoever wants it hands it to the `Finder`.
"""

from __future__ import annotations

import errno
import itertools
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo

from ingest.errors import LogInRefused, NotAttached, NotTaken, Unplugged, Vanished
from ingest.protocol import RecorderIdentity
from ingest.recorders.base import ClockValue, DeviceDefaults, DriverDefaults, LeftOut, Listed, Place


@dataclass(slots=True)
class ScriptedFile:
    """One file. Offsets and sizes in bytes."""

    data: bytes
    modified_ns: int = 1_700_000_000_000_000_000
    said_size: int | None = None
    """What the listing says, where it lies."""
    stalls_at: int | None = None
    """A read that reaches this offset waits until `Script.go_on` is set."""
    leaves_at: int | None = None
    """A read that reaches this offset unplugs the recorder."""
    bad: tuple[tuple[int, int], ...] = ()
    """Ranges that answer EIO."""
    most: int = 1 << 30
    """Bytes a read answers at most."""


@dataclass(slots=True)
class Script:
    """What a recorder is and how it behaves."""

    serial: str
    files: dict[bytes, ScriptedFile] = field(default_factory=dict)
    port: str = "1-1"
    vendor: str = "Scripted"
    model: str = "Recorder"
    usb_id: str = "1d6b:0104"
    filesystem_id: str = ""
    battery: int | None = None
    free_bytes: int | None = None
    write_protected: bool = False
    left_out: tuple[LeftOut, ...] = ()
    clock_ahead: float | None = None
    """Seconds its clock is ahead of ours; None where it cannot be read."""
    clock_drift: float = 0.0
    """Seconds it gains a second."""
    clock_zone: tzinfo | None = None
    """The zone its clock is in; None gives wall-clock times of this machine's zone without saying so."""
    clock_can_be_set: bool = True
    vendor_mode: bool = False
    """Shows a vendor interface first."""
    secret: str = ""
    comes_back: bool = True
    """After log-in it leaves the bus and comes back as a disk of its own; else it becomes one in place."""
    attach_stalls: bool = False
    """Opening it waits until `go_on` is set."""
    go_on: threading.Event = field(default_factory=threading.Event)
    plugged: bool = False
    _began: float = field(default_factory=time.monotonic)

    def clock(self) -> datetime:
        """Answer what its clock shows now."""
        if self.clock_ahead is None:
            raise NotTaken("not-supported", "no clock")
        gained = self.clock_ahead + (time.monotonic() - self._began) * self.clock_drift
        return datetime.now(UTC) + timedelta(seconds=gained)

    def set_clock(self, to: datetime) -> None:
        """Set it; it goes on drifting from there."""
        self.clock_ahead, self._began = (to - datetime.now(UTC)).total_seconds(), time.monotonic()


class _Device(DeviceDefaults):
    """What the vendor interface and the disk have in common."""

    def __init__(self, script: Script, driver: str) -> None:
        self._script = script
        self.identity = RecorderIdentity(
            serial=script.serial,
            serial_source="driver" if script.vendor_mode else "usb",
            vendor=script.vendor,
            model=script.model,
            kind="recorder",
            filesystem_id=script.filesystem_id,
            usb_id=script.usb_id,
            port=script.port,
            driver=driver,
        )

    def present(self) -> bool:
        return self._script.plugged

    def read_clock(self) -> ClockValue:
        before = datetime.now(UTC)
        shown = self._script.clock()
        took = (datetime.now(UTC) - before).total_seconds()
        zone = self._script.clock_zone
        shown = shown.astimezone(zone) if zone is not None else shown.astimezone().replace(tzinfo=None)
        return ClockValue(shown, before + timedelta(seconds=took / 2), took / 2 + 0.001)

    def set_clock(self, to: datetime) -> None:
        if not self._script.clock_can_be_set:
            super().set_clock(to)
        self._script.set_clock(to)

    def battery(self) -> int | None:
        return self._script.battery

    def free_space(self) -> int | None:
        return self._script.free_bytes

    def close(self) -> None:
        pass


class _Source:
    """One file, opened."""

    def __init__(self, script: Script, file: ScriptedFile) -> None:
        self._script = script
        self._file = file

    def facts(self) -> tuple[int, int]:
        file = self._file
        return len(file.data) if file.said_size is None else file.said_size, file.modified_ns

    def read_at(self, view: memoryview, offset: int) -> int:
        file, script = self._file, self._script
        end = min(offset + len(view), offset + file.most, len(file.data))
        if file.stalls_at is not None and end > file.stalls_at:
            script.go_on.wait()
        if file.leaves_at is not None and end > file.leaves_at:
            script.plugged = False
        if not script.plugged:
            raise OSError(errno.ENODEV, "unplugged")
        if any(start < end and offset < stop for start, stop in file.bad):
            raise OSError(errno.EIO, "bad sector")
        got = file.data[offset:end]
        view[: len(got)] = got
        return len(got)

    def ahead(self, offset: int, length: int) -> None:
        pass

    def close(self) -> None:
        pass


class ScriptedRecorder(_Device):
    """The recorder as a disk; a `Recorder`."""

    def entries(self) -> Iterator[Listed | LeftOut]:
        """List what the script says is there. Raises Unplugged."""
        yield from self._script.left_out
        for path, file in list(self._script.files.items()):
            if not self._script.plugged:
                raise Unplugged
            yield Listed(path, len(file.data) if file.said_size is None else file.said_size, file.modified_ns)

    def open(self, path: bytes) -> _Source:
        """Open a file. Raises Vanished, Unplugged."""
        if not self._script.plugged:
            raise Unplugged
        if path not in self._script.files:
            raise Vanished(repr(path))
        return _Source(self._script, self._script.files[path])

    def clear(self, path: bytes, size: int, modified_ns: int) -> None:
        """Remove a file. Raises NotTaken, Vanished, Unplugged."""
        if self.open(path).facts() != (size, modified_ns):
            raise NotTaken("not-the-listed-file")
        if self._script.write_protected:
            raise NotTaken("write-protected")
        del self._script.files[path]


class ScriptedLocked(_Device):
    """The recorder before log-in; a `Locked`."""

    def __init__(self, script: Script, driver: str) -> None:
        super().__init__(script, driver)
        self._open = False

    def log_in(self, secret: str) -> None:
        """Log in. Raises LogInRefused."""
        if secret != self._script.secret:
            raise LogInRefused("wrong secret")
        self._open = True

    def to_disk_mode(self) -> ScriptedRecorder | None:
        """Become a disk, here or after coming back. Raises LogInRefused."""
        if not self._open:
            raise LogInRefused("log in first")
        self._script.vendor_mode = False
        return None if self._script.comes_back else ScriptedRecorder(self._script, "scripted")


class ScriptedDriver(DriverDefaults):
    """A bus into which scripts are plugged."""

    name = "scripted"

    def __init__(self, before_find: Callable[[], None] = lambda: None) -> None:
        """`before_find` is called at each look; one that does not answer is a driver that hangs."""
        self._before_find = before_find
        self._numbers = itertools.count(1)
        self._bus: dict[str, tuple[int, Script]] = {}
        self._lock = threading.Lock()

    def plug(self, script: Script) -> None:
        """Plug it in at its port."""
        script.plugged = True
        with self._lock:
            self._bus[script.port] = (next(self._numbers), script)

    def unplug(self, port: str) -> None:
        """Pull it out."""
        with self._lock:
            _, script = self._bus.pop(port)
        script.plugged = False

    def find(self) -> list[Place]:
        """List what is plugged in; a disk after log-in is another device at the same port."""
        self._before_find()
        with self._lock:
            return [
                Place(f"{port}:{number}:{'vendor' if script.vendor_mode else 'disk'}", port, port)
                for port, (number, script) in self._bus.items()
                if script.plugged
            ]

    def attach(self, place: Place) -> ScriptedRecorder | ScriptedLocked:
        """Open it. Raises NotAttached."""
        with self._lock:
            found = self._bus.get(place.handle)
        if found is None or not found[1].plugged:
            raise NotAttached("gone")
        script = found[1]
        if script.attach_stalls:
            script.go_on.wait()
        return (
            ScriptedLocked(script, self.name) if script.vendor_mode else ScriptedRecorder(script, self.name)
        )
