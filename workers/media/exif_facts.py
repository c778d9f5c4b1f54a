"""Times, places and makers that a photo's EXIF states (Exif 2.32, CIPA DC-008). Runs inside the sandboxed child."""

from __future__ import annotations

import io
import logging
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, BinaryIO

import exifread

from workers.media.facts import Device, Place, StartTime
from workers.media.sanitise import clean, clean_tags

ASCII, BYTE, SHORT, RATIO = 2, 1, 3, 5
_TYPES = {
    "Image Make": ASCII, "Image Model": ASCII, "Image DateTime": ASCII, "Image Orientation": SHORT,
    "EXIF DateTimeOriginal": ASCII, "EXIF DateTimeDigitized": ASCII, "EXIF OffsetTimeOriginal": ASCII,
    "GPS GPSLatitudeRef": ASCII, "GPS GPSLatitude": RATIO, "GPS GPSLongitudeRef": ASCII, "GPS GPSLongitude": RATIO,
    "GPS GPSAltitudeRef": BYTE, "GPS GPSAltitude": RATIO, "GPS GPSTimeStamp": RATIO, "GPS GPSDate": ASCII,
}  # fmt: skip
"""What the standard prescribes; another type means that the writer, or somebody later, broke the data."""

_TIMES = (
    ("exif-original", "EXIF DateTimeOriginal", "EXIF OffsetTimeOriginal", "EXIF SubSecTimeOriginal"),
    ("exif-digitized", "EXIF DateTimeDigitized", "EXIF OffsetTimeDigitized", "EXIF SubSecTimeDigitized"),
    ("exif-modified", "Image DateTime", "EXIF OffsetTime", "EXIF SubSecTime"),
)
_ORIENTATION = {1: 0, 2: 0, 3: 180, 4: 180, 5: 90, 6: 90, 7: 270, 8: 270}
_SERIALS = (
    "EXIF BodySerialNumber",
    "MakerNote SerialNumber",
    "Image CameraSerialNumber",
    "MakerNote InternalSerialNumber",
)
_OPAQUE = ("JPEGThumbnail", "TIFFThumbnail", "EXIF MakerNote", "Image PrintIM", "Image ApplicationNotes")


@dataclass(slots=True)
class ExifFacts:
    """What one photo's EXIF says."""

    times: list[StartTime] = field(default_factory=list)
    places: list[Place] = field(default_factory=list)
    device: Device = field(default_factory=Device)
    orientation: int = 0
    tags: dict[str, str] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    """What is broken in it, in words."""


_NOTHING_THERE = ("No EXIF", "File format", "does not have exif")
"""What exifread says of a photo without EXIF, which is nothing broken."""


