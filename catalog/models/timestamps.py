"""Trusted timestamps: batches of clips under one root, their leaves, and the tokens of the authorities."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, ForeignKey, Index, Integer, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from catalog.ids import new_id
from catalog.models.base import Base, Id


class TimestampBatch(Base):
    """Clips gathered under one Merkle root. Root and leaves never change; `finished_at` says that all is kept."""

    __tablename__ = "timestamp_batches"

    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    root: Mapped[str] = mapped_column(String(64))
    """RFC 6962 §2.1, hexadecimal."""
    size: Mapped[int] = mapped_column(Integer)
    """Leaves."""
    made_at: Mapped[datetime] = mapped_column(index=True)
    finished_at: Mapped[datetime | None] = mapped_column(index=True)
    """When every authority's token was kept under lock and every clip's stage was done."""
    objects: Mapped[dict[str, Any]]
    """Where statement and records lie: kind to bucket, key, version, checksum, lock as read back."""
    lock_desired: Mapped[datetime | None]

    tokens: Mapped[list[TimestampToken]] = relationship(
        back_populates="batch", order_by="TimestampToken.authority"
    )


class TimestampLeaf(Base):
    """A clip's place in a batch. Its proof is recomputed from the leaves of the batch."""

    __tablename__ = "timestamp_leaves"

    batch_id: Mapped[UUID] = mapped_column(ForeignKey("timestamp_batches.id"), primary_key=True)
    place: Mapped[int] = mapped_column(Integer, primary_key=True)
    clip_id: Mapped[UUID] = mapped_column(ForeignKey("clips.id"), index=True)
    leaf: Mapped[str] = mapped_column(String(64))
    """Digest of the clip's record, hexadecimal."""

    __table_args__ = (UniqueConstraint("batch_id", "clip_id", name="uq_timestamp_leaves_clip"),)


class TimestampToken(Base):
    """时间戳: one authority's word on one batch, from the wish for it to the kept token."""

    __tablename__ = "timestamp_tokens"

    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    batch_id: Mapped[UUID] = mapped_column(ForeignKey("timestamp_batches.id"))
    authority: Mapped[str] = mapped_column(String(32))
    """Its name in the settings."""
    self_signed: Mapped[bool] = mapped_column(Boolean)
    """自签: made by this system's own authority, so it proves order and nothing about the time to outsiders."""
    state: Mapped[str] = mapped_column(String(16), default="pending")
    """pending → answered (checked, in the catalog) → kept (locked in storage too); or withdrawn: no longer asked."""
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    due_at: Mapped[datetime]
    """Not to be asked (again) before."""
    lease_until: Mapped[datetime | None]
    error: Mapped[str] = mapped_column(Text, default="")
    """Plain words."""
    request: Mapped[bytes | None] = mapped_column(LargeBinary)
    """DER, as sent when the answer below came."""
    response: Mapped[bytes | None] = mapped_column(LargeBinary)
    """DER, as received."""
    chain: Mapped[str | None] = mapped_column(Text)
    """PEM, from the signer to the root that was believed."""
    nonce: Mapped[str | None] = mapped_column(String(40))
    """Decimal: it is larger than the databases' numbers."""
    gen_time: Mapped[datetime | None]
    facts: Mapped[dict[str, Any]]
    """Policy, serial number, accuracy, signer, when we asked and had the answer by our clock."""
    objects: Mapped[dict[str, Any]]
    lock_desired: Mapped[datetime | None]
    kept_at: Mapped[datetime | None]

    batch: Mapped[TimestampBatch] = relationship(back_populates="tokens")

    __table_args__ = (
        UniqueConstraint("batch_id", "authority", name="uq_timestamp_tokens_authority"),
        Index("ix_timestamp_tokens_state_due", "state", "due_at"),
    )
