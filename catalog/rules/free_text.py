"""What people type, as it may be kept: nothing that cannot be stored, and nothing that makes a line read otherwise."""

from __future__ import annotations

import re
import unicodedata

_DIRECTION = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Marks that turn the direction of what follows (UAX #9): `exe.4pm` can be shown as `mp4.exe` with them."""


_ANY_DIRECTION = re.compile(f"[{''.join(sorted(_DIRECTION))}]")
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


def shown(text: str) -> str:
    """Answer `text` with each direction mark as words, such as `[U+202E]`, for the screen.

    A name that came with a recording is kept as it is, whatever is in it; on a page it must not turn what stands beside it.
    """
    # Nearly no text has one, and looking is twenty times quicker than translating: a page asks this thousands of times.
    return text.translate(_SHOWN) if not text.isascii() and _ANY_DIRECTION.search(text) else text
