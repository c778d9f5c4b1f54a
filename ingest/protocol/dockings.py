"""A recorder's visit, from plug-in to unplug."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from pydantic import Field

from ingest.protocol.base import BATCH_LIMIT, Count, Message, Moment
from ingest.protocol.recorders import RecorderIdentity
from ingest.protocol.version import PROTOCOL_VERSION

SlotState = Literal["empty", "reading", "copying", "checking", "safe", "attention", "gone"]
"""What the board says of a socket: `safe` means copied, flushed and read back here: the recorder may go."""

FileEnd = Literal[
    "found",  # listed, not yet copied
    "copied",  # copied and flushed on the station
    "checked",  # read back past the page cache and compared: the recorder may go
    "uploaded",  # bytes are in storage, receipt outstanding
    "received",  # statement `received`
    "verified",  # statement `verified`
    "clearable",  # verified, the delay is over, and read back at the storage a second time
    "cleared",  # gone from the recorder, its digest there read again just before
    "held already",  # the same bytes are held; nothing was stored twice
    "partial",  # unreadable ranges; what could be read is kept as a partial original
    "changed while read",  # did not hold still; left on the recorder
    "vanished",  # listed, then gone
    "refused",  # no regular file: link, fifo, socket, device
]


class OpenDocking(Message):
    """A recorder was plugged in. Repeating it with the same id changes nothing."""

    protocol: int = PROTOCOL_VERSION
    docking: UUID
    """UUIDv7, made by the station."""
    slot: str = Field(max_length=64)
    recorder: RecorderIdentity
    started: Moment


class ClearingPolicy(Message):
    """When files may leave a recorder. All conditions of clearing hold besides, whatever stands here."""

    mode: Literal["never", "confirm", "automatic"] = "never"
    after_days: int = Field(default=7, ge=0)
    """Days after `verified` before `automatic` clears."""
    delay_hours: float = Field(default=24.0, ge=0)
    """Hours after `verified` before the second read-back is made and anything may go."""


class OfficerName(Message):
    """Somebody a station may offer for picking: nothing but what stands on the door."""

    number: str = Field(max_length=64)
    name: str = Field(max_length=128)


class PickedOfficer(Message):
    """Somebody said at the station who made the recordings of a docking. May be repeated; the last one counts."""

    number: str = Field(max_length=64)
    picked_at: Moment


class DockingOpened(Message):
    """Answer: what the server knows of this recorder."""

    docking: UUID
    recorder_known: bool
    recorder_label: str
    holder: str | None = None
    page: str
    """Address of the docking's page."""
    station: str = ""
    """The station's own code, as its sheets name it."""
    registered: bool = True
    notes: list[Literal["unregistered", "faulty", "assigned-elsewhere", "sealed", "same-serial"]] = Field(
        default_factory=list
    )
    """What a person must know of this recorder; it is taken in all the same."""
    officers: list[OfficerName] = Field(default_factory=list, max_length=500)
    """Names to pick from when nobody is known to hold it; empty otherwise."""
    clearing: ClearingPolicy = Field(default_factory=ClearingPolicy)
    """The bureau's policy; `never` for a sealed card."""


class FileReport(Message):
    """A file that ended otherwise than by an upload, or a word on one that is under way."""

    path: str
    shown: str = Field(max_length=4096)
    size: Count | None = None
    end: FileEnd
    reason: str = Field(default="", max_length=1000)


class DockingProgress(Message):
    """What the board shows of a slot right now. Lossy: only the newest counts, `sequence` orders them."""

    sequence: Count
    state: SlotState
    files_total: Count
    files_copied: Count
    files_received: Count
    bytes_total: Count
    bytes_copied: Count
    bytes_received: Count
    rate: float = Field(default=0.0, ge=0)
    """Bytes per second while copying."""
    seconds_left: float | None = None
    current: str = Field(default="", max_length=4096)
    message: str = Field(default="", max_length=1000)
    reports: list[FileReport] = Field(default_factory=list, max_length=BATCH_LIMIT)


class CloseDocking(Message):
    """The docking is over: what was counted, and why it ended."""

    ended: Moment
    files_total: Count
    reason: Literal["done", "unplugged", "failed"]
    message: str = Field(default="", max_length=1000)
