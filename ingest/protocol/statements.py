"""What the server vouches for, signed with Ed25519, and how a station asks for it."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from pydantic import Field

from ingest.protocol.base import BATCH_LIMIT, Digest, Message
from ingest.protocol.dockings import ClearingPolicy, OfficerName
from ingest.protocol.orders import Order, OrderDone, StationQueue


class Statement(Message):
    """What the server vouches for. Signed with Ed25519 over `SIGNATURE_PREFIX` + its RFC 8785 form."""

    protocol: int
    kind: Literal["received", "verified", "reread"]
    """`reread`: read back whole a second time, at the earliest the bureau's delay after `verified`."""
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


class AskStatements(Message):
    """A question: has the server verified these by now."""

    clips: list[UUID] = Field(max_length=BATCH_LIMIT)
    again: list[UUID] = Field(default_factory=list, max_length=BATCH_LIMIT)
    """Clips whose second read-back is wanted, because their files are to be cleared."""
    queue: StationQueue | None = None
    """How the station stands; what the office sees of it."""
    done: list[OrderDone] = Field(default_factory=list, max_length=BATCH_LIMIT)
    """Orders that were carried out, or could not be."""
    officers_mark: str = Field(default="", max_length=64)
    """`officers_mark` of the list of names the station has; empty while it has none."""


class ClipStatements(Message):
    """What the server has signed for a clip this station brought."""

    clip: UUID
    received: SignedStatement
    verified: SignedStatement | None = None
    reread: SignedStatement | None = None


class StatementsAnswer(Message):
    """Answer to `AskStatements`; clips this station did not bring are left out."""

    clips: list[ClipStatements]
    orders: list[Order] = Field(default_factory=list, max_length=BATCH_LIMIT)
    """What the office wants done; repeated until the station says it is done."""
    officers: list[OfficerName] | None = Field(default=None, max_length=500)
    """Names to pick from while the server is away; None when the station has this list, or did not say how it stands."""
    officers_mark: str = Field(default="", max_length=64)
    """What the station names this list by when it asks again; empty without one."""
    clearing: ClearingPolicy | None = None
