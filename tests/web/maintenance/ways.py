"""The ways in which an office keeps a table: one and the same, as .xlsx and as CSV in the encodings of its programs."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import date

from openpyxl import Workbook

WAYS = ("xlsx", "utf-8", "utf-8-sig", "gb18030")
"""A sheet, and the encodings of a CSV; `utf-8-sig` begins with a byte order mark, as Excel writes it."""
Cell = str | int | date | None


def as_kept(way: str, *rows: Sequence[Cell]) -> bytes:
    """The bytes of a table; in a sheet days are days and numbers numbers, in a CSV all is text."""
    if way == "xlsx":
        return _sheet(rows)
    text = io.StringIO(newline="")
    csv.writer(text).writerows([_said(cell) for cell in row] for row in rows)
    return text.getvalue().encode(way)


def _said(cell: Cell) -> str:
    if isinstance(cell, date):
        return f"{cell.year}/{cell.month}/{cell.day}"
    return "" if cell is None else str(cell)


def _sheet(rows: Sequence[Sequence[Cell]]) -> bytes:
    book, body = Workbook(), io.BytesIO()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(row)
    book.save(body)
    return body.getvalue()
