"""Peaks of a recording's sound, for the player's waveform."""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterable
from typing import Any

RATE = 8000
"""Hertz the sound is brought to before its peaks are taken; speech and shouts are all below 4 kHz."""
MOST_POINTS = 6000
FINEST = 50
"""Points per second at most."""


def points_per_second(seconds: float | None) -> int:
    """How finely peaks are taken, so that a long recording stays small: a divisor of the rate, 1 to 50."""
    wanted = min(FINEST, max(1.0, MOST_POINTS / seconds)) if seconds else 10
    return max(p for p in (1, 2, 4, 5, 8, 10, 16, 20, 25, 40, 50) if p <= wanted)


def peaks(chunks: Iterable[bytes], per_second: int) -> dict[str, Any]:
    """Lowest and highest sample of each stretch of 16-bit mono at `RATE`, as numbers in -128…127.

    Answers {"version", "seconds", "points_per_second", "peaks": [low, high, low, high, …]}.
    """
    step = RATE // per_second
    found: list[int] = []
    rest, total = b"", 0
    for chunk in chunks:
        data = rest + chunk
        whole = len(data) // (2 * step) * 2 * step
        _add(found, data[:whole], step)
        rest, total = data[whole:], total + len(chunk)
    _add(found, rest[: len(rest) // 2 * 2], step)
    return {
        "version": 1,
        "seconds": round(total / 2 / RATE, 3),
        "points_per_second": per_second,
        "peaks": found,
    }


def _add(found: list[int], data: bytes, step: int) -> None:
    samples = array("h", data)
    for start in range(0, len(samples), step):
        stretch = samples[start : start + step]
        found.append(min(stretch) >> 8)
        found.append(max(stretch) >> 8)


def as_json(answer: dict[str, Any]) -> str:
    """The answer in as few bytes as JSON allows."""
    return json.dumps(answer, separators=(",", ":"))
