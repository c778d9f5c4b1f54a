"""并案 and 分案: merging a case into another, and splitting part of one off. Nothing loses its lock, its hold or its place."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ColumnElement, func, select, true
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from catalog.actors import Actor
from catalog.case_files.entering import NUMBER_LIMIT, TEXT_LIMIT
from catalog.case_files.handling import REASON_LIMIT, begin_handling
from catalog.case_files.whose import NOT_YOUR_CASE, roles_on
from catalog.custody.log import add_entry
from catalog.finding.visible import reached, takes_in_from
from catalog.holds.catching import catch_by_case
from catalog.models import Attachment, Case, CaseMove, Step
from catalog.refused import Refused
from catalog.retention.due import locks_of_case_due
from catalog.rules.case_joining import JOINERS, joiners, joining_refusal, weaker_type
from catalog.rules.case_life import CHANGEABLE
from catalog.rules.free_text import spoken
from catalog.rules.scopes import OVER_THE_BUREAU


class CannotJoin(Refused):
    """Merging or splitting was refused; `why` is a stable word, and nothing was changed."""


WHY = (
    "unknown-case",
    "unknown-target",
    "same-case",
    "not-yours",
    "not-your-case",
    "target-not-yours",
    "wrong-state",
    "target-closed",
    "weaker-type",
    "target-lead",
    "changed-meanwhile",
    "reason-missing",
    "reason-too-long",
    "title-missing",
    "text-too-long",
    "number-taken",
    "nothing-chosen",
    "everything-chosen",
    "not-of-this-case",
)


def merge_cases(
    session: Session, *, actor: Actor, case_id: UUID, into_id: UUID, seen: str, reason: str, now: datetime
) -> Case:
    """Merge a case into another: its steps go there with all that hangs on them; answer the other. Raises CannotJoin.

    The merged case keeps its page, its number and its history, and says where it went; `seen` is the state its page
    showed. What was under coercion stays under it, and evidence of a general-procedure penalty is not put under a lesser
    type, from which a shorter period would follow.
    """
    if case_id == into_id:
        raise CannotJoin("same-case")
    # In the order of their ids, so that two merges crossing each other wait and do not lock each other out.
    rows = {
        row.id: row
        for row in session.scalars(
            select(Case).where(Case.id.in_([case_id, into_id])).order_by(Case.id).with_for_update()
        )
    }
    source, target = _both(rows.get(case_id), rows.get(into_id), actor, seen)
    said = _reason(reason)
    steps = session.scalars(select(Step).where(Step.case_id == source.id).order_by(Step.position)).all()
    locks_of_case_due(session, source.id, now)
    position = _next_position(session, target.id)
    for n, step in enumerate(steps):
        step.case_id, step.position = target.id, position + n
    if source.coercion:
        target.coercion_from = _earlier(target.coercion_from, source.coercion_from)
        target.coercion_until = _later(target.coercion_until, source.coercion_until)
        target.coercion = True
    before = source.state
    source.state, source.merged_into_id = "merged", target.id
    role = min(roles_on(actor, source) & joiners(before))
    _sign(session, source, actor, "merge", role=role, before=before, said=said, now=now)
    _sign(session, target, actor, "take-in", role=role, before=target.state, said=said, now=now)
    session.flush()
    catch_by_case(session, _clips_on(session, steps), now)
    locks_of_case_due(session, target.id, now)
    add_entry(
        session,
        actor=actor,
        action="case.merged",
        subjects={"case": [source.id, target.id], "step": [step.id for step in steps]},
        facts={
            "from": str(source.id),
            "into": str(target.id),
            "steps": len(steps),
            "role": role,
            "before": {"state": before},
            "after": {"state": source.state},
        },
        private={"reason": said},
        now=now,
    )
    return target


def joinable_by(actor: Actor) -> ColumnElement[bool]:
    """Answer the condition under which a case is `actor`'s to merge something into, whatever its state."""
    return true() if actor.roles & JOINERS & OVER_THE_BUREAU else takes_in_from(actor)


