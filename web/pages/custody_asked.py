"""What the address of the custody log asks for. What makes no sense there counts as not said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime, time, timedelta

from flask import url_for
from sqlalchemy.orm import Session

from catalog.actors import Actor
from catalog.custody.finding import LogFilter
from catalog.custody.naming import subjects_called
from catalog.permissions import ROLES, Permission, may
from catalog.rules.act_groups import GROUPS
from catalog.rules.free_text import plain
from web.formats import day_range, midnight, zone
from web.pages.clips import uuid_or_none

PERIODS = ("today", "week", "month")
TEXT_LIMIT = 100
STRIP_DAYS = 31
"""Days shown beside each other at most."""
STRIP_USUAL = 14
AUDITORS = ("person", "role", "address")
"""Who did it is looked for by auditors alone: others read the log of a thing, not of a colleague."""


@dataclass(frozen=True, slots=True)
class LogAsked:
    """The address's parts by name, each "" when it is not said."""

    person: str = ""
    role: str = ""
    group: str = ""
    action: str = ""
    kind: str = ""
    subject: str = ""
    address: str = ""
    period: str = ""
    start: str = ""
    end: str = ""

    @classmethod
    def read(cls, args: Mapping[str, str], actor: Actor) -> LogAsked:
        """Read an address's query, as `actor` may ask."""

        def text(name: str) -> str:
            return plain(args.get(name, ""))[:TEXT_LIMIT]

        def one_of(name: str, known: tuple[str, ...]) -> str:
            return args.get(name, "") if args.get(name) in known else ""

        start, end = day_range(args.get("from", ""), args.get("to", ""))
        asked = {
            "person": str(uuid_or_none(args.get("person", "")) or ""),
            "role": one_of("role", tuple(ROLES)),
            "address": text("address"),
        }
        if not may(actor, Permission.CUSTODY_AUDIT):
            asked = dict.fromkeys(AUDITORS, "")
        return cls(
            **asked,
            group=one_of("group", GROUPS),
            action=text("action"),
            kind=text("kind"),
            subject=text("subject"),
            period="" if start or end else one_of("period", PERIODS),
            start=start.date().isoformat() if start else "",
            end=(end - timedelta(days=1)).date().isoformat() if end else "",
        )

    def parts(self, **changes: str) -> dict[str, str]:
        """Answer what is said, by its name in the address, with changes; what is not said is left out."""
        names = {"start": "from", "end": "to"}
        said = {names.get(f.name, f.name): getattr(self, f.name) for f in fields(self)} | changes
        return {name: value for name, value in said.items() if value}

    def url(self, **changes: str) -> str:
        """Answer the address that asks the same, with changes."""
        return url_for("pages.custody", **self.parts(**changes))  # type: ignore[arg-type]

    def range(self, now: datetime) -> tuple[datetime | None, datetime | None]:
        """Answer from when until before when."""
        today = midnight(now)
        if self.period == "today":
            return today, None
        if self.period == "week":
            return today - timedelta(days=6), None
        if self.period == "month":
            return today.replace(day=1), None
        return day_range(self.start, self.end)

    def wanted(self, session: Session, actor: Actor, now: datetime) -> LogFilter:
        """Answer the catalog's filter; a name that nothing has finds nothing, rather than everything."""
        since, until = self.range(now)
        return LogFilter(
            actor=self.person,
            role=self.role,
            group=self.group,
            action=self.action,
            kind=self.kind,
            address=self.address,
            subjects=subjects_called(session, self.subject, actor) if self.subject else None,
            since=since,
            until=until,
        )


def strip_days(wanted: LogFilter, now: datetime) -> list[tuple[date, datetime, datetime]]:
    """Answer the days to count, each with its beginning and end: of the period, the last `STRIP_DAYS` of it at most."""
    today = midnight(now).date()
    last = min(today, (wanted.until - timedelta(days=1)).astimezone(zone()).date() if wanted.until else today)
    first = wanted.since.astimezone(zone()).date() if wanted.since else last - timedelta(days=STRIP_USUAL - 1)
    first = max(first, last - timedelta(days=STRIP_DAYS - 1))
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    return [
        (
            day,
            datetime.combine(day, time(), zone()),
            datetime.combine(day + timedelta(days=1), time(), zone()),
        )
        for day in days
    ]
