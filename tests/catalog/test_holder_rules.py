"""Who recorded a clip: the order of the sources, clocks that cannot tell, and disagreement that is shown."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.rules.holder import (
    DISAGREES,
    UNCERTAIN,
    Held,
    Taken,
    Who,
    WhoFacts,
    stated,
    taken_when,
    who_recorded,
)

WANG, LI, CHEN = (UUID(int=n) for n in (1, 2, 3))
DAY = datetime(2026, 11, 16, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def at(hour: float) -> datetime:
    return DAY + timedelta(hours=hour)


def taken(start: float, minutes: float = 10, error: float = 1) -> Taken:
    return Taken(at(start), at(start) + minutes * MINUTE, error * MINUTE)


SHIFT = (Held(WANG, at(8), at(12)), Held(LI, at(12), at(18)), Held(WANG, at(18), None))


@pytest.mark.parametrize(
    ("facts", "who"),
    [
        # a pool recorder changes hands within a day
        (WhoFacts(taken(9), SHIFT, pool=True), Who(WANG, "held-then")),
        (WhoFacts(taken(13), SHIFT, pool=True), Who(LI, "held-then")),
        (WhoFacts(taken(19), SHIFT, pool=True), Who(WANG, "held-then")),
        (WhoFacts(taken(48), SHIFT, pool=True), Who(WANG, "held-then")),
        # who holds it now says nothing of earlier
        (WhoFacts(taken(7), SHIFT, assigned=LI, pool=True), Who(None, None)),
        (WhoFacts(taken(7), SHIFT, assigned=LI), Who(LI, "assigned")),
        # the name agrees, the name differs, the name is of somebody unknown
        (WhoFacts(taken(9), SHIFT, number="010237", named=WANG), Who(WANG, "held-then")),
        (WhoFacts(taken(9), SHIFT, number="010415", named=LI), Who(WANG, "held-then", (DISAGREES,))),
        (WhoFacts(taken(9), SHIFT, number="999999", named=None), Who(WANG, "held-then", (DISAGREES,))),
        (WhoFacts(taken(9), SHIFT, number="000000", named=None), Who(WANG, "held-then")),
        # too close to a hand-over for its clock
        (WhoFacts(taken(12, 1), SHIFT), Who(LI, "held-then", (UNCERTAIN,))),
        (WhoFacts(taken(11.9, 20), SHIFT), Who(WANG, "held-then", (UNCERTAIN,))),
        (WhoFacts(taken(11.9, 20), SHIFT, number="2", named=LI), Who(LI, "name", (UNCERTAIN,))),
        (WhoFacts(taken(11.9, 20), SHIFT, picked=LI), Who(LI, "picked", (UNCERTAIN,))),
        (WhoFacts(taken(11.9, 20), SHIFT, number="3", named=CHEN), Who(WANG, "held-then", (DISAGREES, UNCERTAIN))),
        # nobody noted who had it
        (WhoFacts(taken(9), (), number="2", named=LI, picked=LI, assigned=WANG), Who(LI, "name")),
        (WhoFacts(taken(9), (), number="2", named=LI, picked=WANG), Who(LI, "name", (DISAGREES,))),
        (WhoFacts(taken(9), (), number="9", picked=WANG, assigned=LI), Who(WANG, "picked")),
        (WhoFacts(taken(9), (), assigned=WANG), Who(WANG, "assigned")),
        (WhoFacts(taken(9), (), assigned=WANG, pool=True), Who(None, None)),
        # no time is known: a holding says nothing
        (WhoFacts(None, SHIFT, number="2", named=LI), Who(LI, "name")),
        (WhoFacts(None, SHIFT, assigned=WANG), Who(WANG, "assigned")),
        # a hand-over that was put right at its own moment
        (WhoFacts(taken(9), (Held(CHEN, at(8), at(8)), Held(WANG, at(8), None))), Who(WANG, "held-then")),
        (WhoFacts(taken(7.9, 10), (Held(CHEN, at(8), at(8)), Held(WANG, at(8), None))), Who(WANG, "held-then")),
    ],
)  # fmt: skip
def test_who(facts, who):
    assert who_recorded(facts) == who


def test_a_measured_clock_is_corrected_and_an_unmeasured_one_widens_the_time():
    shown = at(9)
    measured = taken_when(shown, "file-name", 60.0, offset=96.0, offset_error=1.0)
    assert measured == Taken(
        shown - timedelta(seconds=96), shown - timedelta(seconds=36), timedelta(seconds=6)
    )
    guessed = taken_when(shown, "file-name", None)
    assert guessed == Taken(shown, shown, timedelta(minutes=5))
    assert taken_when(None, None, 60.0, offset=1.0) is None


def test_satellite_time_is_true_and_a_file_time_is_the_end():
    assert taken_when(at(9), "exif-gps", None, offset=3600.0) == Taken(at(9), at(9), timedelta(seconds=5))
    ended = taken_when(at(9), "file-modified", 600.0)
    assert (ended.start, ended.end) == (at(9) - 10 * MINUTE, at(9))


def test_a_number_of_zeros_is_none():
    assert (stated("000000"), stated(""), stated("010237")) == ("", "", "010237")


@given(st.integers(0, 24 * 60), st.integers(0, 120), st.integers(0, 30))
def test_somebody_who_did_not_have_it_is_never_said_to_have_had_it(minute, length, error):
    clip = Taken(DAY + minute * MINUTE, DAY + (minute + length) * MINUTE, error * MINUTE)
    who = who_recorded(WhoFacts(clip, SHIFT, number="3", named=CHEN, picked=CHEN, pool=True))
    may = {
        h.officer
        for h in SHIFT
        if h.since <= clip.end + clip.error and (h.until is None or h.until > clip.start - clip.error)
    }
    if who.source == "held-then":
        assert who.officer in may
        assert DISAGREES in who.flags
        assert (UNCERTAIN in who.flags) == (len(may) > 1)
    else:
        assert not may
        assert (who.officer, who.source) == (CHEN, "name")
