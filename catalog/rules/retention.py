"""保管期限: which row of a schedule a case file falls under, from when its period counts, and when it ends (R2.10, R6.4).

Pure. Dates are of the bureau's calendar; moments are UTC.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, tzinfo

ANY = "any"
COERCION = ("yes", "no", ANY)
ROLES = ("evidence", "process", ANY)
STARTS = ("closing", "execution", "acceptance")
"""起算点: 结案, 执行完毕, 归档接收."""
YEARS_LIMIT = 200
"""More than that is 永久; a storage was seen to take a lock of 200 years."""
LAST_DAY = date(9998, 12, 31)
"""What lies beyond no clock can say; a stated date that absurd ends here."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a schedule."""

    number: int
    case_type: str
    """A type of case, or `any`."""
    coercion: str
    role: str
    years: int | None
    """None: permanent."""
    starts: frozenset[str]
    basis: str = ""

    def fits(self, case_type: str, coercion: bool, roles: Collection[str]) -> bool:
        """Answer whether the row is for such a case, and for something attached to it in one of `roles`."""
        return (
            self.case_type in {case_type, ANY}
            and self.coercion in {"yes" if coercion else "no", ANY}
            and (self.role == ANY or self.role in roles)
        )


@dataclass(frozen=True, slots=True)
class ScheduleFacts:
    """A schedule as far as dates follow from it."""

    version: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class FileDates:
    """When a case file's period may begin."""

    closed_on: date | None
    executed_on: date | None
    accepted_at: datetime | None
    """By the server's clock (invariant 3)."""
    stated_accepted_on: date | None = None
    """Of an imported file, as it came: it may only lengthen."""


@dataclass(frozen=True, slots=True)
class Period:
    """What a row gives for one case file."""

    row: Row
    event: str
    """One of STARTS, or `stated` for an imported file's own date of acceptance."""
    start: date
    until: datetime | None
    """None: permanent."""


def starts_on(row: Row, dates: FileDates, zone: tzinfo) -> tuple[str, date]:
    """Answer the event from which a row counts, and its day: the latest of those known and asked for.

    Acceptance always counts among them, asked for or not, because the others are entered by people: a closing date of
    1990 entered today must not end a period that has just begun. Raises ValueError when the archive has not accepted.
    """
    if dates.accepted_at is None:
        raise ValueError("a period begins when the archive has accepted the file")
    known = [("acceptance", dates.accepted_at.astimezone(zone).date())]
    if dates.stated_accepted_on is not None:
        known.append(("stated", dates.stated_accepted_on))
    if "execution" in row.starts and dates.executed_on is not None:
        known.append(("execution", dates.executed_on))
    if "closing" in row.starts and dates.closed_on is not None:
        known.append(("closing", dates.closed_on))
    # Of two on one day the server's own is named.
    return max(known, key=lambda one: one[1])


def years_after(start: date, years: int) -> date:
    """Answer the same day so many years later; what would be 29 February in a common year is 1 March: never shorter."""
    year = start.year + years
    if year > LAST_DAY.year:
        return LAST_DAY
    try:
        return start.replace(year=year)
    except ValueError:
        return date(year, 3, 1)


def months_after(start: date, months: int) -> date:
    """Answer the first of the month that lies so many months after the month of `start`."""
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    return date(year, month + 1, 1) if year <= LAST_DAY.year else LAST_DAY


def end_of_day(day: date, zone: tzinfo) -> datetime:
    """Answer the last whole second of a day of the bureau's calendar, UTC."""
    return datetime.combine(day, time(23, 59, 59), zone).astimezone(UTC)


def periods(
    rows: Iterable[Row],
    *,
    case_type: str,
    coercion: bool,
    roles: Collection[str],
    dates: FileDates,
    zone: tzinfo,
) -> list[Period]:
    """Answer what each row that fits gives, in the order of the rows."""
    found = []
    for row in rows:
        if row.fits(case_type, coercion, roles):
            event, start = starts_on(row, dates, zone)
            until = None if row.years is None else end_of_day(years_after(start, row.years), zone)
            found.append(Period(row, event, start, until))
    return found


def longest(found: Sequence[Period]) -> Period | None:
    """Answer the longest of several, permanent before all; of equals the first. None for none."""
    best: Period | None = None
    for one in found:
        if best is None or (best.until is not None and (one.until is None or one.until > best.until)):
            best = one
    return best


WHY_ROW = ("row-type", "row-coercion", "row-role", "row-years", "row-starts", "row-basis")


def refused(row: Row, types: Collection[str]) -> str | None:
    """Answer why a row cannot stand in a schedule, as one of WHY_ROW, or None."""
    if row.case_type not in {*types, ANY}:
        return "row-type"
    if row.coercion not in COERCION:
        return "row-coercion"
    if row.role not in ROLES:
        return "row-role"
    if row.years is not None and not 1 <= row.years <= YEARS_LIMIT:
        return "row-years"
    if not row.starts or not row.starts <= set(STARTS):
        return "row-starts"
    return None if row.basis.strip() else "row-basis"


def digest_of(version: str, consent: str, rows: Iterable[Row]) -> str:
    """Answer the SHA-256 of what is approved: the version, the archive's consent, every row (hexadecimal)."""
    told = [
        version,
        consent,
        [[r.number, r.case_type, r.coercion, r.role, r.years, sorted(r.starts), r.basis] for r in rows],
    ]
    return hashlib.sha256(json.dumps(told, ensure_ascii=True, separators=(",", ":")).encode()).hexdigest()
