"""Numbers missing in rows of names, and missing parts of recordings that were cut. Pure.

A gap is no accusation: what was cleared earlier is missing too. It is shown, and explained by people.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from ingest.protocol import NameFacts, SheetGap

_ACROSS_THE_END = 100
"""A row is taken as having begun again when at most its hundredth part is missing across the end."""


def missing(facts: Sequence[tuple[bytes, NameFacts]]) -> list[SheetGap]:
    """Answer the gaps of everything listed on one recorder, by series and number.

    What lies before the first number seen is no gap: nobody can tell it from what was cleared. Parts of a recording
    have a beginning: a second part without the first is a gap of the recording's own series.
    """
    rows: dict[str, set[int]] = defaultdict(set)
    ends: dict[str, int | None] = {}
    chains: dict[str, set[int]] = defaultdict(set)
    begins: dict[str, int] = {}
    for _path, fact in facts:
        if fact.series and fact.sequence is not None:
            rows[fact.series].add(fact.sequence)
            ends[fact.series] = fact.wraps_after
        if fact.chain and fact.part is not None:
            chains[fact.chain].add(fact.part)
            begins[fact.chain] = fact.first_part
    found = [SheetGap(series=s, first=a, last=b) for s in rows for a, b in row_gaps(rows[s], ends[s])]
    found += [SheetGap(series=c, first=a, last=b) for c in chains for a, b in part_gaps(chains[c], begins[c])]
    return sorted(found, key=lambda gap: (gap.series, gap.first))


def row_gaps(numbers: Iterable[int], wraps_after: int | None = None) -> list[tuple[int, int]]:
    """Answer what is missing between the numbers of a row, both ends included.

    With `wraps_after` 9999 the row 9998, 2 lacks 9999 and 1, not 3 to 9997.
    """
    seen = sorted(set(numbers))
    inner = list(_between(seen))
    if not wraps_after or not inner or seen[-1] > wraps_after or seen[0] < 1:
        return inner
    largest = max(inner, key=lambda gap: gap[1] - gap[0])
    across = (wraps_after - seen[-1]) + (seen[0] - 1)
    if across > max(1, wraps_after // _ACROSS_THE_END) or across > largest[1] - largest[0]:
        return inner
    inner.remove(largest)  # the part of the row that has not come round yet
    ends = [(1, seen[0] - 1), (seen[-1] + 1, wraps_after)]
    return sorted(inner + [(first, last) for first, last in ends if first <= last])


def part_gaps(parts: Iterable[int], first: int = 1) -> list[tuple[int, int]]:
    """Answer which parts of a recording are missing before its last one seen."""
    seen = sorted(set(parts))
    if not seen:
        return []
    return list(_between([first - 1, *(part for part in seen if part >= first)]))


def _between(seen: Sequence[int]) -> Iterator[tuple[int, int]]:
    for low, high in pairwise(seen):
        if high - low > 1:
            yield low + 1, high - 1
