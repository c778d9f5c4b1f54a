"""Reading a file of cases: CSV (UTF-8, UTF-16 or GB18030), .xlsx or JSON. Whatever it is, it ends, and in words."""

from __future__ import annotations

import csv
import io
import itertools
import json
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from catalog.refused import Refused

SIZE_LIMIT = 20 << 20
"""Bytes of a file."""
ROWS_LIMIT = 50_000
COLUMNS_LIMIT = 100
CELL_LIMIT = 4_000
"""Characters of a cell; no field of a case is longer."""
UNPACKED_LIMIT = 64 << 20
"""Bytes of all that lies in an .xlsx, which is a ZIP file."""
MEMBERS_LIMIT = 1_000
_BLANK_LIMIT = 200_000
"""Lines that may be looked at in all, empty ones among them."""


class Unreadable(Refused):
    """The file as a whole cannot be taken; `why` is a stable word."""


WHY = (
    "empty-file",
    "too-large",
    "old-excel",
    "wrong-encoding",
    "damaged",
    "unpacks-too-large",
    "not-json",
    "no-rows",
    "too-many-rows",
    "too-many-columns",
    "headings-missing",
    "headings-twice",
)


@dataclass(frozen=True, slots=True)
class RawRow:
    """One row: where it stands in its file, and its cells by heading; `bad` names what of it cannot be read."""

    line: int
    """From 1, with the headings; in JSON the place in the list."""
    cells: dict[str, str]
    bad: str = ""


ROW_WHY = ("cell-too-long", "control-characters", "formula", "too-many-cells", "not-a-value")


def read_rows(body: bytes) -> list[RawRow]:
    """Answer the rows of a file, blank ones left out. What it is, its first bytes say. Raises Unreadable."""
    if not body.strip():
        raise Unreadable("empty-file")
    if len(body) > SIZE_LIMIT:
        raise Unreadable("too-large")
    if body.startswith(b"PK\x03\x04"):
        return _table(_xlsx(body))
    if body.startswith(b"\xd0\xcf\x11\xe0"):
        raise Unreadable("old-excel")
    text = _decoded(body)
    if text.lstrip()[:1] in {"[", "{"}:
        return _json(text)
    return _table(_csv(text))


def _decoded(body: bytes) -> str:
    if body.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings: tuple[str, ...] = ("utf-16",)
    else:
        encodings = ("utf-8-sig", "gb18030")
    for encoding in encodings:
        try:
            return body.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Unreadable("wrong-encoding")


Cells = tuple[int, Sequence[str], str]
"""Line, cells as text, what is bad."""


def _csv(text: str) -> Iterator[Cells]:
    first = text.split("\n", 1)[0]
    mark = max(",;\t，", key=first.count)
    if mark == "，":
        text, mark = text.replace("，", ","), ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=mark)
    before = 0
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:  # a cell beyond the module's own limit: a quote that never closes
            raise Unreadable("damaged") from error
        line, before = before + 1, reader.line_num
        shown, bad = [], ""
        for cell in cells:
            value = cell.strip()
            if value.startswith('="') and value.endswith('"'):  # how exports keep leading zeros
                value = value[2:-1]
            elif value[:1] == "=" and len(value) > 1:
                bad = "formula"
            shown.append(value)
        yield line, shown, bad


def _xlsx(body: bytes) -> Iterator[Cells]:
    """Read the first sheet that shows. Formulas are not believed: what they would say now, nobody has seen."""
    try:
        _unpacks(body)
        yield from _sheet(body)
    except Unreadable:
        raise
    except MemoryError as error:
        raise Unreadable("unpacks-too-large") from error
    except (
        Exception
    ) as error:  # whatever the readers of ZIP and XML stumble over; a broken file has many ways
        raise Unreadable("damaged") from error


def _unpacks(body: bytes) -> None:
    """Raise Unreadable for what unpacks to more than may be; the sizes a ZIP file states are its own word only."""
    with zipfile.ZipFile(io.BytesIO(body)) as packed:
        members = packed.infolist()
        if len(members) > MEMBERS_LIMIT or sum(m.file_size for m in members) > UNPACKED_LIMIT:
            raise Unreadable("unpacks-too-large")
        if any(_size(packed, member) > member.file_size for member in members):
            raise Unreadable("unpacks-too-large")


