"""What tells one recorder's serial from another: not what people and keyboards vary when they type it. Pure."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

_DASHES = frozenset("\u00ad\u02d7\u2043\u2212\u30fc")
"""What is typed for a dash and is none by its category: soft hyphen, minus, bullet, ー."""


@lru_cache(maxsize=1 << 14)  # a table of recorders asks for the same ones row by row
def serial_key(serial: str) -> str:
    """Answer what two ways of writing one serial have in common: width, case, kind of dash and spaces say nothing."""
    said = "".join(
        "-" if c in _DASHES or unicodedata.category(c) == "Pd" else c
        for c in unicodedata.normalize("NFKC", serial).casefold()
    )
    return "".join(c for c in said if not c.isspace() and unicodedata.category(c) not in {"Cc", "Cf", "Mn"})
