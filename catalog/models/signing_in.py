"""Sessions, second factors and personal tokens of accounts."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from catalog.ids import new_id
from catalog.models.base import Base, Id


class SigninSession(Base):
    """One sitting of a person in one browser: when it began and when the person last did something."""

    __tablename__ = "signin_sessions"

    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"), index=True)
    started_at: Mapped[datetime] = mapped_column(index=True)
    seen_at: Mapped[datetime]
    """When the person last did something; parts of a page that ask by themselves do not count."""
    idle_at: Mapped[datetime | None]
    """When it was found to be left alone for too long. It never opens again."""


class SecondFactor(Base):
    """A person's authenticator app (RFC 6238). The secret is encrypted; it counts once a code of it was shown."""

    __tablename__ = "second_factors"

    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    sealed: Mapped[str] = mapped_column(Text)
    """Nonce and AES-256-GCM ciphertext (base64), bound to the account's id."""
    begun_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    last_step: Mapped[int] = mapped_column(BigInteger, default=0)
    """Number of the 30-second step of the last code taken: none up to it is taken again."""


class RecoveryCode(Base):
    """A code for the day the telephone is lost: only its digest is kept, and using it marks it used."""

    __tablename__ = "recovery_codes"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"), index=True)
    place: Mapped[int] = mapped_column(Integer)
    used_at: Mapped[datetime | None]


class ApiToken(Base):
    """A personal token for a programme that reads: chosen permissions of its person, until a day."""

    __tablename__ = "api_tokens"

    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"), index=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(128))
    permissions: Mapped[list[Any]]
    """Values of `catalog.permissions.Permission`; what the person may no longer do, the token may not either."""
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class RefusalTally(Base):
    """Refused sign-ins of one account, or of all names that are none, within an hour: counted here, entered in part.

    One row for each account and one for the rest, used again and again; what was counted goes into the custody log
    when the hour ends.
    """

    __tablename__ = "refusal_tallies"

    about: Mapped[str] = mapped_column(String(36), primary_key=True)
    """The account's id, or `unknown`."""
    account_id: Mapped[UUID | None] = mapped_column(ForeignKey("accounts.id"))
    began_at: Mapped[datetime] = mapped_column(index=True)
    last_at: Mapped[datetime]
    refused: Mapped[int] = mapped_column(Integer)
    lock_outs: Mapped[int] = mapped_column(Integer)
    entered: Mapped[int] = mapped_column(Integer)
    """Entries made of `refused` and `lock_outs`, one for each."""
    addresses: Mapped[list[Any]]
    """The first network addresses it came from, at most `MOST_ADDRESSES`."""
    waits_until: Mapped[datetime | None]
    """Until when the account has to wait somewhere; what was before its last unlocking does not count."""


class AccountUnlock(Base):
    """A security administrator let a locked-out account try again at once. Each begins all its counts anew."""

    __tablename__ = "account_unlocks"

    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"), index=True)
    at: Mapped[datetime]
    by: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"))
    reason: Mapped[str] = mapped_column(Text)
