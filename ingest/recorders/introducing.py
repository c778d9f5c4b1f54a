"""Getting to know a recorder that was attached.

Its clock before anything sets it, its charge, whether its serial is its own; and logging in where it shows a vendor
interface first.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeVar

from ingest.clock import by_file_times, read_and_set, station_clock
from ingest.errors import LogInRefused, NotAttached, NotTaken, Unplugged
from ingest.protocol import ClockReading, RecorderIdentity
from ingest.recorders.base import Device, Listed, Locked, Recorder
from ingest.recorders.memory import Memory
from ingest.recorders.serials import told_apart

LOOK_FOR_TIMES = 2.0
"""Seconds, at most, to look for the newest file of a recorder whose clock cannot be asked."""
MOST_TIMES = 20_000
COMES_BACK = 120.0
"""Seconds in which a recorder that became a disk is expected back at its port."""

Answer = TypeVar("Answer")

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Introducer:
    """One station's. Used from the threads of many recorders at once."""

    memory: Memory
    set_clocks: bool = True
    logins: Mapping[str, str] = field(default_factory=dict)
    """Secrets by USB id (`1d6b:0104`), by driver, or under `default`."""
    now: Callable[[], float] = time.monotonic
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _plugged: dict[str, Device] = field(default_factory=dict)
    _before: dict[str, tuple[RecorderIdentity, float]] = field(default_factory=dict)

    def introduce(self, key: str, slot: str, device: Recorder | Locked) -> Recorder | None:
        """Complete the identity; unlock where needed. None: it left the bus and comes back as a disk.

        `key` names it among those plugged in, until `left`. Raises NotAttached, Unplugged, OSError.
        """
        if isinstance(device, Locked):
            self._facts(device)
            unlocked = self._unlock(slot, device)
            if unlocked is None:
                return None
            unlocked.identity = _merged(device.identity, unlocked.identity)
            try:
                return self._complete(key, unlocked)
            except BaseException:
                unlocked.close()
                raise
        self._known_from_before(slot, device)
        return self._complete(key, device)

    def _complete(self, key: str, device: Recorder) -> Recorder:
        self._told_apart(key, device)
        self._facts(device)
        return device

    def left(self, key: str) -> None:
        """It is no longer plugged in."""
        with self._lock:
            self._plugged.pop(key, None)

    def _facts(self, device: Recorder | Locked) -> None:
        """Ask what can be asked. None of it is worth not taking recordings in. Raises Unplugged."""
        identity = device.identity
        clock = identity.clock
        if clock is None or clock.method in {"none", "file-times"}:
            clock = _asked(lambda: self._clock(device), "clock", clock)
        battery = _asked(device.battery, "battery", None)
        free = _asked(device.free_space, "free space", None)
        device.identity = identity.model_copy(
            update={
                "clock": clock,
                "battery": identity.battery if battery is None else max(0, min(100, battery)),
                "free_bytes": identity.free_bytes if free is None else max(0, free),
            }
        )

    def _clock(self, device: Recorder | Locked) -> ClockReading:
        clock = read_and_set(device, self.memory, may_set=self.set_clocks)
        if clock.method != "none" or not isinstance(device, Recorder):
            return clock
        return self._by_files(device).model_copy(update={"last_set_at": clock.last_set_at})

    @staticmethod
    def _by_files(recorder: Recorder) -> ClockReading:
        own, end = station_clock(), time.monotonic() + LOOK_FOR_TIMES
        newest = None
        entries = recorder.entries()
        for count, entry in enumerate(entries):
            if isinstance(entry, Listed):
                newest = max(newest or entry.modified_ns, entry.modified_ns)
            if count >= MOST_TIMES or time.monotonic() > end:
                break
        if isinstance(entries, Generator):
            entries.close()
        return by_file_times(
            newest, datetime.now(UTC), own, wall=bool(getattr(recorder, "wall_times", False))
        )

    def _unlock(self, slot: str, device: Locked) -> Recorder | None:
        identity = device.identity
        names = (identity.usb_id, identity.driver, "default")
        secret = next((self.logins[name] for name in names if name in self.logins), "")
        try:
            device.log_in(secret)
            recorder = device.to_disk_mode()
        except LogInRefused as error:
            raise NotAttached("login-refused", identity.model or identity.usb_id) from error
        except NotTaken as error:
            raise NotAttached("no-disk-mode", identity.model or identity.usb_id) from error
        if recorder is None:
            with self._lock:
                self._before[_port(slot)] = (identity, self.now())
        return recorder

    def _known_from_before(self, slot: str, device: Recorder) -> None:
        with self._lock:
            before = self._before.pop(_port(slot), None)
        if before is not None and self.now() - before[1] <= COMES_BACK:
            device.identity = _merged(before[0], device.identity)

    def _told_apart(self, key: str, device: Recorder) -> None:
        """Two that report the same serial at once are two; from then on none of them is believed by its serial."""
        identity = device.identity
        if identity.serial_source not in {"usb", "driver"}:
            return
        reported = identity.reported_serial or identity.serial
        with self._lock:
            twins = [
                other
                for name, other in self._plugged.items()
                if name != key
                and other.identity.serial_source in {"usb", "driver"}
                and (other.identity.reported_serial or other.identity.serial) == reported
            ]
            self._plugged[key] = device
        # One that was pulled out a moment ago and plugged in elsewhere is no other. Asked without the lock: a dying
        # one may not answer.
        twin = any(other.present() for other in twins)
        if self.memory.shared(identity, twin=twin):
            device.identity = told_apart(identity)


def _asked(question: Callable[[], Answer], what: str, otherwise: Answer) -> Answer:
    try:
        return question()
    except Unplugged:
        raise
    except Exception as error:  # noqa: BLE001  a driver's clock must not keep its recordings back
        log.warning("the %s of a recorder cannot be asked: %s: %s", what, type(error).__name__, error)
        return otherwise


def _port(slot: str) -> str:
    """A recorder that became several disks has several slots at one port."""
    return slot.partition(".lun")[0]


def _merged(vendor: RecorderIdentity, disk: RecorderIdentity) -> RecorderIdentity:
    """The disk's identity with what the recorder itself said before it became one."""
    return disk.model_copy(
        update={
            "serial": vendor.serial,
            "serial_source": vendor.serial_source,
            "reported_serial": vendor.reported_serial,
            "same_serial": vendor.same_serial,
            "vendor": vendor.vendor or disk.vendor,
            "model": vendor.model or disk.model,
            "kind": "recorder",
            "clock": vendor.clock or disk.clock,
            "battery": disk.battery if vendor.battery is None else vendor.battery,
        }
    )
