"""Officers over time (R1.3, R2.7): unit, establishment and certificate from a day on; whoever leaves keeps their history."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from catalog.actors import Actor
from catalog.attribution import settle_clips
from catalog.custody.log import add_entry
from catalog.maintenance.log import account_of
from catalog.maintenance.own_access import brings_into_sight, is_own_record
from catalog.models import Clip, Holding, Officer, OfficerTerm, Recorder, Unit
from catalog.officers import enter_officer, enter_unit
from catalog.refused import Refused
from catalog.rules.free_text import spoken

BEGINNING = date(1900, 1, 1)
"""From when on counts what was known of an officer before it had a date."""


class CannotChange(Refused):
    """An officer was not changed; `why` is a stable word."""


WHY = (
    "unknown-officer",
    "no-number",
    "no-name",
    "too-long",
    "certificate-order",
    "certificate-number-missing",
    "bad-date",
    "bad-word",
    "twice",
    "holds-recorder",
    "own-record",
    "your-unit",
)


_STATED = (
    "has_left",
    "unit_id",
    "agency",
    "on_establishment",
    "certificate_number",
    "certificate_from",
    "certificate_until",
)


@dataclass(frozen=True, slots=True)
class Stated:
    """What an officer is from a day on."""

    unit: str = ""
    agency: str = ""
    on_establishment: bool = True
    certificate_number: str = ""
    certificate_from: date | None = None
    certificate_until: date | None = None
    left: bool = False


def keep_officer(
    session: Session,
    *,
    actor: Actor,
    number: str,
    name: str,
    since: date,
    stated: Stated,
    zone: tzinfo | None,
    today: date,
    now: datetime,
) -> tuple[Officer, str]:
    """Enter an officer, or what they are from `since` on; answer them, and `new`, `changed` or `same`.

    Earlier rows stay. A row of a day in the past settles the clips recorded since anew. What they
    are follows from it, and who finds their recordings: nobody states it of himself. Raises CannotChange.
    """
    number, name = _line(number, 64), _line(name, 128)
    if not number:
        raise CannotChange("no-number")
    _check(stated)
    officer = session.scalar(select(Officer).where(Officer.number == number).with_for_update(of=Officer))
    fresh = officer is None
    if officer is None:
        if not name:
            raise CannotChange("no-name")
        officer = enter_officer(session, actor=actor, number=number, name=name, unit=None, now=now)
    unit = enter_unit(session, _line(stated.unit, 128)) if stated.unit.strip() else None
    term = OfficerTerm(
        officer_id=officer.id, since=since, has_left=stated.left, unit_id=unit.id if unit else None,
        agency=_line(stated.agency, 128), on_establishment=stated.on_establishment,
        certificate_number=_line(stated.certificate_number, 64) or None,
        certificate_from=stated.certificate_from, certificate_until=stated.certificate_until, noted_at=now,
        noted_by=account_of(actor),
    )  # fmt: skip
    renamed = bool(name) and officer.name != name
    rows = terms_of(session, officer.id)
    before = term_on(rows, since)
    if not fresh and not renamed and before is not None and _same(before, term):
        return officer, "same"
    _ensure_anothers(session, actor, officer, before, term, known=bool(rows))
    if stated.left and _holds(session, officer.id):
        raise CannotChange("holds-recorder")
    if not rows and not fresh:
        session.add(_as_known(officer, now))
    named_before, officer.name = officer.name, name or officer.name
    session.add(term)
    session.flush()
    was = {} if fresh else {"name": named_before, **_spoken(before or _as_known(officer, now), session)}
    will_be = {"name": officer.name, **_spoken(term, session)}
    differs = {field for field, value in will_be.items() if was.get(field) != value}
    _show_today(session, officer, today)
    add_entry(
        session,
        actor=actor,
        action="officer.changed",
        subjects={"officer": officer.id},
        facts={
            "since": since.isoformat(),
            "on_establishment": stated.on_establishment,
            "left": stated.left,
            "certificate_until": stated.certificate_until.isoformat() if stated.certificate_until else None,
        },
        private={
            "number": number,
            "name": officer.name,
            "name_before": named_before if renamed else None,
            "certificate": term.certificate_number,
            "unit": unit.name if unit else None,
            "before": {field: was[field] for field in sorted(differs) if field in was},
            "after": {field: will_be[field] for field in sorted(differs)},
        },
        now=now,
    )
    if since <= today:
        _settle(session, officer, actor=actor, zone=zone, now=now)
    return officer, "new" if fresh else "changed"


def _ensure_anothers(
    session: Session,
    actor: Actor,
    officer: Officer,
    before: OfficerTerm | None,
    term: OfficerTerm,
    *,
    known: bool,
) -> None:
    """Refuse what changes the access of whoever acts. A name alone, which decides nothing, may be one's own."""
    held = before or _as_known(officer, term.noted_at)
    if is_own_record(session, actor, officer.id) and (not _same(held, term) or (known and before is None)):
        raise CannotChange("own-record")
    if brings_into_sight(session, actor, held.unit_id, term.unit_id):
        raise CannotChange("your-unit")


