"""What is wrong with a docking station, as words; pure, so that each can be tried without a database or a clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

CONNECTED_WITHIN = timedelta(seconds=90)
STUCK_AFTER = timedelta(hours=1)

StationWord = Literal[
    "never-seen",
    "silent",
    "spool-full",
    "stuck",
    "slot-still",
    "failed-files",
    "clock-loose",
    "other-software",
]
"""In the order of how much they matter. `stuck`: something copied waits for the server longer than an hour."""


@dataclass(frozen=True, slots=True)
class StationFacts:
    """What is known of a station at one moment. Times are UTC; the station's own clock may be wrong."""

    now: datetime
    seen_at: datetime | None
    """When it last asked anything, by our clock."""
    said_at: datetime | None = None
    """When it last said how it stands, by our clock."""
    its_clock: datetime | None = None
    """Its clock at that moment."""
    oldest: datetime | None = None
    """When the longest waiting file was copied, by its clock."""
    failed: int = 0
    spool_full: bool = False
    synchronised: bool | None = None
    still: timedelta = timedelta(0)
    """How long the slot that moved longest ago has not gone on; zero when none is at work."""
    software: str = ""
    ours: str = ""
    """The server's own software; empty when it is not known."""


def connected(facts: StationFacts) -> bool:
    """Answer whether the station spoke lately."""
    return facts.seen_at is not None and facts.now - facts.seen_at < CONNECTED_WITHIN


def waiting_for(facts: StationFacts) -> timedelta | None:
    """Answer how long the oldest copied file has waited; None when none waits.

    A station's clock that is wrong does not matter: its own times are compared with each other, ours with ours.
    """
    if facts.oldest is None or facts.said_at is None:
        return None
    at_its_word = (facts.its_clock or facts.said_at) - facts.oldest
    return max(timedelta(0), at_its_word) + max(timedelta(0), facts.now - facts.said_at)


def station_words(facts: StationFacts) -> list[StationWord]:
    """Answer what is wrong, the worst first; nothing when all is well."""
    waiting = waiting_for(facts)
    judged: list[tuple[StationWord, bool]] = [
        ("never-seen", facts.seen_at is None),
        ("silent", facts.seen_at is not None and not connected(facts)),
        ("spool-full", facts.spool_full),
        ("stuck", waiting is not None and waiting > STUCK_AFTER),
        ("slot-still", facts.still > STUCK_AFTER),
        ("failed-files", facts.failed > 0),
        ("clock-loose", facts.synchronised is False),
        ("other-software", bool(facts.software and facts.ours and facts.software != facts.ours)),
    ]
    return [word for word, holds in judged if holds]
