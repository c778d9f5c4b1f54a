"""Marks: moments and ranges of a clip that somebody noted while watching."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Float, ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from catalog.ids import new_id
from catalog.models.base import Base, Id
from catalog.models.people import Account


class Mark(Base):
    """标记: a place in a clip, with what happens there. A removed one is closed, never deleted: triggers refuse it."""

    __tablename__ = "marks"

    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    clip_id: Mapped[UUID] = mapped_column(ForeignKey("clips.id"))
    start: Mapped[float] = mapped_column("range_start", Float)
    """Seconds from the clip's start, to the millisecond."""
    end: Mapped[float | None] = mapped_column("range_end", Float)
    """None for a moment."""
    preset: Mapped[str] = mapped_column(String(32), default="")
    """What happens there (`catalog.rules.marks.PRESETS`, or one of the bureau's own); empty for none of them."""
    note: Mapped[str] = mapped_column(Text, default="")
    revision: Mapped[int] = mapped_column(Integer, default=1)
    """Counts the changes of the note, so that nobody overwrites what they have not seen."""
    made_by: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"))
    made_at: Mapped[datetime]
    changed_at: Mapped[datetime | None]
    removed_by: Mapped[UUID | None] = mapped_column(ForeignKey("accounts.id"))
    removed_at: Mapped[datetime | None]
    """Why stands in the custody log."""

    maker: Mapped[Account] = relationship(foreign_keys=[made_by])
    remover: Mapped[Account | None] = relationship(foreign_keys=[removed_by])

    __table_args__ = (Index("ix_marks_clip_start", "clip_id", "range_start"),)
