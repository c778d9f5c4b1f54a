"""Positions in a GoPro telemetry track (GPMF: key, type, size, repeat; big-endian, padded to four bytes).

GPS5 is the older form, its fix and time standing beside it; GPS9 (since 2022) carries them in each sample; GPRI is
what the drone of the same maker writes.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from workers.media.facts import Place, StartTime

_MAX_ITEMS = 4000
_FIX_2D = 2
_FIX_AT = 8
_LETTERS = {
    "l": "i",
    "L": "I",
    "s": "h",
    "S": "H",
    "b": "b",
    "B": "B",
    "f": "f",
    "d": "d",
    "j": "q",
    "J": "Q",
}
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Fix:
    """One satellite position. `part` says where in its packet it stands, 0 to 1."""

    key: str
    part: float
    latitude: float
    longitude: float
    altitude: float | None
    speed: float | None
    """Metres a second over ground."""
    moment: datetime | None = None


def first_fix(payload: bytes) -> tuple[Place | None, StartTime | None]:
    """Place and satellite time of the first sample with a fix in one telemetry packet."""
    moment = next(_moments(payload), None)
    first = next(iter(fixes(payload)), None)
    if first is None:
        return None, moment
    if moment is None and first.moment is not None:
        moment = StartTime("gpmf", _iso(first.moment), "utc", first.key)
    return Place("gpmf", first.latitude, first.longitude, first.altitude, None, first.key), moment


def fixes(payload: bytes) -> list[Fix]:
    """Every sample with a fix in one telemetry packet, in order."""
    found: list[Fix] = []
    fix, scale, form = 0, [], ""  # type: int, list[float], str
    for key, kind, size, data in _items(payload):
        if key == b"GPSF" and len(data) >= 4:
            fix = struct.unpack(">I", data[:4])[0]
        elif key == b"SCAL":
            scale = _numbers(chr(kind), data)
        elif key == b"TYPE":
            form = data.rstrip(b"\0").decode("latin-1")
        elif key == b"GPS5" and size == 20 and fix >= _FIX_2D:
            found += _samples("GPS5", _rows("lllll", size, data), scale, (0, 1, 2, 3))
        elif key == b"GPS9" and form == "lllllllSS":
            found += _samples("GPS9", _rows(form, size, data), scale, (0, 1, 2, 3))
        elif key == b"GPRI" and form == "JlllSSSSBB":
            found += _samples("GPRI", _rows(form, size, data), scale, (1, 2, 3, 6))
        elif key == b"STRM":
            scale, form = [], ""
    return found


def _items(payload: bytes) -> Iterator[tuple[bytes, int, int, bytes]]:
    """Key, type, size and data of each leaf, containers opened (their content simply follows)."""
    at = seen = 0
    while at + 8 <= len(payload) and seen < _MAX_ITEMS:
        key, kind, size, repeat = struct.unpack(">4sBBH", payload[at : at + 8])
        at += 8
        seen += 1
        if kind == 0:
            yield key, 0, 0, b""
            continue
        length = size * repeat
        yield key, kind, size, payload[at : at + length]
        at += (length + 3) & ~3


def _numbers(letter: str, data: bytes) -> list[float]:
    if letter not in _LETTERS:
        return []
    each = struct.Struct(f">{_LETTERS[letter]}")
    return [row[0] for row in each.iter_unpack(data[: len(data) // each.size * each.size])]


def _rows(form: str, size: int, data: bytes) -> list[tuple[float, ...]]:
    """Samples of this form; none when their size is not what the form takes."""
    each = struct.Struct(">" + "".join(_LETTERS[letter] for letter in form))
    if each.size != size:
        return []
    return list(each.iter_unpack(data[: len(data) // size * size]))


def _samples(
    key: str, rows: list[tuple[float, ...]], scale: list[float], fields: tuple[int, int, int, int]
) -> list[Fix]:
    """Positions of the rows; `fields` says which numbers are latitude, longitude, altitude and speed.

    The newer forms say of each row itself, in the ninth number, whether there was a fix.
    """
    if len(scale) <= max(fields) or any(not scale[f] for f in fields):
        return []
    found = []
    for number, row in enumerate(rows):
        if len(row) > _FIX_AT and row[_FIX_AT] < _FIX_2D:
            continue
        latitude, longitude, altitude, speed = (row[f] / scale[f] for f in fields)
        if is_place(latitude, longitude):
            found.append(
                Fix(
                    key,
                    number / len(rows),
                    round(latitude, 7),
                    round(longitude, 7),
                    round(altitude, 2) if abs(altitude) < 1e5 else None,
                    round(speed, 2) if 0 <= speed < 1e3 else None,
                    _since_2000(row, scale) if key == "GPS9" else None,
                )
            )
    return found


def is_place(latitude: float, longitude: float) -> bool:
    """Whether this is a point of the earth and not the zero that receivers write without a fix."""
    return abs(latitude) <= 90 and abs(longitude) <= 180 and not (latitude == 0 and longitude == 0)


def _since_2000(row: tuple[float, ...], scale: list[float]) -> datetime | None:
    if len(scale) < 7 or not scale[5] or not scale[6]:
        return None
    days, seconds = row[5] / scale[5], row[6] / scale[6]
    return (
        _EPOCH + timedelta(days=days, seconds=seconds)
        if 0 < days < 36_525 and 0 <= seconds < 86_401
        else None
    )


def _moments(payload: bytes) -> Iterator[StartTime]:
    """Satellite times of the older form, where there is a fix."""
    fix = 0
    for key, _kind, _size, data in _items(payload):
        if key == b"GPSF" and len(data) >= 4:
            fix = struct.unpack(">I", data[:4])[0]
        elif key == b"GPSU" and fix >= _FIX_2D:
            moment = _satellite_time(data[:16])
            if moment is not None:
                yield moment


def _satellite_time(data: bytes) -> StartTime | None:
    try:
        text = data.decode("ascii")
        moment = datetime.strptime(text[:12], "%y%m%d%H%M%S").replace(tzinfo=UTC)
    except (UnicodeDecodeError, ValueError):
        return None
    return StartTime("gpmf", _iso(moment), "utc", text)


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")
