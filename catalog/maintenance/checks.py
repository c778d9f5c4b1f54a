"""检查 and 待核实: checks by hand and of each docking, when they are due, and questions that readings raise (R2.14)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, joinedload

from catalog.actors import Actor, system
from catalog.maintenance.faults import enter_fault
from catalog.maintenance.log import (
    NOTE_LIMIT,
    CannotMaintain,
    account_of,
    locked_recorder,
    note_down,
    reason_of,
)
from catalog.models import (
    Clip,
    Docking,
    Recorder,
    RecorderCheck,
    RecorderDoubt,
    RecorderFault,
    RecorderRepair,
    Sighting,
)
from catalog.rules.check_due import check_due, holder_told
from catalog.rules.failed_file import FAILED_ENDS, is_failed, word_of
from catalog.rules.free_text import spoken
from catalog.rules.recorder_readings import (
    UNREADABLE_FILE,
    UNREADABLE_PLACES,
    ClockReading,
    Finding,
    Limits,
    Readings,
    findings,
    findings_of_files,
    results,
)
from catalog.rules.recorder_state import FAULT_OF_ITEM, ITEMS, OCCASIONS, RESULTS, Check

READINGS = system("readings")


def check_recorder(
    session: Session,
    *,
    actor: Actor,
    recorder_id: UUID,
    occasion: str,
    results: Mapping[str, str],
    note: str = "",
    now: datetime,
) -> RecorderCheck:
    """Keep a check by hand; an item that failed is a fault, which stops the recorder. Raises CannotMaintain."""
    recorder = locked_recorder(session, recorder_id)
    if recorder.state == "retired":
        raise CannotMaintain("retired")
    if occasion not in OCCASIONS or occasion == "docking":
        raise CannotMaintain("bad-kind")
    if set(results) - set(ITEMS) or set(results.values()) - set(RESULTS):
        raise CannotMaintain("bad-kind")
    found = Check({item: results.get(item, "not-checked") for item in ITEMS})
    if all(result == "not-checked" for result in found.results.values()):
        raise CannotMaintain("nothing-checked")
    kept = _keep(session, recorder, found, actor=actor, occasion=occasion, note=note, now=now)
    for item in found.failed:
        enter_fault(
            session, recorder, actor=actor, kind=FAULT_OF_ITEM[item], source="check", note=note, now=now
        )
    return kept


def check_docking(session: Session, *, docking: Docking, limits: Limits, now: datetime) -> None:
    """Keep the check that the end of a docking is, and what its readings raise; once for each docking.

    One that read nothing, as when the recorder was pulled out at once, is no check.
    """
    recorder = locked_recorder(session, docking.recorder_id)
    if session.scalar(select(RecorderCheck.id).where(RecorderCheck.docking_id == docking.id)) is not None:
        return
    read = _readings(session, docking)
    looked_at = results(read, limits)
    if not looked_at:
        return
    facts = {
        name: docking.recorder_facts[name]
        for name in ("battery", "clock", "free_bytes")
        if docking.recorder_facts.get(name) is not None
    }
    _keep(
        session, recorder, Check(looked_at), actor=READINGS, occasion="docking", now=now,
        docking=docking.id, readings=facts,
    )  # fmt: skip
    _raise(session, recorder, findings(read, limits), docking.id, now)


def check_files(session: Session, *, clip_id: UUID, limits: Limits, now: datetime) -> None:
    """Ask what the described recordings of a clip's first docking say of its recorder."""
    docking = session.scalar(
        select(Docking)
        .join(Sighting, Sighting.docking_id == Docking.id)
        .join(Clip, Clip.id == Sighting.clip_id)
        .where(Clip.id == clip_id, Docking.recorder_id == Clip.recorder_id)
        .order_by(Sighting.seen_at, Sighting.id)
        .limit(1)
    )
    if docking is None or _mended_since(session, docking):
        return
    flags = session.scalars(
        select(Clip.flags).where(
            Clip.id.in_(select(Sighting.clip_id).where(Sighting.docking_id == docking.id)),
            Clip.recorder_id == docking.recorder_id,
        )
    ).all()
    raised = findings_of_files([[str(flag) for flag in each] for each in flags], limits)
    if raised:
        _raise(session, locked_recorder(session, docking.recorder_id), raised, docking.id, now)


