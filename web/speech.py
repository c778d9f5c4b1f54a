"""Translated sentences, with the type that callers want."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext


def _(sentence: str, **values: Any) -> str:
    """Answer the sentence in the reader's language, with its values filled in."""
    return str(gettext(sentence, **values))
