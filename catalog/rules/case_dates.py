"""Which dates of a case fit together. Pure."""

from __future__ import annotations

from datetime import date
from typing import Protocol

EARLIEST = date(1980, 1, 1)
DATES = ("filed_on", "decided_on", "closed_on", "executed_on", "coercion_from", "coercion_until")


class Dated(Protocol):
    """What has the dates of a case: what is to be kept of one, or one that is kept."""

    @property
    def filed_on(self) -> date | None:
        """立案."""

    @property
    def decided_on(self) -> date | None:
        """决定."""

    @property
    def closed_on(self) -> date | None:
        """结案."""

    @property
    def executed_on(self) -> date | None:
        """执行完毕."""

    @property
    def coercion(self) -> bool:
        """Whether coercive measures were taken."""

    @property
    def coercion_from(self) -> date | None:
        """Their first day."""

    @property
    def coercion_until(self) -> date | None:
        """Their last day, which may be to come."""


def dates_wrong(facts: Dated, today: date) -> str | None:
    """Answer what is wrong with a case's dates, as a stable word, or None."""
    given = [d for d in (getattr(facts, name) for name in DATES) if d is not None]
    if any(d < EARLIEST for d in given):
        return "date-wrong"
    # A measure may be ordered until a day to come; everything else has happened.
    if any(d > today for name in DATES if name != "coercion_until" and (d := getattr(facts, name))):
        return "date-in-future"
    way = [d for d in (facts.filed_on, facts.decided_on, facts.closed_on) if d is not None]
    if way != sorted(way) or (
        facts.executed_on and facts.decided_on and facts.executed_on < facts.decided_on
    ):
        return "dates-crossed"
    start, end = facts.coercion_from, facts.coercion_until
    if (not facts.coercion and (start or end)) or (end and (not start or end < start)):
        return "coercion-dates"
    return None
