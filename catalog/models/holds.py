"""暂停销毁 and 封存: what may not be destroyed whatever its date, and what may neither be used nor destroyed."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from catalog.ids import new_id
from catalog.models.base import Base, Id
from catalog.models.cases import Case
from catalog.models.clips import Clip
from catalog.models.people import Account, Officer


class Hold(Base):
    """暂停销毁: one reason for which a clip, a case, or what officers recorded in a span of time is kept. Never deleted."""

    __tablename__ = "holds"

    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    target: Mapped[str] = mapped_column(String(16))
    """clip, case or officers."""
    clip_id: Mapped[UUID | None] = mapped_column(ForeignKey("clips.id"), index=True)
    case_id: Mapped[UUID | None] = mapped_column(ForeignKey("cases.id"), index=True)
    since: Mapped[datetime | None]
    """With officers: the span, `since` included, `until` not; both always set there."""
    until: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(String(16))
    """One of `catalog.rules.holds.REASONS`."""
    document: Mapped[str] = mapped_column(String(255))
    """What it rests on: number of the notice, the decision, the letter."""
    note: Mapped[str] = mapped_column(Text, default="")
    """For those who may read the reason, nobody else."""
    set_by: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"))
    set_at: Mapped[datetime]
    lifted_by: Mapped[UUID | None] = mapped_column(ForeignKey("accounts.id"))
    lifted_at: Mapped[datetime | None] = mapped_column(index=True)
    lift_reason: Mapped[str] = mapped_column(Text, default="")

    clip: Mapped[Clip | None] = relationship()
    case: Mapped[Case | None] = relationship()
    officers: Mapped[list[Officer]] = relationship(secondary="hold_officers", order_by="Officer.number")
    setter: Mapped[Account] = relationship(foreign_keys=[set_by])
    lifter: Mapped[Account | None] = relationship(foreign_keys=[lifted_by])


class HoldOfficer(Base):
    """Whose recordings a hold on officers and a span of time is about."""

    __tablename__ = "hold_officers"

    hold_id: Mapped[UUID] = mapped_column(ForeignKey("holds.id"), primary_key=True)
    officer_id: Mapped[UUID] = mapped_column(ForeignKey("officers.id"), primary_key=True)


class HoldClip(Base):
    """A clip that a hold on a case or on officers has caught: it stays held although it is later named otherwise."""

    __tablename__ = "hold_clips"

    hold_id: Mapped[UUID] = mapped_column(ForeignKey("holds.id"), primary_key=True)
    clip_id: Mapped[UUID] = mapped_column(ForeignKey("clips.id"), primary_key=True, index=True)
    caught_at: Mapped[datetime]


class Seal(Base):
    """封存: a clip closed to all but named persons, kept whatever its date. Proposed and confirmed by two people."""

    __tablename__ = "seals"

    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    clip_id: Mapped[UUID] = mapped_column(ForeignKey("clips.id"), index=True)
    state: Mapped[str] = mapped_column(String(16), default="proposed")
    """proposed → standing → lifted; or proposed → withdrawn."""
    ground: Mapped[str] = mapped_column(String(16))
    """One of `catalog.rules.seals.GROUNDS`."""
    basis: Mapped[str] = mapped_column(String(500))
    """Legal basis: law, article, document."""
    note: Mapped[str] = mapped_column(Text, default="")
    proposed_by: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"))
    proposed_at: Mapped[datetime]
    confirmed_by: Mapped[UUID | None] = mapped_column(ForeignKey("accounts.id"))
    """Who confirmed it, or withdrew it."""
    confirmed_at: Mapped[datetime | None]
    lift_proposed_by: Mapped[UUID | None] = mapped_column(ForeignKey("accounts.id"))
    lift_proposed_at: Mapped[datetime | None]
    lift_reason: Mapped[str] = mapped_column(Text, default="")
    lifted_by: Mapped[UUID | None] = mapped_column(ForeignKey("accounts.id"))
    lifted_at: Mapped[datetime | None]
    emptied_at: Mapped[datetime | None]
    """When nothing derived of the clip was last seen to be in storage any more; None until then."""

    clip: Mapped[Clip] = relationship()
    readers: Mapped[list[SealReader]] = relationship(order_by="SealReader.proposed_at")
    proposer: Mapped[Account] = relationship(foreign_keys=[proposed_by])
    confirmer: Mapped[Account | None] = relationship(foreign_keys=[confirmed_by])
    lift_proposer: Mapped[Account | None] = relationship(foreign_keys=[lift_proposed_by])
    lifter: Mapped[Account | None] = relationship(foreign_keys=[lifted_by])

    __table_args__ = (
        # One at a time: what is sealed is not sealed again beside it.
        Index(
            "ix_seals_one_at_a_time",
            "clip_id",
            unique=True,
            sqlite_where=text("state IN ('proposed', 'standing')"),
            postgresql_where=text("state IN ('proposed', 'standing')"),
        ),
    )


class SealReader(Base):
    """A person named to see what is sealed; named by one and confirmed by another, as the seal itself."""

    __tablename__ = "seal_readers"

    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    seal_id: Mapped[UUID] = mapped_column(ForeignKey("seals.id"), index=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"), index=True)
    proposed_by: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"))
    proposed_at: Mapped[datetime]
    confirmed_by: Mapped[UUID | None] = mapped_column(ForeignKey("accounts.id"))
    confirmed_at: Mapped[datetime | None]
    """From then on the person may look."""
    removed_by: Mapped[UUID | None] = mapped_column(ForeignKey("accounts.id"))
    removed_at: Mapped[datetime | None]

    account: Mapped[Account] = relationship(foreign_keys=[account_id])
