"""Docking stations, how they become known, and what the office asks of them."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from catalog.ids import new_id
from catalog.models.base import Base, Id


class Station(Base):
    """A docking PC. It proves itself with a token whose digest is kept here."""

    __tablename__ = "stations"

    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    code: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(128))
    token_digest: Mapped[str] = mapped_column(String(64), unique=True)
    revoked_at: Mapped[datetime | None]
    last_seen_at: Mapped[datetime | None]
    sheet_key: Mapped[str | None] = mapped_column(String(64))
    """Base64 of the raw Ed25519 key its sheets are signed with; from enrolment, else pinned at its first sheet."""
    queue: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """What it last said of itself (`StationQueue`): how much waits, since when, its clock."""
    queue_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class EnrolmentCode(Base):
    """A one-time code that makes a station known; only its digest is kept."""

    __tablename__ = "enrolment_codes"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    station_code: Mapped[str] = mapped_column(String(64))
    station_name: Mapped[str] = mapped_column(String(128))
    issued_by: Mapped[UUID | None] = mapped_column(ForeignKey("accounts.id"))
    issued_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    station_id: Mapped[UUID | None] = mapped_column(ForeignKey("stations.id"))
    """The station it made."""


class StationOrder(Base):
    """Something the office wants done at a station; handed out until the station says how it ended."""

    __tablename__ = "station_orders"

    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    station_id: Mapped[UUID] = mapped_column(ForeignKey("stations.id"), index=True)
    kind: Mapped[str] = mapped_column(String(16))
    """retry."""
    docking_id: Mapped[UUID] = mapped_column(ForeignKey("dockings.id"))
    path: Mapped[bytes] = mapped_column(LargeBinary)
    """Empty for every failed file of the docking."""
    ordered_by: Mapped[UUID | None] = mapped_column(ForeignKey("accounts.id"))
    ordered_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
    result: Mapped[str] = mapped_column(String(24), default="")
