"""Until when a clip is to be locked, whether it is on hold, and why: one pure function of its facts (invariants 2 to 6).

The reason is data from which the date can be computed again (`until_of`) and the sentence on screen is made
(`web.words.kept`). What a reason may not tell everybody (R2.12: discipline, complaints) is not in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from catalog.rules.case_life import IN_ARCHIVE
from catalog.rules.held import HeldBy
from catalog.rules.intake_lock import AT_RECEIPT_DAYS, RENEW_BEFORE
from catalog.rules.retention import (
    FileDates,
    Period,
    ScheduleFacts,
    end_of_day,
    longest,
    months_after,
    periods,
    years_after,
)

ROLLED_MONTHS = 14
"""To the first of the fourteenth month from this one: between 13 and 14 months ahead, anew each month (invariant 5 asks
for 12; the month between is for noticing that renewing fails)."""
FAR_YEARS = 11
"""To the first day of the eleventh year from this one: what is permanent is never less than ten years ahead."""
RENEWED_EACH = timedelta(days=AT_RECEIPT_DAYS) - RENEW_BEFORE
"""How long after a renewal of what nobody reviewed the next one follows."""


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """A case that a clip is on, or was on until the legal section confirms that it is not (R4.11)."""

    id: UUID
    number: str
    type: str
    coercion: bool
    state: str
    roles: frozenset[str]
    """Roles in which the clip is attached to it."""
    dates: FileDates

    @property
    def accepted(self) -> bool:
        """Whether the archive has taken the file over, by the server's clock."""
        return self.state in IN_ARCHIVE and self.dates.accepted_at is not None


@dataclass(frozen=True, slots=True)
class CopyFacts:
    """A copy's lock as last read back."""

    lock_until: datetime
    compliance: bool
    hold: bool = False


def met(copies: Sequence[CopyFacts], until: datetime, hold: bool, now: datetime) -> bool:
    """Answer whether every copy, as last read back, is locked and held as wanted; no storage takes a date that is past."""
    return all(
        copy.hold == hold and copy.compliance and (copy.lock_until >= until or until <= now)
        for copy in copies
    )


@dataclass(frozen=True, slots=True)
class KeptFacts:
    """How long an appraisal keeps a clip beyond its period."""

    until: datetime | None
    """None: for ever."""
    why: str
    """`appraisal JD-2026-001` or `transfer JD-2026-001`."""


@dataclass(frozen=True, slots=True)
class ClipFacts:
    """Everything from which a clip's lock and hold follow."""

    received_at: datetime
    lock_desired: datetime
    """As it stands: nothing shortens it."""
    copies: tuple[CopyFacts, ...]
    cases: tuple[CaseFacts, ...] = ()
    holds: tuple[HeldBy, ...] = ()
    found: str = ""
    """Where a hold was found at the storage of which this catalog does not know the reason: `storage`, until somebody
    has resolved the incident about it, or `rebuilt`, until the clip is on a case again."""
    schedule: ScheduleFacts | None = None
    reviewed_at: datetime | None = None
    """When somebody found last that it belongs to no case, since it left the last one; it is renewed no more then."""
    kept: KeptFacts | None = None


@dataclass(frozen=True, slots=True)
class Desired:
    """The answer."""

    lock_until: datetime
    """UTC, whole seconds."""
    hold: bool
    reason: Mapping[str, Any]


def desire(facts: ClipFacts, zone: ZoneInfo, now: datetime) -> Desired:
    """Answer what a clip's lock and hold should be at `now`."""
    rules = _rules(facts, zone, now)
    due = max(
        rules, key=lambda rule: (until_of_rule(rule, zone), rule["kind"] in {"permanent", "kept-for-ever"})
    )
    until = until_of_rule(due, zone)
    standing = max([facts.lock_desired, *(c.lock_until for c in facts.copies)]).replace(microsecond=0)
    holds = [dict(one) for one in _holds(facts, rules, until, now)]
    reason: dict[str, Any] = {"rule": due, "zone": zone.key, "holds": holds}
    if facts.found:
        reason["found"] = facts.found
    if standing > until:
        # Nothing shortens: an earlier schedule, a case reopened, or whoever set it at the storage gave more.
        reason["stands"] = standing.isoformat()
        until = standing
    return Desired(until, bool(holds), reason)


def until_of(reason: Mapping[str, Any]) -> datetime:
    """Answer the date that a reason states, computed again from it alone. Raises KeyError, ValueError for no reason."""
    until = until_of_rule(reason["rule"], ZoneInfo(reason["zone"]))
    stands = reason.get("stands")
    return max(until, datetime.fromisoformat(stands)) if stands else until


def rolled(today: date) -> date:
    """Answer the day to which the lock of what is on an open case is rolled forward."""
    return months_after(today, ROLLED_MONTHS)


def far(today: date) -> date:
    """Answer the day to which the lock of what is kept for ever is rolled forward."""
    return years_after(today.replace(month=1, day=1), FAR_YEARS)


