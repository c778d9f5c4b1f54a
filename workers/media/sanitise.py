"""Text from hostile files made fit to store and show."""

from __future__ import annotations

from collections.abc import Mapping

MAX_TAGS = 200
MAX_TEXT = 500
MAX_NAME = 100


def clean(value: object, limit: int = MAX_TEXT) -> str:
    """`value` as one line of at most `limit` characters: control and bidirectional marks replaced, ends trimmed.

    Bytes that are no UTF-8 (passed on as surrogates) are tried as GB18030, in which many recorders write.
    """
    text = value if isinstance(value, str) else str(value)
    text = text[: limit * 4]
    if any(0xD800 <= ord(c) <= 0xDFFF for c in text):
        text = text.encode("utf-8", "surrogateescape" if _is_escaped(text) else "replace").decode(
            "gb18030", "replace"
        )
    text = "".join(c if c.isprintable() else " " for c in text)
    return " ".join(text.split())[:limit]


def _is_escaped(text: str) -> bool:
    return all(0xDC80 <= ord(c) <= 0xDCFF for c in text if 0xD800 <= ord(c) <= 0xDFFF)


def clean_tags(tags: Mapping[str, object]) -> dict[str, str]:
    """At most 200 tags with clean names and values; empty ones are left out."""
    cleaned: dict[str, str] = {}
    for name, value in tags.items():
        if len(cleaned) >= MAX_TAGS:
            break
        key, text = clean(name, MAX_NAME), clean(value)
        if key and text:
            cleaned.setdefault(key, text)
    return cleaned
