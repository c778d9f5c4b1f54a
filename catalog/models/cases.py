"""Cases, their steps in four stages, and what is attached to them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Float, ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from catalog.ids import new_id
from catalog.models.base import Base, Id
from catalog.models.clips import Clip
from catalog.models.people import Officer, Unit


class Case(Base):
    """案件. The four stages (R2.2) are not rows: they are the same for every case."""

    __tablename__ = "cases"

    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    number: Mapped[str | None] = mapped_column(String(128), unique=True)
    title: Mapped[str] = mapped_column(String(255))
    type: Mapped[str] = mapped_column(String(32))
    """penalty-general, penalty-summary, licence, confirmation, inspection, complaint, other."""
    party: Mapped[str] = mapped_column(String(255), default="")
    state: Mapped[str] = mapped_column(String(16), default="open")
    unit_id: Mapped[UUID | None] = mapped_column(ForeignKey("units.id"))
    handler_id: Mapped[UUID | None] = mapped_column(ForeignKey("officers.id"), index=True)
    second_handler_id: Mapped[UUID | None] = mapped_column(ForeignKey("officers.id"), index=True)
    opened_at: Mapped[datetime]

    unit: Mapped[Unit | None] = relationship()
    handler: Mapped[Officer | None] = relationship(foreign_keys=[handler_id])
    second_handler: Mapped[Officer | None] = relationship(foreign_keys=[second_handler_id])
    steps: Mapped[list[Step]] = relationship(back_populates="case", order_by="Step.position")


class Step(Base):
    """环节: one act within a stage, with its activity (R2.6)."""

    __tablename__ = "steps"

    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("cases.id"), index=True)
    stage: Mapped[str] = mapped_column(String(16))
    """initiation, investigation, decision, execution."""
    activity: Mapped[str] = mapped_column(String(32))
    """patrol, investigation, questioning, service, hearing, coercion, or other."""
    title: Mapped[str] = mapped_column(String(255))
    place: Mapped[str] = mapped_column(String(255), default="")
    planned_at: Mapped[datetime | None]
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    position: Mapped[int] = mapped_column(Integer)

    case: Mapped[Case] = relationship(back_populates="steps")
    attachments: Mapped[list[Attachment]] = relationship(
        back_populates="step", order_by="Attachment.attached_at"
    )


class Attachment(Base):
    """关联: a clip, or a time range of it, on a step; as evidence 入卷 or process record 过程记录 (R6.4)."""

    __tablename__ = "attachments"

    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    clip_id: Mapped[UUID] = mapped_column(ForeignKey("clips.id"), index=True)
    step_id: Mapped[UUID] = mapped_column(ForeignKey("steps.id"), index=True)
    role: Mapped[str] = mapped_column(String(16))
    """evidence or process."""
    volume: Mapped[str] = mapped_column(String(8))
    """main or sub."""
    proves: Mapped[str] = mapped_column(Text, default="")
    range_start: Mapped[float | None] = mapped_column(Float)
    """Seconds from the clip's start; both None for the whole clip."""
    range_end: Mapped[float | None] = mapped_column(Float)
    attached_by: Mapped[UUID | None] = mapped_column(ForeignKey("accounts.id"))
    attached_at: Mapped[datetime]

    clip: Mapped[Clip] = relationship()
    step: Mapped[Step] = relationship(back_populates="attachments")

    __table_args__ = (Index("ix_attachments_clip_step", "clip_id", "step_id"),)
