"""Originals: uploads on their way in, clips, their copies, renditions, stages and signed statements."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    Float,
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


class Upload(Base):
    """Bytes on their way from a station into storage. Its id becomes the clip's; written before any address leaves."""

    __tablename__ = "uploads"

    id: Mapped[UUID] = mapped_column(Id, primary_key=True)
    station_id: Mapped[UUID] = mapped_column(ForeignKey("stations.id"))
    docking_id: Mapped[UUID] = mapped_column(ForeignKey("dockings.id"), index=True)
    state: Mapped[str] = mapped_column(String(16), default="open")
    """open → received | duplicate (the bytes were held: the object is a further copy) | abandoned."""
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(String(64))
    sm3: Mapped[str] = mapped_column(String(64))
    part_size: Mapped[int] = mapped_column(BigInteger)
    part_digests: Mapped[bytes] = mapped_column(LargeBinary)
    """SHA-256 of each part, 32 bytes each, in order: what was signed, so what the checksum is recomputed from."""
    mode: Mapped[str] = mapped_column(String(16))
    bucket: Mapped[str] = mapped_column(String(63))
    key: Mapped[str] = mapped_column(String(255))
    storage_upload_id: Mapped[str | None] = mapped_column(Text)
    object_metadata: Mapped[dict[str, Any]]
    lock_until: Mapped[datetime]
    """The short lock the object is created with."""
    opened_at: Mapped[datetime]
    received_at: Mapped[datetime | None]
    clip_id: Mapped[UUID | None] = mapped_column(ForeignKey("clips.id"))

    __table_args__ = (Index("ix_uploads_station_digest", "station_id", "sha256"),)


class Clip(Base):
    """声像资料: one original; its bytes never change. What is concluded about it stands in columns, what was found in `facts`."""

    __tablename__ = "clips"

    id: Mapped[UUID] = mapped_column(Id, primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64))
    """As announced by the station; proven when `verified_at` is set."""
    sm3: Mapped[str] = mapped_column(String(64))
    sha512: Mapped[str | None] = mapped_column(String(128))
    """Computed when it was read back from storage and SHA-256 and SM3 agreed; what an ASC MHL manifest states (C4)."""
    size: Mapped[int] = mapped_column(BigInteger)
    checksum: Mapped[str] = mapped_column(String(64))
    """What the storage itself computed over the bytes as sent. Two uploads are one clip only when this agrees as well:
    a true digest announced for other bytes makes a clip of its own, which never verifies."""
    name: Mapped[str] = mapped_column(Text)
    """File name as first seen, readable form."""
    whole: Mapped[bool] = mapped_column(Boolean, default=True)
    """False when ranges of it could not be read from the recorder."""
    recorder_id: Mapped[UUID | None] = mapped_column(ForeignKey("recorders.id"), index=True)
    officer_id: Mapped[UUID | None] = mapped_column(ForeignKey("officers.id"), index=True)
    officer_source: Mapped[str | None] = mapped_column(String(32))
    received_at: Mapped[datetime] = mapped_column(index=True)
    verified_at: Mapped[datetime | None]

    origin: Mapped[str] = mapped_column(String(16), default="recorder", server_default="recorder")
    """recorder; browser: a document a person put in; import: footage from before this system, whose provenance before
    receipt is not proven."""
    destroyed_at: Mapped[datetime | None]
    """When the disposal procedure (R2.10 and the law behind it) ended: no version of it is at the storage any more."""
    kind: Mapped[str] = mapped_column(String(16), default="unknown")
    """video, audio, photo, document, unknown."""
    recorded_at: Mapped[datetime | None] = mapped_column(index=True)
    """Best claim of the start of recording, device time converted to UTC; never used for a retention period."""
    recorded_at_source: Mapped[str | None] = mapped_column(String(64))
    duration: Mapped[float | None] = mapped_column(Float)
    """Seconds."""
    duration_source: Mapped[str | None] = mapped_column(String(64))
    width: Mapped[int | None] = mapped_column(Integer)
    height: Mapped[int | None] = mapped_column(Integer)
    latitude: Mapped[float | None] = mapped_column(Float)
    longitude: Mapped[float | None] = mapped_column(Float)
    place_source: Mapped[str | None] = mapped_column(String(64))
    shown_as: Mapped[str | None] = mapped_column(String(16))
    """original, remux, transcode, audio, image, none; None until described."""
    facts: Mapped[dict[str, Any]]
    flags: Mapped[list[Any]]
    """Stable words for what a person must know: truncated, partial, empty, unreadable, unregistered-recorder …"""

    lock_desired: Mapped[datetime]
    hold_desired: Mapped[bool] = mapped_column(Boolean, default=False)
    lock_reason: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    """Why `lock_desired` and `hold_desired` are what they are, as facts from which the sentence is made."""
    restricted: Mapped[bool] = mapped_column(Boolean, default=False)
    """Shows nowhere to anybody (`catalog.rules.visible`). Nothing sets it yet; sealing by named persons will."""

    recorder: Mapped[Recorder | None] = relationship()
    officer: Mapped[Officer | None] = relationship()
    copies: Mapped[list[Copy]] = relationship(order_by="Copy.created_at")
    renditions: Mapped[list[Rendition]] = relationship(order_by="Rendition.kind")
    stages: Mapped[list[Stage]] = relationship(order_by="Stage.stage")
    analysis: Mapped[Analysis | None] = relationship()

    __table_args__ = (
        UniqueConstraint("sha256", "sm3", "size", "checksum", name="uq_clips_content"),
        Index("ix_clips_recorded_at_id", "recorded_at", "id"),
        Index("ix_clips_received_at_id", "received_at", "id"),
        Index("ix_clips_officer_recorded", "officer_id", "recorded_at"),
        Index("ix_clips_officer_received", "officer_id", "received_at"),
        # Whose a clip is, without reading the clip: what somebody may find is asked with every list.
        Index("ix_clips_whose", "officer_id", "recorder_id", "id"),
    )


