"""What stands around attaching: documents on their way in, what was declined, what was declared, refused detachments."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from catalog.ids import new_id
from catalog.models.base import Base, Id
from catalog.models.people import Account


class DocumentUpload(Base):
    """A document that somebody put in by the browser (R6.4). Its id becomes the clip's; written before its bytes go to storage."""

    __tablename__ = "document_uploads"

    id: Mapped[UUID] = mapped_column(Id, primary_key=True)
    state: Mapped[str] = mapped_column(String(16), default="open")
    """open → received | duplicate (the bytes were held: the object is a further copy) | abandoned."""
    by_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"), index=True)
    step_id: Mapped[UUID] = mapped_column(ForeignKey("steps.id"))
    """Where it is to be attached once it is received."""
    wish: Mapped[dict[str, Any]]
    """How, as it was asked: what a crash interrupts is finished by the standing job."""
    name: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(String(16))
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(String(64))
    sm3: Mapped[str] = mapped_column(String(64))
    part_digests: Mapped[bytes] = mapped_column(LargeBinary)
    """SHA-256 of each part, 32 bytes each, in order."""
    key: Mapped[str] = mapped_column(String(255), index=True)
    storage_upload_id: Mapped[str | None] = mapped_column(Text)
    opened_at: Mapped[datetime]
    received_at: Mapped[datetime | None]
    clip_id: Mapped[UUID | None] = mapped_column(ForeignKey("clips.id"), index=True)

    by: Mapped[Account] = relationship()

    __table_args__ = (Index("ix_document_uploads_state", "state", "opened_at"),)


class SuggestionDismissal(Base):
    """A clip that somebody said does not belong to a step: it is not suggested for it again."""

    __tablename__ = "suggestion_dismissals"

    step_id: Mapped[UUID] = mapped_column(ForeignKey("steps.id"), primary_key=True)
    clip_id: Mapped[UUID] = mapped_column(ForeignKey("clips.id"), primary_key=True)
    by_id: Mapped[UUID | None] = mapped_column(ForeignKey("accounts.id"))
    at: Mapped[datetime]


class ClipDeclaration(Base):
    """与案件无关: somebody declared that a clip belongs to no case. It changes no lock: unreviewed it stays (R2.10)."""

    __tablename__ = "clip_declarations"

    clip_id: Mapped[UUID] = mapped_column(ForeignKey("clips.id"), primary_key=True)
    reason: Mapped[str] = mapped_column(Text)
    by_id: Mapped[UUID | None] = mapped_column(ForeignKey("accounts.id"))
    at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
    withdrawn_by: Mapped[UUID | None] = mapped_column(ForeignKey("accounts.id"))

    by: Mapped[Account | None] = relationship(foreign_keys=[by_id])


class DetachmentRefusal(Base):
    """The legal section did not agree to a detachment (R4.11): the attachment holds on. Never changed."""

    __tablename__ = "detachment_refusals"

    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    attachment_id: Mapped[UUID] = mapped_column(ForeignKey("attachments.id"), index=True)
    detached_by: Mapped[UUID | None] = mapped_column(ForeignKey("accounts.id"))
    detached_at: Mapped[datetime]
    detach_reason: Mapped[str] = mapped_column(Text)
    by_id: Mapped[UUID | None] = mapped_column(ForeignKey("accounts.id"))
    at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(Text)