class _Faults(logging.Handler):
    """Keeps what exifread complains about: it reports damage by logging, not by raising."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if len(self.lines) < 5:
            self.lines.append(clean(record.getMessage(), 100))


def read_exif(file: BinaryIO | io.BytesIO) -> ExifFacts:
    """Read the EXIF of the photo in `file`; faults are told, never raised."""
    listener, logger = _Faults(), logging.getLogger("exifread")
    logger.addHandler(listener)
    logger.propagate = False
    facts = ExifFacts()
    try:
        found: Mapping[str, Any] = exifread.process_file(
            file, details=True, strict=False, extract_thumbnail=False
        )
    except Exception as error:  # noqa: BLE001 - exifread raises what the bytes make it stumble over
        found = {}
        facts.faults.append(f"{type(error).__name__}: {clean(error, 100)}")
    finally:
        logger.removeHandler(listener)
    facts.faults += [line for line in listener.lines if not any(words in line for words in _NOTHING_THERE)]
    facts.faults += [
        f"{name} has a wrong type"
        for name, kind in _TYPES.items()
        if name in found and getattr(found[name], "field_type", kind) != kind
    ]
    facts.tags = clean_tags({k: _shown(v) for k, v in found.items() if k not in _OPAQUE})
    _interpret(found, facts)
    return facts


def _shown(tag: Any) -> str:
    try:
        return str(tag)[:2000]
    except Exception:  # noqa: BLE001 - a tag of nonsense may not even print
        return ""


def _interpret(found: Mapping[str, Any], facts: ExifFacts) -> None:
    for origin, name, offset, fraction in _TIMES:
        stated = _time(origin, *(_text(found, n) for n in (name, offset, fraction)))
        if stated is not None:
            facts.times.append(stated)
    for reader in (_satellite_time, _place):
        try:
            answer = reader(found)
        except (ArithmeticError, AttributeError, IndexError, TypeError, ValueError) as error:
            facts.faults.append(f"GPS: {clean(error, 80) or type(error).__name__}")
            continue
        if isinstance(answer, StartTime):
            facts.times.append(answer)
        elif isinstance(answer, Place):
            facts.places.append(answer)
    values = getattr(found.get("Image Orientation"), "values", None)
    if isinstance(values, list) and values and isinstance(values[0], int):
        facts.orientation = _ORIENTATION.get(values[0], 0)
    facts.device = Device(
        make=_text(found, "Image Make"),
        model=_text(found, "Image Model"),
        firmware=_text(found, "MakerNote FirmwareVersion"),
        serial=next((s for s in (_text(found, n) for n in _SERIALS) if s), ""),
        software=_text(found, "Image Software"),
    )


def _text(found: Mapping[str, Any], name: str) -> str:
    return clean(_shown(found[name]), 100) if name in found else ""


def _time(origin: str, raw: str, offset: str, fraction: str) -> StartTime | None:
    try:
        moment = datetime.strptime(raw, "%Y:%m:%d %H:%M:%S")  # noqa: DTZ007 - EXIF times carry no zone of their own
    except ValueError:
        return None
    if moment.year < 1990:
        return None
    value = moment.isoformat()
    if fraction.isdigit():
        value += f".{fraction[:6].ljust(3, '0')}" if len(fraction) <= 3 else f".{fraction[:6].ljust(6, '0')}"
    if (
        len(offset) == 6
        and offset[0] in "+-"
        and offset[1:3].isdigit()
        and offset[3] == ":"
        and offset[4:].isdigit()
    ):
        return StartTime(origin, value + offset, "offset", f"{raw} {offset}")
    return StartTime(origin, value, "local", raw)


def _satellite_time(found: Mapping[str, Any]) -> StartTime | None:
    if "GPS GPSDate" not in found or "GPS GPSTimeStamp" not in found:
        return None
    day = datetime.strptime(_text(found, "GPS GPSDate")[:10], "%Y:%m:%d")  # noqa: DTZ007 - made UTC below
    hour, minute, second = (float(v) for v in found["GPS GPSTimeStamp"].values[:3])
    if not 0 <= hour * 3600 + minute * 60 + second < 86_401:
        raise ValueError("time of day out of range")
    moment = day + timedelta(hours=hour, minutes=minute, seconds=second)
    raw = f"{_text(found, 'GPS GPSDate')} {_text(found, 'GPS GPSTimeStamp')}"
    return StartTime("exif-gps", moment.replace(microsecond=0).isoformat() + "Z", "utc", raw)


def _place(found: Mapping[str, Any]) -> Place | None:
    if "GPS GPSLatitude" not in found or "GPS GPSLongitude" not in found:
        return None
    latitude = _angle(found["GPS GPSLatitude"].values, _text(found, "GPS GPSLatitudeRef"), "S", 90)
    longitude = _angle(found["GPS GPSLongitude"].values, _text(found, "GPS GPSLongitudeRef"), "W", 180)
    if latitude == 0 and longitude == 0:
        return None
    raw = " ".join(
        _text(found, f"GPS GPS{name}") for name in ("LatitudeRef", "Latitude", "LongitudeRef", "Longitude")
    )
    return Place("exif-gps", latitude, longitude, _altitude(found), None, raw)


def _angle(values: list[Any], reference: str, negative: str, limit: int) -> float:
    degrees, minutes, seconds = ([float(v) for v in values] + [0.0, 0.0])[:3]
    angle = degrees + minutes / 60 + seconds / 3600
    if not math.isfinite(angle) or not 0 <= angle <= limit:
        raise ValueError("angle out of range")
    return round(-angle if reference.upper().startswith(negative) else angle, 7)


def _altitude(found: Mapping[str, Any]) -> float | None:
    if "GPS GPSAltitude" not in found:
        return None
    height = float(found["GPS GPSAltitude"].values[0])
    below = _text(found, "GPS GPSAltitudeRef") in ("1", "Below sea level")
    return round(-height if below else height, 2) if math.isfinite(height) else None
