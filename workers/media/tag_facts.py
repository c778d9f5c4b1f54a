"""Times, places and makers that the tags of sound and film files state, each kept beside the others."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from workers.media.facts import Device, Place, StartTime
from workers.media.sanitise import clean

_ISO6709 = re.compile(
    r"\A(?P<lat>[+-]\d{2,6}(?:\.\d+)?)(?P<lon>[+-]\d{3,7}(?:\.\d+)?)(?P<alt>[+-]\d+(?:\.\d+)?)?"
)
_PLACES = ("com.apple.quicktime.location.ISO6709", "location", "location-eng", "xyz", "com.android.location")
_ACCURACY = "com.apple.quicktime.location.accuracy.horizontal"
_MAKES = ("com.apple.quicktime.make", "com.android.manufacturer", "make", "manufacturer")
_MODELS = ("com.apple.quicktime.model", "com.android.model", "model")
_FIRMWARE = ("firmware", "com.android.version")
_SERIALS = ("com.apple.quicktime.camera.identifier", "serial_number", "serial", "device_serial")
_SOFTWARE = ("com.apple.quicktime.software", "software", "encoder", "encoded_by")
_EPOCH_GUARD = 1990
"""Recorders without a set clock write 1904, 1970 or 1980: no statement about when anything happened."""


def times_of_tags(tags: Mapping[str, str], stream_tags: Iterable[Mapping[str, str]]) -> list[StartTime]:
    """All statements about the start found in the container's and the streams' tags."""
    found = [
        _stated("quicktime-creationdate", tags.get("com.apple.quicktime.creationdate", "")),
        _stated("container-utc", tags.get("creation_time", "")),
        _stated("container-date", tags.get("date", "")),
    ]
    for each in stream_tags:
        stream_time = _stated("stream-utc", each.get("creation_time", ""))
        if stream_time is not None and all(t is None or t.value != stream_time.value for t in found):
            found.append(stream_time)
    return [t for t in found if t is not None]


def _stated(origin: str, raw: str) -> StartTime | None:
    raw = clean(raw, 64)
    text = re.sub(r"([+-]\d\d)(\d\d)\Z", r"\1:\2", raw.replace("/", "-"))
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        try:
            moment = datetime.strptime(text, "%a %b %d %H:%M:%S %Y")  # noqa: DTZ007 - AVI's IDIT is local by nature
        except ValueError:
            return None
    if moment.year < _EPOCH_GUARD or len(text) < 16:
        return None
    if moment.tzinfo is None:
        # RIFF dates carry no zone; FFmpeg hands them on under the same tag as QuickTime's UTC, but without a Z.
        return StartTime(
            "riff-date" if origin == "container-utc" else origin, moment.isoformat(), "local", raw
        )
    if moment.utcoffset() == UTC.utcoffset(None) and text.endswith("Z"):
        return StartTime(origin, moment.isoformat().replace("+00:00", "Z"), "utc", raw)
    return StartTime(origin, moment.isoformat(), "offset", raw)


def places_of_tags(tags: Mapping[str, str]) -> list[Place]:
    """Places stated as ISO 6709 strings, without repetition."""
    places: list[Place] = []
    accuracy = _number(tags.get(_ACCURACY, ""))
    for name in _PLACES:
        place = parse_iso6709(tags.get(name, ""), accuracy=accuracy)
        if place is not None and all(
            (p.latitude, p.longitude) != (place.latitude, place.longitude) for p in places
        ):
            places.append(place)
    return places


def parse_iso6709(raw: str, *, accuracy: float | None = None) -> Place | None:
    """A point in ISO 6709 Annex H form (`+32.0929+034.8620+028.516/`, degrees or DDMM.m or DDMMSS.s), or None."""
    raw = clean(raw, 64)
    found = _ISO6709.match(raw)
    if found is None:
        return None
    latitude, longitude = _degrees(found["lat"], 2), _degrees(found["lon"], 3)
    if abs(latitude) > 90 or abs(longitude) > 180 or (latitude == 0 and longitude == 0):
        return None
    return Place("iso6709", latitude, longitude, _number(found["alt"] or ""), accuracy, raw)


def _degrees(text: str, width: int) -> float:
    """Degrees of `±D`, `±DM` or `±DMS` digits with `width` digits of degrees."""
    sign = -1.0 if text[0] == "-" else 1.0
    whole, _, fraction = text[1:].partition(".")
    head, rest = whole[:width], whole[width:]
    tail = f".{fraction}" if fraction else ""
    if len(rest) >= 4:
        return sign * round(int(head) + int(rest[:2]) / 60 + float(rest[2:] + tail) / 3600, 7)
    if len(rest) >= 2:
        return sign * round(int(head) + float(rest + tail) / 60, 7)
    return sign * float(whole + tail)


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def device_of_tags(tags: Mapping[str, str], stream_tags: Iterable[Mapping[str, str]]) -> Device:
    """Who made it, as far as the tags say."""
    lower = {name.lower(): value for name, value in tags.items()}

    def first(names: tuple[str, ...]) -> str:
        return next((clean(lower[n.lower()], 100) for n in names if lower.get(n.lower())), "")

    make, model, software = first(_MAKES), first(_MODELS), first(_SOFTWARE)
    handlers = " ".join(t.get("handler_name", "") for t in stream_tags)
    source = ""
    if not make and "GoPro" in handlers:
        make, source = "GoPro", "track-name"
    if not make and software.startswith("CanonMVI"):
        make, source = "Canon", "software"
    return Device(make, model, first(_FIRMWARE), first(_SERIALS), software, source)
