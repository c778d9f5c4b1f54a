"""维修 and 报废: to a professional repairer and back, a test recording before return, retirement (R2.15)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from catalog.actors import Actor
from catalog.case_files.standing import ON_THE_LIST
from catalog.custody.log import add_entry
from catalog.finding.visible import unsealed_to
from catalog.maintenance.faults import open_faults
from catalog.maintenance.log import (
    NOTE_LIMIT,
    CannotMaintain,
    account_of,
    line_of,
    locked_recorder,
    move,
    note_down,
    reason_of,
)
from catalog.maintenance.safe import ensure_safe
from catalog.models import Attachment, Clip, Recorder, RecorderRepair, RecorderSubstitute
from catalog.rules.free_text import spoken
from catalog.rules.recorder_state import RESULTS_OF_REPAIR

TEST_FLAG = "test-recording"
NAME_LIMIT = 128
MOST_PARTS = 20


@dataclass(frozen=True, slots=True)
class Repairer:
    """Who repairs: a person of a company, nobody of the office (R2.15)."""

    name: str
    company: str
    contact: str = ""


def send_to_repair(
    session: Session,
    *,
    actor: Actor,
    recorder_id: UUID,
    repairer: Repairer,
    data_safe: str,
    data_removal: str,
    note: str = "",
    now: datetime,
) -> RecorderRepair:
    """Make a repair order for all open faults of a recorder and send it away; that it has no card asks for a note.

    Raises CannotMaintain.
    """
    recorder = locked_recorder(session, recorder_id)
    faults = open_faults(session, recorder.id)
    if recorder.state == "out-of-service" and not faults:
        raise CannotMaintain("no-fault-open")
    name, company = line_of(repairer.name, NAME_LIMIT), line_of(repairer.company, NAME_LIMIT)
    if not name or not company:
        raise CannotMaintain("no-repairer")
    note = reason_of(note) if data_safe == "no-card" else spoken(note)[:NOTE_LIMIT]
    to_state = move(recorder, "send")
    docking = ensure_safe(session, recorder, safe=data_safe, removal=data_removal)
    order = RecorderRepair(
        recorder_id=recorder.id, repairer=name, company=company,
        contact=line_of(repairer.contact, NAME_LIMIT), sent_at=now, sent_by=account_of(actor),
        data_safe=data_safe, data_docking_id=docking.id if docking else None, data_removal=data_removal,
        note=note, parts=[],
    )  # fmt: skip
    session.add(order)
    session.flush()
    for fault in faults:
        fault.repair_id = order.id
    note_down(
        session, actor=actor, recorder=recorder, action="recorder.sent-to-repair", now=now, to_state=to_state,
        facts={
            "repair": str(order.id), "faults": [f.kind for f in faults], "data_safe": data_safe,
            "data_removal": data_removal,
        },
        named={"repairer": name, "company": company},
        note=order.note,
    )  # fmt: skip
    return order


def bring_back(
    session: Session,
    *,
    actor: Actor,
    repair_id: UUID,
    result: str,
    work: str,
    parts: Sequence[str] = (),
    now: datetime,
) -> RecorderRepair:
    """Enter with which result a recorder came back and what was put in; parts need an approved entry each.

    Repaired, it waits for its test recording; else the order is closed, its faults stay open, and it is out of service.
    Raises CannotMaintain.
    """
    order, recorder = _locked_order(session, repair_id)
    if order.state != "sent":
        raise CannotMaintain("closed-already")
    if result not in RESULTS_OF_REPAIR:
        raise CannotMaintain("bad-kind")
    said = reason_of(work, "no-work")
    put_in = [p for p in (line_of(part, 255) for part in parts) if p]
    if len(put_in) > MOST_PARTS:
        raise CannotMaintain("bad-value")
    approved = set(
        session.scalars(
            select(RecorderSubstitute.what).where(
                RecorderSubstitute.recorder_id == recorder.id,
                RecorderSubstitute.kind == "part",
                RecorderSubstitute.approved.is_(True),
                RecorderSubstitute.decided_at >= order.sent_at,
            )
        )
    )
    if set(put_in) - approved:
        raise CannotMaintain("part-not-approved")
    order.back_at, order.result, order.work, order.parts = now, result, said, put_in
    to_state = None
    if result == "repaired":
        order.state = "back"
    else:
        to_state = _give_up(session, order, recorder, now)
    note_down(
        session, actor=actor, recorder=recorder, action="recorder.back-from-repair", now=now,
        to_state=to_state, facts={"repair": str(order.id), "result": result, "parts": put_in}, note=said,
    )  # fmt: skip
    return order


def give_up(session: Session, *, actor: Actor, repair_id: UUID, reason: str, now: datetime) -> RecorderRepair:
    """Say that a recorder which came back as repaired does not hold: its faults stay open, it is out of service."""
    order, recorder = _locked_order(session, repair_id)
    if order.state != "back":
        raise CannotMaintain("wrong-state")
    said = reason_of(reason)
    order.result = "not-repaired"
    to_state = _give_up(session, order, recorder, now)
    note_down(
        session, actor=actor, recorder=recorder, action="recorder.repair-failed", now=now, to_state=to_state,
        facts={"repair": str(order.id)}, note=said,
    )  # fmt: skip
    return order


def return_to_service(
    session: Session, *, actor: Actor, repair_id: UUID, test_clip: UUID, now: datetime
) -> RecorderRepair:
    """Put a repaired recorder back into service after a test recording, which closes the faults of its order.

    The test is a recording of this recorder that was received after it came back, whole and verified, and of no case;
    it is marked as a test for good. Raises CannotMaintain.
    """
    order, recorder = _locked_order(session, repair_id)
    if order.state != "back":
        raise CannotMaintain("wrong-state")
    faults = open_faults(session, recorder.id)
    if any(fault.repair_id != order.id for fault in faults):
        raise CannotMaintain("other-fault-open")
    clip = _test_recording(session, order, recorder, test_clip, actor)
    before = TEST_FLAG in clip.flags
    if not before:
        clip.flags = [*clip.flags, TEST_FLAG]
    order.state, order.test_clip_id, order.closed_at = "closed", clip.id, now
    for fault in faults:
        fault.closed_at, fault.closed_by, fault.outcome = now, account_of(actor), "repaired"
    to_state = move(recorder, "return")
    add_entry(
        session, actor=actor, action="clip.marked-test", subjects={"clip": clip.id, "recorder": recorder.id},
        facts={"repair": str(order.id), "before": {"test": before}, "after": {"test": True}}, now=now,
    )  # fmt: skip
    note_down(
        session, actor=actor, recorder=recorder, action="recorder.returned-to-service", now=now,
        to_state=to_state, facts={"repair": str(order.id), "test": str(clip.id)},
    )  # fmt: skip
    return order


def choice_of_tests(session: Session, order: RecorderRepair, actor: Actor, limit: int = 20) -> list[Clip]:
    """Answer the recordings that may be an order's test, the newest first."""
    return list(
        session.scalars(
            select(Clip)
            .where(*_may_be_test(order), unsealed_to(actor))
            .order_by(Clip.received_at.desc(), Clip.id.desc())
            .limit(limit)
        )
    )