def resolve_doubt(
    session: Session, *, actor: Actor, doubt_id: UUID, faulty: bool, reason: str, now: datetime
) -> RecorderDoubt:
    """Answer what readings raised: a fault, which stops the recorder, or none, with the reason. Raises CannotMaintain."""
    owner = session.scalar(select(RecorderDoubt.recorder_id).where(RecorderDoubt.id == doubt_id))
    if owner is None:
        raise CannotMaintain("unknown-doubt")
    recorder = locked_recorder(session, owner)
    asked = select(RecorderDoubt).where(RecorderDoubt.id == doubt_id)
    doubt = session.scalars(asked.execution_options(populate_existing=True)).one()
    if doubt.resolved_at is not None:
        raise CannotMaintain("closed-already")
    said = reason_of(reason)
    doubt.resolved_at, doubt.resolved_by, doubt.reason = now, account_of(actor), said
    doubt.outcome = "fault" if faulty else "no-fault"
    note_down(
        session, actor=actor, recorder=recorder, action="recorder.doubt-resolved", now=now,
        facts={"kind": doubt.kind, "outcome": doubt.outcome},
        private={"before": {"outcome": None}, "after": {"outcome": doubt.outcome}}, note=said,
    )  # fmt: skip
    if faulty:
        kind = {"clock-drift": "clock", "battery-falling": "battery"}.get(doubt.kind, "card")
        fault = enter_fault(
            session, recorder, actor=actor, kind=kind, source="reading", note=said, docking=doubt.docking_id,
            now=now,
        )  # fmt: skip
        doubt.fault_id = fault.id
    session.flush()
    return doubt


@dataclass(frozen=True, slots=True)
class DueCheck:
    """When a recorder is to be checked by hand again."""

    recorder: Recorder
    last: datetime | None
    due: datetime
    overdue: bool
    told: bool
    """Whether its holder is told to bring it."""


def checks_due(
    session: Session, *, limits: Limits, now: datetime, holder: UUID | None = None
) -> list[DueCheck]:
    """Answer when each registered recorder in service is to be checked, the most urgent first; `holder`: theirs alone.

    Counted from the last check by hand that looked at everything, else from when it was entered here.
    """
    wanted = [Recorder.registered, Recorder.state == "in-service"]
    if holder is not None:
        wanted.append(Recorder.holder_id == holder)
    whole = {
        recorder: at
        for recorder, at, checked in session.execute(
            select(RecorderCheck.recorder_id, RecorderCheck.at, RecorderCheck.results)
            .join(Recorder, Recorder.id == RecorderCheck.recorder_id)
            .where(RecorderCheck.occasion != "docking", *wanted)
            .order_by(RecorderCheck.at)
        )
        if Check(checked).whole
    }
    devices = session.scalars(
        select(Recorder).where(*wanted).options(joinedload(Recorder.holder), joinedload(Recorder.unit))
    )
    found = []
    for device in devices:
        last = whole.get(device.id)
        due = check_due(last, device.created_at, limits.check_days)
        told = holder_told(due, limits.check_days, now)
        found.append(DueCheck(device, last, due, overdue=due < now, told=told))
    return sorted(found, key=lambda one: (one.due, one.recorder.label))


def open_doubts(session: Session, recorder_id: UUID | None = None) -> list[RecorderDoubt]:
    """Answer what readings raised and nobody answered yet, the oldest first."""
    asked = select(RecorderDoubt).where(RecorderDoubt.resolved_at.is_(None))
    if recorder_id is not None:
        asked = asked.where(RecorderDoubt.recorder_id == recorder_id)
    return list(
        session.scalars(
            asked.options(joinedload(RecorderDoubt.recorder)).order_by(
                RecorderDoubt.raised_at, RecorderDoubt.id
            )
        )
    )


def _keep(
    session: Session,
    recorder: Recorder,
    found: Check,
    *,
    actor: Actor,
    occasion: str,
    now: datetime,
    note: str = "",
    docking: UUID | None = None,
    readings: dict[str, Any] | None = None,
) -> RecorderCheck:
    said = spoken(note)[:NOTE_LIMIT]
    kept = RecorderCheck(
        recorder_id=recorder.id, occasion=occasion, at=now, by_id=account_of(actor), docking_id=docking,
        results=dict(found.results), readings=readings or {}, good=found.good, note=said,
    )  # fmt: skip
    session.add(kept)
    session.flush()
    note_down(
        session, actor=actor, recorder=recorder, action="recorder.checked", now=now,
        subjects={"docking": docking} if docking else {},
        facts={"occasion": occasion, "results": found.results}, note=said,
    )  # fmt: skip
    return kept


