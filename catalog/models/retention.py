"""保管期限表 and what follows from it: schedules with their rows and approvals, runs over all clips, locks to be applied."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, Date, ForeignKey, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from catalog.ids import new_id
from catalog.models.base import Base, Id
from catalog.models.people import Account


class RetentionSchedule(Base):
    """保管期限表, one version of it. Its rows change only while it is a draft."""

    __tablename__ = "retention_schedules"

    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    version: Mapped[str] = mapped_column(String(32), unique=True)
    """What it is called, as 2026-1."""
    state: Mapped[str] = mapped_column(String(16), default="draft", index=True)
    """draft → proposed → approved → in-force → superseded; withdrawn from any of the first three."""
    example: Mapped[bool] = mapped_column(Boolean, default=False)
    """Shipped with the product, to be confirmed by the archive."""
    note: Mapped[str] = mapped_column(Text, default="")
    consent: Mapped[str] = mapped_column(Text, default="")
    """The consent of the archive authority 档案主管部门: which, when, under which number."""
    approval_number: Mapped[str] = mapped_column(String(128), default="")
    approved_on: Mapped[date | None] = mapped_column(Date)
    round: Mapped[int] = mapped_column(Integer, default=0)
    """Grows with each proposal: an approval holds for the proposal it was given to."""
    made_by: Mapped[UUID | None] = mapped_column(ForeignKey("accounts.id"))
    made_at: Mapped[datetime]
    proposed_by: Mapped[UUID | None] = mapped_column(ForeignKey("accounts.id"))
    proposed_at: Mapped[datetime | None]
    in_force_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    """When it was superseded or withdrawn."""

    rows: Mapped[list[RetentionRow]] = relationship(order_by="RetentionRow.number")
    approvals: Mapped[list[RetentionApproval]] = relationship(order_by="RetentionApproval.at")
    proposer: Mapped[Account | None] = relationship(foreign_keys=[proposed_by])


class RetentionRow(Base):
    """One row: for which cases, how long, from when, on which legal basis."""

    __tablename__ = "retention_rows"

    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    schedule_id: Mapped[UUID] = mapped_column(ForeignKey("retention_schedules.id"))
    number: Mapped[int] = mapped_column(Integer)
    """From 1, as it is quoted."""
    case_type: Mapped[str] = mapped_column(String(32))
    """A type of case, or any."""
    coercion: Mapped[str] = mapped_column(String(8))
    """yes, no, any."""
    role: Mapped[str] = mapped_column(String(16))
    """evidence, process, any."""
    years: Mapped[int | None] = mapped_column(Integer)
    """None: permanent."""
    starts: Mapped[list[Any]]
    """Of closing, execution, acceptance; the latest counts, and acceptance always does."""
    basis: Mapped[str] = mapped_column(Text, default="")

    __table_args__ = (UniqueConstraint("schedule_id", "number", name="uq_retention_rows_number"),)


class RetentionApproval(Base):
    """One person's approval of exactly one proposal; bound to the digest of what was proposed."""

    __tablename__ = "retention_approvals"

    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    schedule_id: Mapped[UUID] = mapped_column(ForeignKey("retention_schedules.id"))
    round: Mapped[int] = mapped_column(Integer)
    role: Mapped[str] = mapped_column(String(16))
    """office-head or leader."""
    by_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"))
    digest: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]

    by: Mapped[Account] = relationship()

    __table_args__ = (
        UniqueConstraint("schedule_id", "round", "role", name="uq_retention_approvals_role"),
        UniqueConstraint("schedule_id", "round", "by_id", name="uq_retention_approvals_person"),
    )


class ScheduleRun(Base):
    """A walk over the clips a schedule concerns, in batches, each with its place: a trial, or its coming into force."""

    __tablename__ = "schedule_runs"

    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    schedule_id: Mapped[UUID] = mapped_column(ForeignKey("retention_schedules.id"), index=True)
    kind: Mapped[str] = mapped_column(String(8))
    """trial or force."""
    digest: Mapped[str] = mapped_column(String(64))
    """Of what was tried: a trial of other rows says nothing."""
    after: Mapped[UUID | None] = mapped_column(Id)
    """The last clip that was dealt with."""
    total: Mapped[int] = mapped_column(Integer, default=0)
    done: Mapped[int] = mapped_column(Integer, default=0)
    longer: Mapped[int] = mapped_column(Integer, default=0)
    same: Mapped[int] = mapped_column(Integer, default=0)
    shorter: Mapped[int] = mapped_column(Integer, default=0)
    """Would be shorter: their locks stay as they are."""
    begun_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class LockApply(Base):
    """A clip whose lock and hold at the storage are to be brought to what is desired.

    Written in the transaction that decides; removed in the one that writes what was read back, if nothing came between.
    """

    __tablename__ = "lock_applies"

    clip_id: Mapped[UUID] = mapped_column(ForeignKey("clips.id"), primary_key=True)
    since: Mapped[datetime] = mapped_column(index=True)
    turn: Mapped[int] = mapped_column(Integer, default=1)
    """Grows with each decision."""
    lease_until: Mapped[datetime | None]
    """Somebody is at it, or it is not to be tried before: two workers at one clip could undo each other's hold."""


class LockRound(Base):
    """How far the round that compares all copies with the storage has come. One row."""

    __tablename__ = "lock_rounds"

    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    after: Mapped[UUID | None] = mapped_column(Id)
    """The last copy that was looked at; None: the next round begins anew."""
    begun_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    looked: Mapped[int] = mapped_column(Integer, default=0)
    differing: Mapped[int] = mapped_column(Integer, default=0)
