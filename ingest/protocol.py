"""What a docking station and the server say to each other: the messages of `/api/v1`, in pydantic.

The only module of `ingest` that `web` imports. Everything here is data and pure functions; nothing opens a file
or a socket. Paths on a recorder are bytes (a card may hold names that are no valid text), so they travel as
base64 (`path`) beside a readable form (`shown`).
"""

from __future__ import annotations

import base64
import hashlib
import re
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

PROTOCOL_VERSION = 1

MIB = 1 << 20
SINGLE_PUT_LIMIT = 16 * MIB
"""Bytes up to which a file travels as one presigned PUT."""
MAX_PARTS = 10_000
MAX_FILE_SIZE = 1 << 40
"""1 TiB: with 128 MiB parts that is 8192 of the 10,000 parts S3 allows."""
BATCH_LIMIT = 200
"""Files in one request, at most."""


def part_size(size: int) -> int:
    """Answer the part size in bytes for a file of `size` bytes: a fixed function, so both sides agree for ever.

    A file of at most 16 MiB is one PUT; up to 128 GiB parts are 16 MiB, beyond that 128 MiB.
    Raises ValueError above 1 TiB or below zero.
    """
    if not 0 <= size <= MAX_FILE_SIZE:
        raise ValueError(f"a file of {size} bytes cannot be handed over; the limit is {MAX_FILE_SIZE} bytes")
    if size <= SINGLE_PUT_LIMIT:
        return max(size, 1)
    return 16 * MIB if size <= 128 * 1024 * MIB else 128 * MIB


