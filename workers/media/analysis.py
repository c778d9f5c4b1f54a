"""What decoding a whole recording found: plain frozen dataclasses, JSON-able, kept apart from what headers say.

Nothing is concluded here. Times are seconds from the start of the recording, as a player counts them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

RateKind = Literal["constant", "variable", "unknown"]
Track = Literal["video", "audio"]

SILENCE_DB, SILENCE_SECONDS = -50, 2.0
"""Sound below so many dBFS for so long is silence (FFmpeg `silencedetect`)."""
BLACK_PIXEL, BLACK_SHARE, BLACK_SECONDS = 0.10, 0.98, 1.0
"""A picture is black when so large a share of its points is darker than so much of the range (`blackdetect`)."""
FROZEN_DB, FROZEN_SECONDS = -60, 2.0
"""A picture stands still when it differs from the one before by less (`freezedetect`)."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Part of a recording, in seconds."""

    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Fault:
    """A stretch that could not be decoded soundly, and how many pieces of it."""

    track: Track
    start: float
    end: float
    count: int


@dataclass(frozen=True, slots=True)
class Jump:
    """A place where the track's time stamps leap: `seconds` are missing there, or, below zero, run again."""

    track: Track
    at: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Picture:
    """The main moving picture, decoded whole."""

    stream: int
    frames: int
    seconds: float
    """From its first frame to the end of its last."""
    begins: float
    """Of its first frame."""
    rate: float | None
    """Frames per second, average of what is there, gaps left out."""
    rate_kind: RateKind
    shortest: float | None
    longest: float | None
    """Seconds between two frames, gaps left out."""
    black: tuple[Stretch, ...] = ()
    black_seconds: float = 0.0
    """All of it; the list is bounded."""
    frozen: tuple[Stretch, ...] = ()
    frozen_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Sound:
    """The first sound track, decoded whole."""

    stream: int
    seconds: float
    begins: float
    loudness: float | None
    """Integrated, LUFS; None where all of it lies below the gate of -70."""
    loudness_range: float | None
    """LU; None under a minute (EBU Tech 3342)."""
    peak: float | None
    """Loudest sample, dBFS; None for digital silence."""
    level_seconds: float = 0.0
    """Length of each stretch of `levels`."""
    levels: tuple[float | None, ...] = ()
    """Mean loudness of each stretch, LUFS, ungated; None for silence below -100."""
    silence: tuple[Stretch, ...] = ()
    silence_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Analysis:
    """Everything that decoding a recording from its first byte to its last found."""

    seconds: float | None
    """Really running time: to the end of the last frame or sample; None when nothing could be decoded."""
    whole: bool
    """Reading reached the end of the file; `stopped` says why when not."""
    stopped: str = ""
    """"", `circles` (the same bytes over and over), `slow` (could not be waited for), `unreadable` (reading broke off)."""
    picture: Picture | None = None
    sound: Sound | None = None
    faults: tuple[Fault, ...] = ()
    fault_count: int = 0
    jumps: tuple[Jump, ...] = ()
    jump_count: int = 0
    stated_seconds: float | None = None
    """What the header claims, as `describe` found it."""
    missing_tail: float | None = None
    """Seconds that the header claims and that are not there; None where the header claims nothing."""
    safer: bool = False
    """Measured in the second, safer way: one thread, picture not looked at for black and standing still."""
    tool: str = ""
