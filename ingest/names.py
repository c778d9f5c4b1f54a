"""Names on a recorder: bytes that may be no valid text, and how they are shown and sent."""

from __future__ import annotations

import base64
import unicodedata

SHOWN_LIMIT = 4096


def shown(path: bytes) -> str:
    r"""Answer a path as a person may read it: undecodable bytes as ``\\xNN``, control and format characters escaped.

    Never used as a path again. Cut to the 4096 characters the protocol allows.
    """
    text = path.decode("utf-8", errors="backslashreplace")
    plain = "".join(_plain(c) for c in text)
    return plain if len(plain) <= SHOWN_LIMIT else plain[: SHOWN_LIMIT - 1] + "…"


def _plain(character: str) -> str:
    # Cc controls, Cf invisible format characters (they reorder what is read), line and paragraph separators.
    if unicodedata.category(character) in {"Cc", "Cf", "Zl", "Zp"}:
        return character.encode("unicode_escape").decode("ascii")
    return character


def encoded(path: bytes) -> str:
    """Answer the path as it travels: base64."""
    return base64.b64encode(path).decode("ascii")


def decoded(path: str) -> bytes:
    """Answer the bytes of a path that travelled as base64."""
    return base64.b64decode(path, validate=True)
