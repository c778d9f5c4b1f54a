"""检查日历: the days of a month as on the wall, a week to a line, and what falls on each day. Pure functions."""

from __future__ import annotations

import re
from calendar import Calendar
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Generic, TypeVar

Thing = TypeVar("Thing")

FIRST_YEAR, LAST_YEAR = 1990, 9000
"""Months of other years are not shown, as no field for a date takes them either."""
SHOWN = 3
"""So many things of one day are named in its cell; of the others it says how many they are."""
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
"""In the order in which a week stands in the grid."""


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """A month of the calendar; `str()` of it is what `read_month` reads."""

    year: int
    number: int

    def __str__(self) -> str:
        return f"{self.year:04}-{self.number:02}"

    @property
    def before(self) -> Month | None:
        """The month before; None before the first that is shown."""
        return self._away(-1)

    @property
    def after(self) -> Month | None:
        """The month after; None after the last that is shown."""
        return self._away(1)

    def _away(self, months: int) -> Month | None:
        year, number = divmod(self.year * 12 + self.number - 1 + months, 12)
        return Month(year, number + 1) if FIRST_YEAR <= year <= LAST_YEAR else None


@dataclass(frozen=True, slots=True)
class GridDay(Generic[Thing]):
    """One day of the grid: what of it is named, in the order given, and how much more there is."""

    day: date
    shown: Sequence[Thing]
    more: int


def month_of(day: date) -> Month:
    """Answer the month a day is in."""
    return Month(day.year, day.month)


def read_month(text: str, today: date) -> Month:
    """Answer the month of `2026-11`; what names none that is shown counts as the month of today."""
    if found := re.fullmatch(r"([0-9]{4})-(0[1-9]|1[0-2])", text):
        year, number = (int(part) for part in found.groups())
        if FIRST_YEAR <= year <= LAST_YEAR:
            return Month(year, number)
    return month_of(today)


def month_grid(month: Month, things: Iterable[tuple[date, Thing]]) -> list[list[GridDay[Thing] | None]]:
    """Answer the weeks of a month, Monday first; where a week reaches into another month stands None.

    Things of other months are left out.
    """
    of_day: defaultdict[date, list[Thing]] = defaultdict(list)
    for day, thing in things:
        of_day[day].append(thing)

    def cell(number: int) -> GridDay[Thing] | None:
        if not number:
            return None
        day = date(month.year, month.number, number)
        found = of_day.get(day, [])
        return GridDay(day, found[:SHOWN], max(0, len(found) - SHOWN))

    return [
        [cell(number) for number in week]
        for week in Calendar(firstweekday=0).monthdayscalendar(month.year, month.number)
    ]
