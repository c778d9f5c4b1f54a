"""Reading tables as offices keep them: CSV in UTF-8 or GB18030, and .xlsx. Rows with their line and named columns."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from catalog.refused import Refused

MOST_BYTES = 2 << 20
MOST_UNPACKED = 64 << 20
MOST_ROWS = 5000
MOST_COLUMNS = 60


class BadTable(Refused):
    """The table cannot be read at all; `why` is a stable word."""


WHY = ("too-large", "not-a-table", "no-text", "no-heading", "column-missing", "column-twice", "too-many-rows")


@dataclass(frozen=True, slots=True)
class Row:
    """One row, by the field that its column's heading names. `line` counts from 1, the heading included."""

    line: int
    cells: Mapping[str, str]


def read_table(content: bytes, columns: Mapping[str, Sequence[str]], *, needed: str) -> list[Row]:
    """Answer the rows of a table; which it is follows from its first bytes.

    `columns` maps a field to the headings it may have; headings known to none are passed over. The field `needed` must
    be there. Empty rows are passed over. Raises BadTable.
    """
    if len(content) > MOST_BYTES:
        raise BadTable("too-large")
    lines = _sheet(content) if content.startswith(b"PK\x03\x04") else _text(content)
    while lines and not any(cell.strip() for cell in lines[0][1]):
        lines.pop(0)
    if not lines:
        raise BadTable("no-heading")
    heading, *body = lines
    places = _places(heading[1], columns, needed)
    rows = [
        Row(
            line, {name: cells[place].strip() if place < len(cells) else "" for name, place in places.items()}
        )
        for line, cells in body
        if any(cell.strip() for cell in cells)
    ]
    if len(rows) > MOST_ROWS:
        raise BadTable("too-many-rows")
    return rows


def _places(heading: Sequence[str], columns: Mapping[str, Sequence[str]], needed: str) -> dict[str, int]:
    known = {word.casefold(): field for field, words in columns.items() for word in (field, *words)}
    places: dict[str, int] = {}
    for place, cell in enumerate(heading):
        field = known.get("".join(cell.split()).casefold().replace("_", "-")) or known.get(
            "".join(cell.split()).casefold()
        )
        if field is None:
            continue
        if field in places:
            raise BadTable("column-twice")
        places[field] = place
    if needed not in places:
        raise BadTable("column-missing")
    return places


def _text(content: bytes) -> list[tuple[int, list[str]]]:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise BadTable("no-text")
    if "\x00" in text:
        raise BadTable("not-a-table")
    first = text.lstrip("\r\n").split("\n", 1)[0]
    separator = max(",;\t", key=first.count)
    found: list[tuple[int, list[str]]] = []
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
        line = 1
        for cells in reader:
            found.append((line, [_bare(cell) for cell in cells[:MOST_COLUMNS]]))
            line = reader.line_num + 1
            if len(found) > MOST_ROWS + 100:
                raise BadTable("too-many-rows")
    except csv.Error as error:
        raise BadTable("not-a-table") from error
    return found


def _sheet(content: bytes) -> list[tuple[int, list[str]]]:
    from openpyxl import load_workbook  # noqa: PLC0415  (large, and rarely needed)

    try:
        _ensure_small(content)
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        try:
            sheet = book.worksheets[0]
            found: list[tuple[int, list[str]]] = []
            for number, cells in enumerate(sheet.iter_rows(max_col=MOST_COLUMNS, max_row=MOST_ROWS + 101), 1):
                found.append((number, [_said(cell) for cell in cells]))
        finally:
            book.close()
    except BadTable:
        raise
    except Exception as error:  # the library raises whatever a damaged file leads it into
        raise BadTable("not-a-table") from error
    return found


def _ensure_small(content: bytes) -> None:
    """Refuse what would fill the memory when it is unpacked."""
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        if sum(one.file_size for one in packed.infolist()) > MOST_UNPACKED:
            raise BadTable("too-large")


def _bare(cell: str) -> str:
    """Take off what exports put around a number, `="0042"`, so that no sheet takes its leading noughts away."""
    text = cell.strip()
    return text[2:-1] if text.startswith('="') and text.endswith('"') and len(text) > 3 else cell


def _said(cell: Any) -> str:
    """Answer a cell of a sheet as people see it: a number that is shown as 0042 is kept as 42, and its form says how long."""
    value = cell.value
    said = _cell(value)
    if isinstance(value, (int, float)) and said.isdigit() and set(cell.number_format) == {"0"}:
        return said.zfill(len(cell.number_format))
    return said


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
