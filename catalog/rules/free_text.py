"""What people type, as it may be kept: nothing that cannot be stored, and nothing that makes a line read otherwise."""

from __future__ import annotations

import re
import unicodedata

_DIRECTION = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Marks that turn the direction of what follows (UAX #9): `exe.4pm` can be shown as `mp4.exe` with them."""


_ANY_DIRECTION = re.compile(f"[{''.join(sorted(_DIRECTION))}]")
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp", "Zs"})
_BLANK = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2065\u2800\u3164\ufe00-\ufe0f\uffa0\ufff0-\ufff8"
    "\U0001d159\U000e0000-\U000e0fff]"
)
"""Letters, marks and symbols by their category that show nothing: fillers of Hangul, the empty Braille pattern, selectors."""
_SHOWN = {ord(mark): f"[U+{ord(mark):04X}]" for mark in _DIRECTION}


def plain(text: str) -> str:
    """Answer `text` without control characters and direction marks, trimmed; line breaks and tabs stay.

    PostgreSQL cannot store NUL, and what was signed must read the same for everybody.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(
        c
        for c in text
        if c in "\n\t" or (unicodedata.category(c) not in {"Cc", "Cs"} and c not in _DIRECTION)
    ).strip()


def spoken(text: str) -> str:
    """Answer `plain(text)` where it says something, else nothing: what nobody can see is no reason, purpose or name.

    Something is said by a letter, a figure or a symbol that can be seen. What cannot be seen at its beginning goes, so that a text
    cut short still says something.
    """
    text = plain(text)
    if not any(_can_be_seen(c) and unicodedata.category(c)[0] not in "MP" for c in text):
        return ""
    return text[next(n for n, c in enumerate(text) if _can_be_seen(c)) :]


def seen_in(text: str) -> int:
    """Answer how many characters of a text can be seen."""
    return sum(map(_can_be_seen, text))


def _can_be_seen(character: str) -> bool:
    # What this Python does not know yet (Cn) and private use (Co) are rare characters of names.
    return unicodedata.category(character) not in _UNSEEN and not _BLANK.match(character)


def shown(text: str) -> str:
    """Answer `text` with each direction mark as words, such as `[U+202E]`, for the screen.

    A name that came with a recording is kept as it is, whatever is in it; on a page it must not turn what stands beside it.
    """
    # Nearly no text has one, and looking is twenty times quicker than translating: a page asks this thousands of times.
    return text.translate(_SHOWN) if not text.isascii() and _ANY_DIRECTION.search(text) else text