def part_count(size: int) -> int:
    """Number of parts of a file of `size` bytes; an empty file is one empty part."""
    return max(1, -(-size // part_size(size)))


def part_length(size: int, number: int) -> int:
    """Bytes in part `number` (from 1) of a file of `size` bytes."""
    step = part_size(size)
    return max(0, min(step, size - (number - 1) * step))


def composite_checksum(part_digests: list[bytes]) -> str:
    """S3's composite SHA-256 of a multipart object: base64 of the digest of digests, a dash, the part count."""
    whole = hashlib.sha256(b"".join(part_digests)).digest()
    return f"{base64.b64encode(whole).decode()}-{len(part_digests)}"


_DIGEST = re.compile(r"[0-9a-f]{64}")


def _is_digest(value: str) -> str:
    if _DIGEST.fullmatch(value) is None:
        raise ValueError("a digest is 64 lower-case hexadecimal digits")
    return value


Digest = Annotated[str, AfterValidator(_is_digest)]
"""SHA-256 or SM3, 64 lower-case hexadecimal digits."""

SlotState = Literal["empty", "reading", "copying", "checking", "safe", "attention", "gone"]
"""What the board says of a socket: `safe` means copied, flushed and read back here: the recorder may go."""

FileEnd = Literal[
    "found",  # listed, not yet copied
    "copied",  # copied and read back on the station
    "uploaded",  # bytes are in storage, receipt outstanding
    "received",  # statement `received`
    "verified",  # statement `verified`
    "held already",  # the same bytes are held; nothing was stored twice
    "partial",  # unreadable ranges; what could be read is kept as a partial original
    "changed while read",  # did not hold still; left on the recorder
    "vanished",  # listed, then gone
    "refused",  # no regular file: link, fifo, socket, device
]


class Message(BaseModel):
    """Base of all messages: unknown fields are errors, instances do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class RecorderIdentity(Message):
    """What the station could learn of a recorder without being told."""

    serial: str = Field(min_length=1, max_length=128)
    """USB serial, else the file system's id, else one derived from the folder's path."""
    serial_source: Literal["usb", "filesystem", "marker", "folder"]
    vendor: str = Field(default="", max_length=128)
    model: str = Field(default="", max_length=128)
    kind: Literal["recorder", "card", "folder"] = "card"
    filesystem: str = Field(default="", max_length=128)
    clock: datetime | None = None
    """The recorder's own clock as read, UTC; never corrected."""
    battery: int | None = Field(default=None, ge=0, le=100)
    """Per cent."""
    free_bytes: int | None = Field(default=None, ge=0)


class OpenDocking(Message):
    """A recorder was plugged in. Repeating it with the same id changes nothing."""

    protocol: int = PROTOCOL_VERSION
    docking: UUID
    """UUIDv7, made by the station."""
    slot: str = Field(max_length=64)
    recorder: RecorderIdentity
    started: datetime


class DockingOpened(Message):
    """Answer: what the server knows of this recorder."""

    docking: UUID
    recorder_known: bool
    recorder_label: str
    holder: str | None = None
    page: str
    """Address of the docking's page."""


class Fingerprint(Message):
    """Cheap marks of a file, to recognise it on re-docking without reading it whole. Never grounds for clearing."""

    path: str
    """Base64 of the path's bytes, relative to the recorder's root."""
    size: int = Field(ge=0)
    modified_ns: int
    head: Digest
    """SHA-256 of the first 64 KiB."""
    tail: Digest
    """SHA-256 of the last 64 KiB."""


class AskSeen(Message):
    """A question: which of these has this station already handed over from this recorder."""

    fingerprints: list[Fingerprint] = Field(max_length=BATCH_LIMIT)


class Seen(Message):
    """A file this station brought from this recorder earlier."""

    path: str
    clip: UUID
    received: SignedStatement
    verified: SignedStatement | None = None
    page: str


class SeenAnswer(Message):
    """Answer to `AskSeen`: only what was seen; the rest is to be read."""

    seen: list[Seen]


class FileOffer(Message):
    """A file that lies copied and read back in the station's spool, offered to the server."""

    path: str
    """Base64 of the path's bytes, relative to the recorder's root."""
    shown: str = Field(max_length=4096)
    """The path as text, undecodable bytes as \\xNN, control characters escaped; never used as a path."""
    size: int = Field(ge=0, le=MAX_FILE_SIZE)
    modified_ns: int
    """The file system's modification time as read, nanoseconds since 1970, unchanged."""
    sha256: Digest
    sm3: Digest
    parts: list[Digest] = Field(min_length=1, max_length=MAX_PARTS)
    """SHA-256 of each part of `part_size(size)` bytes, in order."""
    fingerprint: Fingerprint
    bad_ranges: list[tuple[int, int]] = Field(default_factory=list, max_length=10_000)
    """Unreadable ranges [start, end) in bytes, filled with zeros in what was copied; empty for a whole original."""


class OfferFiles(Message):
    """Several files at once; each is answered on its own."""

    files: list[FileOffer] = Field(min_length=1, max_length=BATCH_LIMIT)


class PartAddress(Message):
    """Where one part goes. The digest is signed into the address; the storage refuses other bytes."""

    number: int
    url: str
    headers: dict[str, str]
    offset: int
    length: int


class UploadTask(Message):
    """Bytes wanted. `parts` holds what is still missing, at most 100; ask again for the rest."""

    outcome: Literal["upload"] = "upload"
    clip: UUID
    mode: Literal["put", "multipart"]
    parts: list[PartAddress]
    expires: datetime


class Held(Message):
    """The station brought these bytes before: nothing to send."""

    outcome: Literal["held"] = "held"
    clip: UUID
    received: SignedStatement
    verified: SignedStatement | None = None
    page: str


class Refused(Message):
    """The file cannot be taken now; the rest goes on. `retry` says whether asking again can help."""

    outcome: Literal["refused"] = "refused"
    reason: str
    retry: bool


class OfferAnswer(Message):
    """One outcome per offered file, in order."""

    files: list[UploadTask | Held | Refused]


class CompleteUpload(Message):
    """The bytes of this clip are sent."""

    clip: UUID
    version_hint: str | None = Field(default=None, max_length=256)
    """The storage's version id as the station saw it in the answer to a single PUT; checked, never trusted."""


class CompleteUploads(Message):
    """Several at once; each is answered on its own. May be repeated."""

    uploads: list[CompleteUpload] = Field(min_length=1, max_length=BATCH_LIMIT)


class Received(Message):
    """The receipt. `clip` differs from the upload's id when the same bytes were held already."""

    outcome: Literal["received"] = "received"
    upload: UUID
    clip: UUID
    held_already: bool
    statement: SignedStatement
    page: str


class NotYet(Message):
    """Not complete: these parts are missing or wrong in storage; addresses are renewed by `/uploads/<clip>/addresses`."""

    outcome: Literal["incomplete"] = "incomplete"
    upload: UUID
    reason: str
    retry: bool


class CompleteAnswer(Message):
    """One outcome per upload, in order."""

    uploads: list[Received | NotYet]


class AskStatements(Message):
    """A question: has the server verified these by now."""

    clips: list[UUID] = Field(max_length=BATCH_LIMIT)


class ClipStatements(Message):
    """What the server has signed for a clip this station brought."""

    clip: UUID
    received: SignedStatement
    verified: SignedStatement | None = None


class StatementsAnswer(Message):
    """Answer to `AskStatements`; clips this station did not bring are left out."""

    clips: list[ClipStatements]


class FileReport(Message):
    """A file that ended otherwise than by an upload, or a word on one that is under way."""

    path: str
    shown: str = Field(max_length=4096)
    size: int | None = Field(default=None, ge=0)
    end: FileEnd
    reason: str = Field(default="", max_length=1000)


class DockingProgress(Message):
    """What the board shows of a slot right now. Lossy: only the newest counts, `sequence` orders them."""

    sequence: int = Field(ge=0)
    state: SlotState
    files_total: int = Field(ge=0)
    files_copied: int = Field(ge=0)
    files_received: int = Field(ge=0)
    bytes_total: int = Field(ge=0)
    bytes_copied: int = Field(ge=0)
    bytes_received: int = Field(ge=0)
    rate: float = Field(default=0.0, ge=0)
    """Bytes per second while copying."""
    seconds_left: float | None = None
    current: str = Field(default="", max_length=4096)
    message: str = Field(default="", max_length=1000)
    reports: list[FileReport] = Field(default_factory=list, max_length=BATCH_LIMIT)


class CloseDocking(Message):
    """The docking is over: what was counted, and why it ended."""

    ended: datetime
    files_total: int = Field(ge=0)
    reason: Literal["done", "unplugged", "failed"]
    message: str = Field(default="", max_length=1000)


class Statement(Message):
    """What the server vouches for. Signed with Ed25519 over `SIGNATURE_PREFIX` + its RFC 8785 form."""

    protocol: int
    kind: Literal["received", "verified"]
    clip: UUID
    bucket: str
    key: str
    version: str
    size: int
    sha256: Digest
    sm3: Digest
    lock_mode: Literal["COMPLIANCE"]
    lock_until: str
    """UTC, RFC 3339 with seconds and `Z`."""
    time: str
    """UTC, RFC 3339 with microseconds and `Z`."""


SIGNATURE_PREFIX = b"liuhen statement v1\n"


class SignedStatement(Message):
    """A statement, the id of the key that signed it (first 16 hex digits of SHA-256 of the raw public key), the signature in base64."""

    statement: Statement
    key: str
    signature: str


class ServerFacts(Message):
    """Answer of `GET /api/v1/server`, which needs no token: whom the station talks to."""

    protocol: int
    receipt_keys: dict[str, str]
    """Public keys that sign statements: key id to base64 of the raw Ed25519 key."""
    time: datetime
    """The server's clock, UTC."""


class Problem(Message):
    """The one error shape of the API: what happened, what is safe, what to do next."""

    error: str
    """A stable word for programs, such as `intake-stopped`."""
    what: str
    safe: str
    next: str
    retry: bool = False


for _model in (Seen, Held, Received, ClipStatements):
    _model.model_rebuild()
