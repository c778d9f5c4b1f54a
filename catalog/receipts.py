"""Signed statements: what the server vouches for to a station: `received`, `verified`, `reread`.

The signature is Ed25519 (RFC 8032) over a fixed prefix and the statement's RFC 8785 form. Every signature names
its key by the first 16 hexadecimal digits of the SHA-256 of the raw public key.
"""

from __future__ import annotations

import base64
import hashlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal
from uuid import UUID

import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key
from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.custody.record import utc_text
from catalog.models import Clip, Copy, SignedStatement

PROTOCOL_VERSION = 1
SIGNATURE_PREFIX = b"liuhen statement v1\n"


class Signer:
    """Holds the receipt key. Made once per process."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key
        raw = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.public_key = base64.b64encode(raw).decode()
        """Raw public key, base64."""
        self.key_id = hashlib.sha256(raw).hexdigest()[:16]

    @classmethod
    def load(cls, path: Path) -> Signer:
        """Read the PEM private key at `path`. Raises ValueError when it is no Ed25519 key."""
        key = load_pem_private_key(path.read_bytes(), password=None)
        if not isinstance(key, Ed25519PrivateKey):
            raise ValueError(f"{path} holds no Ed25519 key")  # noqa: TRY004 - the content is wrong, not a type
        return cls(key)

    def sign(self, body: dict[str, Any]) -> str:
        """Answer the base64 signature over `body`."""
        return base64.b64encode(self._key.sign(SIGNATURE_PREFIX + rfc8785.dumps(body))).decode()


def state(
    session: Session,
    signer: Signer,
    kind: Literal["received", "verified", "reread"],
    *,
    clip: Clip,
    copy: Copy,
    now: datetime,
) -> SignedStatement:
    """Sign a statement about one copy of a clip and keep it, in the caller's transaction."""
    body = {
        "protocol": PROTOCOL_VERSION,
        "kind": kind,
        "clip": str(clip.id),
        "bucket": copy.bucket,
        "key": copy.key,
        "version": copy.version,
        "size": clip.size,
        "sha256": clip.sha256,
        "sm3": clip.sm3,
        "lock_mode": copy.lock_mode,
        "lock_until": copy.lock_until.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "time": utc_text(now),
    }
    statement = SignedStatement(
        clip_id=clip.id, kind=kind, body=body, key=signer.key_id, signature=signer.sign(body), created_at=now
    )
    session.add(statement)
    return statement


def statements_for(session: Session, clips: list[UUID]) -> dict[UUID, dict[str, SignedStatement]]:
    """Answer the newest statement of each kind for these clips."""
    found: dict[UUID, dict[str, SignedStatement]] = {}
    rows = session.scalars(
        select(SignedStatement).where(SignedStatement.clip_id.in_(clips)).order_by(SignedStatement.created_at)
    )
    for row in rows:
        found.setdefault(row.clip_id, {})[row.kind] = row
    return found
