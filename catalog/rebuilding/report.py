"""What a rebuilding brought back, what it could not, and what the storage never held."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

NAMED = 1000
"""Troubles that are named one by one; all are counted."""

LOST = (
    "cases, their steps, and which recordings were attached to them",
    "which recordings were restricted or sealed: every recording comes back open to all who may see recordings",
    "holds: nothing is suspended from destruction any more; set them again before anything is appraised",
    "accounts, officers' names and units, and who had which recorder when",
    "labels, kinds and registration of recorders",
    "the custody log of before: a new one begins with this rebuilding",
    "the statements that were signed before: each original has a new one, of today",
    "marks, saved views, and what was measured of each recording (it is measured anew)",
    "which batch of time stamps a recording is in: the stamps stay in storage, and each original is stamped anew",
    "incidents, and what was said about gaps",
    "stations' credentials: every station but this machine's is to be enrolled again",
    "copies for viewing are made anew",
)
"""What no storage holds; only the back-up has it."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that was not as it should be; the rest went on."""

    word: str
    """unreadable, no-metadata, other-key, unreadable-name, not-lockable, bad-sheet, missing-clip, other-version, checksum."""
    key: str
    said: str


@dataclass(slots=True)
class Rebuilt:
    """What came of a rebuilding."""

    now: datetime
    """When it was begun, UTC."""
    originals: int = 0
    """Clips taken in."""
    copies: int = 0
    """Further copies of clips."""
    known: int = 0
    """Objects the catalog knew already."""
    completed: int = 0
    """Uploads that were complete in storage and open in the catalog."""
    abandoned: int = 0
    """Objects of uploads that were given up; they are left alone."""
    sheets: int = 0
    unnamed: int = 0
    """Originals whose name and holder could not be read."""
    unread: set[str] = field(default_factory=set)
    """Keys of originals that are in storage and could not be read."""
    troubles: list[Trouble] = field(default_factory=list)
    words: Counter[str] = field(default_factory=Counter)
    """Troubles by word."""
    pinned: set[str] = field(default_factory=set)
    """Stations whose key for sheets became known here."""
    stations: list[str] = field(default_factory=list)
    """Stations that are known again and have no credential."""

    def trouble(self, word: str, key: str, said: str) -> None:
        """Note a trouble."""
        self.words[word] += 1
        if len(self.troubles) < NAMED:
            self.troubles.append(Trouble(word, key, said))
