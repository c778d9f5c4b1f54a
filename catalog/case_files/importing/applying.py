"""Going through a file of cases: a dry run that says what would be, then the go, in portions, as often as wanted."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from catalog.actors import Actor
from catalog.case_files.entering import note_change
from catalog.case_files.handling import begin_handling, put_handlers
from catalog.case_files.importing.columns import Said, fields_of, understand
from catalog.case_files.importing.matching import Row, house_of, known_cases
from catalog.case_files.importing.planning import RIGHTS, BadRow, Plan, kept, plan_known, plan_new
from catalog.case_files.importing.reading import RawRow, Unreadable, read_rows
from catalog.custody.log import add_entry
from catalog.database import Database
from catalog.models import Case, CaseImport, CaseMove
from catalog.officers import enter_unit
from catalog.retention.due import locks_of_case_due
from catalog.rules.case_life import CHANGEABLE
from catalog.rules.free_text import plain

PORTION = 200
"""Rows in one transaction, so that others can write in between."""
SOURCE = "案件系统"
"""What the case system is called where neither the file nor the person says."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a row does, or did. `kind`: new, changed, unchanged, conflict or bad."""

    line: int
    kind: str
    shown: str
    """Number or title as the row says it, so that a person finds it."""
    why: tuple[str, ...] = ()
    """Of a bad row, stable words."""
    fields: tuple[str, ...] = ()
    conflicts: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    case: UUID | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """What one rule of rights refused of a file."""

    why: str
    rows: int
    cases: tuple[UUID, ...]
    """The cases those rows are about; a row of a case that is not known here is about none."""


@dataclass
class ImportReport:
    """What came of a file."""

    dry: bool
    sha256: str
    outcomes: list[Outcome] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    """Headings that mean nothing here."""

    @property
    def counts(self) -> Counter[str]:
        """How many rows of each kind."""
        return Counter(outcome.kind for outcome in self.outcomes)

    @property
    def refusals(self) -> list[Refusal]:
        """What was refused for want of a right, each reason once: it may be an attempt, a slip in a row is none."""
        found: list[Refusal] = []
        for why in RIGHTS:
            refused = [one for one in self.outcomes if why in one.why]
            if refused:
                cases = dict.fromkeys(one.case for one in refused if one.case is not None)
                found.append(Refusal(why, len(refused), tuple(cases)))
        return found


def import_cases(
    database: Database,
    body: bytes,
    *,
    actor: Actor,
    today: date,
    now: datetime,
    source: str = "",
    name: str = "",
    dry: bool,
    rows_limit: int | None = None,
) -> ImportReport:
    """Go through a file; with `dry` nothing is changed. Raises Unreadable for a file that cannot be taken as a whole.

    A case is found by system and its id there, else by its number. Each row goes in or not by itself; doing it again
    changes nothing.
    """
    raw = read_rows(body)
    if rows_limit is not None and len(raw) > rows_limit:
        raise Unreadable("too-many-rows")
    report = ImportReport(dry, hashlib.sha256(body).hexdigest())
    fields = fields_of(dict.fromkeys(heading for row in raw for heading in row.cells))
    if not {"number", "title", "source_id"} & set(fields.values()):
        raise Unreadable("headings-missing")
    report.unknown = sorted({h for row in raw for h in row.cells} - set(fields))[:50]
    called = plain(source)[:64] or SOURCE
    rows = [_read(row, fields, called) for row in raw]
    for portion in _portions(_first_of_each(rows, report)):
        if dry:
            with database.read() as session:
                report.outcomes += [one for one, _ in _planned(session, portion, actor, today)]
        else:
            with database.write() as session:
                report.outcomes += list(_done(session, portion, actor, today, now))
    report.outcomes.sort(key=lambda outcome: outcome.line)
    if not dry:
        with database.write() as session:
            add_entry(
                session,
                actor=actor,
                action="case.import-run",
                subjects={},
                facts={"sha256": report.sha256, **dict(sorted(report.counts.items()))},
                private={"file": plain(name)[:255] or None, "source": called},
                now=now,
            )
    return report


def _read(row: RawRow, fields: dict[str, str], called: str) -> Row:
    said = Said({}, [row.bad]) if row.bad else understand(row.cells, fields)
    return Row(row, said, str(said.values.get("source") or called))


def _first_of_each(rows: Sequence[Row], report: ImportReport) -> Iterator[Row]:
    """Answer the rows that are worth looking at; the others' outcomes are noted: unreadable ones, and repetitions."""
    seen: set[tuple[str, ...]] = set()
    for row in rows:
        if row.said.bad:
            report.outcomes.append(Outcome(row.raw.line, "bad", row.shown, tuple(row.said.bad)))
            continue
        values = row.said.values
        keys = {
            ("number", values.get("number", "")), ("source", row.source, values.get("source_id", "")),
            ("archive", values.get("archive_number", "")),
        }  # fmt: skip
        keys = {key for key in keys if key[-1]}
        if not any(key[0] != "archive" for key in keys):
            why = "no-key"
        elif keys & seen:
            why = "twice-in-file"
        else:
            seen |= keys
            yield row
            continue
        report.outcomes.append(Outcome(row.raw.line, "bad", row.shown, (why,)))


