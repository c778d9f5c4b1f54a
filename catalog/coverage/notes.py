"""Saying why a step was not recorded, confirming it or sending it back, and the circumstances of a step."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import cast
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.actors import Actor
from catalog.case_files.whose import changes
from catalog.coverage.judging import JudgedStep, judge_and_keep, lock_steps
from catalog.coverage.rules_in_force import rules_in_force
from catalog.custody.log import add_entry
from catalog.models import Case, CoverageNote, Recorder, Step
from catalog.permissions import Permission, may
from catalog.refused import Refused
from catalog.rules.case_life import CHANGEABLE, ENDED_WITHOUT_FILE
from catalog.rules.coverage import Judgement
from catalog.rules.coverage_notes import WHYS, Decision
from catalog.rules.free_text import spoken
from catalog.same_person import is_among

TEXT_LIMIT = 2000
NUMBER_LIMIT = 128
WHY = (
    "unknown-step",
    "unknown-explanation",
    "not-yours",
    "not-your-section",
    "same-person",
    "case-closed",
    "unknown-circumstance",
    "number-too-long",
    "nothing-to-explain",
    "nothing-named",
    "changed-meanwhile",
    "no-reason",
    "text-missing",
    "text-too-long",
    "unknown-recorder",
    "decided-already",
    "note-missing",
)


class CannotNote(Refused):
    """It was refused; `why` is one of `WHY`, and nothing was changed."""


@dataclass(frozen=True, slots=True)
class Wish:
    """An explanation as it is to be kept."""

    reasons: tuple[str, ...]
    """Some of `catalog.rules.coverage_notes.WHYS`."""
    named: frozenset[str]
    """What it is about, by the names `lacks` gives; what is no longer lacking is refused."""
    text: str = ""
    recorder: UUID | None = None


def lacks(judgement: Judgement) -> dict[str, object]:
    """Answer everything that lacks, by a name that stands for exactly this: spans, key moments, the written record."""
    found: dict[str, object] = {f"{a.isoformat()}/{b.isoformat()}": (a, b) for a, b in judgement.spans}
    found |= {"moment:" + "|".join(group): group for group in judgement.moments}
    if judgement.record_missing:
        found["record"] = True
    return found


def explain(session: Session, *, actor: Actor, step_id: UUID, wish: Wish, now: datetime) -> CoverageNote:
    """Keep why a step that must be recorded was not, for what the wish names (R2.13). Raises CannotNote.

    Only a handler of the case explains. What lacks is judged anew first: an explanation is kept for what its writer saw,
    never for a gap that came since.
    """
    step, case = _held(session, step_id)
    _own_case(actor, case)
    _not_in_archive(case)
    text = _text(wish.text)
    reasons = tuple(why for why in WHYS if why in wish.reasons)
    if not reasons or set(wish.reasons) - set(WHYS):
        raise CannotNote("no-reason")
    if wish.recorder is not None and session.get(Recorder, wish.recorder) is None:
        raise CannotNote("unknown-recorder")
    if ("other" in reasons or ("device-fault" in reasons and wish.recorder is None)) and not text:
        raise CannotNote("text-missing")
    (judged,) = judge_and_keep(session, [step.id], now)
    if judged.state == "fine":
        raise CannotNote("nothing-to-explain")
    there = lacks(judged.judgement)
    if wish.named - set(there):
        raise CannotNote("changed-meanwhile")
    if there and not wish.named:
        raise CannotNote("nothing-named")
    spans = [there[name] for name in there if name in wish.named and "/" in name]
    moments = [there[name] for name in there if name in wish.named and name.startswith("moment:")]
    note = CoverageNote(
        step_id=step.id,
        act="explain",
        level=judged.judgement.level,
        spans=[[a.isoformat(), b.isoformat()] for a, b in cast("list[tuple[datetime, datetime]]", spans)],
        moments=[list(group) for group in cast("list[tuple[str, ...]]", moments)],
        record="record" in wish.named,
        words=list(reasons),
        text=text,
        recorder_id=wish.recorder,
        by_id=actor.id,
        role="handler",
        rules_digest=judged.rules_digest,
        at=now,
    )
    _keep(session, note, now)
    add_entry(
        session,
        actor=actor,
        action="step.coverage-explained",
        subjects={"case": case.id, "step": step.id},
        facts={
            "note": str(note.id),
            "level": note.level,
            "spans": note.spans,
            "moments": note.moments,
            "record": note.record,
            "reasons": list(reasons),
            "rules": judged.rules_digest,
        },
        private={"text": text or None},
        now=now,
    )
    return note


def decide(
    session: Session, *, actor: Actor, explanation_id: UUID, decision: Decision, text: str, now: datetime
) -> CoverageNote:
    """Confirm an explanation, or send it back with a reason: the head of the case's section, never who explained it.

    The step's row is held, so two at once decide once. Raises CannotNote.
    """
    if not may(actor, Permission.COVERAGE_CONFIRM):
        raise CannotNote("not-yours")
    found = session.get(CoverageNote, explanation_id)
    if found is None or found.act != "explain":
        raise CannotNote("unknown-explanation")
    step, case = _held(session, found.step_id)
    if not changes(actor, case):
        raise CannotNote("not-your-section")
    if is_among(session, actor.id, [found.by_id]):
        raise CannotNote("same-person")
    _not_in_archive(case)
    if session.scalar(select(CoverageNote.id).where(CoverageNote.decides_id == found.id)) is not None:
        raise CannotNote("decided-already")
    said = _text(text)
    if decision == "send-back" and not said:
        raise CannotNote("note-missing")
    note = CoverageNote(
        step_id=step.id,
        act=decision,
        decides_id=found.id,
        text=said,
        by_id=actor.id,
        role="section-head",
        rules_digest=found.rules_digest,
        at=now,
    )
    _keep(session, note, now)
    add_entry(
        session,
        actor=actor,
        action="step.coverage-confirmed" if decision == "confirm" else "step.coverage-sent-back",
        subjects={"case": case.id, "step": step.id},
        facts={
            "explanation": str(found.id),
            "note": str(note.id),
            "before": {"decision": None},
            "after": {"decision": decision},
        },
        private={"text": said or None},
        now=now,
    )
    return note


def set_circumstances(
    session: Session,
    *,
    actor: Actor,
    step_id: UUID,
    circumstances: Collection[str],
    record_number: str,
    now: datetime,
) -> JudgedStep:
    """State the circumstances of a step and the number of its written record; answer how it is judged then.

    Raises CannotNote. What was stated before stays in the history.
    """
    step, case = _held(session, step_id)
    _own_case(actor, case)
    if case.state not in CHANGEABLE:
        raise CannotNote("case-closed")
    rules = rules_in_force(session)
    offered = {*rules.offered(step.activity), *step.circumstances}
    if set(circumstances) - offered:
        raise CannotNote("unknown-circumstance")
    number = " ".join(spoken(record_number).split())
    if len(number) > NUMBER_LIMIT:
        raise CannotNote("number-too-long")
    kept = [code for code in (*rules.circumstances, *step.circumstances) if code in circumstances]
    kept = list(dict.fromkeys(kept))
    if (kept, number) != (step.circumstances, step.record_number):
        before, number_before = list(step.circumstances), step.record_number
        step.circumstances, step.record_number = kept, number
        session.add(
            CoverageNote(
                step_id=step.id, act="circumstances", words=kept, text=number, by_id=actor.id, role="handler",
                rules_digest=rules.digest, at=now,
            )
        )  # fmt: skip
        session.flush()
        add_entry(
            session,
            actor=actor,
            action="step.circumstances-set",
            subjects={"case": case.id, "step": step.id},
            facts={"before": {"circumstances": before}, "after": {"circumstances": kept}},
            private={"before": {"record_number": number_before}, "after": {"record_number": number}},
            now=now,
        )
    (judged,) = judge_and_keep(session, [step.id], now)
    return judged


def may_explain(actor: Actor | None, case: Case) -> bool:
    """Answer whether somebody may explain gaps of a case and state circumstances of its steps: its handlers.

    A case that names no handler yet is for the handlers of its unit; one without either for whoever handles cases.
    """
    if actor is None or not may(actor, Permission.COVERAGE_EXPLAIN):
        return False
    handlers = {one for one in (case.handler_id, case.second_handler_id) if one is not None}
    return actor.officer_id in handlers if handlers else changes(actor, case)


def _held(session: Session, step_id: UUID) -> tuple[Step, Case]:
    """Answer a step and its case, both held until the transaction ends: the case first, as everybody does."""
    of_step = select(Step.case_id).where(Step.id == step_id)
    case = session.scalar(select(Case).where(Case.id == of_step.scalar_subquery()).with_for_update(read=True))
    lock_steps(session, [step_id])
    step = session.get(Step, step_id, populate_existing=True)
    if (
        step is None or case is None or step.case_id != case.id
    ):  # gone, or moved to another case at this moment
        raise CannotNote("unknown-step")
    return step, case


def _own_case(actor: Actor, case: Case) -> None:
    if not may_explain(actor, case):
        raise CannotNote("not-yours")


def _not_in_archive(case: Case) -> None:
    if case.state in {"archived", "transferred", *ENDED_WITHOUT_FILE}:
        raise CannotNote("case-closed")


def _text(text: str) -> str:
    said = spoken(text)
    if len(said) > TEXT_LIMIT:
        raise CannotNote("text-too-long")
    return said


def _keep(session: Session, note: CoverageNote, now: datetime) -> None:
    session.add(note)
    session.flush()
    judge_and_keep(session, [note.step_id], now)
