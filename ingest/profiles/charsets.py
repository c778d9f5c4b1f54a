"""Of which characters a field of a name may consist. Data only: profiles name these, they hold no expressions."""

from __future__ import annotations

import re
import string
from dataclasses import dataclass

HAN = "\u4e00-\u9fff·"
"""Unified ideographs and the dot in the middle of names."""
MOST = 64
"""The longest a field may be: what the server keeps of a number."""


@dataclass(frozen=True, slots=True)
class Charset:
    """Characters of a field, and how many of them. With `words` it is one of these instead."""

    ascii: frozenset[str]
    han: bool
    least: int
    most: int
    words: tuple[str, ...] = ()

    @property
    def fixed(self) -> bool:
        """Whether its end is known without looking at what follows."""
        return bool(self.words) or self.least == self.most

    @property
    def pattern(self) -> str:
        """The regular expression of it; bounded, so that no name takes long."""
        if self.words:  # the longest first: `_IMP2` is not `_IMP`
            return "|".join(re.escape(word) for word in sorted(self.words, key=len, reverse=True))
        inside = "".join(re.escape(c) for c in sorted(self.ascii)) + (HAN if self.han else "")
        return f"[{inside}]{{{self.least},{self.most}}}"

    def begins_with(self, character: str) -> bool:
        """Whether a value of it may begin with this character."""
        if self.words:
            return any(word.startswith(character) for word in self.words)
        return character in self.ascii or (
            self.han and ("\u4e00" <= character <= "\u9fff" or character == "·")
        )

    def holds(self, character: str) -> bool:
        """Whether this character may stand in a value of it."""
        return any(character in word for word in self.words) or (
            not self.words and self.begins_with(character)
        )


LETTERS = frozenset(string.ascii_letters)
DIGITS = frozenset(string.digits)


def digits(least: int, most: int) -> Charset:
    """Decimal digits."""
    return Charset(DIGITS, han=False, least=least, most=most)


def letters_digits(least: int, most: int, also: str = "") -> Charset:
    """Latin letters and digits, and the characters in `also`."""
    return Charset(LETTERS | DIGITS | frozenset(also), han=False, least=least, most=most)
