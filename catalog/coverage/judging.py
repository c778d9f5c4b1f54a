"""Judging steps: live for a case's page and before archiving, kept for the list over all cases."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Table, delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session, joinedload

from catalog.coverage.facts import facts_of_steps, steps_with_cases
from catalog.coverage.rules_in_force import CLOSED, rules_in_force
from catalog.models import Account, CoverageDue, CoverageNote, Step, StepCoverage
from catalog.rules.coverage import Judgement, Level, Span, judge
from catalog.rules.coverage_notes import Decision, Named, State, state_of
from catalog.rules.recording_rules import Requirement, asked_of

_TABLE = cast("Table", StepCoverage.__table__)
AT_ONCE = 200
"""Steps judged with one set of questions."""
ROWS_AT_ONCE = 5000
"""Notes of what is due that are removed together with the steps they are about, at most."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """What a handler said of a gap, and what the head of the section decided."""

    note: CoverageNote
    decision: CoverageNote | None

    @property
    def named(self) -> Named:
        """What it is about, for the rule."""
        return Named(
            cast("Level", self.note.level),
            spans_from(self.note.spans),
            moments_from(self.note.moments),
            self.note.record,
            cast("Decision", self.decision.act) if self.decision is not None else None,
        )


@dataclass(frozen=True, slots=True)
class JudgedStep:
    """A step, how well it was recorded, by which table, and what was said to it."""

    step: Step
    requirement: Requirement
    rows: tuple[str, ...]
    judgement: Judgement
    state: State
    rules_version: str
    rules_digest: str
    history: tuple[CoverageNote, ...]
    """Everything that was said, oldest first."""

    @property
    def counted_from(self) -> datetime | None:
        """What the time for an explanation is counted from: the step's end, else its start, else when it was planned."""
        return self.step.ended_at or self.step.started_at or self.step.planned_at

    @property
    def state_for_archive(self) -> State:
        """The state, by which a must-step that lies ahead is one nobody knows the time of: a finished file has none."""
        ahead = self.requirement == "must" and self.judgement.level == "not-yet" and self.state == "fine"
        return "untimed" if ahead else self.state

    @property
    def explanations(self) -> list[Explanation]:
        """What was explained, oldest first."""
        return explanations_in(self.history)


def spans_from(kept: Sequence[Any]) -> tuple[Span, ...]:
    """Answer spans as they were before they were kept."""
    return tuple((datetime.fromisoformat(a), datetime.fromisoformat(b)) for a, b in kept)


def moments_from(kept: Sequence[Any]) -> tuple[tuple[str, ...], ...]:
    """Answer groups of key moments as they were before they were kept."""
    return tuple(tuple(group) for group in kept)


def explanations_in(history: Sequence[CoverageNote]) -> list[Explanation]:
    """Answer the explanations of a step's history, each with what was decided about it."""
    decided = {note.decides_id: note for note in history if note.decides_id is not None}
    return [Explanation(note, decided.get(note.id)) for note in history if note.act == "explain"]


def judge_steps(session: Session, steps: Collection[UUID], now: datetime) -> list[JudgedStep]:
    """Judge these steps as everything stands now; of files in the archive answer what was kept when they went there."""
    rules = rules_in_force(session)
    rows = steps_with_cases(session, steps)
    kept = {
        row.step_id: row
        for row in session.scalars(
            select(StepCoverage).where(
                StepCoverage.step_id.in_([step.id for step in rows if step.case.state in CLOSED])
            )
        )
    }
    facts = facts_of_steps(session, [step for step in rows if step.id not in kept])
    histories = _histories(session, [step.id for step in rows])
    found = []
    for step in rows:
        history = histories[step.id]
        if step.id in kept:
            found.append(_as_kept(step, kept[step.id], history))
            continue
        asked = asked_of(
            rules,
            activity=step.activity,
            stage=step.stage,
            case_type=step.case.type,
            circumstances=step.circumstances,
        )
        judgement = judge(asked, facts[step.id], now)
        state = state_of(
            judgement,
            must=asked.requirement == "must",
            notes=[explanation.named for explanation in explanations_in(history)],
        )
        found.append(
            JudgedStep(
                step,
                asked.requirement,
                asked.rows,
                judgement,
                state,
                rules.version,
                rules.digest,
                tuple(history),
            )
        )
    return found


