"""Presentation stamps of a film's frames, read without decoding. Runs inside the sandboxed child."""

from __future__ import annotations

import logging
import time
from typing import Any

import av

from workers.media.av_describe import open_media

MOST = 3_000_000
"""Frames: a day at 30 a second, and some."""


def read_stamps(*, films: list[dict[str, Any]], budget: float) -> list[dict[str, Any]]:
    """Answer for each of `films` (path, container, stream) {"unit": [numerator, denominator], "stamps": [...]}.

    The stamps are read off the packets. Packets without one (second fields, what a damaged file leaves) are passed over.
    {} stands for a film without any, and for all of them when `budget` seconds did not suffice: half a map would name
    wrong frames.
    """
    logging.disable(logging.CRITICAL)
    until = time.monotonic() + budget
    return [_read(film["path"], film["container"], film["stream"], until) for film in films]


def _read(path: str, container: str, stream: int, until: float) -> dict[str, Any]:
    stamps: list[int] = []
    with open_media(path, container) as source:
        track: Any = source.streams[stream]
        try:
            for number, packet in enumerate(source.demux(track)):
                if packet.pts is not None and packet.size and not packet.is_corrupt and not packet.is_discard:
                    stamps.append(packet.pts)
                if len(stamps) > MOST or (number % 512 == 0 and time.monotonic() > until):
                    return {}
        except (av.error.FFmpegError, OSError, ValueError):
            pass  # the rest of a damaged file; the copy has no more either
        if not stamps or track.time_base is None:
            return {}
        return {
            "unit": [track.time_base.numerator, track.time_base.denominator],
            "stamps": sorted(set(stamps)),
        }
