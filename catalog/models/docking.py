"""Stations, recorders, their visits, and every file seen on them."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from catalog.ids import new_id
from catalog.models.base import Base, Id
from catalog.models.people import Officer


class Station(Base):
    """A docking PC. It proves itself with a token whose digest is kept here."""

    __tablename__ = "stations"

    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    code: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(128))
    token_digest: Mapped[str] = mapped_column(String(64), unique=True)
    revoked_at: Mapped[datetime | None]
    last_seen_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class Recorder(Base):
    """A body camera, camera, voice recorder or card. Unknown ones are accepted and flagged (`registered` false)."""

    __tablename__ = "recorders"

    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    serial: Mapped[str] = mapped_column(String(128), unique=True)
    serial_source: Mapped[str] = mapped_column(String(16))
    label: Mapped[str] = mapped_column(String(64))
    """What people call it: asset number, or the serial until it is registered."""
    vendor: Mapped[str] = mapped_column(String(128), default="")
    model: Mapped[str] = mapped_column(String(128), default="")
    kind: Mapped[str] = mapped_column(String(16), default="card")
    registered: Mapped[bool] = mapped_column(Boolean, default=False)
    holder_id: Mapped[UUID | None] = mapped_column(ForeignKey("officers.id"))
    created_at: Mapped[datetime]

    holder: Mapped[Officer | None] = relationship()


class Docking(Base):
    """One recorder's visit 采集批次, from plug-in to unplug. `progress` is what the board shows, lossy by nature."""

    __tablename__ = "dockings"

    id: Mapped[UUID] = mapped_column(Id, primary_key=True)
    station_id: Mapped[UUID] = mapped_column(ForeignKey("stations.id"))
    recorder_id: Mapped[UUID] = mapped_column(ForeignKey("recorders.id"), index=True)
    holder_id: Mapped[UUID | None] = mapped_column(ForeignKey("officers.id"))
    """Who held the recorder when it was docked."""
    slot: Mapped[str] = mapped_column(String(64))
    started_at: Mapped[datetime]
    """As the station says."""
    opened_at: Mapped[datetime] = mapped_column(index=True)
    """As the server saw it."""
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[str | None] = mapped_column(String(16))
    recorder_facts: Mapped[dict[str, Any]]
    """Identity, clock, battery and free space as read."""
    state: Mapped[str] = mapped_column(String(16), default="reading")
    sequence: Mapped[int] = mapped_column(Integer, default=-1)
    progress: Mapped[dict[str, Any]]
    progress_at: Mapped[datetime | None]

    station: Mapped[Station] = relationship()
    recorder: Mapped[Recorder] = relationship()
    holder: Mapped[Officer | None] = relationship()

    __table_args__ = (Index("ix_dockings_board", "station_id", "slot", "opened_at"),)


class Sighting(Base):
    """来源记录: one file seen on one recorder at one docking. The same bytes seen twice are one clip, two sightings.

    A sighting that led to a clip is not changed any more: other bytes later found under the same path are another one.
    """

    __tablename__ = "sightings"

    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    docking_id: Mapped[UUID] = mapped_column(ForeignKey("dockings.id"))
    path: Mapped[bytes] = mapped_column(LargeBinary)
    """The path's bytes as found; never used as a path here."""
    shown: Mapped[str] = mapped_column(Text)
    size: Mapped[int | None] = mapped_column(BigInteger)
    modified_ns: Mapped[int | None] = mapped_column(BigInteger)
    head: Mapped[str | None] = mapped_column(String(64))
    tail: Mapped[str | None] = mapped_column(String(64))
    sha256: Mapped[str | None] = mapped_column(String(64))
    """Digest of the file as read at this docking; None where it was not read (recognised, refused, vanished)."""
    end: Mapped[str] = mapped_column(String(24), default="found")
    reason: Mapped[str] = mapped_column(Text, default="")
    bad_ranges: Mapped[list[Any]]
    upload_id: Mapped[UUID | None] = mapped_column(ForeignKey("uploads.id"), index=True)
    clip_id: Mapped[UUID | None] = mapped_column(ForeignKey("clips.id"), index=True)
    seen_at: Mapped[datetime]

    docking: Mapped[Docking] = relationship()

    __table_args__ = (
        UniqueConstraint("docking_id", "path", "sha256", name="uq_sightings_docking_path_digest"),
        Index("ix_sightings_fingerprint", "head", "tail"),
    )
