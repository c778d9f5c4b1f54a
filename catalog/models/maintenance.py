"""维护保养: a recorder's maintenance log, checks, faults, what is to be checked, repairs, substitutes; officers over time.

`maintenance_entries` only grows: triggers refuse to change or delete its rows. The other tables say how things stand.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, Date, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from catalog.ids import new_id
from catalog.models.base import Base, Id
from catalog.models.people import Account, Officer, Unit
from catalog.models.recorders import Recorder


class MaintenanceEntry(Base):
    """One line of a recorder's maintenance log (R2.14, R2.15)."""

    __tablename__ = "maintenance_entries"

    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    recorder_id: Mapped[UUID] = mapped_column(ForeignKey("recorders.id"))
    kind: Mapped[str] = mapped_column(String(32))
    at: Mapped[datetime]
    """When it took effect, by the server's clock."""
    by_id: Mapped[UUID | None] = mapped_column(ForeignKey("accounts.id"))
    by_name: Mapped[str] = mapped_column(String(255), default="")
    """As the person was called then."""
    to_state: Mapped[str | None] = mapped_column(String(24))
    """The state it put the recorder into; None when it changed none."""
    facts: Mapped[dict[str, Any]]
    note: Mapped[str] = mapped_column(Text, default="")

    __table_args__ = (Index("ix_maintenance_entries_recorder_at", "recorder_id", "at"),)


class RecorderFault(Base):
    """故障. It is closed by a repair, or by an administrator who did not report it, with a reason."""

    __tablename__ = "recorder_faults"

    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    recorder_id: Mapped[UUID] = mapped_column(ForeignKey("recorders.id"), index=True)
    kind: Mapped[str] = mapped_column(String(24))
    source: Mapped[str] = mapped_column(String(16))
    """person, check, reading."""
    note: Mapped[str] = mapped_column(Text, default="")
    reported_at: Mapped[datetime]
    reported_by: Mapped[UUID | None] = mapped_column(ForeignKey("accounts.id"))
    docking_id: Mapped[UUID | None] = mapped_column(ForeignKey("dockings.id"))
    repair_id: Mapped[UUID | None] = mapped_column(ForeignKey("recorder_repairs.id"))
    """The repair under way or done."""
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[UUID | None] = mapped_column(ForeignKey("accounts.id"))
    outcome: Mapped[str | None] = mapped_column(String(16))
    """repaired, rejected."""
    reason: Mapped[str] = mapped_column(Text, default="")
    recall_since: Mapped[datetime | None]
    """The last good check before it, as known when it was reported; None: none."""
    recall_opened_at: Mapped[datetime | None]

    recorder: Mapped[Recorder] = relationship()
    reporter: Mapped[Account | None] = relationship(foreign_keys=[reported_by])


class RecorderDoubt(Base):
    """待核实: raised by readings, resolved by a person with a reason."""

    __tablename__ = "recorder_doubts"

    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    recorder_id: Mapped[UUID] = mapped_column(ForeignKey("recorders.id"), index=True)
    kind: Mapped[str] = mapped_column(String(24))
    docking_id: Mapped[UUID | None] = mapped_column(ForeignKey("dockings.id"))
    facts: Mapped[dict[str, Any]]
    raised_at: Mapped[datetime]
    resolved_at: Mapped[datetime | None]
    resolved_by: Mapped[UUID | None] = mapped_column(ForeignKey("accounts.id"))
    outcome: Mapped[str | None] = mapped_column(String(16))
    """no-fault, fault."""
    reason: Mapped[str] = mapped_column(Text, default="")
    fault_id: Mapped[UUID | None] = mapped_column(ForeignKey("recorder_faults.id"))

    recorder: Mapped[Recorder] = relationship()


class RecorderCheck(Base):
    """检查: before issue, at a docking, by the plan, after a repair. `results` from item to result."""

    __tablename__ = "recorder_checks"

    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    recorder_id: Mapped[UUID] = mapped_column(ForeignKey("recorders.id"))
    occasion: Mapped[str] = mapped_column(String(16))
    at: Mapped[datetime]
    by_id: Mapped[UUID | None] = mapped_column(ForeignKey("accounts.id"))
    docking_id: Mapped[UUID | None] = mapped_column(ForeignKey("dockings.id"), index=True)
    results: Mapped[dict[str, Any]]
    readings: Mapped[dict[str, Any]]
    good: Mapped[bool] = mapped_column(Boolean)
    note: Mapped[str] = mapped_column(Text, default="")

    __table_args__ = (Index("ix_recorder_checks_recorder_at", "recorder_id", "at"),)


