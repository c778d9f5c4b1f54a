"""Cases, their steps in four stages, and what is attached to them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, Date, Float, ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from catalog.ids import new_id
from catalog.models.base import Base, Id
from catalog.models.clips import Clip
from catalog.models.people import Account, Officer, Unit


class Case(Base):
    """案件. The four stages (R2.2) are not rows: they are the same for every case."""

    __tablename__ = "cases"

    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    number: Mapped[str | None] = mapped_column(String(128), unique=True)
    title: Mapped[str] = mapped_column(String(255))
    type: Mapped[str] = mapped_column(String(32))
    """penalty-general, penalty-summary, licence, confirmation, inspection, complaint, other."""
    party: Mapped[str] = mapped_column(String(255), default="")
    state: Mapped[str] = mapped_column(String(16), default="open", index=True)
    """One of `catalog.rules.case_life.STATES`."""
    unit_id: Mapped[UUID | None] = mapped_column(ForeignKey("units.id"), index=True)
    handler_id: Mapped[UUID | None] = mapped_column(ForeignKey("officers.id"), index=True)
    second_handler_id: Mapped[UUID | None] = mapped_column(ForeignKey("officers.id"), index=True)
    opened_at: Mapped[datetime]
    """When the row was made, by the server's clock."""
    filed_on: Mapped[date | None] = mapped_column(Date)
    """立案日期."""
    decided_on: Mapped[date | None] = mapped_column(Date)
    closed_on: Mapped[date | None] = mapped_column(Date)
    """结案日期, as stated by the handler; a period counted from it never ends before one counted from acceptance allows."""
    executed_on: Mapped[date | None] = mapped_column(Date)
    """执行完毕日期, as stated."""
    accepted_at: Mapped[datetime | None]
    """When the archive took the file over, by the server's clock: what long locks are counted from (invariant 3)."""
    stated_accepted_on: Mapped[date | None] = mapped_column(Date)
    """Of a case imported as already archived: the date it came with. It may only lengthen."""
    coercion: Mapped[bool] = mapped_column(Boolean, default=False, server_default="0")
    """行政强制 within the case, a measure and not a type of case."""
    coercion_from: Mapped[date | None] = mapped_column(Date)
    coercion_until: Mapped[date | None] = mapped_column(Date)
    decision_facts: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    """What R3.4 asks of the proposed decision: amounts in yuan, on whom, closure, revocation, difficulty."""
    archive_number: Mapped[str | None] = mapped_column(String(128))
    """档号."""
    fonds_number: Mapped[str] = mapped_column(String(64), default="", server_default="")
    """全宗号."""
    archive_year: Mapped[int | None] = mapped_column(Integer)
    shelf_place: Mapped[str] = mapped_column(String(255), default="", server_default="")
    cross_reference: Mapped[str] = mapped_column(String(255), default="", server_default="")
    """互见号: where the paper file lies."""
    file_note: Mapped[str] = mapped_column(Text, default="", server_default="")
    """备考表: what whoever opens the file must know."""
    merged_into_id: Mapped[UUID | None] = mapped_column(ForeignKey("cases.id"))
    split_from_id: Mapped[UUID | None] = mapped_column(ForeignKey("cases.id"))
    source: Mapped[str] = mapped_column(String(64), default="", server_default="")
    """The case system it was imported from; empty for one entered here."""
    source_id: Mapped[str | None] = mapped_column(String(128))
    """Its id there: importing again finds it by this."""

    unit: Mapped[Unit | None] = relationship()
    handler: Mapped[Officer | None] = relationship(foreign_keys=[handler_id])
    second_handler: Mapped[Officer | None] = relationship(foreign_keys=[second_handler_id])
    steps: Mapped[list[Step]] = relationship(back_populates="case", order_by="Step.position")
    moves: Mapped[list[CaseMove]] = relationship(order_by="CaseMove.at")

    __table_args__ = (
        Index("ix_cases_archive_number", "archive_number", unique=True),
        Index("ix_cases_source_id", "source", "source_id", unique=True),
        Index("ix_cases_opened_at_id", "opened_at", "id"),
    )


class CaseMove(Base):
    """One move in the life of a case file (R2.8): who, when, from where to where, and why. Never changed."""

    __tablename__ = "case_moves"

    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("cases.id"), index=True)
    move: Mapped[str] = mapped_column(String(16))
    from_state: Mapped[str] = mapped_column(String(16))
    to_state: Mapped[str] = mapped_column(String(16))
    by_id: Mapped[UUID | None] = mapped_column(ForeignKey("accounts.id"))
    """None: an import or a standing job."""
    role: Mapped[str] = mapped_column(String(64), default="")
    """The role in which it was made."""
    note: Mapped[str] = mapped_column(Text, default="")
    at: Mapped[datetime]

    by: Mapped[Account | None] = relationship()


class CaseHandler(Base):
    """Who handled a case from when to when; the current two stand on the case as well."""

    __tablename__ = "case_handlers"

    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("cases.id"), index=True)
    officer_id: Mapped[UUID] = mapped_column(ForeignKey("officers.id"))
    place: Mapped[int] = mapped_column(Integer)
    """1, the handler, or 2, the second."""
    since: Mapped[datetime]
    until: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(Text, default="")


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
    started_at: Mapped[datetime | None] = mapped_column(index=True)
    ended_at: Mapped[datetime | None]
    position: Mapped[int] = mapped_column(Integer)
    people: Mapped[list[Any]] = mapped_column(default=list, server_default="[]")
    """Names of those present, as entered."""
    circumstances: Mapped[list[Any]] = mapped_column(default=list, server_default="[]")
    """What of it changes what must be recorded, as codes of the recording rules (`catalog.recording_rules`)."""
    record_number: Mapped[str] = mapped_column(String(128), default="", server_default="")
    """文书编号 of the written record that was made of it (R2.13); empty: none was stated."""

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
    method: Mapped[str] = mapped_column(String(64), default="", server_default="")
    """取得方式: how it was obtained, for the evidence list."""
    made_at: Mapped[datetime | None]
    """取得时间, as entered; None: the recording's own."""
    maker: Mapped[str] = mapped_column(String(255), default="", server_default="")
    """制作人, as entered; empty: who recorded it."""
    detached_at: Mapped[datetime | None] = mapped_column(index=True)
    """A detached clip keeps its place on the case's list, its lock and its hold until the legal section confirms (R4.11)."""
    detached_by: Mapped[UUID | None] = mapped_column(ForeignKey("accounts.id"))
    detach_reason: Mapped[str] = mapped_column(Text, default="", server_default="")
    detach_confirmed_at: Mapped[datetime | None]
    detach_confirmed_by: Mapped[UUID | None] = mapped_column(ForeignKey("accounts.id"))

    clip: Mapped[Clip] = relationship()
    step: Mapped[Step] = relationship(back_populates="attachments")

    @property
    def standing(self) -> str:
        """`attached`; `detached`, which waits for the legal section and is on the list still; `gone`, confirmed (R4.11)."""
        if self.detached_at is None:
            return "attached"
        return "detached" if self.detach_confirmed_at is None else "gone"

    __table_args__ = (Index("ix_attachments_clip_step", "clip_id", "step_id"),)
