"""A recorder's card for `make demo`, made with ffmpeg: `make_card`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path


@dataclass(frozen=True, slots=True)
class CardFile:
    """One file on the sample card and what it is meant to show."""

    path: str
    """Relative to the card's root, with `/`."""
    what: str
    start: datetime
    """Aware; the recorder's clock when recording began."""
    seconds: float | None
    officer_number: str
    place: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class CardFacts:
    """The card that was made (or found in the cache)."""

    folder: Path
    serial: str
    vendor: str
    model: str
    officer_number: str
    officer_name: str
    files: tuple[CardFile, ...]
    reused: bool
    """True: an earlier card of the same recipe was there already."""


def make_card(folder: Path, *, scale: float = 1.0, seed: int = 1) -> CardFacts:
    """Make the card in `folder`, or answer at once when it already lies there whole.

    `scale` multiplies running times (1.0: two clips of over ten minutes; 0.02 for tests), `seed` chooses
    numbers, names and day. Raises SampleCardError when ffmpeg fails.
    """
    raise NotImplementedError
