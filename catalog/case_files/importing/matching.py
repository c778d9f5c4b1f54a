"""Which case a row is about, and which officers and units there are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from catalog.case_files.importing.columns import Said
from catalog.case_files.importing.planning import BadRow, House
from catalog.case_files.importing.reading import RawRow
from catalog.models import Case, Officer, Unit


@dataclass(frozen=True, slots=True)
class Row:
    """A row as read and understood, and the system it is of."""

    raw: RawRow
    said: Said
    source: str

    @property
    def shown(self) -> str:
        """Number or title, by which a person finds it."""
        return str(self.said.values.get("number") or self.said.values.get("title") or "")[:80]


@dataclass(frozen=True, slots=True)
class KnownCases:
    """The cases that some rows could be about."""

    by_number: dict[str, Case]
    by_source: dict[tuple[str, str], Case]
    by_archive: dict[str, Case]

    @property
    def all(self) -> set[Case]:
        """Each of them once."""
        return {*self.by_number.values(), *self.by_source.values()}

    def find(self, row: Row) -> Case | None:
        """Answer the case a row is about: by system and id there, else by number. Raises BadRow."""
        values = row.said.values
        known = self.by_source.get((row.source, values.get("source_id", "")))
        numbered = self.by_number.get(values.get("number", ""))
        if known is not None and numbered is not None and known is not numbered:
            raise BadRow("number-taken")
        # With another id it is another case of that system, or of another one.
        if (
            known is None
            and numbered is not None
            and values.get("source_id")
            and numbered.source_id is not None
        ):
            raise BadRow("number-taken")
        found = known or numbered
        filed = self.by_archive.get(values.get("archive_number", ""))
        if filed is not None and filed is not found:
            raise BadRow("archive-number-taken")
        return found


def known_cases(session: Session, rows: Sequence[Row]) -> KnownCases:
    """Answer the cases `rows` could be about, and keep others from changing them meanwhile."""

    def asked(name: str) -> list[str]:
        return [row.said.values[name] for row in rows if row.said.values.get(name)]

    query = select(Case).where(
        or_(
            Case.number.in_(asked("number")),
            Case.source_id.in_(asked("source_id")),
            Case.archive_number.in_(asked("archive_number")),
        )
    )
    found = session.scalars(query.order_by(Case.id).with_for_update()).all()
    return KnownCases(
        {case.number: case for case in found if case.number},
        {(case.source, case.source_id): case for case in found if case.source_id},
        {case.archive_number: case for case in found if case.archive_number},
    )


def house_of(session: Session) -> House:
    """Answer officers and units by what they are called."""
    names: dict[str, tuple[UUID, ...]] = {}
    numbers: dict[str, UUID] = {}
    for one, number, name in session.execute(select(Officer.id, Officer.number, Officer.name)):
        numbers[number] = one
        names[name] = (*names.get(name, ()), one)
    units = {name: one for one, name in session.execute(select(Unit.id, Unit.name))}
    return House(numbers, names, units)