@dataclass(frozen=True, slots=True)
class Parting:
    """What is to go to a new case, and what that is called."""

    steps: frozenset[UUID]
    """These go whole, with all that hangs on them."""
    attachments: frozenset[UUID]
    """Of steps that stay: these go, onto a step like theirs in the new case."""
    title: str
    number: str = ""
    """Empty: the new case is a lead until it is filed."""
    reason: str = ""


def split_case(
    session: Session, *, actor: Actor, case_id: UUID, part: Parting, today: date, now: datetime
) -> Case:
    """Split part of a case off into a new one of the same type, and answer it. Raises CannotJoin.

    The new case takes over type, coercion, unit and handlers, so that nothing comes under a shorter period by it.
    """
    case = session.scalar(select(Case).where(Case.id == case_id).with_for_update())
    if case is None:
        raise CannotJoin("unknown-case")
    _may_join(case, actor, NOT_YOUR_CASE)
    said, title, number = _named(session, part)
    steps = session.scalars(select(Step).where(Step.case_id == case.id).order_by(Step.position)).all()
    single = _chosen(session, actor, case, part, steps)
    new = Case(
        title=title,
        type=case.type,
        number=number or None,
        party=case.party,
        state="open" if number else "lead",
        unit_id=case.unit_id,
        opened_at=now,
        filed_on=today if number else None,
        coercion=case.coercion,
        coercion_from=case.coercion_from,
        coercion_until=case.coercion_until,
        split_from_id=case.id,
    )
    session.add(new)
    try:
        session.flush()
    except IntegrityError as error:
        raise CannotJoin("number-taken") from error
    role = min(roles_on(actor, case) & joiners(case.state))
    begin_handling(session, new, case.handler_id, case.second_handler_id, reason=said, now=now)
    twins = _move_steps(session, steps, part.steps, {a.step_id for a in single}, new.id)
    for attachment in single:
        attachment.step_id = twins[attachment.step_id].id
    _sign(session, case, actor, "split", role=role, before=case.state, said=said, now=now)
    _sign(session, new, actor, "split-off", role=role, before="", said=said, now=now)
    session.flush()
    for one in (case, new):
        locks_of_case_due(session, one.id, now)
    add_entry(
        session,
        actor=actor,
        action="case.split",
        subjects={
            "case": [case.id, new.id],
            "step": sorted({*part.steps, *twins, *(t.id for t in twins.values())}),
            "clip": sorted({a.clip_id for a in single}),
        },
        facts={
            "from": str(case.id),
            "new": str(new.id),
            "steps": len(part.steps),
            "attachments": len(single),
            "type": new.type,
            "role": role,
        },
        private={"reason": said, "title": title, "number": number or None},
        now=now,
    )
    return new


def _both(source: Case | None, target: Case | None, actor: Actor, seen: str) -> tuple[Case, Case]:
    if source is None:
        raise CannotJoin("unknown-case")
    if target is None:
        raise CannotJoin("unknown-target")
    _may_join(source, actor, NOT_YOUR_CASE)
    if source.state != seen:
        raise CannotJoin("changed-meanwhile")
    if target.state not in CHANGEABLE:
        raise CannotJoin("target-closed")
    _may_join(target, actor, "target-not-yours")
    if weaker_type(source.type, target.type):
        raise CannotJoin("weaker-type")
    if target.state == "lead" and source.state != "lead":
        raise CannotJoin("target-lead")  # a lead may be dropped, a filed case never
    return source, target


def _may_join(case: Case, actor: Actor, of_others: str) -> None:
    """Say why `actor` may not, `of_others` where he only may not since the case is another unit's."""
    if (why := joining_refusal(case.state, actor.roles)) is not None:
        raise CannotJoin(why)
    if joining_refusal(case.state, roles_on(actor, case)) is not None:
        raise CannotJoin(of_others)