def _size(packed: zipfile.ZipFile, member: zipfile.ZipInfo) -> int:
    count = 0
    with packed.open(member) as file:
        while block := file.read(1 << 20):
            count += len(block)
            if count > member.file_size:
                break
    return count


def _sheet(body: bytes) -> Iterator[Cells]:
    from openpyxl import load_workbook  # noqa: PLC0415  (slow to import, and seldom needed)

    book = load_workbook(io.BytesIO(body), read_only=True, data_only=False, keep_links=False)
    try:
        sheets = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"] or book.worksheets
        if not sheets:
            return
        sheet = sheets[0]
        sheet.reset_dimensions()  # what a file says of its size is not believed
        rows = sheet.iter_rows(max_row=_BLANK_LIMIT + 1, max_col=COLUMNS_LIMIT + 1)
        for line, row in enumerate(rows, 1):
            shown, bad = [], ""
            for cell in row:
                if cell.data_type == "f":
                    bad = "formula"
                shown.append(_as_text(cell.value))
            while shown and not shown[-1]:
                shown.pop()
            yield line, shown, bad
    finally:
        book.close()


def _json(text: str) -> list[RawRow]:
    try:
        # Numbers stay as they are written: neither long ones nor large ones mean anything here.
        found = json.loads(text, parse_int=str, parse_float=str, parse_constant=str)
    except (ValueError, RecursionError) as error:
        raise Unreadable("not-json") from error
    if isinstance(found, dict):
        lists = [value for value in found.values() if isinstance(value, list)]
        found = lists[0] if len(lists) == 1 else found
    if not isinstance(found, list):
        raise Unreadable("not-json")
    if not found:
        raise Unreadable("no-rows")
    if len(found) > ROWS_LIMIT:
        raise Unreadable("too-many-rows")
    return [_item(n, one) for n, one in enumerate(found, 1)]


def _item(line: int, one: Any) -> RawRow:
    if not isinstance(one, dict) or len(one) > COLUMNS_LIMIT:
        return RawRow(line, {}, "not-a-value")
    if any(isinstance(value, (list, dict)) for value in one.values()):
        return RawRow(line, {}, "not-a-value")
    cells = {str(name).strip(): _as_text(value) for name, value in one.items()}
    return RawRow(line, cells, _bad(cells.values()))


def _table(rows: Iterator[Cells]) -> list[RawRow]:
    """Answer rows under their headings: the first row that is not blank."""
    counted = _counted(rows)
    headings: list[str] = []
    for _, cells, _ in counted:
        if any(cells):
            headings = [cell.strip() for cell in cells]
            break
    if len(headings) > COLUMNS_LIMIT:
        raise Unreadable("too-many-columns")
    named = [name for name in headings if name]
    if not named:
        raise Unreadable("headings-missing")
    if len(set(named)) != len(named):
        raise Unreadable("headings-twice")
    found: list[RawRow] = []
    for line, cells, bad in counted:
        if not any(cells):
            continue
        if len(found) == ROWS_LIMIT:
            raise Unreadable("too-many-rows")
        worse = "too-many-cells" if any(cells[len(headings) :]) else ""
        under = {name: cell for name, cell in zip(headings, cells, strict=False) if name}
        found.append(RawRow(line, under, bad or worse or _bad(cells)))
    if not found:
        raise Unreadable("no-rows")
    return found


def _counted(rows: Iterator[Cells]) -> Iterator[Cells]:
    yield from itertools.islice(rows, _BLANK_LIMIT)
    if next(rows, None) is not None:
        raise Unreadable("too-many-rows")


def _bad(cells: Iterable[str]) -> str:
    for cell in cells:
        if len(cell) > CELL_LIMIT:
            return "cell-too-long"
        if any(c < " " and c not in "\n\r\t" for c in cell):
            return "control-characters"
    return ""


def _as_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value).strip()
