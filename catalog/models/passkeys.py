"""Passkeys of accounts, and challenges that were answered."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from catalog.ids import new_id
from catalog.models.base import Base, Id


class Passkey(Base):
    """A key (WebAuthn) that a person's device keeps; here is its public half. One that was removed stays as a row."""

    __tablename__ = "passkeys"

    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"), index=True)
    credential: Mapped[str] = mapped_column(String(1400), unique=True)
    """What the device calls it (base64url without padding)."""
    public_key: Mapped[str] = mapped_column(Text)
    """COSE, in base64."""
    counter: Mapped[int] = mapped_column(BigInteger)
    """How often the device has used it, as it last said; 0 for devices that do not count."""
    transports: Mapped[list[Any]]
    """How browsers reach the device; a hint for them."""
    name: Mapped[str] = mapped_column(String(64))
    added_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    suspended_at: Mapped[datetime | None]
    """When its counter went back: there may be a copy, so it opens nothing any more."""
    removed_at: Mapped[datetime | None]
    removed_by: Mapped[UUID | None] = mapped_column(ForeignKey("accounts.id"))


class UsedChallenge(Base):
    """A challenge that was answered, rightly or not: none is answered twice. Dropped when it is too old anyway."""

    __tablename__ = "used_challenges"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    used_at: Mapped[datetime] = mapped_column(index=True)