class Copy(Base):
    """存储副本: where an original lies, and the lock last read back there."""

    __tablename__ = "copies"

    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    clip_id: Mapped[UUID] = mapped_column(ForeignKey("clips.id"), index=True)
    endpoint: Mapped[str] = mapped_column(String(64), default="main")
    bucket: Mapped[str] = mapped_column(String(63))
    key: Mapped[str] = mapped_column(String(255))
    version: Mapped[str] = mapped_column(String(255))
    checksum: Mapped[str | None] = mapped_column(String(64))
    """As the storage states it."""
    lock_mode: Mapped[str] = mapped_column(String(16))
    lock_until: Mapped[datetime]
    """Observed, not desired."""
    lock_read_at: Mapped[datetime]
    hold: Mapped[bool] = mapped_column(Boolean, default=False, server_default="0")
    """Observed with the lock."""
    verified_at: Mapped[datetime | None]
    """When it was last read back whole and both digests agreed."""
    mismatched_at: Mapped[datetime | None]
    """When it was read back and did not agree: never handed out, never derived from."""
    created_at: Mapped[datetime]


class Rendition(Base):
    """播放副本、预览图: derived from a clip, with its recipe; disposable."""

    __tablename__ = "renditions"

    clip_id: Mapped[UUID] = mapped_column(ForeignKey("clips.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(32), primary_key=True)
    bucket: Mapped[str] = mapped_column(String(63))
    key: Mapped[str] = mapped_column(String(255))
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(String(64))
    content_type: Mapped[str] = mapped_column(String(64))
    source_sha256: Mapped[str] = mapped_column(String(64))
    recipe: Mapped[dict[str, Any]]
    complete: Mapped[bool] = mapped_column(Boolean, default=True)
    note: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime] = mapped_column(index=True)


class Analysis(Base):
    """检测所见: what decoding the whole recording found, as found; kept apart from what its headers say."""

    __tablename__ = "analyses"

    clip_id: Mapped[UUID] = mapped_column(ForeignKey("clips.id"), primary_key=True)
    found: Mapped[dict[str, Any]]
    seconds: Mapped[float | None] = mapped_column(Float)
    """Running time as decoded."""
    whole: Mapped[bool] = mapped_column(Boolean)
    """The end of the file was reached."""
    tool: Mapped[str] = mapped_column(String(128))
    source_sha256: Mapped[str] = mapped_column(String(64))
    measured_at: Mapped[datetime]


class Stage(Base):
    """One stage of one clip. The state lives here, not in the queue; `lease_until` tells a lost worker from a busy one."""

    __tablename__ = "stages"

    clip_id: Mapped[UUID] = mapped_column(ForeignKey("clips.id"), primary_key=True)
    stage: Mapped[str] = mapped_column(String(16), primary_key=True)
    state: Mapped[str] = mapped_column(String(16), default="pending")
    """pending → running → done | failed; deferred: put off until `due_at`, the bureau's night."""
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    """Counted towards giving up; anew when somebody asks for the stage again."""
    claims: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    """How often it was ever claimed; only grows, and so tells one worker's claim from every other."""
    due_at: Mapped[datetime]
    """Not to be sent (again) before."""
    lease_until: Mapped[datetime | None]
    started_at: Mapped[datetime | None]
    """When the latest attempt was begun."""
    progress: Mapped[float | None] = mapped_column(Float)
    """How far the attempt under way is, 0…1, as far as it can tell; None otherwise."""
    wanted_at: Mapped[datetime | None]
    """When a person asked not to wait for the night."""
    error: Mapped[str] = mapped_column(Text, default="")
    """Plain words."""
    updated_at: Mapped[datetime]

    __table_args__ = (Index("ix_stages_state_due", "state", "due_at"),)


class StageRun(Base):
    """One attempt at a stage, as it ended: how long it took and for how much material. Kept for some weeks, no evidence."""

    __tablename__ = "stage_runs"

    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    clip_id: Mapped[UUID] = mapped_column(ForeignKey("clips.id"))
    stage: Mapped[str] = mapped_column(String(16))
    outcome: Mapped[str] = mapped_column(String(16))
    """done, failed, put-off (what it needs was out of reach) or lost (its worker was)."""
    seconds: Mapped[float] = mapped_column(Float)
    """From claim to end, on the wall's clock."""
    media_seconds: Mapped[float | None] = mapped_column(Float)
    """Running time of the clip, where it has one."""
    size: Mapped[int] = mapped_column(BigInteger)
    """Bytes of the original."""
    ended_at: Mapped[datetime]

    __table_args__ = (Index("ix_stage_runs_ended_at", "ended_at"),)


class SignedStatement(Base):
    """What the server vouched for: `received` and `verified`, as signed; kept as evidence of the hand-over."""

    __tablename__ = "statements"

    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    clip_id: Mapped[UUID] = mapped_column(ForeignKey("clips.id"))
    kind: Mapped[str] = mapped_column(String(16))
    body: Mapped[dict[str, Any]]
    key: Mapped[str] = mapped_column(String(16))
    signature: Mapped[str] = mapped_column(String(128))
    created_at: Mapped[datetime]

    __table_args__ = (Index("ix_statements_clip", "clip_id", "kind"),)


class LockDue(Base):
    """A clip whose desired lock and hold are to be worked out anew, because something they follow from has changed.

    Written in the transaction of the change itself, so that no crash between a change and its locks is forgotten.
    """

    __tablename__ = "lock_dues"

    clip_id: Mapped[UUID] = mapped_column(ForeignKey("clips.id"), primary_key=True)
    since: Mapped[datetime] = mapped_column(index=True)
    turn: Mapped[int] = mapped_column(Integer, default=1)
    """Grows with each change: who worked it out removes the row only if none came meanwhile."""
