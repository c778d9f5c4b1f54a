"""Suggestions: clips for a step or a case, steps for a clip. The rule is `catalog.rules.suggesting`; here are its facts.

Every question is bounded: by a window of time on an index, and by a number of rows. So it takes the same with a hundred
thousand clips as with a hundred.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, select, true
from sqlalchemy.orm import Session, joinedload, selectinload

from catalog.actors import Actor
from catalog.case_files.attaching import CannotAttach
from catalog.case_files.standing import IN_FORCE, ON_THE_LIST
from catalog.case_files.unattached import undealt
from catalog.case_files.whose import NOT_YOUR_CASE, changes
from catalog.custody.log import add_entry
from catalog.finding.visible import reached, takes_in_from, visible_to
from catalog.models import (
    Attachment,
    Case,
    Clip,
    Docking,
    Mark,
    Sighting,
    Step,
    SuggestionDismissal,
)
from catalog.rules.case_life import CHANGEABLE
from catalog.rules.holder import UNMEASURED, taken_when
from catalog.rules.suggesting import NEAR, SAME_DAY, ClipFacts, Fit, StepFacts, best_first, fit

LOOKED_AT = 300
"""Clips of a window that are weighed at most."""
STEPS_LOOKED_AT = 60
SHOWN = 12
LONGEST = timedelta(hours=8)
"""How long before a step a clip may begin that still runs into it."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A clip for a step, with why."""

    clip: Clip
    step: Step
    fit: Fit


def suggest_for_step(
    session: Session, step: Step, actor: Actor | None, limit: int = SHOWN
) -> list[Suggestion]:
    """Answer unattached clips that may belong to a step, best first; what was declined for it is left out."""
    return _for_steps(session, step.case, [step], actor, limit)


def suggest_for_case(
    session: Session, case: Case, steps: Sequence[Step], actor: Actor | None, limit: int = SHOWN
) -> list[Suggestion]:
    """Answer unattached clips that may belong to a step of the case, each for the step it fits best."""
    if case.state not in CHANGEABLE:
        return []
    return _for_steps(session, case, list(steps)[-STEPS_LOOKED_AT:], actor, limit)


def _for_steps(
    session: Session, case: Case, steps: Sequence[Step], actor: Actor | None, limit: int
) -> list[Suggestion]:
    clips: dict[UUID, Clip] = {}
    for window in _windows(case, steps):
        for clip in _unattached(session, window, actor):
            clips[clip.id] = clip
    if not clips:
        return []
    facts = _facts_of(session, clips.values())
    points = _points_of(session, steps, actor)
    declined = _declined(session, [s.id for s in steps])
    best: dict[UUID, tuple[Step, Fit]] = {}
    for step in steps:
        known = _step_facts(case, step, points.get(step.id))
        for clip_id, clip_facts in facts.items():
            if (step.id, clip_id) in declined:
                continue
            found = fit(known, clip_facts)
            if found is not None and (
                clip_id not in best
                or (found.score, -found.apart) > (best[clip_id][1].score, -best[clip_id][1].apart)
            ):
                best[clip_id] = (step, found)
    ordered = best_first((clip_id, found) for clip_id, (_, found) in best.items())
    return [Suggestion(clips[clip_id], best[clip_id][0], found) for clip_id, found in ordered[:limit]]


def suggest_steps(session: Session, clip: Clip, actor: Actor | None, limit: int = 5) -> list[Suggestion]:
    """Answer steps of cases still open to which a clip may belong, best first; those it is on already are left out."""
    if clip.restricted or clip.recorded_at is None or not reached(session, actor, [clip.id]):
        return []
    facts = _facts_of(session, [clip])[clip.id]
    assert facts.start is not None  # noqa: S101 - it has a time
    window = SAME_DAY + facts.error
    on_it = exists().where(Attachment.step_id == Step.id, Attachment.clip_id == clip.id, ON_THE_LIST)
    declined = exists().where(SuggestionDismissal.step_id == Step.id, SuggestionDismissal.clip_id == clip.id)
    steps = session.scalars(
        select(Step)
        .join(Case, Case.id == Step.case_id)
        .where(
            Case.state.in_(CHANGEABLE),
            true() if actor is None else takes_in_from(actor),
            Step.started_at.between(facts.start - window, (facts.end or facts.start) + window),
            ~on_it,
            ~declined,
        )
        .options(joinedload(Step.case))
        .order_by(Step.started_at)
        .limit(LOOKED_AT)
    ).all()
    points = _points_of(session, steps, actor)
    found = {
        step.id: (step, fitting)
        for step in steps
        if (fitting := fit(_step_facts(step.case, step, points.get(step.id)), facts)) is not None
    }
    ordered = best_first((step_id, fitting) for step_id, (_, fitting) in found.items())
    return [Suggestion(clip, found[step_id][0], fitting) for step_id, fitting in ordered[:limit]]


