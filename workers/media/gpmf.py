"""The first position in a GoPro telemetry track (GPMF: key, type, size, repeat; big-endian, padded to four bytes)."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from datetime import UTC, datetime

from workers.media.facts import Place, StartTime

_MAX_ITEMS = 4000
_FIX_3D = 3
_FIX_2D = 2


def first_fix(payload: bytes) -> tuple[Place | None, StartTime | None]:
    """Place and satellite time of the first sample with a fix in one telemetry packet."""
    place: Place | None = None
    moment: StartTime | None = None
    fix, scale = 0, []  # type: int, list[int]
    for key, kind, size, data in _items(payload):
        if key == b"GPSF" and len(data) >= 4:
            fix = struct.unpack(">I", data[:4])[0]
        elif key == b"SCAL":
            scale = _integers(kind, data)
        elif key == b"GPSU" and moment is None and fix in (_FIX_2D, _FIX_3D):
            moment = _satellite_time(data[:16])
        elif (
            key == b"GPS5" and place is None and fix in (_FIX_2D, _FIX_3D) and size == 20 and len(data) >= 20
        ):
            place = _position(struct.unpack(">5i", data[:20]), scale)
    return place, moment


def _items(payload: bytes) -> Iterator[tuple[bytes, int, int, bytes]]:
    """Key, type, size and data of each leaf, containers opened (their content simply follows)."""
    at = seen = 0
    while at + 8 <= len(payload) and seen < _MAX_ITEMS:
        key, kind, size, repeat = struct.unpack(">4sBBH", payload[at : at + 8])
        at += 8
        seen += 1
        if kind == 0:
            continue
        length = size * repeat
        yield key, kind, size, payload[at : at + length]
        at += (length + 3) & ~3


def _integers(kind: int, data: bytes) -> list[int]:
    letter, width = {ord("l"): ("i", 4), ord("s"): ("h", 2), ord("L"): ("I", 4), ord("S"): ("H", 2)}.get(
        kind, ("", 1)
    )
    return (
        list(struct.unpack(f">{len(data) // width}{letter}", data[: len(data) // width * width]))
        if letter
        else []
    )


def _position(raw: tuple[int, ...], scale: list[int]) -> Place | None:
    if len(scale) < 3 or 0 in scale[:3]:
        return None
    latitude, longitude, altitude = (raw[i] / scale[i] for i in range(3))
    if abs(latitude) > 90 or abs(longitude) > 180 or (latitude == 0 and longitude == 0):
        return None
    return Place("gpmf", round(latitude, 7), round(longitude, 7), round(altitude, 2), None, "GPS5")


def _satellite_time(data: bytes) -> StartTime | None:
    try:
        text = data.decode("ascii")
        moment = datetime.strptime(text[:12], "%y%m%d%H%M%S").replace(tzinfo=UTC)
    except (UnicodeDecodeError, ValueError):
        return None
    return StartTime("gpmf", moment.isoformat().replace("+00:00", "Z"), "utc", text)
