"""Files on their way: recognised, offered, sent, received."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from ingest.protocol.base import BATCH_LIMIT, Count, Digest, Message, Moment, Nanoseconds
from ingest.protocol.parts import MAX_FILE_SIZE, MAX_PARTS
from ingest.protocol.statements import SignedStatement


class Fingerprint(Message):
    """Cheap marks of a file, to recognise it on re-docking without reading it whole. Never grounds for clearing."""

    path: str
    """Base64 of the path's bytes, relative to the recorder's root."""
    size: Count
    modified_ns: Nanoseconds
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
    reread: SignedStatement | None = None
    page: str


class SeenAnswer(Message):
    """Answer to `AskSeen`: only what was seen; the rest is to be read."""

    seen: list[Seen]


_PLAIN = r"^[^\x00-\x1f\x7f]*$"
"""No control characters: a database refuses some of them, and no name that fits a profile bears any."""
_LARGEST_NUMBER = 10**9


class NameFacts(Message):
    """What a recorder profile reads from a file's name and folder; claims of the recorder, nothing proven."""

    profile: str = Field(max_length=64, pattern=_PLAIN)
    recorded_at: str = Field(default="", max_length=32, pattern=_PLAIN)
    """Device time, ISO 8601 without zone."""
    recorder_number: str = Field(default="", max_length=64, pattern=_PLAIN)
    officer_number: str = Field(default="", max_length=64, pattern=_PLAIN)
    sequence: int | None = Field(default=None, ge=0, le=_LARGEST_NUMBER)
    part: int | None = Field(default=None, ge=0, le=_LARGEST_NUMBER)
    """Which part of a recording cut into several files."""
    chain: str = Field(default="", max_length=255, pattern=_PLAIN)
    """The same for all parts of one recording; empty when this recorder cuts none, or no name shows it."""
    important: bool = False
    series: str = Field(default="", max_length=255, pattern=_PLAIN)
    """What the names of one row of numbers have in common; empty when `sequence` makes no row."""
    wraps_after: int | None = Field(default=None, ge=1, le=_LARGEST_NUMBER)
    """The number after which the row begins again at 1."""
    first_part: int = Field(default=1, ge=0, le=_LARGEST_NUMBER)
    """The number this recorder gives the first part of a recording."""
    form: str = Field(default="", max_length=32, pattern=_PLAIN)
    """Which of the profile's ways of naming this is."""
    rest: dict[
        Annotated[str, Field(max_length=32, pattern=_PLAIN)],
        Annotated[str, Field(max_length=255, pattern=_PLAIN)],
    ] = Field(default_factory=dict, max_length=17)
    """What else the name says, by the profile's word for it, such as its ending: with it the name can be written again."""


class FileOffer(Message):
    """A file that lies copied and read back in the station's spool, offered to the server."""

    path: str
    """Base64 of the path's bytes, relative to the recorder's root."""
    shown: str = Field(max_length=4096)
    """The path as text, undecodable bytes as \\xNN, control characters escaped; never used as a path."""
    size: int = Field(ge=0, le=MAX_FILE_SIZE)
    modified_ns: Nanoseconds
    """The file system's modification time as read, nanoseconds since 1970, unchanged."""
    sha256: Digest
    sm3: Digest
    parts: list[Digest] = Field(min_length=1, max_length=MAX_PARTS)
    """SHA-256 of each part of `part_size(size)` bytes, in order."""
    fingerprint: Fingerprint
    named: NameFacts | None = None
    important: bool = False
    """Marked as important on the recorder, by name, folder or attribute: never cleared from it."""
    bad_ranges: list[tuple[Count, Count]] = Field(default_factory=list, max_length=10_000)
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
    expires: Moment


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
