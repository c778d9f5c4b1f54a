"""A recorder's visits, and every file seen at them."""

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
from catalog.models.recorders import Recorder
from catalog.models.stations import Station


class Docking(Base):
    """One recorder's visit 采集批次, from plug-in to unplug. `progress` is what the board shows, lossy by nature."""

    __tablename__ = "dockings"

    id: Mapped[UUID] = mapped_column(Id, primary_key=True)
    station_id: Mapped[UUID] = mapped_column(ForeignKey("stations.id"))
    recorder_id: Mapped[UUID] = mapped_column(ForeignKey("recorders.id"), index=True)
    holder_id: Mapped[UUID | None] = mapped_column(ForeignKey("officers.id"))
    """Who held the recorder when it was docked."""
    picked_id: Mapped[UUID | None] = mapped_column(ForeignKey("officers.id"))
    """Who was picked at the station as having recorded, where nothing else says so."""
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
    moved_at: Mapped[datetime | None]
    """When what the station says of it last went on; speaking alone does not count."""

    station: Mapped[Station] = relationship()
    recorder: Mapped[Recorder] = relationship()
    holder: Mapped[Officer | None] = relationship(foreign_keys=[holder_id])
    picked: Mapped[Officer | None] = relationship(foreign_keys=[picked_id])

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
    named: Mapped[dict[str, Any] | None]
    """What the recorder's profile read from the name (`NameFacts`); None where no profile fits."""
    important: Mapped[bool] = mapped_column(Boolean, default=False)
    """Marked as important on the recorder."""
    cleared_at: Mapped[datetime | None]
    """When it left the recorder, as the station says."""
    upload_id: Mapped[UUID | None] = mapped_column(ForeignKey("uploads.id"), index=True)
    clip_id: Mapped[UUID | None] = mapped_column(ForeignKey("clips.id"), index=True)
    seen_at: Mapped[datetime]

    docking: Mapped[Docking] = relationship()

    __table_args__ = (
        UniqueConstraint("docking_id", "path", "sha256", name="uq_sightings_docking_path_digest"),
        Index("ix_sightings_fingerprint", "head", "tail"),
    )
