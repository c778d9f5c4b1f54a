"""The way a recorder went, by its satellite receiver: telemetry or subtitles. Runs inside the sandboxed child."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import av
from av.container import InputContainer

from workers.media.av_describe import open_media
from workers.media.gpmf import fixes
from workers.media.nmea import read

MOST = 3000
"""Points kept; of more, every second one goes, again and again, so that they stay spread over the recording."""


@dataclass(slots=True)
class Way:
    """Points in the order of time."""

    points: list[list[float | None]] = field(default_factory=list)
    """Seconds, latitude, longitude, altitude or None, speed or None."""
    _stride: int = 1
    _seen: int = 0

    def add(self, *point: float | None) -> None:
        """One more point."""
        self._seen += 1
        if (self._seen - 1) % self._stride:
            return
        self.points.append(list(point))
        if len(self.points) > MOST:
            del self.points[1::2]
            self._stride *= 2


def make_track(
    *, path: str, container: str, folder: str, telemetry: list[int], subtitles: list[int]
) -> dict[str, Any]:
    """Write track.json into `folder` and answer its facts; {} when no position was found.

    `telemetry` and `subtitles` are the numbers of the streams to look into. The file holds {"version": 1, "origin":
    "gpmf" or "nmea", "points": [[seconds, latitude, longitude, altitude or null], …], "speeds": [metres a second or
    null, …]}, WGS 84 degrees, metres above sea level.
    """
    logging.disable(logging.CRITICAL)
    for origin, streams in (("gpmf", telemetry), ("nmea", subtitles)):
        for number in streams:
            with open_media(path, container) as source:
                way = _way(source, number, origin)
            if way.points:
                body = {
                    "version": 1,
                    "origin": origin,
                    "points": [point[:4] for point in way.points],
                    "speeds": [point[4] for point in way.points],
                }
                Path(folder, "track.json").write_text(
                    json.dumps(body, separators=(",", ":")), encoding="ascii"
                )
                return {"origin": origin, "points": len(way.points), "seconds": way.points[-1][0]}
    return {}


def _way(source: InputContainer, number: int, origin: str) -> Way:
    way, last = Way(), -1.0
    begin = source.start_time / av.time_base if source.start_time else 0.0
    if number >= len(source.streams):
        return way
    try:
        for packet in source.demux([source.streams[number]]):
            stamp = packet.pts if packet.pts is not None else packet.dts
            if stamp is None or not packet.size:
                continue
            start = float(stamp * packet.time_base) - begin
            length = float((packet.duration or 0) * packet.time_base)
            for at, place in _fixes(bytes(packet), start, length, origin):
                if at > last and 0 <= at < 10**7:  # a track goes forward in time
                    last = at
                    way.add(round(at, 3), *place)
    except (av.error.FFmpegError, OSError, ValueError):
        pass  # what came before the break is kept
    return way


def _fixes(
    data: bytes, start: float, length: float, origin: str
) -> Iterator[tuple[float, tuple[float | None, ...]]]:
    if origin == "gpmf":
        for fix in fixes(data):
            yield start + fix.part * length, (fix.latitude, fix.longitude, fix.altitude, fix.speed)
        return
    said = read(data.decode("utf-8", "replace"))
    if said is not None:
        yield start, (said.latitude, said.longitude, said.altitude, said.speed)
