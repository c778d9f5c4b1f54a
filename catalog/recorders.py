"""设备台账: the recorders, who holds them, and when they were last docked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from catalog.actors import Actor
from catalog.custody.log import add_entry
from catalog.finding.visible import told_to
from catalog.models import Clip, Docking, Recorder
from catalog.permissions import Permission


@dataclass(frozen=True, slots=True)
class RecorderLine:
    """A recorder in the register."""

    recorder: Recorder
    dockings: int
    clips: int
    last_docked: datetime | None
    last_docking: UUID | None


class UnknownRecorder(LookupError):
    """There is no recorder of this serial or label, or several of this label."""


def find_recorder(session: Session, name: str) -> Recorder:
    """Answer the recorder with this serial, else with this label. Raises UnknownRecorder."""
    found = session.scalar(select(Recorder).where(Recorder.serial == name))
    if found is None:
        labelled = session.scalars(select(Recorder).where(Recorder.label == name).limit(2)).all()
        found = labelled[0] if len(labelled) == 1 else None
    if found is None:
        raise UnknownRecorder(name)
    return found


def register_recorder(
    session: Session,
    *,
    actor: Actor,
    serial: str,
    label: str = "",
    vendor: str = "",
    model: str = "",
    kind: str = "",
    now: datetime,
) -> Recorder:
    """Enter a recorder into the register, seen before or not; what is not given stays. Repeating it changes nothing."""
    recorder = session.scalar(select(Recorder).where(Recorder.serial == serial).with_for_update())
    if recorder is None:
        recorder = Recorder(
            serial=serial,
            serial_source="register",
            label=label or serial[:64],
            kind="recorder",
            created_at=now,
        )
        session.add(recorder)
    changes = {"label": label, "vendor": vendor, "model": model, "kind": kind}
    changed = {name: value for name, value in changes.items() if value and getattr(recorder, name) != value}
    if recorder.registered and not changed:
        return recorder
    before = {"registered": recorder.registered or False, **{n: getattr(recorder, n) for n in changed}}
    for name, value in changed.items():
        setattr(recorder, name, value)
    recorder.registered = True
    session.flush()
    add_entry(
        session,
        actor=actor,
        action="recorder.registered",
        subjects={"recorder": recorder.id},
        facts={"serial": serial, **changed},
        private={"before": before, "after": {"registered": True, **changed}},
        now=now,
    )
    return recorder


def list_recorders(session: Session, limit: int = 500, *, actor: Actor | None = None) -> list[RecorderLine]:
    """Answer recorders, those not registered first, then by label."""
    visits = (
        select(
            Docking.recorder_id,
            func.count().label("dockings"),
            func.max(Docking.opened_at).label("last"),
        )
        .group_by(Docking.recorder_id)
        .subquery()
    )
    made = (
        select(Clip.recorder_id, func.count().label("clips"))
        .where(told_to(actor, Permission.RECORDER_READ))
        .group_by(Clip.recorder_id)
        .subquery()
    )
    newest = (
        select(Docking.id)
        .where(Docking.recorder_id == Recorder.id)
        .order_by(Docking.opened_at.desc())
        .limit(1)
        .correlate(Recorder)
        .scalar_subquery()
    )
    rows = session.execute(
        select(Recorder, visits.c.dockings, made.c.clips, visits.c.last, newest)
        .outerjoin(visits, visits.c.recorder_id == Recorder.id)
        .outerjoin(made, made.c.recorder_id == Recorder.id)
        .options(joinedload(Recorder.holder))
        .order_by(Recorder.registered, Recorder.label)
        .limit(limit)
    ).all()
    return [RecorderLine(r, d or 0, c or 0, last, docking) for r, d, c, last, docking in rows]
