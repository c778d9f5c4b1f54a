"""Officers, and the accounts people sign in with."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Boolean, Date, ForeignKey, Integer, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from catalog.ids import new_id
from catalog.models.base import Base, Id


class Unit(Base):
    """A section or branch office 股室/分局."""

    __tablename__ = "units"

    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(128), unique=True)


class Officer(Base):
    """A person who records or handles cases (R1.3, R2.7)."""

    __tablename__ = "officers"

    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    number: Mapped[str] = mapped_column(String(64), unique=True)
    """Staff number as recorders print it in file names."""
    name: Mapped[str] = mapped_column(String(128))
    unit_id: Mapped[UUID | None] = mapped_column(ForeignKey("units.id"), index=True)
    on_establishment: Mapped[bool] = mapped_column(Boolean, default=True)
    certificate_number: Mapped[str | None] = mapped_column(String(64))
    """执法证号."""
    certificate_from: Mapped[date | None] = mapped_column(Date)
    certificate_until: Mapped[date | None] = mapped_column(Date)
    created_at: Mapped[datetime]

    unit: Mapped[Unit | None] = relationship()


class Role(Base):
    """A named set of permissions; which ones is written in `catalog.permissions`, not in the database."""

    __tablename__ = "roles"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    name: Mapped[str] = mapped_column(String(64), unique=True)
    description: Mapped[str] = mapped_column(String(255), default="")


class AccountRole(Base):
    """Who has which role."""

    __tablename__ = "account_roles"

    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    role_id: Mapped[int] = mapped_column(ForeignKey("roles.id"), primary_key=True)


class Account(Base):
    """What a person signs in with. The password is an Argon2 hash, or empty until the person sets one."""

    __tablename__ = "accounts"

    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    username: Mapped[str] = mapped_column(String(64), unique=True)
    email: Mapped[str] = mapped_column(String(255), unique=True)
    password: Mapped[str | None] = mapped_column(String(255))
    active: Mapped[bool] = mapped_column(Boolean, default=True)
    fs_uniquifier: Mapped[str] = mapped_column(String(64), unique=True)
    """Changes end all sessions; named as Flask-Security wants it."""
    officer_id: Mapped[UUID | None] = mapped_column(ForeignKey("officers.id"))
    language: Mapped[str] = mapped_column(String(16), default="zh_Hans_CN")
    confirmed_at: Mapped[datetime | None]
    """When the person took the account by its invitation; None while it waits for that."""
    created_at: Mapped[datetime]
    display_name: Mapped[str] = mapped_column(String(128), default="", server_default="")
    """What somebody who is no officer is called; an officer's name stands with the officer."""
    signed_in_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]

    officer: Mapped[Officer | None] = relationship()
    roles: Mapped[list[Role]] = relationship(secondary="account_roles", lazy="selectin")

    @property
    def called(self) -> str:
        """What people call this person: the officer's name, else the account's, else the user name."""
        return self.officer.name if self.officer else self.display_name or self.username

    @property
    def state(self) -> str:
        """Answer `closed`, `invited` (no password was set yet) or `active`."""
        if self.closed_at is not None or (not self.active and self.confirmed_at is not None):
            return "closed"
        return "active" if self.active else "invited"


class SigninToken(Base):
    """A one-time sign-in link: only its digest is kept, and using it marks it used."""

    __tablename__ = "signin_tokens"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"), index=True)
    issued_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
