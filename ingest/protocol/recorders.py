"""What a station learns of a recorder and of its clock."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from ingest.protocol.base import Count, Message, Moment


class StationClock(Message):
    """How good the station's own clock was at that moment (`adjtimex(2)`)."""

    read_at: Moment
    """UTC."""
    synchronised: bool | None = None
    """None where the kernel cannot be asked."""
    max_error_seconds: float | None = None
    offset_seconds: float | None = None
    """What the kernel is still slewing away."""
    source: str = Field(default="", max_length=64)
    """Who disciplines it, as far as known: chrony, systemd-timesyncd, ntpd."""


class ClockReading(Message):
    """A recorder's clock, read before it is set. Device time is never altered; this is what corrects it beside it."""

    recorder: str = Field(default="", max_length=64)
    """As the recorder gave it, ISO 8601, with or without zone; empty when it cannot be read."""
    station: Moment
    """The station's clock at that moment, UTC."""
    offset_seconds: float | None = None
    """Recorder minus station, the bureau's zone assumed where the recorder names none; None when not measured."""
    error_seconds: float | None = None
    """Bound of what reading took and of the clock's granularity."""
    method: Literal["none", "driver", "ptp", "file-times", "marker"] = "none"
    last_set_at: Moment | None = None
    """When its clock was last set, as far as this station knows, UTC."""
    set_now: bool = False
    """Whether it was set after this reading."""
    station_clock: StationClock | None = None


class RecorderIdentity(Message):
    """What the station could learn of a recorder without being told."""

    serial: str = Field(min_length=1, max_length=128)
    """USB serial, else the file system's id, else one derived from the folder's path."""
    serial_source: Literal["usb", "filesystem", "marker", "folder", "driver"]
    reported_serial: str = Field(default="", max_length=128)
    """What the recorder itself reports, where `serial` had to be told apart from another that reports the same."""
    same_serial: bool = False
    """Another recorder reports the same serial, or the serial is one that many makers leave in: not proof of identity."""
    vendor: str = Field(default="", max_length=128)
    model: str = Field(default="", max_length=128)
    kind: Literal["recorder", "card", "folder"] = "card"
    filesystem: str = Field(default="", max_length=128)
    filesystem_id: str = Field(default="", max_length=128)
    usb_id: str = Field(default="", max_length=16)
    """Vendor and product number as `1d6b:0104`."""
    port: str = Field(default="", max_length=64)
    """Where it is plugged in, such as `1-2.3`; a socket keeps its port."""
    driver: str = Field(default="folder", max_length=64)
    """Name of the driver (an entry point of the group `liuhen.recorders`) that reads it."""
    profile: str = Field(default="", max_length=64)
    """Name of the recorder profile that fits, empty when none does."""
    officer_numbers: list[Annotated[str, Field(max_length=64, pattern=r"^[^\x00-\x1f\x7f]*$")]] = Field(
        default_factory=list, max_length=8
    )
    """Officer numbers that names on it bear, the one most often met first; a claim of the recorder, nothing proven."""
    clock: ClockReading | None = None
    """The recorder's own clock as read before anything set it."""
    battery: int | None = Field(default=None, ge=0, le=100)
    """Per cent."""
    free_bytes: Count | None = None
