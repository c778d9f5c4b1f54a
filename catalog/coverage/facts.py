"""Gathering what a step's coverage is judged by, for many steps with a few questions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from catalog.chains import part_of
from catalog.models import Attachment, Clip, Docking, Mark, Sighting, Step
from catalog.rules.chains import joint
from catalog.rules.coverage import Footage, StepFacts
from catalog.rules.holder import NOT_THE_DEVICE, taken_when
from catalog.rules.marks import within


@dataclass(frozen=True, slots=True)
class _Seen:
    """One sighting of a clip, with the docking that brought it."""

    named: Mapping[str, Any] | None
    recorder: UUID
    docking: UUID
    facts: Mapping[str, Any]


def steps_with_cases(session: Session, steps: Collection[UUID]) -> list[Step]:
    """Answer these steps with their cases, in the order of their cases' steps."""
    return list(
        session.scalars(
            select(Step)
            .where(Step.id.in_(steps))
            .options(joinedload(Step.case))
            .order_by(Step.case_id, Step.position, Step.id)
        )
    )


def facts_of_steps(session: Session, steps: Sequence[Step]) -> dict[UUID, StepFacts]:
    """Answer what each step is judged by. Detached clips do not count; restricted ones do, and are named nowhere.

    A clip that is closed to everybody was recorded all the same: were it left out, somebody would have to sign an
    explanation for a gap that does not exist, and the gap would tell that something is closed (invariant 11).
    """
    attached = session.scalars(
        select(Attachment)
        .where(Attachment.step_id.in_([s.id for s in steps]), Attachment.detached_at.is_(None))
        .order_by(Attachment.attached_at, Attachment.id)
        .options(joinedload(Attachment.clip))
    ).all()
    clips = {a.clip_id: a.clip for a in attached}
    seen = _sightings(session, clips)
    marks: dict[UUID, list[Mark]] = defaultdict(list)
    for mark in session.scalars(
        select(Mark).where(Mark.clip_id.in_(clips), Mark.removed_at.is_(None), Mark.preset != "")
    ):
        marks[mark.clip_id].append(mark)
    by_step: dict[UUID, list[Attachment]] = defaultdict(list)
    for one in attached:
        by_step[one.step_id].append(one)
    found = {}
    for step in steps:
        own = by_step[step.id]
        follows = _follows([a.clip for a in own], seen)
        found[step.id] = StepFacts(
            planned=step.planned_at,
            started=step.started_at,
            ended=step.ended_at,
            footage=[_footage(a, seen[a.clip_id], marks[a.clip_id], follows.get(a.clip_id)) for a in own],
            recorded_in_writing=bool(step.record_number),
        )
    return found


def _sightings(session: Session, clips: Collection[UUID]) -> dict[UUID, list[_Seen]]:
    found: dict[UUID, list[_Seen]] = defaultdict(list)
    rows = session.execute(
        select(Sighting.clip_id, Sighting.named, Docking.recorder_id, Docking.id, Docking.recorder_facts)
        .join(Docking, Docking.id == Sighting.docking_id)
        .where(Sighting.clip_id.in_(clips))
        .order_by(Sighting.seen_at, Sighting.id)
    )
    for clip, named, recorder, docking, facts in rows:
        found[clip].append(_Seen(named, recorder, docking, facts))
    return found


def _footage(
    attachment: Attachment, seen: Sequence[_Seen], marks: Sequence[Mark], follows: UUID | None
) -> Footage:
    clip = attachment.clip
    docked = next((s for s in seen if s.recorder == clip.recorder_id), None)
    read = docked.facts.get("clock") if docked is not None else None
    clock: Mapping[str, Any] = read if isinstance(read, Mapping) else {}
    taken = taken_when(
        clip.recorded_at,
        clip.recorded_at_source,
        clip.duration,
        offset=_number(clock, "offset_seconds"),
        offset_error=_number(clock, "error_seconds"),
    )
    start, end = attachment.range_start, attachment.range_end
    return Footage(
        key=str(clip.id),
        kind=clip.kind,
        start=taken.start if taken is not None else None,
        length=clip.duration,
        error=taken.error.total_seconds() if taken is not None else 0.0,
        clock=_clock_of(clip, docked),
        part=(start, end) if start is not None and end is not None else None,
        follows=str(follows) if follows is not None else None,
        marks=tuple(dict.fromkeys(m.preset for m in within(marks, start, end))),
    )


def _clock_of(clip: Clip, docked: _Seen | None) -> str:
    """Whose clock a clip's time is by: one recorder's, until it was docked; satellites'; or one of its own."""
    if clip.recorded_at_source in NOT_THE_DEVICE:
        return "satellite"
    if docked is not None:
        return f"{docked.recorder} {docked.docking}"
    return str(clip.recorder_id) if clip.recorder_id is not None else ""


def _follows(clips: Sequence[Clip], seen: Mapping[UUID, Sequence[_Seen]]) -> dict[UUID, UUID]:
    """Answer which clip each continues, of recordings that a recorder cut into parts (`catalog.rules.chains`)."""
    chains: dict[tuple[UUID, str], dict[int, tuple[Clip, Mapping[str, Any]]]] = defaultdict(dict)
    for clip in {c.id: c for c in clips}.values():
        for sighting in seen.get(clip.id, ()):
            named = sighting.named or {}
            if named.get("chain") and named.get("part") is not None:
                parts = chains[(sighting.recorder, str(named["chain"]))]
                parts.setdefault(int(named["part"]), (clip, named))
                break
    found = {}
    for parts in chains.values():
        for number, next_ in pairwise(sorted(parts)):
            (before, one), (after, other) = parts[number], parts[next_]
            joined = joint(part_of(before, number, one), part_of(after, next_, other))
            if next_ == number + 1 and joined.join == "follows":
                found[after.id] = before.id
    return found


def _number(values: Mapping[str, Any], name: str) -> float | None:
    value = values.get(name)
    return float(value) if isinstance(value, (int, float)) else None
