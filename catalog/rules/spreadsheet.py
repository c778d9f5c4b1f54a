"""Cells of a spreadsheet that nobody's programme takes for a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

_FORMULA = ("=", "+", "-", "@", "\t", "＝", "＋", "－", "＠")
"""What a spreadsheet may take for the beginning of a formula, also in full width."""
BOM = "\ufeff"
"""Without it, spreadsheets of a Chinese office take UTF-8 for GB18030."""


def cell(value: object) -> str:
    """Answer a value as a cell: one line, and never a formula; an apostrophe in front says that it is text."""
    if value is None:
        return ""
    text = " ".join(str(value).split())
    return f"'{text}" if text.startswith(_FORMULA) else text


def lines(head: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """Yield the text of a CSV file (RFC 4180) line by line: UTF-8 is to be its encoding, a BOM stands first."""
    yield BOM + _line(head)
    for row in rows:
        yield _line(row)


def _line(row: Sequence[object]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow([cell(value) for value in row])
    return out.getvalue()
