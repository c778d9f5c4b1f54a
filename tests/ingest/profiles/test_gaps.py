"""Missing numbers: rows, rows that begin again, recordings cut into parts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.profiles.gaps import missing, part_gaps, row_gaps
from ingest.protocol import NameFacts


@pytest.mark.parametrize(
    ("numbers", "wraps_after", "gaps"),
    [
        ([], None, []),
        ([7], 9999, []),
        ([3, 1, 2, 2], None, []),
        ([1, 3, 7], None, [(2, 2), (4, 6)]),
        ([9998, 9999, 1, 2], 9999, []),
        ([9998, 2], 9999, [(1, 1), (9999, 9999)]),
        ([9996, 9998, 9999, 1, 3], 9999, [(2, 2), (9997, 9997)]),
        ([9998, 9999, 1, 2], None, [(3, 9997)]),
        ([1, 2, 6000], 9999, [(3, 5999)]),  # nothing says that it began again
        ([1, 9999], 9999, []),
        ([0, 2, 9999], 9999, [(1, 1), (3, 9998)]),  # a row that counts from 0 is taken as it stands
        ([10001, 10003], 9999, [(10002, 10002)]),
    ],
)
def test_rows(numbers, wraps_after, gaps):
    assert row_gaps(numbers, wraps_after) == gaps


@pytest.mark.parametrize(
    ("parts", "first", "gaps"),
    [
        ([1, 2, 3], 1, []),
        ([2], 1, [(1, 1)]),
        ([1, 4], 1, [(2, 3)]),
        ([1], 0, [(0, 0)]),
        ([0, 1], 0, []),
        ([0, 1], 1, []),
        ([], 1, []),
    ],
)
def test_parts(parts, first, gaps):
    assert part_gaps(parts, first) == gaps


def test_each_series_and_each_recording_by_itself():
    def fact(**values):
        return NameFacts(profile="p", **values)

    facts = [
        (b"a/1", fact(series="a", sequence=1)),
        (b"a/3", fact(series="a", sequence=3)),
        (b"b/1", fact(series="b", sequence=1)),
        (b"b/2_2", fact(series="b", sequence=2, part=2, chain="b/2_*")),
        (b"loose", fact(sequence=9)),
    ]
    found = [(gap.series, gap.first, gap.last) for gap in missing(facts)]
    assert found == [("a", 2, 2), ("b/2_*", 1, 1)]


@given(st.sets(st.integers(1, 300), min_size=1), st.booleans())
def test_a_gap_is_what_was_not_seen_and_touches_what_was(numbers, wraps):
    gaps = row_gaps(numbers, 300 if wraps else None)
    for first, last in gaps:
        assert first <= last
        assert not numbers & set(range(first, last + 1))
    whole = set(range(min(numbers), max(numbers) + 1)) - numbers
    if not wraps:
        assert {n for first, last in gaps for n in range(first, last + 1)} == whole


@given(st.integers(9901, 9990), st.integers(150, 300), st.data())
def test_a_row_that_begins_again_lacks_exactly_what_was_taken_out(start, length, data):
    row = [(start + n - 1) % 9999 + 1 for n in range(length)]
    removed = data.draw(st.sets(st.sampled_from(row[1:-1]), max_size=20))
    gaps = row_gaps(set(row) - removed, 9999)
    assert {n for first, last in gaps for n in range(first, last + 1)} == removed
