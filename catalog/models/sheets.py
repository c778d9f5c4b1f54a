"""Reconciliation sheets, and the gaps they show."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from catalog.ids import new_id
from catalog.models.base import Base, Id
from catalog.models.docking import Docking
from catalog.models.recorders import Recorder


class Sheet(Base):
    """采集清单: what a station saw on a recorder, signed by it, kept locked like an original."""

    __tablename__ = "sheets"

    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    docking_id: Mapped[UUID] = mapped_column(ForeignKey("dockings.id"))
    revision: Mapped[int] = mapped_column(Integer)
    sha256: Mapped[str] = mapped_column(String(64))
    """Of the RFC 8785 form: the number a printed sheet bears."""
    size: Mapped[int] = mapped_column(BigInteger)
    public_key: Mapped[str] = mapped_column(String(64))
    signature: Mapped[str] = mapped_column(String(128))
    objects: Mapped[dict[str, Any]]
    """Where sheet and ASC MHL manifest lie: kind to bucket, key, version, checksum, lock as read back."""
    lock_desired: Mapped[datetime]
    files: Mapped[int] = mapped_column(Integer)
    bytes: Mapped[int] = mapped_column(BigInteger)
    summary: Mapped[dict[str, Any]]
    """What pages say of it without reading it: counts, gaps, clock, who made it and how."""
    received_at: Mapped[datetime]
    proved_at: Mapped[datetime | None]
    """When every byte it lists was last found in storage."""
    missing: Mapped[int] = mapped_column(Integer, default=0)
    """Listed files that were not found at the last look."""

    __table_args__ = (UniqueConstraint("docking_id", "revision", name="uq_sheets_docking_revision"),)


class Gap(Base):
    """Numbers missing in a recorder's names; shown until somebody explains them, then kept with the explanation."""

    __tablename__ = "gaps"

    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    recorder_id: Mapped[UUID] = mapped_column(ForeignKey("recorders.id"))
    docking_id: Mapped[UUID] = mapped_column(ForeignKey("dockings.id"))
    """Where it was first seen."""
    series: Mapped[str] = mapped_column(String(255))
    first: Mapped[int] = mapped_column(BigInteger)
    last: Mapped[int] = mapped_column(BigInteger)
    seen_at: Mapped[datetime]
    explained_at: Mapped[datetime | None]
    explained_by: Mapped[UUID | None] = mapped_column(ForeignKey("accounts.id"))
    explanation: Mapped[str] = mapped_column(Text, default="")

    recorder: Mapped[Recorder] = relationship()
    docking: Mapped[Docking] = relationship()

    __table_args__ = (UniqueConstraint("recorder_id", "series", "first", "last", name="uq_gaps_place"),)
