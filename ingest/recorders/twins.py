"""Entries of one folder that lead to the same file: a damaged FAT may hold two of one name, or of names differing in case.

The kernel lists both and opens the first under either name, so the bytes of the second cannot be reached. Whoever copied
"both" would have the first one's bytes twice, and nobody would miss the second's.
"""

from __future__ import annotations

import os


class Twins:
    """The entries of one folder that were met so far."""

    def __init__(self) -> None:
        # Digests and numbers instead of names: a folder may hold hundreds of thousands.
        self._names: set[int] = set()
        self._numbers: set[int] = set()

    def same_name(self, name: bytes) -> bool:
        """Whether an entry of this very name was met before; notes it."""
        known = hash(name) in self._names
        self._names.add(hash(name))
        return known

    def same_file(self, facts: os.stat_result) -> bool:
        """Whether another name led to this file before, which has but one; notes it. Hard links have several."""
        if facts.st_nlink != 1 or not facts.st_ino:
            return False
        known = facts.st_ino in self._numbers
        self._numbers.add(facts.st_ino)
        return known
