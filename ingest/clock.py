"""Clocks: how good the station's own is (`adjtimex(2)`), and what a recorder's shows before anything sets it."""

from __future__ import annotations

import contextlib
import ctypes
import os
from datetime import UTC, datetime, tzinfo
from pathlib import Path

from ingest.errors import NotTaken
from ingest.protocol import ClockReading, StationClock
from ingest.recorders.base import Device
from ingest.recorders.memory import Memory

SET_FROM = 2.0
"""Seconds of offset, beyond the reading's own error, from which a recorder's clock is set."""
MOST_STATION_ERROR = 1.0
"""Seconds the station's own clock may be wrong, by its own account, and still set another."""
_UNSYNCHRONISED = 0x40  # STA_UNSYNC
_NANOSECONDS = 0x2000  # STA_NANO
_TIME_ERROR = 5
_KEEPERS = {
    "chronyd": "chrony",
    "systemd-timesyn": "systemd-timesyncd",  # the kernel cuts names to 15 characters
    "ntpd": "ntpd",
    "ntpsec-ntpd": "ntpsec",
    "openntpd": "openntpd",
    "phc2sys": "phc2sys",
}


class _Timeval(ctypes.Structure):
    _fields_ = (("seconds", ctypes.c_long), ("fraction", ctypes.c_long))


class _Timex(ctypes.Structure):
    """`struct timex` of adjtimex(2), up to the fields we read; the kernel's is padded behind."""

    _fields_ = (
        ("modes", ctypes.c_uint), ("offset", ctypes.c_long), ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long), ("esterror", ctypes.c_long), ("status", ctypes.c_int),
        ("constant", ctypes.c_long), ("precision", ctypes.c_long), ("tolerance", ctypes.c_long),
        ("time", _Timeval), ("tick", ctypes.c_long), ("rest", ctypes.c_byte * 256),
    )  # fmt: skip


def station_clock() -> StationClock:
    """Ask the kernel how good this machine's clock is. Changes nothing and needs no rights; never raises."""
    now = datetime.now(UTC)
    state = _Timex(modes=0)
    try:
        answer = ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.byref(state))
    except (AttributeError, OSError):
        answer = -1
    if answer < 0:
        return StationClock(read_at=now, source=_keeper())
    return StationClock(
        read_at=now,
        synchronised=answer != _TIME_ERROR and not state.status & _UNSYNCHRONISED,
        max_error_seconds=state.maxerror / 1e6,
        offset_seconds=state.offset / (1e9 if state.status & _NANOSECONDS else 1e6),
        source=_keeper(),
    )


def _keeper(proc: Path = Path("/proc")) -> str:
    """Name the program that disciplines the clock, as far as its process can be seen."""
    with contextlib.suppress(OSError):
        for number in os.listdir(proc):  # noqa: PTH208  names alone are wanted
            if number.isdigit():
                with contextlib.suppress(OSError):
                    name = (proc / number / "comm").read_text(encoding="utf-8", errors="replace").strip()
                    if name in _KEEPERS:
                        return _KEEPERS[name]
    return ""


def read_clock(device: Device, *, zone: tzinfo | None = None) -> ClockReading:
    """Read a recorder's clock; where it has none to ask, say so. `zone` is assumed where it names none.

    Raises Unplugged, OSError.
    """
    own = station_clock()
    try:
        value = device.read_clock()
    except NotTaken:  # NotSupported
        return ClockReading(station=own.read_at, station_clock=own)
    shown = value.shown
    # Without a zone of its own the machine's local one is assumed: stations stand where the recorders are used.
    at = shown if shown.tzinfo is not None else shown.replace(tzinfo=zone) if zone else shown.astimezone()
    return ClockReading(
        recorder=shown.isoformat(timespec="milliseconds"),
        station=value.station,
        offset_seconds=(at - value.station).total_seconds(),
        error_seconds=value.error_seconds,
        method="ptp" if device.identity.driver == "ptp" else "driver",
        station_clock=own,
    )


def by_file_times(newest_ns: int | None, now: datetime, own: StationClock, *, wall: bool) -> ClockReading:
    """Conclude what the newest file's time says of a clock that cannot be asked.

    A file is written before it is docked, so the clock runs at least `newest - now` ahead of ours: that is a bound
    from below and no measurement. Only where it lies in the future is something known, and then an offset is given:
    the clock is ahead by no less. `wall`: the times are wall-clock times without zone (FAT), the local one is assumed.
    """
    if newest_ns is None:
        return ClockReading(station=now, station_clock=own)
    moment = datetime.fromtimestamp(newest_ns // 10**9, UTC)
    at = moment.replace(tzinfo=None).astimezone(UTC) if wall else moment
    ahead = (at - now).total_seconds()
    return ClockReading(
        recorder=(moment.replace(tzinfo=None) if wall else moment).isoformat(),
        station=now,
        offset_seconds=ahead if ahead > 0 else None,
        error_seconds=None,
        method="file-times",
        station_clock=own,
    )


def read_and_set(
    device: Device, memory: Memory, *, may_set: bool, zone: tzinfo | None = None
) -> ClockReading:
    """Read a recorder's clock, then set it where that is wanted, possible and needed; remember when it was set.

    It is set only by a station whose own clock is synchronised. Raises Unplugged, OSError.
    """
    serial = device.identity.serial
    reading = read_clock(device, zone=zone).model_copy(update={"last_set_at": memory.clock_set_at(serial)})
    own, offset = reading.station_clock, reading.offset_seconds
    good = own is not None and own.synchronised and (own.max_error_seconds or 0.0) <= MOST_STATION_ERROR
    if not may_set or not good or offset is None or abs(offset) < SET_FROM + (reading.error_seconds or 0.0):
        return reading
    try:
        device.set_clock(datetime.now(UTC))
    except NotTaken:
        return reading
    memory.clock_set(serial, datetime.now(UTC))
    return reading.model_copy(update={"set_now": True})
