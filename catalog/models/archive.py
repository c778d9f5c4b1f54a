"""What the archive writes down of a case file: acceptance checks, and askings to read everything back."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Integer, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from catalog.ids import new_id
from catalog.models.base import Base, Id
from catalog.models.people import Account


class AcceptanceCheck(Base):
    """四性检测: one check of a case file, as it came out. Never changed, but for the move that relied on it."""

    __tablename__ = "acceptance_checks"

    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("cases.id"), index=True)
    checked_by: Mapped[UUID | None] = mapped_column(ForeignKey("accounts.id"))
    checked_at: Mapped[datetime]
    outcome: Mapped[str] = mapped_column(String(16))
    """pass, fail or not-tested, over all findings."""
    content_sha256: Mapped[str] = mapped_column(String(64))
    """Of the list of what was in the file; another one later means that the check is stale."""
    results: Mapped[dict[str, Any]]
    """`version`, `file` (findings of the whole) and `clips` (id to findings), as `catalog.rules.four_checks` made them."""
    relied_on_by: Mapped[UUID | None] = mapped_column(ForeignKey("case_moves.id"))
    """The acceptance that refers to it."""

    checker: Mapped[Account | None] = relationship()


class FileReading(Base):
    """Somebody asked that every recording of a file be read back from storage; how far it is follows from the copies."""

    __tablename__ = "file_readings"

    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("cases.id"), index=True)
    asked_by: Mapped[UUID | None] = mapped_column(ForeignKey("accounts.id"))
    asked_at: Mapped[datetime]
    clips: Mapped[int] = mapped_column(Integer)
    """How many were put on the queue."""
