"""The reconciliation sheet 采集清单: everything seen on a recorder at one docking, signed by the station."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from pydantic import Field

from ingest.protocol.base import Count, Digest, Message
from ingest.protocol.dockings import FileEnd
from ingest.protocol.files import NameFacts
from ingest.protocol.recorders import RecorderIdentity, StationClock

SHEET_SIGNATURE_PREFIX = b"liuhen docking sheet v1\n"
"""A station signs these bytes followed by the sheet's RFC 8785 form."""


class SheetFile(Message):
    """One entry of the recorder."""

    path: str
    """Base64 of the path's bytes."""
    shown: str
    size: Count | None = None
    modified_ns: str | None = Field(default=None, pattern=r"^-?[0-9]{1,20}$")
    """Nanoseconds since 1970 in decimal digits: as a number it is beyond what RFC 8785 can write exactly."""
    end: FileEnd
    reason: str = ""
    sha256: Digest | None = None
    sm3: Digest | None = None
    digest_from: Literal["", "read", "statement"] = ""
    """`read`: read at this docking. `statement`: recognised by its marks; the digest is that of the held clip."""
    clip: UUID | None = None
    new: bool | None = None
    """True when these bytes were held nowhere before; None while that is not known."""
    named: NameFacts | None = None
    important: bool = False
    bad_ranges: list[tuple[Count, Count]] = Field(default_factory=list)


class SheetGap(Message):
    """Numbers that are missing in a row of names. The row may have been cut on purpose: it is explained, not judged."""

    series: str
    """What the row has in common, such as folder and recorder number."""
    first: Count
    last: Count
    """Missing from `first` to `last`, both included."""


class Sheet(Message):
    """The list. Its digest is the SHA-256 of its RFC 8785 form."""

    format: Literal["liuhen docking sheet 1"] = "liuhen docking sheet 1"
    docking: UUID
    revision: int = Field(ge=1)
    """A later one replaces nothing: it stands beside the earlier ones."""
    station: str
    slot: str
    recorder: RecorderIdentity
    station_clock: StationClock | None = None
    started: str
    ended: str
    """UTC, RFC 3339."""
    end_reason: Literal["done", "unplugged", "failed"]
    files: list[SheetFile]
    """By path. What is as by default is left out of an entry: a list of 200,000 files is written all the same."""
    gaps: list[SheetGap]
    method: str
    """制作方法: how the copies were made."""
    made: str
    """制作时间: when, UTC, RFC 3339."""
    maker: str
    """制作人: who held the recorder or docked it, as far as known; the signature line is on paper."""
    software: str


class SignedSheet(Message):
    """A sheet as text, so that its digest stays what it is whoever parses it."""

    body: str
    """RFC 8785 form of a `Sheet`."""
    public_key: str
    """Base64 of the station's raw Ed25519 public key; the server knows it from enrolment or pins it at the first sheet."""
    signature: str


class SheetKept(Message):
    """The sheet lies locked in the storage."""

    sha256: Digest
    page: str
