"""Recorders, and who had them when."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Boolean, Date, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from catalog.ids import new_id
from catalog.models.base import Base, Id
from catalog.models.people import Officer, Unit


class Recorder(Base):
    """A body camera, camera, voice recorder or card. Unknown ones are accepted and flagged (`registered` false)."""

    __tablename__ = "recorders"

    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    serial: Mapped[str] = mapped_column(String(128), unique=True)
    serial_source: Mapped[str] = mapped_column(String(16))
    label: Mapped[str] = mapped_column(String(64))
    """What people call it: asset number, or the serial until it is registered."""
    vendor: Mapped[str] = mapped_column(String(128), default="")
    model: Mapped[str] = mapped_column(String(128), default="")
    kind: Mapped[str] = mapped_column(String(16), default="card")
    registered: Mapped[bool] = mapped_column(Boolean, default=False)
    state: Mapped[str] = mapped_column(String(24), default="in-service")
    """in-service, out-of-service, in-repair, retired (`catalog.rules.recorder_state`); its maintenance log says why."""
    pool: Mapped[bool] = mapped_column(Boolean, default=False)
    """Shared by a unit: it changes hands within a day, so its holder follows from the holdings alone."""
    holder_id: Mapped[UUID | None] = mapped_column(ForeignKey("officers.id"))
    """Who it is assigned to now."""
    sealed_at: Mapped[datetime | None]
    """原始载体: sealed as the original carrier. Never cleared; its place is recorded."""
    sealed_place: Mapped[str] = mapped_column(String(255), default="")
    sealed_note: Mapped[str] = mapped_column(Text, default="")
    sealed_by: Mapped[UUID | None] = mapped_column(ForeignKey("accounts.id"))
    created_at: Mapped[datetime]
    asset_number: Mapped[str] = mapped_column(String(64), default="", server_default="")
    """资产编号."""
    firmware: Mapped[str] = mapped_column(String(64), default="", server_default="")
    profile: Mapped[str] = mapped_column(String(64), default="", server_default="")
    """Recorder profile by which its names are read, as the register says."""
    unit_id: Mapped[UUID | None] = mapped_column(ForeignKey("units.id"))
    purchased_on: Mapped[date | None] = mapped_column(Date)
    warranty_until: Mapped[date | None] = mapped_column(Date)
    supplier: Mapped[str] = mapped_column(String(128), default="", server_default="")

    holder: Mapped[Officer | None] = relationship()
    unit: Mapped[Unit | None] = relationship()


class Holding(Base):
    """领用/交还: who had a recorder from when until when; `until_at` None while they have it."""

    __tablename__ = "holdings"

    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    recorder_id: Mapped[UUID] = mapped_column(ForeignKey("recorders.id"))
    officer_id: Mapped[UUID] = mapped_column(ForeignKey("officers.id"), index=True)
    from_at: Mapped[datetime]
    until_at: Mapped[datetime | None]
    noted_by: Mapped[UUID | None] = mapped_column(ForeignKey("accounts.id"))
    noted_at: Mapped[datetime]

    officer: Mapped[Officer] = relationship()

    __table_args__ = (Index("ix_holdings_recorder_from", "recorder_id", "from_at"),)
