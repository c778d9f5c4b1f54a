"""How accounts come to be, which roles they hold since when and by whom, and when they were closed."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from catalog.ids import new_id
from catalog.models.base import Base, Id
from catalog.models.people import Account

_OPEN = text("ended_at IS NULL")


class RoleGrant(Base):
    """A role of an account over time: wished for, granted, ended. What is in force also stands in `account_roles`."""

    __tablename__ = "role_grants"
    __table_args__ = (
        Index(
            "uq_role_grants_open",
            "account_id",
            "role",
            unique=True,
            sqlite_where=_OPEN,
            postgresql_where=_OPEN,
        ),
    )

    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"), index=True)
    role: Mapped[str] = mapped_column(String(64))
    wished_at: Mapped[datetime | None]
    """When the system administrator asked for it; None where it was granted unasked."""
    wished_by: Mapped[UUID | None] = mapped_column(ForeignKey("accounts.id"))
    granted_at: Mapped[datetime | None]
    granted_by: Mapped[UUID | None] = mapped_column(ForeignKey("accounts.id"))
    """None: by a command on the server, or before this was kept."""
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[UUID | None] = mapped_column(ForeignKey("accounts.id"))
    ending: Mapped[str] = mapped_column(String(16), default="", server_default="")
    """Empty while it is open; else `taken`, `refused` (never granted) or `closed` (with the account)."""

    granter: Mapped[Account | None] = relationship(foreign_keys=[granted_by])
    wisher: Mapped[Account | None] = relationship(foreign_keys=[wished_by])
    ender: Mapped[Account | None] = relationship(foreign_keys=[ended_by])


class Invitation(Base):
    """A link by which a person sets the first password: only its digest is kept, and it is used once."""

    __tablename__ = "invitations"

    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"), index=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    issued_at: Mapped[datetime]
    issued_by: Mapped[UUID | None] = mapped_column(ForeignKey("accounts.id"))
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]
    withdrawn_by: Mapped[UUID | None] = mapped_column(ForeignKey("accounts.id"))

    account: Mapped[Account] = relationship(foreign_keys=[account_id])
    issuer: Mapped[Account | None] = relationship(foreign_keys=[issued_by])
    withdrawer: Mapped[Account | None] = relationship(foreign_keys=[withdrawn_by])


class AccountClosing(Base):
    """A stretch in which an account was closed."""

    __tablename__ = "account_closings"

    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"), index=True)
    closed_at: Mapped[datetime]
    closed_by: Mapped[UUID | None] = mapped_column(ForeignKey("accounts.id"))
    reason: Mapped[str] = mapped_column(Text)
    reopened_at: Mapped[datetime | None]
    reopened_by: Mapped[UUID | None] = mapped_column(ForeignKey("accounts.id"))

    closer: Mapped[Account | None] = relationship(foreign_keys=[closed_by])
    reopener: Mapped[Account | None] = relationship(foreign_keys=[reopened_by])