def dismiss(session: Session, *, actor: Actor, step_id: UUID, clip_id: UUID, now: datetime) -> None:
    """Say that a clip does not belong to a step: it is not suggested for it again. Raises CannotAttach; repeating is harmless."""
    clip = session.get(Clip, clip_id)
    if clip is None or clip.restricted or not reached(session, actor, [clip_id]):
        raise CannotAttach("unknown-clip")
    # The step's row is locked, so that two who press at once write one row.
    step = session.scalar(select(Step).where(Step.id == step_id).with_for_update())
    if step is None:
        raise CannotAttach("unknown-step")
    if not changes(actor, session.get_one(Case, step.case_id)):
        raise CannotAttach(NOT_YOUR_CASE)
    if session.get(SuggestionDismissal, (step_id, clip_id)) is not None:
        return
    session.add(SuggestionDismissal(step_id=step_id, clip_id=clip_id, by_id=actor.id, at=now))
    session.flush()
    add_entry(
        session,
        actor=actor,
        action="clip.suggestion-declined",
        subjects={"clip": clip_id, "case": step.case_id, "step": step_id},
        facts={},
        now=now,
    )


def count_for_cases(session: Session, cases: Sequence[Case], actor: Actor | None) -> dict[UUID, int]:
    """Answer, for each of these cases with its steps loaded, how many unattached clips of its handlers fit a step in time.

    One question for all of them; it weighs the handlers' newest `LOOKED_AT` times ten clips.
    """
    steps = [(case, step) for case in cases for step in case.steps if step.started_at is not None]
    people = {p for case in cases for p in (case.handler_id, case.second_handler_id) if p is not None}
    if not steps or not people:
        return {}
    reach = NEAR + UNMEASURED
    first = min(step.started_at for _, step in steps if step.started_at) - reach - LONGEST
    rows = list(
        session.execute(
            select(Clip.id, Clip.officer_id, Clip.recorded_at, Clip.duration)
            .where(Clip.officer_id.in_(people), Clip.recorded_at >= first, *undealt(actor))
            .order_by(Clip.recorded_at.desc())
            .limit(LOOKED_AT * 10)
        )
    )
    rows.reverse()
    starts = [row.recorded_at for row in rows]
    clips = [
        ClipFacts(start, start + timedelta(seconds=row.duration or 0), UNMEASURED, officer=row.officer_id)
        for row, start in zip(rows, starts, strict=True)
    ]
    declined = _declined(session, [step.id for _, step in steps])
    found: dict[UUID, set[UUID]] = defaultdict(set)
    for case, step in steps:
        known = _step_facts(case, step, None)
        assert known.start is not None  # noqa: S101 - only steps that have begun are asked about
        # Only what is near in time is weighed: thousands of clips times hundreds of steps would take seconds.
        near = slice(
            bisect_left(starts, known.start - reach - LONGEST),
            bisect_right(starts, max(known.end or known.start, known.start) + reach),
        )
        for row, clip in zip(rows[near], clips[near], strict=True):
            fitting = fit(known, clip) if (step.id, row.id) not in declined else None
            if fitting is not None and "same-day" not in fitting.reasons:
                found[case.id].add(row.id)
    return {case_id: len(clips) for case_id, clips in found.items()}


def _windows(case: Case, steps: Sequence[Step]) -> list[ColumnElement[bool]]:
    """Answer conditions that are each answered by one index, neighbouring steps taken together."""
    people = [p for p in (case.handler_id, case.second_handler_id) if p is not None]
    spans = [
        (start, max(step.ended_at or start, start)) for step in steps if (start := begun(step)) is not None
    ]
    windows: list[ColumnElement[bool]] = []
    for reach, own in ((NEAR, False), (SAME_DAY, True)):
        if own and not people:
            continue
        for start, end in _joined(spans, reach):
            close = Clip.recorded_at.between(start, end)
            windows.append(and_(Clip.officer_id.in_(people), close) if own else close)
    return windows