def terms_of(session: Session, officer_id: UUID) -> list[OfficerTerm]:
    """Answer the rows of an officer by day, of one day in the order they were noted."""
    return list(
        session.scalars(
            select(OfficerTerm)
            .where(OfficerTerm.officer_id == officer_id)
            .options(joinedload(OfficerTerm.unit))
            .order_by(OfficerTerm.since, OfficerTerm.noted_at, OfficerTerm.id)
        )
    )


def term_on(rows: list[OfficerTerm], day: date) -> OfficerTerm | None:
    """Answer the row that holds on a day."""
    begun = [row for row in rows if row.since <= day]
    return begun[-1] if begun else None


def stated_on(session: Session, officer: Officer, day: date) -> Stated:
    """Answer what is stated of an officer on a day; before there were rows with days, what was known."""
    row = term_on(terms_of(session, officer.id), day)
    said = row if row is not None else officer
    return Stated(
        unit=said.unit.name if said.unit else "",
        agency=row.agency if row is not None else "",
        on_establishment=said.on_establishment,
        certificate_number=said.certificate_number or "",
        certificate_from=said.certificate_from,
        certificate_until=said.certificate_until,
        left=row is not None and row.has_left,
    )


@dataclass(frozen=True, slots=True)
class OfficerLine:
    """An officer in the register, with what holds today."""

    officer: Officer
    left: bool
    agency: str
    certified: bool


def list_officers(session: Session, today: date) -> list[OfficerLine]:
    """Answer all officers, those who left last."""
    terms: dict[UUID, list[OfficerTerm]] = {}
    for row in session.scalars(
        select(OfficerTerm).order_by(OfficerTerm.since, OfficerTerm.noted_at, OfficerTerm.id)
    ):
        terms.setdefault(row.officer_id, []).append(row)
    lines = []
    for officer in session.scalars(
        select(Officer).options(joinedload(Officer.unit)).order_by(Officer.number)
    ):
        term = term_on(terms.get(officer.id, []), today)
        certified = bool(officer.certificate_number) and (
            (officer.certificate_from is None or officer.certificate_from <= today)
            and (officer.certificate_until is None or today <= officer.certificate_until)
        )
        lines.append(
            OfficerLine(
                officer,
                left=term.has_left if term else False,
                agency=term.agency if term else "",
                certified=certified,
            )
        )
    return sorted(lines, key=lambda line: line.left)


def _check(stated: Stated) -> None:
    first, last = stated.certificate_from, stated.certificate_until
    if (first or last) and not stated.certificate_number.strip():
        raise CannotChange("certificate-number-missing")
    if first and last and last < first:
        raise CannotChange("certificate-order")


def _line(text: str, limit: int) -> str:
    said = " ".join(spoken(text).split())
    if len(said) > limit:
        raise CannotChange("too-long")
    return said


def _same(one: OfficerTerm, other: OfficerTerm) -> bool:
    return all(getattr(one, name) == getattr(other, name) for name in _STATED)


def _spoken(term: OfficerTerm, session: Session) -> dict[str, Any]:
    """What a row states, as the log says it: the unit by its name, days as ISO 8601."""
    unit = session.get(Unit, term.unit_id) if term.unit_id else None
    said = {name: getattr(term, name) for name in _STATED if name != "unit_id"}
    said |= {name: day.isoformat() for name, day in said.items() if isinstance(day, date)}
    return {"unit": unit.name if unit else None, **said}


def _as_known(officer: Officer, now: datetime) -> OfficerTerm:
    """What was known of an officer when rows with dates began."""
    return OfficerTerm(
        officer_id=officer.id, since=BEGINNING, has_left=False, unit_id=officer.unit_id, agency="",
        on_establishment=officer.on_establishment, certificate_number=officer.certificate_number,
        certificate_from=officer.certificate_from, certificate_until=officer.certificate_until, noted_at=now,
    )  # fmt: skip


def _holds(session: Session, officer_id: UUID) -> bool:
    held = select(Recorder.id).where(Recorder.holder_id == officer_id).limit(1)
    running = select(Holding.id).where(Holding.officer_id == officer_id, Holding.until_at.is_(None)).limit(1)
    return session.scalar(held) is not None or session.scalar(running) is not None


def _show_today(session: Session, officer: Officer, today: date) -> None:
    """Put what holds today on the officer's own row, which lists and pages show."""
    term = term_on(terms_of(session, officer.id), today)
    if term is None:
        return
    officer.unit_id, officer.on_establishment = term.unit_id, term.on_establishment
    officer.certificate_number = term.certificate_number
    officer.certificate_from, officer.certificate_until = term.certificate_from, term.certificate_until
    session.flush()


def _settle(session: Session, officer: Officer, *, actor: Actor, zone: tzinfo | None, now: datetime) -> None:
    asked = select(Clip).where(Clip.officer_id == officer.id).order_by(Clip.recorder_id, Clip.id)
    settle_clips(session, session.scalars(asked).all(), actor=actor, zone=zone, now=now)
