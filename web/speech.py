"""Translated sentences, with the type that callers want."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext
from flask_babel import ngettext as _ngettext


def _(sentence: str, **values: Any) -> str:
    """Answer the sentence in the reader's language, with its values filled in."""
    return str(gettext(sentence, **values))


def ngettext(one: str, many: str, number: int, **values: Any) -> str:
    """Answer the sentence for this number of things; `%(num)s` in it is the number."""
    return str(_ngettext(one, many, number, **values))