def _joined(spans: Sequence[tuple[datetime, datetime]], reach: timedelta) -> list[tuple[datetime, datetime]]:
    found: list[tuple[datetime, datetime]] = []
    for start, end in sorted((s - reach - UNMEASURED, e + reach + UNMEASURED) for s, e in spans):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return found


def begun(step: Step) -> datetime | None:
    """Answer when a step began, else when it was planned."""
    return step.started_at or step.planned_at


def _declined(session: Session, steps: Sequence[UUID]) -> set[tuple[UUID, UUID]]:
    """Answer what was declined for these steps, as step and clip."""
    rows = session.execute(
        select(SuggestionDismissal.step_id, SuggestionDismissal.clip_id).where(
            SuggestionDismissal.step_id.in_(steps)
        )
    )
    return {(row.step_id, row.clip_id) for row in rows}


def _unattached(session: Session, window: ColumnElement[bool], actor: Actor | None) -> Sequence[Clip]:
    return session.scalars(
        select(Clip)
        .where(window, *undealt(actor))
        .order_by(Clip.recorded_at, Clip.id)
        .limit(LOOKED_AT)
        .options(joinedload(Clip.officer), joinedload(Clip.recorder), selectinload(Clip.renditions))
    ).all()


def _facts_of(session: Session, clips: Collection[Clip]) -> dict[UUID, ClipFacts]:
    ids = [clip.id for clip in clips]
    clocks: dict[UUID, Mapping[str, Any]] = {}
    for clip_id, recorder_facts in session.execute(
        select(Sighting.clip_id, Docking.recorder_facts)
        .join(Docking, Docking.id == Sighting.docking_id)
        .where(Sighting.clip_id.in_(ids))
        .order_by(Sighting.seen_at.desc())
    ):
        clock = recorder_facts.get("clock")
        clocks[clip_id] = clock if isinstance(clock, Mapping) else {}
    marks: dict[UUID, list[Mark]] = defaultdict(list)
    for mark in session.scalars(select(Mark).where(Mark.clip_id.in_(ids), Mark.removed_at.is_(None))):
        marks[mark.clip_id].append(mark)
    return {clip.id: _clip_facts(clip, clocks.get(clip.id, {}), marks[clip.id]) for clip in clips}


def _clip_facts(clip: Clip, clock: Mapping[str, Any], marks: Sequence[Mark]) -> ClipFacts:
    taken = taken_when(
        clip.recorded_at,
        clip.recorded_at_source,
        clip.duration,
        offset=_number(clock.get("offset_seconds")),
        offset_error=_number(clock.get("error_seconds")),
    )
    return ClipFacts(
        start=taken.start if taken else None,
        end=taken.end if taken else None,
        error=taken.error if taken else timedelta(),
        officer=clip.officer_id,
        officer_name=clip.officer.name if clip.officer else "",
        recorder_holder=clip.recorder.holder_id if clip.recorder and not clip.recorder.pool else None,
        point=_point(clip.latitude, clip.longitude),
        marks=[m.preset for m in marks if m.preset],
        notes=[m.note for m in marks if m.note],
    )


def _step_facts(case: Case, step: Step, point: tuple[float, float] | None) -> StepFacts:
    return StepFacts(
        start=begun(step),
        end=step.ended_at if step.started_at is not None else None,
        handler=case.handler_id,
        second=case.second_handler_id,
        people=[str(name) for name in step.people],
        place=step.place,
        point=point,
        activity=step.activity,
    )


def _points_of(
    session: Session, steps: Sequence[Step], actor: Actor | None
) -> dict[UUID, tuple[float, float]]:
    """Where steps were, by what is attached to them and has a place; of several the first."""
    rows = session.execute(
        select(Attachment.step_id, Clip.latitude, Clip.longitude)
        .join(Clip, Clip.id == Attachment.clip_id)
        .where(
            Attachment.step_id.in_([s.id for s in steps]),
            IN_FORCE,
            visible_to(actor),
            Clip.latitude.is_not(None),
        )
        .order_by(Attachment.attached_at.desc())
    )
    return {step: point for step, lat, lon in rows if (point := _point(lat, lon)) is not None}


def _point(latitude: float | None, longitude: float | None) -> tuple[float, float] | None:
    return (latitude, longitude) if latitude is not None and longitude is not None else None


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None