def _portions(rows: Iterator[Row]) -> Iterator[list[Row]]:
    portion: list[Row] = []
    for row in rows:
        portion.append(row)
        if len(portion) == PORTION:
            yield portion
            portion = []
    if portion:
        yield portion


@dataclass(frozen=True, slots=True)
class _Task:
    row: Row
    plan: Plan
    case: Case | None
    record: CaseImport | None


def _planned(
    session: Session, rows: Sequence[Row], actor: Actor, today: date
) -> Iterator[tuple[Outcome, _Task | None]]:
    house, known = house_of(session), known_cases(session, rows)
    ids = [case.id for case in known.all]
    records = {r.case_id: r for r in session.scalars(select(CaseImport).where(CaseImport.case_id.in_(ids)))}
    for row in rows:
        values, case = row.said.values, None
        try:
            case = known.find(row)
            record = records.get(case.id) if case is not None else None
            plan = (
                plan_new(values, house, actor, today)
                if case is None
                else plan_known(
                    case,
                    record.said if record else None,
                    values=values,
                    house=house,
                    actor=actor,
                    today=today,
                )
            )
        except BadRow as bad:
            about = case.id if case is not None else None
            yield Outcome(row.raw.line, "bad", row.shown, (bad.why,), case=about), None
            continue
        if (
            case is not None
            and values.get("source_id")
            and case.source_id is None
            and case.state in CHANGEABLE
        ):
            plan.values["source"], plan.values["source_id"] = row.source, values["source_id"]
            plan.fields.append("source_id")
            plan.kind = "changed" if plan.kind == "unchanged" else plan.kind
        yield _outcome(row, plan, case), _Task(row, plan, case, record)


def _outcome(row: Row, plan: Plan, case: Case | None) -> Outcome:
    return Outcome(
        row.raw.line, plan.kind, row.shown, (), tuple(plan.fields), tuple(plan.conflicts),
        tuple(dict.fromkeys(plan.notes)), case.id if case is not None else None,
    )  # fmt: skip


def _done(
    session: Session, rows: Sequence[Row], actor: Actor, today: date, now: datetime
) -> Iterator[Outcome]:
    for outcome, task in _planned(session, rows, actor, today):
        if task is None:
            yield outcome
            continue
        try:
            with session.begin_nested():
                case = _apply(session, task, actor, now)
        except IntegrityError:  # somebody entered the same number at this moment
            yield Outcome(outcome.line, "bad", outcome.shown, ("taken-meanwhile",))
            continue
        yield Outcome(
            outcome.line,
            outcome.kind,
            outcome.shown,
            (),
            outcome.fields,
            outcome.conflicts,
            outcome.notes,
            case.id,
        )


def _apply(session: Session, task: _Task, actor: Actor, now: datetime) -> Case:
    values = dict(task.plan.values)
    if "unit_name" in values:
        unit = enter_unit(session, values.pop("unit_name"))
        values["unit_id"] = unit.id
        task.plan.said["unit_id"] = kept(unit.id)
    if task.case is None:
        return _enter(session, task, values, actor, now)
    case = task.case
    before = {
        name: kept(getattr(case, name)) for name, value in values.items() if getattr(case, name) != value
    }
    for name in before:
        setattr(case, name, values[name])
    if task.plan.handlers is not None:
        was = (case.handler_id, case.second_handler_id)
        before |= {"handler_id": kept(was[0]), "second_handler_id": kept(was[1])}
        put_handlers(session, case, task.plan.handlers, "", now)
    session.flush()
    if before:
        locks_of_case_due(session, case.id, now)
        note_change(session, actor, case, before, now)
    if task.record is None:
        session.add(CaseImport(case_id=case.id, said=task.plan.said, first_at=now, last_at=now))
    elif task.record.said != task.plan.said:
        task.record.said, task.record.last_at = task.plan.said, now
    session.flush()
    return case


def _enter(session: Session, task: _Task, values: dict[str, Any], actor: Actor, now: datetime) -> Case:
    plan, said = task.plan, task.row.said.values
    archived = plan.state == "archived"
    case = Case(
        state=plan.state,
        opened_at=now,
        # The archive's own clock starts now; an earlier day that a file states may only lengthen (invariant 3).
        accepted_at=now if archived else None,
        stated_accepted_on=plan.stated_on,
        source=task.row.source if said.get("source_id") else "",
        source_id=said.get("source_id"),
        **values,
    )
    if "handler-kept-as-text" in plan.notes:
        named = "、".join(t for t in (said.get("handler"), said.get("second")) if t)
        case.file_note = f"承办人（据案件系统）：{named}"
    session.add(case)
    session.flush()
    session.add(
        CaseMove(case_id=case.id, move="import", from_state="", to_state=case.state, by_id=actor.id, at=now)
    )
    first, second = plan.handlers or (None, None)
    begin_handling(session, case, first, second, reason="", now=now)
    session.add(CaseImport(case_id=case.id, said=plan.said, first_at=now, last_at=now))
    add_entry(
        session,
        actor=actor,
        action="case.imported",
        subjects={"case": case.id},
        facts={
            "type": case.type,
            "state": case.state,
            "stated_accepted_on": kept(plan.stated_on),
            "line": task.row.raw.line,
        },
        private={
            "title": case.title,
            "number": case.number,
            "party": case.party or None,
            "source": task.row.source,
        },
        now=now,
    )
    session.flush()
    return case
