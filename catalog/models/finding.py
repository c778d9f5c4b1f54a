"""What clips are found by: one narrow row for each, kept beside it; and views that people saved."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from catalog.ids import new_id
from catalog.models.base import Base, Id
from catalog.models.people import Account

_Number = BigInteger().with_variant(Integer, "sqlite")


class ClipIndex(Base):
    """What a clip is found by, gathered from all tables that say something of it. Can be made anew at any time."""

    __tablename__ = "clip_index"

    n: Mapped[int] = mapped_column(_Number, primary_key=True, autoincrement=True)
    """Its number in `clip_index_terms` on SQLite."""
    clip_id: Mapped[UUID] = mapped_column(Uuid(as_uuid=True), unique=True)
    received_at: Mapped[datetime]
    recorded_at: Mapped[datetime | None]
    duration: Mapped[float | None] = mapped_column(Float)
    size: Mapped[int] = mapped_column(BigInteger)
    restricted: Mapped[bool] = mapped_column(Boolean)
    latitude: Mapped[float | None] = mapped_column(Float)
    longitude: Mapped[float | None] = mapped_column(Float)
    labels: Mapped[str] = mapped_column(Text)
    """` label label `: who, which recorder, which state (`catalog.finding.labels`)."""
    words: Mapped[str] = mapped_column(Text)
    """Folded texts, one on each line (`catalog.rules.words`)."""
    numbers: Mapped[str] = mapped_column(Text)
    """Folded numbers of its cases, one on each line."""
    terms: Mapped[list[int] | None] = mapped_column(
        ARRAY(Integer).with_variant(Text(), "sqlite"), deferred=True
    )
    """The same as numbers for a GIN index; NULL on SQLite, which has `clip_index_terms` for it."""

    __table_args__ = (
        Index("ix_clip_index_received", "received_at", "clip_id"),
        Index("ix_clip_index_recorded", "recorded_at", "clip_id"),
        Index("ix_clip_index_duration", "duration", "clip_id"),
        Index("ix_clip_index_size", "size", "clip_id"),
    )


class ClipIndexDue(Base):
    """Clips whose row above is to be made anew: noted by triggers for the end of the same transaction."""

    __tablename__ = "clip_index_due"

    n: Mapped[int] = mapped_column(_Number, primary_key=True, autoincrement=True)
    clip_id: Mapped[UUID] = mapped_column(Uuid(as_uuid=True))
    later: Mapped[bool] = mapped_column(Boolean, default=False)
    """Noted by an upgrade or a rebuild: done in portions, not by whoever commits next."""

    __table_args__ = (Index("ix_clip_index_due_later_n", "later", "n"),)


class SavedView(Base):
    """A question about clips that a person gave a name; `shared` shows it to everybody who may see clips."""

    __tablename__ = "saved_views"

    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"))
    name: Mapped[str] = mapped_column(String(64))
    query: Mapped[str] = mapped_column(Text)
    """The part of the address after the question mark, in its shortest form."""
    shared: Mapped[bool] = mapped_column(Boolean, default=False)
    created_at: Mapped[datetime]

    account: Mapped[Account] = relationship()

    __table_args__ = (UniqueConstraint("account_id", "name", name="uq_saved_views_account_name"),)