def _raise(session: Session, recorder: Recorder, found: list[Finding], docking: UUID, now: datetime) -> None:
    """Enter what readings found: a fault once for a docking, a question once while it is open."""
    if recorder.state == "retired":
        return
    for finding in found:
        if finding.stops:
            twice = select(RecorderFault.id).where(
                RecorderFault.docking_id == docking, RecorderFault.kind == finding.kind
            )
            if session.scalar(twice.limit(1)) is None:
                enter_fault(
                    session, recorder, actor=READINGS, kind=finding.kind, source="reading", docking=docking,
                    facts=dict(finding.facts), now=now,
                )  # fmt: skip
            continue
        known = session.scalar(
            select(func.count()).where(
                RecorderDoubt.recorder_id == recorder.id,
                RecorderDoubt.kind == finding.kind,
                RecorderDoubt.resolved_at.is_(None) | (RecorderDoubt.docking_id == docking),
            )
        )
        if known:
            continue
        session.add(
            RecorderDoubt(
                recorder_id=recorder.id, kind=finding.kind, docking_id=docking, facts=dict(finding.facts),
                raised_at=now,
            )
        )  # fmt: skip
        note_down(
            session, actor=READINGS, recorder=recorder, action="recorder.doubt-raised", now=now,
            subjects={"docking": docking}, facts={"kind": finding.kind, **finding.facts},
        )  # fmt: skip


def _readings(session: Session, docking: Docking) -> Readings:
    """Gather a docking's readings beside those of the dockings before it."""
    visits = list(
        session.scalars(
            select(Docking)
            .where(Docking.recorder_id == docking.recorder_id, Docking.opened_at <= docking.opened_at)
            .order_by(Docking.opened_at.desc(), Docking.id.desc())
            .limit(20)
        )
    )[::-1]
    clocks = [read for visit in visits if (read := _clock(visit)) is not None]
    if not clocks or clocks[-1].at != docking.opened_at:
        clocks = []  # this time it was not read, so nothing new is known of it
    batteries = [b for v in visits if isinstance(b := v.recorder_facts.get("battery"), int)]
    if docking.recorder_facts.get("battery") is None:
        batteries = []
    lacking = session.execute(
        select(Sighting.end, Sighting.reason).where(
            Sighting.docking_id == docking.id,
            Sighting.clip_id.is_(None),
            or_(Sighting.reason != "", Sighting.end.in_(FAILED_ENDS)),
        )
    ).all()
    words = [word_of(reason) for end, reason in lacking if end == "refused"]
    failed = any(is_failed(end=end, reason=reason, held=False) for end, reason in lacking)
    lost = session.scalar(
        select(func.count()).where(Sighting.docking_id == docking.id, Sighting.end == "partial")
    )
    return Readings(
        clocks, batteries, unreadable=not UNREADABLE_PLACES.isdisjoint(words),
        unreadable_files=words.count(UNREADABLE_FILE), lost_ranges=lost or 0,
        complete=docking.end_reason == "done" and not failed,
    )  # fmt: skip


def _clock(visit: Docking) -> ClockReading | None:
    read = visit.recorder_facts.get("clock")
    if not isinstance(read, Mapping) or not isinstance(read.get("offset_seconds"), int | float):
        return None
    error = read.get("error_seconds")
    return ClockReading(
        visit.opened_at,
        float(read["offset_seconds"]),
        float(error) if isinstance(error, int | float) else 0.0,
        bool(read.get("set_now")),
    )


def _mended_since(session: Session, docking: Docking) -> bool:
    """Whether the recorder was repaired after a docking: what is found late in its files says nothing of it now."""
    repaired = select(RecorderRepair.id).where(
        RecorderRepair.recorder_id == docking.recorder_id,
        RecorderRepair.result == "repaired",
        RecorderRepair.back_at >= docking.opened_at,
    )
    return session.scalar(repaired.limit(1)) is not None
