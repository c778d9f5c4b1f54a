"""案卷登记: case files from review on, narrowed down, sorted, counted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy import case as when
from sqlalchemy.orm import Session, joinedload

from catalog.actors import Actor
from catalog.finding.visible import unsealed_to
from catalog.models import AcceptanceCheck, Attachment, Case, Clip, Step, Unit

IN_REGISTER = ("reviewed", "handed-over", "accepted", "archived", "transferred")
"""Coming, to be accepted, to be archived, archived, handed on (R2.8), in the order of a file's way."""
COMING = "reviewed"
SORTS = ("number", "case", "title", "year", "unit", "shelf", "accepted")
PAGE = 100
EXPORTED = 20_000
"""Lines of one spreadsheet at most."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which files; "" and None do not narrow."""

    state: str = ""
    """One of IN_REGISTER."""
    year: int | None = None
    """年度: of the archive number, else of the closing."""
    case_type: str = ""
    unit: Any = None
    """Id."""
    fonds: str = ""
    shelf: str = ""
    """Part of the shelf's name."""
    words: str = ""
    """In numbers, title, party or cross reference."""
    sort: str = "number"
    falling: bool = False


@dataclass(frozen=True, slots=True)
class FileLine:
    """A case file in the register."""

    case: Case
    clips: int
    """That the reader may find."""
    kept_until: datetime | None
    """The latest lock wanted for any of them; None where there is none."""
    held: bool
    """At least one of them is kept whatever the date."""
    check: str | None
    """Outcome of the latest acceptance check."""


@dataclass(frozen=True, slots=True)
class Register:
    """One page of the register."""

    lines: Sequence[FileLine]
    count: int


def list_files(
    session: Session, wanted: Wanted, actor: Actor | None, *, page: int = 0, limit: int = PAGE
) -> Register:
    """Answer page number `page` (from 0) of the register, and how many files there are in all."""
    conditions = _conditions(wanted)
    count = session.scalar(select(func.count(Case.id)).where(*conditions)) or 0
    query = _lines(wanted, actor).limit(limit).offset(page * limit)
    return Register([_line(row) for row in session.execute(query)], count)


def every_file(session: Session, wanted: Wanted, actor: Actor | None) -> Iterator[FileLine]:
    """Yield the files of the register in its order, EXPORTED at most."""
    for row in session.execute(_lines(wanted, actor).limit(EXPORTED)):
        yield _line(row)


def count_states(session: Session, states: Sequence[str] = IN_REGISTER) -> dict[str, int]:
    """Answer how many files stand in each of these states."""
    rows = session.execute(
        select(Case.state, func.count()).where(Case.state.in_(states)).group_by(Case.state)
    )
    found: dict[str, int] = {state: count for state, count in rows}  # noqa: C416 - rows are not quite pairs
    return {state: found.get(state, 0) for state in states}


def years(session: Session) -> Sequence[int]:
    """Answer the years that stand in the register, newest first."""
    rows = session.scalars(
        select(Case.archive_year)
        .where(Case.state.in_(IN_REGISTER), Case.archive_year.is_not(None))
        .distinct()
    )
    return sorted((year for year in rows if year is not None), reverse=True)


def fonds(session: Session) -> Sequence[str]:
    """Answer the fonds numbers that stand in the register."""
    rows = session.scalars(
        select(Case.fonds_number).where(Case.state.in_(IN_REGISTER), Case.fonds_number != "").distinct()
    )
    return sorted(rows)


def _line(row: Any) -> FileLine:
    case, clips, until, held, check = row
    return FileLine(case, clips or 0, until, bool(held), check)


def _lines(wanted: Wanted, actor: Actor | None) -> Select[Any]:
    """One row a file, with sums over its clips that come from one grouped query, not one for each file."""
    of_case = (
        select(
            Step.case_id.label("case_id"),
            func.count(func.distinct(Clip.id)).label("clips"),
            func.max(Clip.lock_desired).label("until"),
            func.max(when((Clip.hold_desired.is_(True), 1), else_=0)).label("held"),
        )
        .join(Attachment, Attachment.step_id == Step.id)
        .join(Clip, Clip.id == Attachment.clip_id)
        .join(Case, Case.id == Step.case_id)
        .where(Case.state.in_(IN_REGISTER), unsealed_to(actor), Attachment.detach_confirmed_at.is_(None))
        .group_by(Step.case_id)
        .subquery()
    )
    newest = (
        select(AcceptanceCheck.outcome)
        .where(AcceptanceCheck.case_id == Case.id)
        .order_by(AcceptanceCheck.checked_at.desc(), AcceptanceCheck.id.desc())
        .limit(1)
        .correlate(Case)
        .scalar_subquery()
    )
    return (
        select(Case, of_case.c.clips, of_case.c.until, of_case.c.held, newest)
        .outerjoin(of_case, of_case.c.case_id == Case.id)
        .where(*_conditions(wanted))
        .options(joinedload(Case.unit), joinedload(Case.handler))
        .order_by(*_order(wanted))
    )


def _order(wanted: Wanted) -> list[ColumnElement[Any]]:
    columns: dict[str, Any] = {
        "number": Case.archive_number,
        "case": Case.number,
        "title": Case.title,
        "year": Case.archive_year,
        "unit": select(Unit.name).where(Unit.id == Case.unit_id).correlate(Case).scalar_subquery(),
        "shelf": func.nullif(Case.shelf_place, ""),
        "accepted": Case.accepted_at,
    }
    chosen = columns.get(wanted.sort, columns["number"])
    # What has no value stands at the end, whichever way the others are sorted.
    return [chosen.is_(None), chosen.desc() if wanted.falling else chosen, Case.archive_number, Case.id]


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [
        Case.state == wanted.state if wanted.state in IN_REGISTER else Case.state.in_(IN_REGISTER)
    ]
    if wanted.year is not None:
        first, last = date(wanted.year, 1, 1), date(wanted.year, 12, 31)
        found.append(
            or_(
                Case.archive_year == wanted.year,
                and_(Case.archive_year.is_(None), Case.closed_on.between(first, last)),
            )
        )
    if wanted.case_type:
        found.append(Case.type == wanted.case_type)
    if wanted.unit is not None:
        found.append(Case.unit_id == wanted.unit)
    if wanted.fonds:
        found.append(Case.fonds_number == wanted.fonds)
    if wanted.shelf:
        found.append(Case.shelf_place.icontains(wanted.shelf, autoescape=True))
    in_words = (Case.archive_number, Case.number, Case.title, Case.party, Case.cross_reference)
    found += [
        or_(*(column.icontains(word, autoescape=True) for column in in_words))
        for word in wanted.words.split()
    ]
    return found
