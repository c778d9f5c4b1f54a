"""What went wrong and what was tried: incidents and lock probes."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from catalog.ids import new_id
from catalog.models.base import Base, Id


class Incident(Base):
    """数据异常告警: never deleted; resolved with a note."""

    __tablename__ = "incidents"

    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    kind: Mapped[str] = mapped_column(String(48))
    what: Mapped[str] = mapped_column(Text)
    clip_id: Mapped[UUID | None] = mapped_column(ForeignKey("clips.id"), index=True)
    details: Mapped[dict[str, Any]]
    opened_at: Mapped[datetime] = mapped_column(index=True)
    resolved_at: Mapped[datetime | None]
    resolved_by: Mapped[UUID | None] = mapped_column(ForeignKey("accounts.id"))
    note: Mapped[str] = mapped_column(Text, default="")


class ProbeResult(Base):
    """One run of the lock probe; the newest decides whether intake is open."""

    __tablename__ = "probe_results"

    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    at: Mapped[datetime] = mapped_column(index=True)
    passed: Mapped[bool] = mapped_column(Boolean)
    report: Mapped[dict[str, Any]]
