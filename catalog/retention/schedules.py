"""保管期限表: drafting, proposing, approving and putting in force a version of the schedule (R2.10).

`draft → proposed → approved → in-force → superseded`, and `withdrawn` from any of the first three. Nothing here changes
a lock: coming into force makes every clip of an accepted case file due, and what is due can only grow longer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from catalog.actors import Actor
from catalog.case_files.cases import TYPES
from catalog.custody.log import add_entry
from catalog.models import RetentionApproval, RetentionRow, RetentionSchedule
from catalog.refused import Refused
from catalog.retention.facts import schedule_facts
from catalog.retention.walking import begin, newest_run
from catalog.rules.disposal import number_key
from catalog.rules.entry_changes import differing
from catalog.rules.free_text import spoken
from catalog.rules.retention import WHY_ROW, Row, digest_of, refused
from catalog.same_person import is_among, persons

APPROVERS = ("office-head", "leader")
"""Who approves, each of them (R6.4): the head of the office that keeps the archive, and the supervising leader."""
EDITORS = frozenset({"archivist"})
VERSION_LIMIT, TEXT_LIMIT, NUMBER_LIMIT, ROWS_LIMIT = 32, 2000, 128, 60
STATES = ("draft", "proposed", "approved", "in-force", "superseded", "withdrawn")


class CannotChange(Refused):
    """A change of a schedule was refused; `why` is a stable word, and nothing was changed."""


WHY = (
    "unknown-schedule",
    "not-yours",
    "wrong-state",
    "version-missing",
    "version-taken",
    "text-too-long",
    "no-rows",
    "too-many-rows",
    "consent-missing",
    "not-tried",
    "same-person",
    "approved-already",
    "rows-changed",
    "approvals-missing",
    "number-missing",
    "number-used",
    "date-missing",
    "date-in-future",
    "note-missing",
    *WHY_ROW,
)


@dataclass(frozen=True, slots=True)
class Draft:
    """What a draft says. Rows are numbered anew in their order."""

    version: str
    note: str = ""
    consent: str = ""
    rows: tuple[Row, ...] = ()


def make_draft(
    session: Session, *, actor: Actor, draft: Draft, now: datetime, example: bool = False
) -> RetentionSchedule:
    """Make a draft. Raises CannotChange."""
    _only(actor, EDITORS)
    version = _version(session, draft.version, None)
    schedule = RetentionSchedule(
        version=version, example=example, made_by=actor.id, made_at=now, state="draft"
    )
    session.add(schedule)
    session.flush()
    _write(session, schedule, draft)
    _enter(session, actor, "schedule.drafted", schedule, now, rows=len(draft.rows), example=example)
    return schedule


def change_draft(
    session: Session, *, actor: Actor, schedule_id: UUID, draft: Draft, now: datetime
) -> RetentionSchedule:
    """Replace what a draft says. Raises CannotChange; what was proposed is taken back first."""
    _only(actor, EDITORS)
    schedule = _locked(session, schedule_id, "draft")
    said = _said(schedule)
    schedule.version = _version(session, draft.version, schedule.id)
    schedule.example = False  # whoever changes it answers for it
    _write(session, schedule, draft)
    before, after = differing(said, _said(schedule))
    _enter(
        session, actor, "schedule.rows-changed", schedule, now, rows=len(draft.rows),
        private={"before": before, "after": after},
    )  # fmt: skip
    return schedule


def try_out(session: Session, *, actor: Actor, schedule_id: UUID, now: datetime) -> None:
    """Begin a trial of a schedule as it stands: what it would give, without giving it. Raises CannotChange."""
    _only(actor, EDITORS)
    schedule = _locked(session, schedule_id, "draft", "proposed")
    digest = digest_now(session, schedule)
    begin(session, schedule, "trial", digest, now)
    _enter(session, actor, "schedule.tried", schedule, now, digest=digest)


def propose(session: Session, *, actor: Actor, schedule_id: UUID, now: datetime) -> RetentionSchedule:
    """Put a draft to those who approve; it must have been tried as it stands. Raises CannotChange."""
    _only(actor, EDITORS)
    schedule = _locked(session, schedule_id, "draft")
    if not schedule.consent:
        raise CannotChange("consent-missing")
    if not schedule_facts(session, schedule).rows:
        raise CannotChange("no-rows")
    digest = digest_now(session, schedule)
    trial = newest_run(session, schedule.id, "trial")
    if trial is None or trial.digest != digest or trial.ended_at is None:
        raise CannotChange("not-tried")
    schedule.state, schedule.proposed_by, schedule.proposed_at = "proposed", actor.id, now
    schedule.round += 1
    moved = _moved("draft", schedule)
    _enter(session, actor, "schedule.proposed", schedule, now, digest=digest, round=schedule.round, **moved)
    return schedule


def take_back(session: Session, *, actor: Actor, schedule_id: UUID, now: datetime) -> RetentionSchedule:
    """Make a draft of a proposal again; approvals that were given do not hold for the next one. Raises CannotChange."""
    _only(actor, EDITORS)
    schedule = _locked(session, schedule_id, "proposed", "approved")
    before = schedule.state
    schedule.state, schedule.proposed_by, schedule.proposed_at = "draft", None, None
    moved = _moved(before, schedule)
    _enter(session, actor, "schedule.taken-back", schedule, now, round=schedule.round, **moved)
    return schedule


def approve(
    session: Session, *, actor: Actor, schedule_id: UUID, digest: str, now: datetime
) -> RetentionSchedule:
    """Approve the proposal whose rows have `digest`: what the approver saw. Raises CannotChange.

    One person approves once, whatever roles they have, and nobody what they proposed themselves.
    """
    schedule = _locked(session, schedule_id, "proposed")
    mine = [role for role in APPROVERS if role in actor.roles]
    if not mine or actor.id is None:
        raise CannotChange("not-yours")
    if is_among(session, actor.id, [schedule.proposed_by, schedule.made_by]):
        raise CannotChange("same-person")
    if digest != digest_now(session, schedule):
        raise CannotChange("rows-changed")
    given = approvals_of(session, schedule)
    if is_among(session, actor.id, [one.by_id for one in given]):
        raise CannotChange("approved-already")
    left = [role for role in mine if role not in {one.role for one in given}]
    if not left:
        raise CannotChange("approved-already")
    session.add(
        RetentionApproval(
            schedule_id=schedule.id, round=schedule.round, role=left[0], by_id=actor.id, digest=digest, at=now
        )
    )
    session.flush()
    if {one.role for one in approvals_of(session, schedule)} == set(APPROVERS):
        schedule.state = "approved"
    moved = _moved("proposed", schedule)
    _enter(session, actor, "schedule.approved", schedule, now, role=left[0], digest=digest, **moved)
    return schedule


def put_in_force(
    session: Session,
    *,
    actor: Actor,
    schedule_id: UUID,
    number: str,
    approved_on: date | None,
    today: date,
    now: datetime,
) -> RetentionSchedule:
    """Put an approved schedule in force, naming the approval; the one before it is superseded. Raises CannotChange.

    Both approvals are looked at again, against the rows as they are now: rows that were changed behind the approvals
    come into force by no way.
    """
    _only(actor, EDITORS)
    schedule = _locked(session, schedule_id, "approved")
    digest = digest_now(session, schedule)
    given = approvals_of(session, schedule)
    if any(one.digest != digest for one in given):
        raise CannotChange("rows-changed")
    accounts = {one.by_id for one in given}
    people = set(persons(session, accounts).values())
    if {one.role for one in given} != set(APPROVERS) or len(people) < len(APPROVERS):
        raise CannotChange("approvals-missing")
    if any(is_among(session, one, accounts) for one in (schedule.proposed_by, schedule.made_by)):
        raise CannotChange("same-person")
    number = spoken(number)
    if not number:
        raise CannotChange("number-missing")
    if len(number) > NUMBER_LIMIT:
        raise CannotChange("text-too-long")
    if number_key(number) in _numbers_of_others(session, schedule):
        raise CannotChange("number-used")
    if approved_on is None:
        raise CannotChange("date-missing")
    if approved_on > today:
        raise CannotChange("date-in-future")
    return bring_into_force(session, actor, schedule, ApprovalFacts(number, approved_on, digest), now)


def _numbers_of_others(session: Session, schedule: RetentionSchedule) -> set[str]:
    """An approval is for one version: its number brings no second one into force."""
    others = select(RetentionSchedule.approval_number).where(RetentionSchedule.id != schedule.id)
    return {key for key in map(number_key, session.scalars(others)) if key}


@dataclass(frozen=True, slots=True)
class ApprovalFacts:
    """The approval as it stands on the document."""

    number: str
    on: date | None
    digest: str


def bring_into_force(
    session: Session, actor: Actor, schedule: RetentionSchedule, approval: ApprovalFacts, now: datetime
) -> RetentionSchedule:
    """Put a schedule in force whose approval has been looked at; only `put_in_force` and the demonstration come here."""
    before = session.scalar(
        select(RetentionSchedule).where(RetentionSchedule.state == "in-force").with_for_update()
    )
    if before is not None:
        before.state, before.ended_at = "superseded", now
        session.flush()
        _enter(
            session, actor, "schedule.superseded", before, now, by=schedule.version,
            **_moved("in-force", before),
        )  # fmt: skip
    approved = schedule.state
    schedule.state, schedule.in_force_at = "in-force", now
    schedule.approval_number, schedule.approved_on = approval.number, approval.on
    session.flush()
    begin(session, schedule, "force", approval.digest, now)
    moved = _moved(approved, schedule)
    _enter(session, actor, "schedule.in-force", schedule, now, digest=approval.digest, **moved)
    return schedule


def withdraw(
    session: Session, *, actor: Actor, schedule_id: UUID, note: str, now: datetime
) -> RetentionSchedule:
    """Give a schedule up that is not in force, with a reason. Raises CannotChange."""
    _only(actor, EDITORS)
    schedule = _locked(session, schedule_id, "draft", "proposed", "approved")
    if not spoken(note):
        raise CannotChange("note-missing")
    if len(note) > TEXT_LIMIT:
        raise CannotChange("text-too-long")
    before, schedule.state, schedule.ended_at = schedule.state, "withdrawn", now
    moved = _moved(before, schedule)
    _enter(session, actor, "schedule.withdrawn", schedule, now, private={"note": spoken(note)}, **moved)
    return schedule


def digest_now(session: Session, schedule: RetentionSchedule) -> str:
    """Answer the digest of what would be approved now."""
    return digest_of(schedule.version, schedule.consent, schedule_facts(session, schedule).rows)


def approvals_of(session: Session, schedule: RetentionSchedule) -> Sequence[RetentionApproval]:
    """Answer the approvals of the proposal that stands."""
    return session.scalars(
        select(RetentionApproval)
        .where(RetentionApproval.schedule_id == schedule.id, RetentionApproval.round == schedule.round)
        .order_by(RetentionApproval.at)
    ).all()


def list_schedules(session: Session) -> Sequence[RetentionSchedule]:
    """Answer every version, the newest first."""
    return session.scalars(
        select(RetentionSchedule).order_by(RetentionSchedule.made_at.desc(), RetentionSchedule.id.desc())
    ).all()


def _only(actor: Actor, roles: frozenset[str]) -> None:
    if not actor.roles & roles and actor.kind != "system":
        raise CannotChange("not-yours")


def _locked(session: Session, schedule_id: UUID, *states: str) -> RetentionSchedule:
    schedule = session.scalar(
        select(RetentionSchedule).where(RetentionSchedule.id == schedule_id).with_for_update()
    )
    if schedule is None:
        raise CannotChange("unknown-schedule")
    if schedule.state not in states:
        raise CannotChange("wrong-state")
    return schedule


def _version(session: Session, text: str, own: UUID | None) -> str:
    version = spoken(text)
    if not version:
        raise CannotChange("version-missing")
    if len(version) > VERSION_LIMIT:
        raise CannotChange("text-too-long")
    taken = session.scalar(select(RetentionSchedule.id).where(RetentionSchedule.version == version))
    if taken is not None and taken != own:
        raise CannotChange("version-taken")
    return version


def _write(session: Session, schedule: RetentionSchedule, draft: Draft) -> None:
    schedule.note, schedule.consent = spoken(draft.note), spoken(draft.consent)
    if max(len(draft.note), len(draft.consent), *(len(row.basis) for row in draft.rows), 0) > TEXT_LIMIT:
        raise CannotChange("text-too-long")
    if len(draft.rows) > ROWS_LIMIT:
        raise CannotChange("too-many-rows")
    for row in draft.rows:
        why = refused(row, TYPES)
        if why is not None:
            raise CannotChange(why)
    session.execute(delete(RetentionRow).where(RetentionRow.schedule_id == schedule.id))
    session.add_all(
        RetentionRow(
            schedule_id=schedule.id,
            number=number,
            case_type=row.case_type,
            coercion=row.coercion,
            role=row.role,
            years=row.years,
            starts=sorted(row.starts),
            basis=spoken(row.basis),
        )
        for number, row in enumerate(draft.rows, 1)
    )
    session.flush()
    session.expire(schedule, ["rows"])


def _moved(before: str, schedule: RetentionSchedule) -> dict[str, dict[str, str]]:
    return {"before": {"state": before}, "after": {"state": schedule.state}}


def _said(schedule: RetentionSchedule) -> dict[str, Any]:
    """What a draft says, as the log keeps it: its rows by their number."""
    rows = {
        f"row {row.number}": {
            "case_type": row.case_type,
            "coercion": row.coercion,
            "role": row.role,
            "years": row.years,
            "starts": list(row.starts),
            "basis": row.basis,
        }
        for row in schedule.rows
    }
    return {"version": schedule.version, "note": schedule.note, "consent": schedule.consent, **rows}


def _enter(
    session: Session,
    actor: Actor,
    action: str,
    schedule: RetentionSchedule,
    now: datetime,
    *,
    private: dict[str, Any] | None = None,
    **facts: object,
) -> None:
    add_entry(
        session,
        actor=actor,
        action=action,
        subjects={"schedule": schedule.id},
        facts={"version": schedule.version, **facts},
        private=private,
        now=now,
    )
