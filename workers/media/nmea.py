"""Positions in NMEA 0183 sentences, as recorders write them into subtitle tracks. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import reduce

from workers.media.facts import Place, StartTime
from workers.media.gpmf import is_place

_SENTENCE = re.compile(r"\$(?P<body>[A-Z]{2}(?P<kind>RMC|GGA),[\x20-\x7e]{10,90}?)\*(?P<sum>[0-9A-Fa-f]{2})")
_KNOT = 1852 / 3600


@dataclass(frozen=True, slots=True)
class NmeaFix:
    """A position; what a sentence does not say is None."""

    latitude: float
    longitude: float
    altitude: float | None = None
    speed: float | None = None
    """Metres a second."""
    moment: datetime | None = None


def read(text: str) -> NmeaFix | None:
    """The position that the RMC and GGA sentences of one subtitle state together; None without a valid one.

    A sentence counts only with its check sum, and only when the receiver says that it has a fix.
    """
    found: dict[str, list[str]] = {}
    for sentence in _SENTENCE.finditer(text[:10_000]):
        body = sentence["body"]
        if reduce(lambda total, c: total ^ ord(c), body, 0) == int(sentence["sum"], 16):
            found.setdefault(sentence["kind"], body.split(","))
    recommended, quality = found.get("RMC", []), found.get("GGA", [])
    place = altitude = speed = moment = None
    if len(recommended) >= 10 and recommended[2] == "A":
        place = _place(recommended[3:7])
        knots = _number(recommended[7])
        speed = round(knots * _KNOT, 2) if knots is not None else None
        moment = _moment(recommended[9], recommended[1])
    if len(quality) >= 10 and quality[6] not in ("", "0"):
        place = place or _place(quality[2:6])
        altitude = _number(quality[9])
    return NmeaFix(*place, altitude, speed, moment) if place is not None else None


def first_sentence(payload: bytes) -> tuple[Place | None, StartTime | None]:
    """Place and satellite time that one subtitle states."""
    found = read(payload.decode("utf-8", "replace"))
    if found is None:
        return None, None
    moment = found.moment.isoformat().replace("+00:00", "Z") if found.moment else ""
    return (
        Place("nmea", found.latitude, found.longitude, found.altitude),
        StartTime("nmea", moment, "utc", "RMC") if moment else None,
    )


def _place(fields: list[str]) -> tuple[float, float] | None:
    latitude, longitude = _degrees(fields[0], fields[1], "NS"), _degrees(fields[2], fields[3], "EW")
    if latitude is None or longitude is None or not is_place(latitude, longitude):
        return None
    return latitude, longitude


def _degrees(text: str, side: str, sides: str) -> float | None:
    """Degrees of `dddmm.mmmm`, negative on the second side."""
    value = _number(text)
    if value is None or side not in sides or not side or value < 0:
        return None
    whole, minutes = divmod(value, 100)
    degrees = round(whole + minutes / 60, 7)
    return -degrees if side == sides[1] else degrees


def _number(text: str) -> float | None:
    return float(text) if re.fullmatch(r"-?\d{1,9}(\.\d{1,9})?", text) else None


def _moment(day: str, clock: str) -> datetime | None:
    try:
        return datetime.strptime(f"{day} {clock[:6]}", "%d%m%y %H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None
