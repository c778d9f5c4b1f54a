"""What went wrong, what was tried and what is done by itself: incidents, lock probes, standing jobs."""

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


class StandingJob(Base):
    """A job that is done again and again by itself: how it last went, and when it comes next."""

    __tablename__ = "standing_jobs"

    name: Mapped[str] = mapped_column(String(48), primary_key=True)
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    succeeded: Mapped[bool | None] = mapped_column(Boolean)
    """Of the last run that ended; None before the first."""
    trouble: Mapped[str] = mapped_column(Text, default="")
    """Plain words, when it did not succeed."""
    next_at: Mapped[datetime | None]
