"""The grid of a month: every day once, whole weeks, Monday first, months that follow each other."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.rules.month_grid import (
    FIRST_YEAR,
    LAST_YEAR,
    SHOWN,
    WEEKDAYS,
    GridDay,
    Month,
    month_grid,
    month_of,
    read_month,
)

TODAY = date(2026, 11, 27)
MONTHS = st.builds(Month, st.integers(FIRST_YEAR, LAST_YEAR), st.integers(1, 12))


def days(month: Month) -> list[date]:
    return [cell.day for week in month_grid(month, []) for cell in week if cell]


@given(MONTHS)
def test_every_day_stands_once_under_its_weekday(month: Month) -> None:
    grid = month_grid(month, [])
    assert {len(week) for week in grid} == {len(WEEKDAYS)} == {7}
    for week in grid:
        assert any(week), "no week of another month"
        assert all(cell.day.weekday() == column for column, cell in enumerate(week) if cell)
    found = days(month)
    assert found[0] == date(month.year, month.number, 1)
    assert all(later - sooner == timedelta(days=1) for sooner, later in pairwise(found))
    assert month_of(found[-1]) == month
    assert month_of(found[-1] + timedelta(days=1)) != month, "up to the last of them"


@given(MONTHS)
def test_months_follow_each_other_and_end_somewhere(month: Month) -> None:
    after, before = month.after, month.before
    assert (after is None) == (month == Month(LAST_YEAR, 12))
    assert (before is None) == (month == Month(FIRST_YEAR, 1))
    if after:
        assert after.before == month
        assert days(month)[-1] + timedelta(days=1) == days(after)[0]
    assert read_month(str(month), TODAY) == month


@pytest.mark.parametrize(
    ("month", "length", "weeks"),
    [
        (Month(2026, 2), 28, 5),
        (Month(2027, 2), 28, 4),  # begins on a Monday
        (Month(2028, 2), 29, 5),
        (Month(2100, 2), 28, 4),
        (Month(2026, 11), 30, 6),  # begins on a Sunday
    ],
)
def test_long_and_short_months(month: Month, length: int, weeks: int) -> None:
    assert (len(days(month)), len(month_grid(month, []))) == (length, weeks)


def test_over_the_turn_of_the_year() -> None:
    assert Month(2026, 12).after == Month(2027, 1)
    assert Month(2027, 1).before == Month(2026, 12)
    first, last = month_grid(Month(2026, 12), [])[0], month_grid(Month(2026, 12), [])[-1]
    assert [cell and cell.day.day for cell in first] == [None, 1, 2, 3, 4, 5, 6]
    assert [cell and cell.day.day for cell in last] == [28, 29, 30, 31, None, None, None]


@given(
    MONTHS, st.lists(st.tuples(st.dates(date(1990, 1, 1), date(9000, 12, 31)), st.integers()), max_size=20)
)
def test_nothing_of_the_month_is_lost_and_nothing_of_others_shown(
    month: Month, things: list[tuple[date, int]]
) -> None:
    # Days drawn from seven thousand years rarely fall into one month: half of them are moved into it.
    things += [(date(month.year, month.number, day.day % 28 + 1), thing) for day, thing in things[::2]]
    cells = [cell for week in month_grid(month, things) for cell in week if cell]
    for cell in cells:
        of_day = [thing for day, thing in things if day == cell.day]
        assert list(cell.shown) == of_day[:SHOWN]
        assert len(cell.shown) + cell.more == len(of_day)
    assert sum(len(cell.shown) + cell.more for cell in cells) == sum(
        month_of(day) == month for day, _ in things
    )


def test_of_many_a_day_names_three() -> None:
    (cell,) = (
        cell
        for week in month_grid(Month(2026, 11), [(TODAY, name) for name in "abcde"])
        for cell in week
        if cell and cell.day == TODAY
    )
    assert cell == GridDay(TODAY, ["a", "b", "c"], 2)


@pytest.mark.parametrize(
    "text",
    [
        *("", "2026", "2026-13", "2026-00", "2026-1", "0000-01", "0001-01", "1989-12", "9001-01", "9999-12"),
        *(
            "99999-01",
            "-2026-11",
            "2026-11-27",
            "2026-11\n",
            " 2026-11",
            "２０２６-１１",
            "٢٠٢٦-١١",
            "x" * 99_999,
        ),
    ],
)
def test_nonsense_is_the_month_of_today(text: str) -> None:
    assert read_month(text, TODAY) == Month(2026, 11)


@given(st.text())
def test_any_text_names_some_month(text: str) -> None:
    assert days(read_month(text, TODAY))
