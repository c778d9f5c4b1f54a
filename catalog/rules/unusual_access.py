"""What in a person's use of the system an auditor should look at. Pure: acts and thresholds in, findings out.

A finding is a question, not a reproach: whoever is on duty at night looks at recordings at night.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from statistics import median
from uuid import UUID

RULES = (
    "many-looks",
    "odd-hours",
    "outside-own",
    "many-refusals",
    "many-downloads",
    "new-address",
    "before-detachment",
)
LOOKS = frozenset({"clip.played", "seal.looked"})
USUAL_DAYS = 30
"""Days before the period from which a person's usual number of looks is taken."""
OVERSEEING = frozenset(
    {"archivist", "bureau-head", "leader", "legal", "office-head", "personnel", "section-head"}
)
"""Whose duty it is to look at recordings of others: looks outside one's own cases say nothing of them."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """From when on something is unusual. Counts are of one person on one day of the bureau."""

    looks: int = 100
    times_usual: float = 3.0
    """Many looks are those above `looks`, or above a tenth of it and this many times the person's own usual day."""
    downloads: int = 20
    refusals: int = 10
    outside: int = 3
    work_from: time = time(7, 30)
    work_until: time = time(20, 0)
    before: timedelta = timedelta(hours=1)
    """How long before a clip is detached a look at it counts."""


@dataclass(frozen=True, slots=True)
class Act:
    """One entry of the log, as far as the rules need it."""

    at: datetime
    action: str
    group: str
    clips: tuple[UUID, ...] = ()
    address: str = ""
    own: bool = True
    """With a look: whether the person recorded the clip or handled a case with it at that time."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One row: which rule, on which day, how often, from when until when."""

    rule: str
    day: date
    count: int
    first: datetime
    last: datetime
    usual: float = 0.0
    """With many looks: the person's own usual number on a day with any."""
    thing: str = ""
    """An address, or the id of a clip."""

    def key(self, person: UUID) -> str:
        """Answer what names this row for ever, whenever the report is made again: 64 hexadecimal digits."""
        text = "|".join((self.rule, str(person), self.day.isoformat(), self.thing))
        return hashlib.sha256(text.encode()).hexdigest()


def unusual(
    acts: Sequence[Act],
    *,
    usual: float,
    new_addresses: Mapping[str, datetime],
    detached: Mapping[UUID, Sequence[datetime]],
    overseeing: bool,
    thresholds: Thresholds,
    zone: tzinfo,
) -> list[Finding]:
    """Answer what is unusual in one person's acts, given in the order of time.

    `usual` is his number of looks on a day with any, before; `new_addresses` those he signed in from that were never seen
    for him before, with the first time; `detached` when each clip was detached, by whomever.
    """
    days: dict[date, list[Act]] = defaultdict(list)
    for act in acts:
        days[act.at.astimezone(zone).date()].append(act)
    found: list[Finding] = []
    for day, those in days.items():
        looks = [act for act in those if act.action in LOOKS]
        if many_looks(len(looks), usual, thresholds):
            found.append(_row("many-looks", day, looks, usual))
        outside = [] if overseeing else [act for act in looks if not act.own]
        if len(outside) >= thresholds.outside:
            found.append(_row("outside-own", day, outside))
        found += _of_a_day(day, those, thresholds, zone)
        found += _before_detachment(day, those, detached, thresholds.before)
    for address, at in new_addresses.items():
        found.append(Finding("new-address", at.astimezone(zone).date(), 1, at, at, thing=address))
    return found


def usual_looks(times: Iterable[datetime], zone: tzinfo) -> float:
    """Answer the median number of looks on a day with any; 0 when there was none.

    The median, since one day of browsing would raise a mean, and with it the number that passes unnamed afterwards.
    """
    days = Counter(at.astimezone(zone).date() for at in times)
    return float(median(days.values())) if days else 0.0


def many_looks(count: int, usual: float, thresholds: Thresholds) -> bool:
    """Whether so many looks on a day are many, by number or by what is usual for the person."""
    if count > thresholds.looks:
        return True
    return usual > 0 and count > thresholds.looks / 10 and count > usual * thresholds.times_usual


def at_odd_hours(at: datetime, thresholds: Thresholds, zone: tzinfo) -> bool:
    """Whether a moment lies outside the bureau's working time; a time that ends before it begins goes over midnight."""
    clock = at.astimezone(zone).time()
    begin, end = thresholds.work_from, thresholds.work_until
    return not (begin <= clock < end if begin <= end else clock >= begin or clock < end)


def _of_a_day(day: date, acts: list[Act], limits: Thresholds, zone: tzinfo) -> list[Finding]:
    downloads = [act for act in acts if act.group == "download"]
    refusals = [act for act in acts if act.group == "refusal"]
    handled = [act for act in acts if act.group == "download" or act.action in LOOKS]
    odd = [act for act in handled if at_odd_hours(act.at, limits, zone)]
    found = []
    if odd:
        found.append(_row("odd-hours", day, odd))
    if len(refusals) >= limits.refusals:
        found.append(_row("many-refusals", day, refusals))
    if len(downloads) >= limits.downloads:
        found.append(_row("many-downloads", day, downloads))
    return found


def _before_detachment(
    day: date, acts: list[Act], detached: Mapping[UUID, Sequence[datetime]], before: timedelta
) -> list[Finding]:
    looks: dict[UUID, list[Act]] = defaultdict(list)
    for act in acts:
        if act.action not in LOOKS:
            continue
        for clip in act.clips:
            if any(timedelta() <= moment - act.at <= before for moment in detached.get(clip, ())):
                looks[clip].append(act)
    return [
        Finding("before-detachment", day, len(those), those[0].at, those[-1].at, thing=str(clip))
        for clip, those in looks.items()
    ]


def _row(rule: str, day: date, acts: list[Act], usual: float = 0.0) -> Finding:
    times = [act.at for act in acts]
    return Finding(rule, day, len(acts), min(times), max(times), usual)
