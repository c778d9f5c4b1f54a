"""What the bureau's case system last said of each case, and files that wait for somebody to say "go"."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from catalog.ids import new_id
from catalog.models.base import Base, Id


class CaseImport(Base):
    """What the case system last said of a case: with it, what a person changed here is told from what changed there."""

    __tablename__ = "case_imports"

    case_id: Mapped[UUID] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    said: Mapped[dict[str, Any]]
    """By field, as taken over; a field on which both differ keeps what was taken over last."""
    first_at: Mapped[datetime]
    last_at: Mapped[datetime]


class CaseImportDraft(Base):
    """An uploaded file between its dry run and the go; removed with either, or a day later."""

    __tablename__ = "case_import_drafts"

    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"), index=True)
    name: Mapped[str] = mapped_column(String(255))
    source: Mapped[str] = mapped_column(String(64))
    body: Mapped[bytes] = mapped_column(LargeBinary)
    sha256: Mapped[str] = mapped_column(String(64))
    made_at: Mapped[datetime] = mapped_column(index=True)
