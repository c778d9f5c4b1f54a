"""档号: the pattern, the next number, and nothing of a hostile field taken for a pattern."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.rules.archive_number import (
    FIELDS,
    Around,
    BadPattern,
    around,
    check_pattern,
    missing,
    next_number,
)

SHIPPED = "{fonds}-{year}-{period}-{unit}-{serial:04}"
GIVEN = {"fonds": "101", "year": "2026", "period": "D30", "unit": "城东分局"}
texts = st.text(max_size=12)


@pytest.mark.parametrize(
    "pattern",
    ["", "{year}", "{serial}{serial}", "{serial:x}", "{serial!r}", "{number}-{serial}", "{", "{serial.a}", "{0}{serial}",
     "{year:04}-{serial}", "{serial:04d}", "{}{serial}"],
)  # fmt: skip
def test_patterns_that_cannot_be(pattern: str) -> None:
    with pytest.raises(BadPattern):
        check_pattern(pattern)


def test_the_shipped_pattern() -> None:
    assert check_pattern(SHIPPED) == SHIPPED
    parts = around(SHIPPED, GIVEN)
    assert next_number(parts, []) == "101-2026-D30-城东分局-0001"
    taken = ["101-2026-D30-城东分局-0007", "101-2026-D30-城东分局-0003", "101-2026-D10-城东分局-0099", "x"]
    assert next_number(parts, taken) == "101-2026-D30-城东分局-0008"
    assert next_number(parts, ["101-2026-D30-城东分局-12345"]) == "101-2026-D30-城东分局-12346"
    assert missing(SHIPPED, {**GIVEN, "fonds": " ", "period": ""}) == ("fonds", "period")


@given(
    st.fixed_dictionaries({name: texts for name in FIELDS if name != "serial"}),
    st.lists(st.integers(0, 10**6)),
)
def test_the_next_is_always_new_and_always_read_back(fields: dict[str, str], serials: list[int]) -> None:
    for pattern in (SHIPPED, "{serial}", "{type}/{serial:3}号{year}", "{{{serial}}}{unit}"):
        parts = around(pattern, fields)
        taken = [parts.number(serial) for serial in serials]
        number = next_number(parts, taken)
        assert number not in taken
        if len(number) <= 128:
            assert (
                parts.serial_of(number) == max(serials, default=0) + 1
                or len(max(taken, key=len, default="")) > 128
            )


@given(st.text(max_size=200))
def test_no_text_breaks_reading(text: str) -> None:
    assert Around("a", "b", 4).serial_of(text) is None or text.startswith("a")
    try:
        check_pattern(text)
    except BadPattern:
        return
    around(text, {})
