"""What a time stamp says: the record of each clip, and the statement over a batch of them. Pure functions."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from catalog.custody.record import canonical, utc_text
from catalog.rules.merkle import leaf_hash

RECORD_VERSION = 1
STATEMENT_VERSION = 1


@dataclass(frozen=True, slots=True)
class Stamped:
    """What is recorded of a clip: facts that never change once it is verified."""

    clip: UUID
    size: int
    """Bytes."""
    sha256: str
    sm3: str
    received_at: datetime


def record_text(clip: Stamped) -> str:
    """Answer the RFC 8785 record of a clip that a leaf commits to. Nothing in it is personal."""
    return canonical(
        {
            "version": RECORD_VERSION,
            "what": "liuhen-clip",
            "clip": str(clip.clip),
            "size": clip.size,
            "sha256": clip.sha256,
            "sm3": clip.sm3,
            "received": utc_text(clip.received_at),
        }
    )


def record_leaf(text: str) -> bytes:
    """Answer the leaf digest of a record (RFC 6962 §2.1)."""
    return leaf_hash(text.encode("utf-8"))


def statement_text(batch: UUID, size: int, root: bytes) -> str:
    """Answer the RFC 8785 statement over a batch; its SHA-256 is what an authority stamps.

    The number of leaves is part of it, so that a proof cannot be read against a tree of another size.
    """
    return canonical(
        {
            "version": STATEMENT_VERSION,
            "what": "liuhen-timestamp-batch",
            "batch": str(batch),
            "tree": "RFC 6962 section 2.1, SHA-256",
            "size": size,
            "root": root.hex(),
        }
    )


def imprint_of(statement: str) -> bytes:
    """Answer the SHA-256 of a statement, 32 bytes: the message imprint of a request (RFC 3161 §2.4.1)."""
    return hashlib.sha256(statement.encode("utf-8")).digest()