def _named(session: Session, part: Parting) -> tuple[str, str, str]:
    said, title, number = _reason(part.reason), spoken(part.title), spoken(part.number)
    if not title:
        raise CannotJoin("title-missing")
    if len(title) > TEXT_LIMIT or len(number) > NUMBER_LIMIT:
        raise CannotJoin("text-too-long")
    if number and session.scalar(select(Case.id).where(Case.number == number)) is not None:
        raise CannotJoin("number-taken")
    return said, title, number


def _sign(
    session: Session, case: Case, actor: Actor, move: str, *, role: str, before: str, said: str, now: datetime
) -> None:  # fmt: skip
    session.add(
        CaseMove(
            case_id=case.id, move=move, from_state=before, to_state=case.state, by_id=actor.id,
            role=role, note=said, at=now,
        )
    )  # fmt: skip


def _move_steps(
    session: Session, steps: Collection[Step], whole: Collection[UUID], parted: Collection[UUID], to: UUID
) -> dict[UUID, Step]:
    """Move the steps that go whole, in their order; answer steps like those of which only a part goes, by their ids."""
    position = 0
    twins: dict[UUID, Step] = {}
    for step in steps:
        if step.id in whole:
            step.case_id, step.position = to, position
        elif step.id in parted:
            twins[step.id] = _twin(step, to, position)
            session.add(twins[step.id])
        else:
            continue
        position += 1
    session.flush()
    return twins


def _chosen(
    session: Session, actor: Actor, case: Case, part: Parting, steps: Collection[Step]
) -> list[Attachment]:
    """Answer the single attachments that go, after looking whether what was chosen is there and leaves something."""
    if not part.steps and not part.attachments:
        raise CannotJoin("nothing-chosen")
    if not part.steps <= {step.id for step in steps}:
        raise CannotJoin("not-of-this-case")
    rows = session.scalars(
        select(Attachment)
        .join(Step, Step.id == Attachment.step_id)
        .where(Step.case_id == case.id)
        .order_by(Attachment.attached_at, Attachment.id)
    ).all()
    within = reached(session, actor, {a.clip_id for a in rows})
    seen = {a.id for a in rows if a.clip_id in within}
    if not part.attachments <= seen:
        raise CannotJoin("not-of-this-case")
    single = [a for a in rows if a.id in part.attachments and a.step_id not in part.steps]
    if len(part.steps) == len(steps):
        raise CannotJoin("everything-chosen")  # that would only be another name for the same case
    return single


def _twin(step: Step, case_id: UUID, position: int) -> Step:
    """Answer a step like `step` for another case."""
    return Step(
        case_id=case_id,
        stage=step.stage,
        activity=step.activity,
        title=step.title,
        place=step.place,
        planned_at=step.planned_at,
        started_at=step.started_at,
        ended_at=step.ended_at,
        people=list(step.people),
        circumstances=list(step.circumstances),
        record_number=step.record_number,
        position=position,
    )


def _clips_on(session: Session, steps: Collection[Step]) -> Sequence[UUID]:
    return session.scalars(
        select(Attachment.clip_id).where(Attachment.step_id.in_([step.id for step in steps])).distinct()
    ).all()


def _reason(text: str) -> str:
    said = spoken(text)
    if not said:
        raise CannotJoin("reason-missing")
    if len(said) > REASON_LIMIT:
        raise CannotJoin("reason-too-long")
    return said


def _next_position(session: Session, case_id: UUID) -> int:
    last = session.scalar(select(func.max(Step.position)).where(Step.case_id == case_id))
    return 0 if last is None else last + 1


def _earlier(one: date | None, other: date | None) -> date | None:
    return min((d for d in (one, other) if d is not None), default=None)


def _later(one: date | None, other: date | None) -> date | None:
    return max((d for d in (one, other) if d is not None), default=None)
