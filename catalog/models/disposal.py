"""鉴定销毁: appraisals, their lists, opinions and witnesses; what is kept longer; reviews of what belongs to no case."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from catalog.ids import new_id
from catalog.models.base import Base, Id
from catalog.models.clips import Clip
from catalog.models.people import Account


class Appraisal(Base):
    """One appraisal, from the list of what has expired to the destruction register."""

    __tablename__ = "appraisals"

    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    number: Mapped[str] = mapped_column(String(32), unique=True)
    """`JD-2026-001`, given by the system."""
    state: Mapped[str] = mapped_column(String(16), default="open", index=True)
    """One of `catalog.rules.disposal.STATES`."""
    note: Mapped[str] = mapped_column(Text, default="")
    opened_by: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"))
    opened_at: Mapped[datetime]
    reported_by: Mapped[UUID | None] = mapped_column(ForeignKey("accounts.id"))
    reported_at: Mapped[datetime | None]
    digest: Mapped[str | None] = mapped_column(String(64))
    """Of the list as reported; the approval is bound to it."""
    approved_by: Mapped[UUID | None] = mapped_column(ForeignKey("accounts.id"))
    approved_at: Mapped[datetime | None]
    approval_number: Mapped[str | None] = mapped_column(String(64), unique=True)
    """批准文号: given to one list, and never again."""
    approved_digest: Mapped[str | None] = mapped_column(String(64))
    cooling_days: Mapped[int] = mapped_column(Integer, default=14)
    """As set when it was approved."""
    ended_by: Mapped[UUID | None] = mapped_column(ForeignKey("accounts.id"))
    """Who undid the approval or returned the report."""
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[str] = mapped_column(Text, default="")
    executor_id: Mapped[UUID | None] = mapped_column(ForeignKey("accounts.id"))
    ordered_at: Mapped[datetime | None]
    """When the destruction was ordered."""
    claims: Mapped[int] = mapped_column(Integer, default=0)
    """How often a worker took it up; tells one worker's claim from every other."""
    lease_until: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    register_number: Mapped[str | None] = mapped_column(String(32), unique=True)
    """`XH-2026-001`, of the destruction register 销毁清册."""
    register_text: Mapped[str | None] = mapped_column(Text)
    """The register as written down once, RFC 8785; objects are made from it."""
    register_objects: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """Where its files lie under lock, by kind: json, pdf."""
    register_lock: Mapped[datetime | None]

    items: Mapped[list[AppraisalItem]] = relationship(
        back_populates="appraisal", order_by="AppraisalItem.position"
    )
    witnesses: Mapped[list[DisposalWitness]] = relationship(order_by="DisposalWitness.signed_at")


class AppraisalItem(Base):
    """A clip on the list of an appraisal. What the list says of it is written down when it is reported."""

    __tablename__ = "appraisal_items"

    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    appraisal_id: Mapped[UUID] = mapped_column(ForeignKey("appraisals.id"), index=True)
    position: Mapped[int] = mapped_column(Integer)
    clip_id: Mapped[UUID] = mapped_column(ForeignKey("clips.id"), index=True)
    active_clip_id: Mapped[UUID | None] = mapped_column(ForeignKey("clips.id"), unique=True)
    """The clip while its fate is open: nothing is on two lists at once."""
    state: Mapped[str] = mapped_column(String(16), default="listed")
    """One of `catalog.rules.disposal.ITEM_STATES`."""
    why: Mapped[str] = mapped_column(String(32), default="")
    """Why it dropped out or could not be destroyed, as a stable word."""
    said: Mapped[str] = mapped_column(Text, default="")
    """What the storage said."""
    proposal: Mapped[str | None] = mapped_column(String(16))
    years: Mapped[int | None] = mapped_column(Integer)
    facts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """Digests, size, name, cases, copies: what the report and the register say."""
    plan: Mapped[list[Any]] = mapped_column(default=list)
    """Versions and markers found at the storage before the first was deleted."""
    deleted: Mapped[list[Any]] = mapped_column(default=list)
    """Versions and markers that are proven absent."""
    changed_at: Mapped[datetime]

    appraisal: Mapped[Appraisal] = relationship(back_populates="items")
    clip: Mapped[Clip] = relationship(foreign_keys=[clip_id])
    opinions: Mapped[list[AppraisalOpinion]] = relationship(order_by="AppraisalOpinion.part")

    __table_args__ = (UniqueConstraint("appraisal_id", "clip_id", name="uq_appraisal_items_clip"),)


class AppraisalOpinion(Base):
    """What one part of the appraisal group says of a clip; the latest counts until the list is proposed."""

    __tablename__ = "appraisal_opinions"

    item_id: Mapped[UUID] = mapped_column(ForeignKey("appraisal_items.id"), primary_key=True)
    part: Mapped[str] = mapped_column(String(16), primary_key=True)
    """office, section, legal."""
    proposal: Mapped[str] = mapped_column(String(16))
    years: Mapped[int | None] = mapped_column(Integer)
    note: Mapped[str] = mapped_column(Text, default="")
    by_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"))
    at: Mapped[datetime]

    by: Mapped[Account] = relationship()


class DisposalWitness(Base):
    """监销人: who signed in to witness the act. One that was too long ago is signed anew."""

    __tablename__ = "disposal_witnesses"

    appraisal_id: Mapped[UUID] = mapped_column(ForeignKey("appraisals.id"), primary_key=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    signed_at: Mapped[datetime]

    account: Mapped[Account] = relationship()


class KeptLonger(Base):
    """What an appraisal found worth keeping beyond its period. Rows are added, never changed: they only lengthen."""

    __tablename__ = "kept_longer"

    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    clip_id: Mapped[UUID] = mapped_column(ForeignKey("clips.id"), index=True)
    until: Mapped[datetime | None]
    """None: for ever."""
    why: Mapped[str] = mapped_column(String(64))
    """`appraisal JD-2026-001` or `transfer JD-2026-001`: waiting to be handed over to the archives."""
    at: Mapped[datetime]


class ClipReview(Base):
    """Somebody looked at a clip that belongs to no case, and says that it may be appraised. Never changed."""

    __tablename__ = "clip_reviews"

    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    clip_id: Mapped[UUID] = mapped_column(ForeignKey("clips.id"))
    finding: Mapped[str] = mapped_column(Text)
    by_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"))
    at: Mapped[datetime]

    __table_args__ = (Index("ix_clip_reviews_clip_at", "clip_id", "at"),)