def renewed_from(received: datetime, now: datetime) -> datetime:
    """Answer from when the lock of an unreviewed clip counts: its receipt, or its latest renewal after that."""
    ends = received + timedelta(days=AT_RECEIPT_DAYS)
    if ends >= now + RENEW_BEFORE:
        return received
    late = now + RENEW_BEFORE - ends
    times = -(-late // RENEWED_EACH)  # rounded up: one renewal too few would leave it short
    return received + times * RENEWED_EACH


def _rules(facts: ClipFacts, zone: ZoneInfo, now: datetime) -> list[dict[str, Any]]:
    """Answer what gives a date, as data, each with everything that the date is computed from; one at least."""
    today = now.astimezone(zone).date()
    rules = [rule_of_case(case, facts.schedule, zone, today) for case in facts.cases]
    if not rules:
        # Once reviewed it is an expired recording as soon as its lock ends: kept until it is appraised, and renewed no more.
        kind = "unreviewed" if facts.reviewed_at is None else "reviewed"
        start = facts.received_at if facts.reviewed_at else renewed_from(facts.received_at, now)
        begun = start.replace(microsecond=0).astimezone(UTC).isoformat()
        rules = [{"kind": kind, "from": begun, "days": AT_RECEIPT_DAYS}]
    if facts.kept is not None:
        rules.append(_rule_of_appraisal(facts.kept, today))
    return rules


def _rule_of_appraisal(kept: KeptFacts, today: date) -> dict[str, Any]:
    by, _, number = kept.why.partition(" ")
    if kept.until is None:
        return {"kind": "kept-for-ever", "by": by, "number": number, "from": today.isoformat()}
    until = kept.until.replace(microsecond=0).astimezone(UTC).isoformat()
    return {"kind": "kept-longer", "by": by, "number": number, "until": until}


def rule_of_case(
    case: CaseFacts, schedule: ScheduleFacts | None, zone: ZoneInfo, today: date
) -> dict[str, Any]:
    """Answer what a case file gives what is attached to it, as data."""
    named = {"case": str(case.id), "number": case.number, "roles": sorted(case.roles)}
    if not case.accepted:
        return {"kind": "open-case", **named, "state": case.state, "from": today.isoformat()}
    found = period_of(case, schedule, zone)
    if found is None or schedule is None:
        return {"kind": "no-row", **named, "from": today.isoformat()}
    row = {"schedule": schedule.version, "row": found.row.number, "basis": found.row.basis}
    if found.until is None:
        return {"kind": "permanent", **named, **row, "from": today.isoformat()}
    return {
        "kind": "period",
        **named,
        **row,
        "event": found.event,
        "start": found.start.isoformat(),
        "years": found.row.years,
    }


def period_of(case: CaseFacts, schedule: ScheduleFacts | None, zone: ZoneInfo) -> Period | None:
    """Answer what the schedule gives for an accepted case file; None when no row is for it."""
    if schedule is None:
        return None
    return longest(
        periods(
            schedule.rows, case_type=case.type, coercion=case.coercion, roles=case.roles, dates=case.dates, zone=zone
        )
    )  # fmt: skip


def until_of_rule(rule: Mapping[str, Any], zone: ZoneInfo) -> datetime:
    """Answer the date of one rule, UTC. Raises ValueError for one that does not exist."""
    kind = rule["kind"]
    if kind == "period":
        return end_of_day(years_after(date.fromisoformat(rule["start"]), rule["years"]), zone)
    if kind == "permanent":
        return end_of_day(far(date.fromisoformat(rule["from"])), zone)
    if kind in {"open-case", "no-row"}:
        return end_of_day(rolled(date.fromisoformat(rule["from"])), zone)
    if kind == "kept-for-ever":
        return end_of_day(far(date.fromisoformat(rule["from"])), zone)
    if kind == "kept-longer":
        return datetime.fromisoformat(rule["until"])
    if kind in {"unreviewed", "reviewed"}:
        return datetime.fromisoformat(rule["from"]) + timedelta(days=rule["days"])
    raise ValueError(f"no such rule: {kind}")


def _holds(
    facts: ClipFacts, rules: Sequence[Mapping[str, Any]], until: datetime, now: datetime
) -> Iterator[Mapping[str, Any]]:
    """Everything for which the clip is on hold, each by itself."""
    for held in facts.holds:
        # Why is never told here: the personnel section's holds must not be told from others (R9.8).
        yield {"kind": "held-by-rule", "since": held.since.astimezone(UTC).isoformat()}
    for rule in rules:
        if rule["kind"] in {"open-case", "permanent", "no-row", "kept-for-ever"}:
            yield {name: rule[name] for name in ("kind", "case", "number", "state") if name in rule}
    if facts.found:
        yield {"kind": "found"}
    if facts.cases and until > now and not _read_back(facts.copies, until):
        # The archive has accepted: the long lock is set first, and only when it is read back the hold may go.
        yield {"kind": "not-read-back"}


def _read_back(copies: Sequence[CopyFacts], until: datetime) -> bool:
    return all(copy.compliance and copy.lock_until >= until for copy in copies)
