"""故障: a reported fault takes the recorder out of service at once (R2.15); rejecting one needs another person's reason."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from catalog.actors import Actor
from catalog.maintenance.log import (
    NOTE_LIMIT,
    CannotMaintain,
    account_of,
    locked_recorder,
    move,
    note_down,
    reason_of,
)
from catalog.maintenance.verdicts import flag_by_verdicts
from catalog.models import Docking, RecallVerdict, Recorder, RecorderCheck, RecorderFault
from catalog.rules.free_text import spoken
from catalog.rules.recorder_state import FAULTS, Check, vouches_against
from catalog.same_person import is_among

FOR_ALL = frozenset({"administrator", "section-head"})
"""Roles that report faults of recorders they do not hold."""


def report_fault(
    session: Session, *, actor: Actor, recorder_id: UUID, kind: str, note: str = "", now: datetime
) -> RecorderFault:
    """Report a fault; the recorder is out of service from `now` on. Raises CannotMaintain.

    An officer reports what they hold, what they brought last, or a shared recorder. The same fault reported twice
    while it is open is one fault.
    """
    recorder = locked_recorder(session, recorder_id)
    if kind not in FAULTS:
        raise CannotMaintain("bad-kind")
    if not actor.roles & FOR_ALL and not _has_it(session, recorder, actor):
        raise CannotMaintain("not-yours")
    return enter_fault(session, recorder, actor=actor, kind=kind, source="person", note=note, now=now)


def enter_fault(
    session: Session,
    recorder: Recorder,
    *,
    actor: Actor,
    kind: str,
    source: str,
    now: datetime,
    note: str = "",
    docking: UUID | None = None,
    facts: dict[str, Any] | None = None,
) -> RecorderFault:
    """Write a fault of a locked recorder and stop it. Raises CannotMaintain for a retired one."""
    if recorder.state == "retired":
        raise CannotMaintain("retired")
    said = spoken(note)[:NOTE_LIMIT]
    for known in open_faults(session, recorder.id):
        if known.kind == kind and known.repair_id is None:
            if said and said != known.note:  # whoever saw it again is heard, though it is one fault
                note_down(
                    session, actor=actor, recorder=recorder, action="recorder.fault-reported", now=now,
                    facts={"fault": str(known.id), "kind": kind, "source": source, "again": True}, note=said,
                )  # fmt: skip
            return known
    fault = RecorderFault(
        recorder_id=recorder.id, kind=kind, source=source, note=said, reported_at=now,
        reported_by=account_of(actor), docking_id=docking,
        recall_since=last_good_check(session, recorder.id, kind, now),
    )  # fmt: skip
    session.add(fault)
    session.flush()
    to_state = move(recorder, "stop") if recorder.state == "in-service" else None
    note_down(
        session, actor=actor, recorder=recorder, action="recorder.fault-reported", now=now, to_state=to_state,
        facts={"fault": str(fault.id), "kind": kind, "source": source, **(facts or {})}, note=said,
    )  # fmt: skip
    return fault


def reject_fault(
    session: Session, *, actor: Actor, fault_id: UUID, reason: str, now: datetime
) -> RecorderFault:
    """Say that a fault was none, with the reason; not by whoever reported it, nor while it is being repaired (R2.15).

    The recorder is back in service when no other fault is open. Raises CannotMaintain.
    """
    fault, recorder = locked_fault(session, fault_id)
    if fault.closed_at is not None:
        raise CannotMaintain("closed-already")
    if fault.repair_id is not None:
        raise CannotMaintain("in-repair-order")
    if actor.kind != "person" or is_among(session, actor.id, [fault.reported_by]):
        raise CannotMaintain("own-report")
    said = reason_of(reason)
    fault.closed_at, fault.closed_by, fault.outcome, fault.reason = now, account_of(actor), "rejected", said
    session.flush()
    judged = select(RecallVerdict.clip_id).where(RecallVerdict.fault_id == fault.id).distinct()
    for clip in session.scalars(judged).all():
        flag_by_verdicts(session, clip)
    to_state = None
    if recorder.state == "out-of-service" and not open_faults(session, recorder.id):
        to_state = move(recorder, "clear")
    note_down(
        session, actor=actor, recorder=recorder, action="recorder.fault-rejected", now=now, to_state=to_state,
        facts={"fault": str(fault.id), "kind": fault.kind}, note=said,
    )  # fmt: skip
    return fault


def locked_fault(session: Session, fault_id: UUID) -> tuple[RecorderFault, Recorder]:
    """Answer a fault and its recorder, which is locked. Raises CannotMaintain."""
    owner = session.scalar(select(RecorderFault.recorder_id).where(RecorderFault.id == fault_id))
    if owner is None:
        raise CannotMaintain("unknown-fault")
    recorder = locked_recorder(session, owner)
    asked = select(RecorderFault).where(RecorderFault.id == fault_id)
    return session.scalars(asked.execution_options(populate_existing=True)).one(), recorder


def open_faults(session: Session, recorder_id: UUID) -> list[RecorderFault]:
    """Answer the faults of a recorder that are not closed, the oldest first."""
    return list(
        session.scalars(
            select(RecorderFault)
            .where(RecorderFault.recorder_id == recorder_id, RecorderFault.closed_at.is_(None))
            .order_by(RecorderFault.reported_at, RecorderFault.id)
            .execution_options(populate_existing=True)
        )
    )


def last_good_check(session: Session, recorder_id: UUID, kind: str, before: datetime) -> datetime | None:
    """Answer when a check last showed that a fault of this kind was not there; None: none ever did."""
    checks = session.scalars(
        select(RecorderCheck)
        .where(RecorderCheck.recorder_id == recorder_id, RecorderCheck.at < before)
        .order_by(RecorderCheck.at.desc(), RecorderCheck.id.desc())
    )
    return next((c.at for c in checks if vouches_against(Check(c.results), kind)), None)


def _has_it(session: Session, recorder: Recorder, actor: Actor) -> bool:
    if actor.officer_id is None:
        return False
    if recorder.pool or recorder.holder_id == actor.officer_id:
        return True
    last = session.scalar(
        select(Docking.id)
        .where(
            Docking.recorder_id == recorder.id,
            or_(Docking.holder_id == actor.officer_id, Docking.picked_id == actor.officer_id),
            Docking.opened_at
            == select(Docking.opened_at)
            .where(Docking.recorder_id == recorder.id)
            .order_by(Docking.opened_at.desc())
            .limit(1)
            .scalar_subquery(),
        )
        .limit(1)
    )
    return last is not None
