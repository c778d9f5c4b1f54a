"""The condition under which a case is found by words: title, number, party, archive number, number of the case system."""

from __future__ import annotations

from sqlalchemy import ColumnElement, or_

from catalog.models import Case
from catalog.rules.free_text import plain


def has_words(words: str) -> ColumnElement[bool]:
    """Answer the condition that one of them holds `words` as they stand, large or small letters alike."""
    wanted = plain(words)
    columns = (Case.title, Case.number, Case.party, Case.archive_number, Case.source_id)
    return or_(*(column.icontains(wanted, autoescape=True) for column in columns))
