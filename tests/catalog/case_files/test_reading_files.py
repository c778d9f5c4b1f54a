"""Files of cases that are broken or mean harm: each ends in a stable word, soon and in little memory."""

from __future__ import annotations

import io
import json
import time
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from catalog.case_files.importing.columns import read_day, understand
from catalog.case_files.importing.reading import (
    CELL_LIMIT,
    ROW_WHY,
    ROWS_LIMIT,
    SIZE_LIMIT,
    WHY,
    Unreadable,
    read_rows,
)
from tests.catalog.case_files.test_importing import as_xlsx

SHEET = (
    '<?xml version="1.0"?>{doctype}<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
    "<sheetData>{rows}</sheetData></worksheet>"
)


def refused(body: bytes) -> str:
    began = time.monotonic()
    with pytest.raises(Unreadable) as caught:
        read_rows(body)
    assert time.monotonic() - began < 30
    assert caught.value.why in WHY
    return caught.value.why


def xlsx_with(sheet: str, level: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A sound .xlsx whose first sheet is replaced."""
    sound = as_xlsx(["1", "甲"], head=["案号", "名称"])
    held = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(sound)) as old, zipfile.ZipFile(held, "w", level) as new:
        for member in old.infolist():
            body = sheet.encode() if member.filename == "xl/worksheets/sheet1.xml" else old.read(member)
            new.writestr(member.filename, body)
    return held.getvalue()


def cell(place: str, text: str) -> str:
    return f'<c r="{place}" t="inlineStr"><is><t>{text}</t></is></c>'


def head(row: str = "") -> str:
    return f'<row r="1">{cell("A1", "案号")}{cell("B1", "名称")}</row>{row}'


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "empty-file"),
        (b" \r\n\t", "empty-file"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"x" * 500, "old-excel"),
        (b"\xff\xfe\x00\xd8\x00\xd8", "wrong-encoding"),
        ("案号,名称\n1,".encode() + b"\xff\xff\xff\x80", "wrong-encoding"),
        (b"PK\x03\x04 not really", "damaged"),
        ("案号,案号\n1,2".encode(), "headings-twice"),
        ("案号,名称\n".encode(), "no-rows"),
        (b",,,\n,,,\n", "headings-missing"),
        (b'[{"a": ', "not-json"),
        (b"[" * 100_000, "not-json"),
        (b'{"a": 1}', "not-json"),
        (b"[]", "no-rows"),
        (("x," * 101).encode() + b"\n1,2\n", "too-many-columns"),
        (b"number,title\n" + b"1,x\n" * (ROWS_LIMIT + 1), "too-many-rows"),
        (b"number\n" + b"\n" * 1_000_000, "too-many-rows"),
        (b"number\n" + b'"' + b"x" * 200_000, "damaged"),
        (b"x" * (SIZE_LIMIT + 1), "too-large"),
    ],
)
def test_files_that_are_none(body: bytes, why: str) -> None:
    assert refused(body) == why


def test_a_bomb_is_not_unpacked() -> None:
    rows = head(f'<row r="2">{cell("A2", "1" * (80 << 20))}</row>')
    body = xlsx_with(SHEET.format(doctype="", rows=rows))
    assert len(body) < 1 << 20
    assert refused(body) == "unpacks-too-large"


def test_a_bomb_that_lies_about_its_size_is_not_unpacked() -> None:
    rows = head(f'<row r="2">{cell("A2", "1" * (80 << 20))}</row>')
    body = bytearray(xlsx_with(SHEET.format(doctype="", rows=rows)))
    with zipfile.ZipFile(io.BytesIO(bytes(body))) as packed:
        large = max(packed.infolist(), key=lambda m: m.file_size).file_size
    stated = large.to_bytes(4, "little")
    while (at := body.find(stated)) >= 0:
        body[at : at + 4] = (1000).to_bytes(4, "little")
    assert refused(bytes(body)) in {"unpacks-too-large", "damaged"}


def test_entities_do_not_multiply() -> None:
    levels = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    doctype = f'<!DOCTYPE x [<!ENTITY l0 "haha">{levels}<!ENTITY file SYSTEM "file:///etc/passwd">]>'
    for text in ("&l9;", "&file;"):
        body = xlsx_with(SHEET.format(doctype=doctype, rows=head(f'<row r="2">{cell("A2", text)}</row>')))
        try:
            rows = read_rows(body)
        except Unreadable as error:
            assert error.why == "damaged"  # noqa: PT017
        else:
            assert "root" not in json.dumps([row.cells for row in rows])
            assert sum(len(value) for row in rows for value in row.cells.values()) < 100_000


def test_a_row_far_away_and_a_column_far_out() -> None:
    far = head(f'<row r="1048576">{cell("A1048576", "1")}{cell("XFD1048576", "x")}</row>')
    assert refused(xlsx_with(SHEET.format(doctype="", rows=far))) == "too-many-rows"
    wide = head(f'<row r="2">{cell("A2", "1")}{cell("XFD2", "x")}</row>')
    rows = read_rows(xlsx_with(SHEET.format(doctype="", rows=wide)))
    assert len(rows[0].cells) <= 2


def test_formulas_are_not_believed() -> None:
    book = Workbook()
    book.active.append(["案号", "名称"])  # type: ignore[union-attr]
    book.active.append(["1", '=HYPERLINK("http://x","甲")'])  # type: ignore[union-attr]
    held = io.BytesIO()
    book.save(held)
    assert [row.bad for row in read_rows(held.getvalue())] == ["formula"]
    assert [row.cells["number"] for row in read_rows(b'number,title\n"=""0012""",x\n')] == ["0012"]


def test_rows_are_counted_as_a_person_counts_them() -> None:
    rows = read_rows('\n案号,名称\n\n1,"两\n行"\n2,x,多\n'.encode())
    assert [(row.line, row.bad) for row in rows] == [(4, ""), (6, "too-many-cells")]
    assert {row.bad for row in read_rows(f"number\n{'x' * (CELL_LIMIT + 1)}\n".encode())} <= set(ROW_WHY)


@given(st.binary(max_size=2000))
def test_any_bytes_end_in_rows_or_in_a_word(body: bytes) -> None:
    try:
        for row in read_rows(body):
            understand(row.cells, dict.fromkeys(row.cells, "filed_on"))
    except Unreadable as error:
        assert error.why in WHY  # noqa: PT017


@given(st.binary(max_size=600), st.integers(0, 5000))
def test_any_damage_to_a_sheet_ends_in_rows_or_in_a_word(noise: bytes, at: int) -> None:
    body = as_xlsx(["1", "甲"], head=["案号", "名称"])
    try:
        read_rows(body[:at] + noise + body[at + len(noise) :])
    except Unreadable as error:
        assert error.why in WHY  # noqa: PT017


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-03",
        "2026/11/3",
        "2026.11.3",
        "2026年11月3日",
        "20261103",
        "2026-11-03 00:00:00",
        "２０２６-11-3",
    ],
)
def test_days_as_people_write_them(text: str) -> None:
    assert str(read_day(text)) == "2026-11-03"


@pytest.mark.parametrize(
    "text", ["", "2026-13-01", "46000", "3.11.2026", "明天", "2026-11-03x", "0000-01-01"]
)
def test_what_is_no_day(text: str) -> None:
    assert read_day(text) is None
