"""Recall 追溯: all recordings and cases that a fault may have touched, as one list to work through."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, joinedload

from catalog.actors import Actor
from catalog.case_files.standing import ON_THE_LIST
from catalog.custody.log import add_entry
from catalog.finding.visible import told_to
from catalog.maintenance.faults import locked_fault
from catalog.maintenance.log import CannotMaintain, account_of, note_down, reason_of
from catalog.maintenance.verdicts import flag_by_verdicts
from catalog.models import (
    Attachment,
    Case,
    Clip,
    Docking,
    RecallVerdict,
    RecorderFault,
    RecorderRepair,
    Sighting,
    Step,
)
from catalog.permissions import Permission
from catalog.rules.holder import taken_when
from catalog.rules.recall import NOTED, VERDICTS, Made, Window, touched


@dataclass(frozen=True, slots=True)
class RecallLine:
    """A recording that the fault may have touched."""

    clip: Clip
    made: Made
    cases: tuple[Case, ...]
    verdict: RecallVerdict | None


@dataclass(frozen=True, slots=True)
class Recall:
    """The list of one fault."""

    fault: RecorderFault
    window: Window
    repair: RecorderRepair | None
    lines: Sequence[RecallLine]

    @property
    def judged(self) -> int:
        """How many have their verdict."""
        return sum(1 for line in self.lines if line.verdict is not None)

    @property
    def cases(self) -> list[tuple[Case, int]]:
        """The cases touched, each with how many of these recordings it has."""
        found: dict[UUID, tuple[Case, int]] = {}
        for line in self.lines:
            for case in line.cases:
                found[case.id] = (case, found.get(case.id, (case, 0))[1] + 1)
        return sorted(found.values(), key=lambda one: (one[0].number or "", one[0].title))


def open_recall(session: Session, *, actor: Actor, fault_id: UUID, now: datetime) -> RecorderFault:
    """Begin a recall; repeating it changes nothing. Raises CannotMaintain."""
    fault, recorder = locked_fault(session, fault_id)
    if fault.outcome == "rejected":
        raise CannotMaintain("rejected-fault")
    if fault.recall_opened_at is None:
        fault.recall_opened_at = now
        note_down(
            session, actor=actor, recorder=recorder, action="recorder.recall-opened", now=now,
            facts={"fault": str(fault.id), "kind": fault.kind},
        )  # fmt: skip
    return fault


def recall_of(session: Session, fault_id: UUID, *, actor: Actor, now: datetime) -> Recall:
    """Answer the list of a fault as things stand, of recordings that `actor` may find. Raises CannotMaintain."""
    fault = session.scalar(
        select(RecorderFault).where(RecorderFault.id == fault_id).options(joinedload(RecorderFault.recorder))
    )
    if fault is None:
        raise CannotMaintain("unknown-fault")
    repair = session.get(RecorderRepair, fault.repair_id) if fault.repair_id else None
    window = window_of(fault, repair, now)
    clips = _clips(session, fault, window, actor)
    ids = [clip.id for clip, _ in clips]
    cases, verdicts = _cases(session, ids), _verdicts(session, fault_id, ids)
    lines = [RecallLine(c, made, tuple(cases.get(c.id, ())), verdicts.get(c.id)) for c, made in clips]
    return Recall(fault, window, repair, lines)


def recalls_of(session: Session, recorder_id: UUID, *, actor: Actor, now: datetime) -> list[Recall]:
    """Answer all recalls of a recorder, of recordings that `actor` may find, in the order its faults were reported.

    A fault of which nobody began a recall is among them once a verdict was given: that counts as any other.
    """
    found = told_to(actor, Permission.RECALL_READ)
    judged = select(RecallVerdict.fault_id).join(Clip, Clip.id == RecallVerdict.clip_id).where(found)
    faults = session.scalars(
        select(RecorderFault.id)
        .where(
            RecorderFault.recorder_id == recorder_id,
            or_(RecorderFault.recall_opened_at.is_not(None), RecorderFault.id.in_(judged)),
        )
        .order_by(RecorderFault.reported_at, RecorderFault.id)
    ).all()
    return [recall_of(session, fault, actor=actor, now=now) for fault in faults]


def has_recalls(session: Session, recorder_id: UUID) -> bool:
    """Answer whether a recall of a recorder was ever begun: its maintenance log says so to everybody who reads it."""
    asked = select(RecorderFault.id).where(
        RecorderFault.recorder_id == recorder_id, RecorderFault.recall_opened_at.is_not(None)
    )
    return session.scalar(asked.limit(1)) is not None


def window_of(fault: RecorderFault, repair: RecorderRepair | None, now: datetime) -> Window:
    """Answer from when to when a fault may have been at work: to the end of the repair that mended it, else to now."""
    mended = repair is not None and fault.outcome == "repaired"
    until = (repair.back_at if repair is not None and mended else None) or fault.closed_at or now
    return Window(fault.recall_since, until)


def judge(
    session: Session, *, actor: Actor, fault_id: UUID, clip_id: UUID, verdict: str, note: str, now: datetime
) -> RecallVerdict:
    """Give a recording of a recall its verdict; the newest counts, earlier ones stay. Raises CannotMaintain.

    `not-to-be-relied-on` flags the recording; the flag goes when the newest verdicts of no recall say so any more.
    """
    fault, _ = locked_fault(session, fault_id)
    if fault.outcome == "rejected":
        raise CannotMaintain("rejected-fault")
    if verdict not in VERDICTS:
        raise CannotMaintain("no-verdict")
    said = reason_of(note, "no-note") if verdict in NOTED or note.strip() else ""
    asked = (
        select(Clip)
        .where(Clip.id == clip_id, told_to(actor, Permission.RECALL_READ))
        .with_for_update(of=Clip)
    )
    clip = session.scalar(asked.execution_options(populate_existing=True))
    if clip is None:
        raise CannotMaintain("unknown-clip")
    if clip.id not in {line.clip.id for line in recall_of(session, fault_id, actor=actor, now=now).lines}:
        raise CannotMaintain("not-in-recall")
    before = session.scalar(
        select(RecallVerdict.verdict)
        .where(RecallVerdict.fault_id == fault_id, RecallVerdict.clip_id == clip.id)
        .order_by(RecallVerdict.at.desc(), RecallVerdict.id.desc())
        .limit(1)
    )
    given = RecallVerdict(
        fault_id=fault_id, clip_id=clip.id, verdict=verdict, note=said, at=now, by_id=account_of(actor)
    )
    session.add(given)
    session.flush()
    flag_by_verdicts(session, clip.id)
    add_entry(
        session,
        actor=actor,
        action="clip.recall-judged",
        subjects={"clip": clip.id, "recorder": fault.recorder_id},
        facts={"fault": str(fault.id), "before": {"verdict": before}, "after": {"verdict": verdict}},
        private={"note": said or None},
        now=now,
    )
    return given


def _clips(session: Session, fault: RecorderFault, window: Window, actor: Actor) -> list[tuple[Clip, Made]]:
    asked = select(Clip).where(Clip.recorder_id == fault.recorder_id, told_to(actor, Permission.RECALL_READ))
    if window.since is not None:
        asked = asked.where(
            Clip.received_at >= window.since
        )  # what was received by then was recorded by then
    clips = session.scalars(asked.order_by(Clip.recorded_at, Clip.received_at, Clip.id)).all()
    visits = session.scalars(
        select(Docking).where(Docking.recorder_id == fault.recorder_id).order_by(Docking.opened_at)
    ).all()
    first = _first_visits(session, fault.recorder_id)
    trusted = fault.kind != "clock"
    found = [(clip, _made(clip, visits, first.get(clip.id))) for clip in clips]
    return [(clip, made) for clip, made in found if touched(made, window, clock_trusted=trusted)]


def _first_visits(session: Session, recorder_id: UUID) -> dict[UUID, Docking]:
    """Answer the docking at which each clip of a recorder was first seen on it."""
    rows = session.execute(
        select(Sighting.clip_id, Docking)
        .join(Docking, Docking.id == Sighting.docking_id)
        .where(Docking.recorder_id == recorder_id, Sighting.clip_id.is_not(None))
        .order_by(Docking.opened_at.desc(), Docking.id.desc())
    )
    return {clip: docking for clip, docking in rows if clip is not None}


def _made(clip: Clip, visits: Sequence[Docking], first: Docking | None) -> Made:
    facts = first.recorder_facts.get("clock") if first is not None else None
    clock: Mapping[str, Any] = facts if isinstance(facts, Mapping) else {}
    taken = taken_when(
        clip.recorded_at,
        clip.recorded_at_source,
        clip.duration,
        offset=_number(clock, "offset_seconds"),
        offset_error=_number(clock, "error_seconds"),
    )
    seen = first.opened_at if first is not None else clip.received_at
    earlier = [visit.opened_at for visit in visits if visit.opened_at < seen]
    return Made(taken, max(earlier, default=None), seen)


def _number(values: Mapping[str, Any], name: str) -> float | None:
    value = values.get(name)
    return float(value) if isinstance(value, int | float) else None


def _cases(session: Session, clips: Sequence[UUID]) -> dict[UUID, list[Case]]:
    found: dict[UUID, list[Case]] = {}
    for start in range(0, len(clips), 500):
        rows = session.execute(
            select(Attachment.clip_id, Case)
            .join(Step, Step.id == Attachment.step_id)
            .join(Case, Case.id == Step.case_id)
            .where(Attachment.clip_id.in_(clips[start : start + 500]), ON_THE_LIST)
            .order_by(Case.opened_at, Case.id)
        )
        for clip, case in rows:
            if case not in found.setdefault(clip, []):
                found[clip].append(case)
    return found


def _verdicts(session: Session, fault_id: UUID, clips: Sequence[UUID]) -> dict[UUID, RecallVerdict]:
    rows = session.scalars(
        select(RecallVerdict)
        .where(RecallVerdict.fault_id == fault_id)
        .order_by(RecallVerdict.at, RecallVerdict.id)
        .options(joinedload(RecallVerdict.judge))
    )
    wanted = set(clips)
    return {row.clip_id: row for row in rows if row.clip_id in wanted}
