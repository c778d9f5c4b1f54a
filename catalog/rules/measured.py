"""What is concluded from measuring a whole recording: flags a person must know, and its running time. Pure."""

from __future__ import annotations

from dataclasses import dataclass

ALL_OF_IT = 0.9
"""Share of the sound from which on a recording counts as silent."""
MUCH_OF_IT = 0.5
"""Share of the picture from which on black, or standing still, is told."""
TAIL_SECONDS, TAIL_SHARE = 2.0, 0.02
"""An end is missing when it is later than stated by more than this, whichever is more; headers round."""

FLAGS = frozenset(
    {
        "silent",
        "black",
        "frozen",
        "missing-tail",
        "track-ends-early",
        "decode-errors",
        "time-jumps",
        "not-measured-whole",
    }
)
"""Flags that only measuring sets; describing again does not touch them."""


@dataclass(frozen=True, slots=True)
class Measured:
    """The sums of an analysis. Seconds; None for a track that is not there or held nothing that could be decoded."""

    seconds: float | None
    whole: bool
    """The end of the file was reached."""
    tool: str = ""
    picture_seconds: float | None = None
    picture_end: float | None = None
    black_seconds: float = 0.0
    frozen_seconds: float = 0.0
    sound_seconds: float | None = None
    sound_end: float | None = None
    silence_seconds: float = 0.0
    missing_tail: float | None = None
    faults: int = 0
    jumps: int = 0


@dataclass(frozen=True, slots=True)
class RunningTime:
    """A running time in seconds and whose word it is."""

    seconds: float | None
    source: str | None


def flags_of(found: Measured) -> list[str]:
    """Answer what a person must know, in alphabetical order."""
    flags = {
        "silent": found.sound_seconds is not None
        and _share(found.silence_seconds, found.sound_seconds) >= ALL_OF_IT,
        "black": _share(found.black_seconds, found.picture_seconds) >= MUCH_OF_IT,
        "frozen": _share(found.frozen_seconds - found.black_seconds, found.picture_seconds) >= MUCH_OF_IT,
        "missing-tail": _missing(found.missing_tail, found.seconds),
        "track-ends-early": found.whole and _apart(found),
        "decode-errors": found.faults > 0,
        "time-jumps": found.jumps > 0,
        "not-measured-whole": not found.whole,
    }
    return sorted(flag for flag, holds in flags.items() if holds)


def running_time(described: RunningTime, decoded: float | None, *, whole: bool) -> RunningTime:
    """Answer which running time is shown: what decoding the whole recording gave, else what describing found."""
    if whole and decoded is not None and decoded > 0:
        return RunningTime(decoded, "decoded")
    return described


def _share(part: float, of: float | None) -> float:
    return part / of if of else 0.0


def _missing(tail: float | None, seconds: float | None) -> bool:
    return tail is not None and tail > max(TAIL_SECONDS, TAIL_SHARE * (seconds or 0.0))


def _apart(found: Measured) -> bool:
    """Picture and sound end at different times."""
    if found.picture_end is None or found.sound_end is None:
        return False
    apart = abs(found.picture_end - found.sound_end)
    return apart > max(TAIL_SECONDS, TAIL_SHARE * max(found.picture_end, found.sound_end))
