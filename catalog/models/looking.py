"""Why somebody looked at a clip that is none of theirs by office."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from catalog.ids import new_id
from catalog.models.base import Base, Id


class LookPurpose(Base):
    """A purpose as stated: one account, one clip, some hours. Rows are added, never changed nor deleted."""

    __tablename__ = "look_purposes"

    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"))
    clip_id: Mapped[UUID] = mapped_column(ForeignKey("clips.id"), index=True)
    purpose: Mapped[str] = mapped_column(String(16))
    """One of `catalog.rules.looking.PURPOSES`."""
    text: Mapped[str] = mapped_column(Text, default="")
    case_number: Mapped[str] = mapped_column(String(128), default="")
    """案号或文号, as entered."""
    stated_at: Mapped[datetime]
    valid_until: Mapped[datetime]

    __table_args__ = (Index("ix_look_purposes_account_clip", "account_id", "clip_id", "valid_until"),)
