"""Cells that no spreadsheet takes for a formula."""

from __future__ import annotations

import csv
import io

from hypothesis import given
from hypothesis import strategies as st

from catalog.rules.spreadsheet import BOM, cell, lines

HOSTILE = (
    '=HYPERLINK("http://x")',
    "+1",
    "-2+3",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    " =1",
    "＝1",
    "＋1",
    "－1",
    "＠x",
    "\n@x",
)


def test_no_formula_gets_through() -> None:
    for text in HOSTILE:
        assert cell(text).startswith("'"), text
    assert (cell(None), cell(2026), cell("城东 分局")) == ("", "2026", "城东 分局")


@given(st.lists(st.lists(st.text(max_size=30), min_size=2, max_size=2), max_size=5))
def test_what_is_written_is_read(rows: list[list[str]]) -> None:
    text = "".join(lines(["a", "b"], rows))
    assert text.startswith(BOM)
    found = list(csv.reader(io.StringIO(text.removeprefix(BOM))))
    assert found == [["a", "b"], *[[cell(v) for v in row] for row in rows]]
    assert not any(v and v[0] in "=+-@\t\r＝＋－＠" for row in found for v in row)