def retire(
    session: Session,
    *,
    actor: Actor,
    recorder_id: UUID,
    reason: str,
    data_safe: str,
    data_removal: str,
    now: datetime,
) -> Recorder:
    """Retire a recorder for good; its faults stay open on record, for nobody repaired it. Raises CannotMaintain."""
    recorder = locked_recorder(session, recorder_id)
    if recorder.holder_id is not None:
        raise CannotMaintain("retired" if recorder.state == "retired" else "still-held")
    to_state = move(recorder, "retire")
    said = reason_of(reason)
    orders = session.scalars(
        select(RecorderRepair).where(
            RecorderRepair.recorder_id == recorder.id, RecorderRepair.state != "closed"
        )
    ).all()
    away = [order for order in orders if order.state == "sent"]
    if away:  # what is at the repairer's was made safe before it left
        data_safe, data_removal = away[0].data_safe, away[0].data_removal
    else:
        ensure_safe(session, recorder, safe=data_safe, removal=data_removal)
    for order in orders:
        order.state, order.closed_at = "closed", now
        order.result = order.result or "beyond-repair"  # what came back repaired was repaired
    note_down(
        session, actor=actor, recorder=recorder, action="recorder.retired", now=now, to_state=to_state,
        facts={"data_safe": data_safe, "data_removal": data_removal}, note=said,
    )  # fmt: skip
    return recorder


def _give_up(session: Session, order: RecorderRepair, recorder: Recorder, now: datetime) -> str:
    order.state, order.closed_at = "closed", now
    for fault in open_faults(session, recorder.id):
        fault.repair_id = None
    return move(recorder, "give-up")


def _locked_order(session: Session, repair_id: UUID) -> tuple[RecorderRepair, Recorder]:
    owner = session.scalar(select(RecorderRepair.recorder_id).where(RecorderRepair.id == repair_id))
    if owner is None:
        raise CannotMaintain("unknown-repair")
    recorder = locked_recorder(session, owner)
    asked = select(RecorderRepair).where(RecorderRepair.id == repair_id)
    return session.scalars(asked.execution_options(populate_existing=True)).one(), recorder


def _may_be_test(order: RecorderRepair) -> tuple:  # type: ignore[type-arg]
    attached = exists().where(Attachment.clip_id == Clip.id, ON_THE_LIST)
    return (
        Clip.recorder_id == order.recorder_id,
        Clip.received_at > order.back_at,
        Clip.verified_at.is_not(None),
        Clip.whole.is_(True),
        Clip.kind.in_(("video", "audio", "photo")),
        ~attached,
    )


def _test_recording(
    session: Session, order: RecorderRepair, recorder: Recorder, clip_id: UUID, actor: Actor
) -> Clip:
    asked = select(Clip).where(Clip.id == clip_id, unsealed_to(actor)).with_for_update(of=Clip)
    clip = session.scalar(asked.execution_options(populate_existing=True))
    if clip is None:
        raise CannotMaintain("unknown-clip")
    attached = exists().where(Attachment.clip_id == clip.id, ON_THE_LIST)
    if session.scalar(select(attached)):
        raise CannotMaintain("test-attached")
    fits = session.scalar(select(Clip.id).where(Clip.id == clip.id, *_may_be_test(order)))
    if fits is None or clip.recorder_id != recorder.id:
        raise CannotMaintain("not-a-test")
    return clip