class RecorderRepair(Base):
    """维修单: sent to a professional repairer, brought back with a result, tried with a test recording, returned."""

    __tablename__ = "recorder_repairs"

    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    recorder_id: Mapped[UUID] = mapped_column(ForeignKey("recorders.id"), index=True)
    state: Mapped[str] = mapped_column(String(16), default="sent")
    """sent → back → closed; back only when it was repaired."""
    repairer: Mapped[str] = mapped_column(String(128))
    company: Mapped[str] = mapped_column(String(128))
    contact: Mapped[str] = mapped_column(String(128), default="")
    sent_at: Mapped[datetime]
    sent_by: Mapped[UUID | None] = mapped_column(ForeignKey("accounts.id"))
    data_safe: Mapped[str] = mapped_column(String(16))
    """docked: everything was taken in; sealed: the card stays here as original carrier; no-card: it came back without one."""
    data_docking_id: Mapped[UUID | None] = mapped_column(ForeignKey("dockings.id"))
    data_removal: Mapped[str] = mapped_column(String(16))
    """removed: emptied before it left; card-kept: sent without its card; none: a recorder without own storage."""
    note: Mapped[str] = mapped_column(Text, default="")
    back_at: Mapped[datetime | None]
    result: Mapped[str | None] = mapped_column(String(16))
    work: Mapped[str] = mapped_column(Text, default="")
    """What was done."""
    parts: Mapped[list[Any]]
    """What was put in: name and serial."""
    test_clip_id: Mapped[UUID | None] = mapped_column(ForeignKey("clips.id"))
    closed_at: Mapped[datetime | None]

    recorder: Mapped[Recorder] = relationship()


class RecorderSubstitute(Base):
    """A substitute recorder or part: asked for by one person, approved or refused by another (R2.15)."""

    __tablename__ = "recorder_substitutes"

    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    recorder_id: Mapped[UUID] = mapped_column(ForeignKey("recorders.id"), index=True)
    kind: Mapped[str] = mapped_column(String(16))
    """recorder, part."""
    substitute_id: Mapped[UUID | None] = mapped_column(ForeignKey("recorders.id"))
    what: Mapped[str] = mapped_column(String(255))
    reason: Mapped[str] = mapped_column(Text)
    asked_at: Mapped[datetime]
    asked_by: Mapped[UUID | None] = mapped_column(ForeignKey("accounts.id"))
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[UUID | None] = mapped_column(ForeignKey("accounts.id"))
    approved: Mapped[bool | None] = mapped_column(Boolean)
    decision_note: Mapped[str] = mapped_column(Text, default="")

    recorder: Mapped[Recorder] = relationship(foreign_keys=[recorder_id])
    substitute: Mapped[Recorder | None] = relationship(foreign_keys=[substitute_id])


class RecallVerdict(Base):
    """What was decided of a clip in a recall. Rows are added only; the newest of a fault and clip counts."""

    __tablename__ = "recall_verdicts"

    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    fault_id: Mapped[UUID] = mapped_column(ForeignKey("recorder_faults.id"))
    clip_id: Mapped[UUID] = mapped_column(ForeignKey("clips.id"), index=True)
    verdict: Mapped[str] = mapped_column(String(32))
    note: Mapped[str] = mapped_column(Text, default="")
    at: Mapped[datetime]
    by_id: Mapped[UUID | None] = mapped_column(ForeignKey("accounts.id"))

    fault: Mapped[RecorderFault] = relationship()
    judge: Mapped[Account | None] = relationship()

    __table_args__ = (Index("ix_recall_verdicts_fault_clip", "fault_id", "clip_id"),)


class OfficerTerm(Base):
    """What an officer is from a day on, until the next row begins. Rows are added only; of one day, the last noted counts."""

    __tablename__ = "officer_terms"

    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    officer_id: Mapped[UUID] = mapped_column(ForeignKey("officers.id"), index=True)
    since: Mapped[date] = mapped_column(Date)
    has_left: Mapped[bool] = mapped_column(Boolean, default=False)
    """No longer with the bureau from that day on; everything of before stays."""
    unit_id: Mapped[UUID | None] = mapped_column(ForeignKey("units.id"))
    agency: Mapped[str] = mapped_column(String(128), default="")
    """所属机构."""
    on_establishment: Mapped[bool] = mapped_column(Boolean)
    certificate_number: Mapped[str | None] = mapped_column(String(64))
    certificate_from: Mapped[date | None] = mapped_column(Date)
    certificate_until: Mapped[date | None] = mapped_column(Date)
    noted_at: Mapped[datetime]
    noted_by: Mapped[UUID | None] = mapped_column(ForeignKey("accounts.id"))

    officer: Mapped[Officer] = relationship()
    unit: Mapped[Unit | None] = relationship()