def judge_case(session: Session, case_id: UUID, now: datetime) -> list[JudgedStep]:
    """Judge all steps of a case, in their order."""
    steps = session.scalars(select(Step.id).where(Step.case_id == case_id)).all()
    return judge_steps(session, steps, now)


def keep(session: Session, judged: Sequence[JudgedStep], now: datetime) -> None:
    """Keep judgements for the list over all cases."""
    if not judged:
        return
    rows = [
        {
            "step_id": one.step.id,
            "requirement": one.requirement,
            "level": one.judgement.level,
            "state": one.state,
            "spans": [[a.isoformat(), b.isoformat()] for a, b in one.judgement.spans],
            "moments": [list(group) for group in one.judgement.moments],
            "record_missing": one.judgement.record_missing,
            "reasons": list(one.judgement.reasons),
            "rows": list(one.rows),
            "counted_from": one.counted_from,
            "review_at": one.judgement.review_at,
            "rules_digest": one.rules_digest,
            "rules_version": one.rules_version,
            "computed_at": now,
        }
        for one in judged
    ]
    on = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    statement = on(_TABLE)
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["step_id"],
            set_={name: statement.excluded[name] for name in rows[0] if name != "step_id"},
        ),
        rows,
    )


def judge_and_keep(session: Session, steps: Collection[UUID], now: datetime) -> list[JudgedStep]:
    """Judge steps while nobody else does, and keep it. Raises nothing for steps that are gone."""
    lock_steps(session, steps)
    judged = judge_steps(session, steps, now)
    keep(session, judged, now)
    return judged


def lock_steps(session: Session, steps: Collection[UUID]) -> None:
    """Hold these steps until the transaction ends, in one order for all; clips can be attached to them meanwhile."""
    session.execute(
        select(Step.id).where(Step.id.in_(steps)).order_by(Step.id).with_for_update(key_share=True)
    )


def judge_due(session: Session, now: datetime, most: int = AT_ONCE) -> int:
    """Judge up to `most` steps that are due, because something changed or because their time has come; answer how many.

    Only the notes seen before judging are removed: what changes meanwhile is due once more.
    """
    steps = set(session.scalars(select(CoverageDue.step_id).distinct().limit(most)))
    if len(steps) < most:
        review = select(StepCoverage.step_id).where(StepCoverage.review_at <= now).limit(most - len(steps))
        steps |= set(session.scalars(review))
    if not steps:
        return 0
    lock_steps(session, steps)
    noted = session.scalars(
        select(CoverageDue.n).where(CoverageDue.step_id.in_(steps)).limit(ROWS_AT_ONCE)
    ).all()
    keep(session, judge_steps(session, steps, now), now)
    for at in range(0, len(noted), AT_ONCE):
        session.execute(delete(CoverageDue).where(CoverageDue.n.in_(noted[at : at + AT_ONCE])))
    return len(steps)


def _histories(session: Session, steps: Collection[UUID]) -> dict[UUID, list[CoverageNote]]:
    found: dict[UUID, list[CoverageNote]] = defaultdict(list)
    for note in session.scalars(
        select(CoverageNote)
        .where(CoverageNote.step_id.in_(steps))
        .order_by(CoverageNote.at, CoverageNote.id)
        .options(joinedload(CoverageNote.by).joinedload(Account.officer), joinedload(CoverageNote.recorder))
    ):
        found[note.step_id].append(note)
    return found


def _as_kept(step: Step, row: StepCoverage, history: Sequence[CoverageNote]) -> JudgedStep:
    return JudgedStep(
        step,
        cast("Requirement", row.requirement),
        tuple(row.rows),
        Judgement(
            cast("Level", row.level),
            spans_from(row.spans),
            moments_from(row.moments),
            row.record_missing,
            tuple(row.reasons),
        ),
        cast("State", row.state),
        row.rules_version,
        row.rules_digest,
        tuple(history),
    )
