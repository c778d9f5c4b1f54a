"""Checking what the server signed: Ed25519 over `SIGNATURE_PREFIX` and the statement's RFC 8785 form."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Literal
from uuid import UUID

import rfc8785
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from ingest.errors import StatementInvalid
from ingest.protocol import SIGNATURE_PREFIX, SignedStatement, Statement


def signed_bytes(statement: Statement) -> bytes:
    """Answer the bytes a signature covers."""
    return SIGNATURE_PREFIX + rfc8785.dumps(statement.model_dump(mode="json"))


def key_id(raw: bytes) -> str:
    """Answer a key's id: the first 16 hexadecimal digits of SHA-256 of the raw public key."""
    return hashlib.sha256(raw).hexdigest()[:16]


class KeyRing:
    """The public keys whose statements count."""

    def __init__(self, keys: Mapping[str, bytes]) -> None:
        """`keys`: raw public keys by id. Raises StatementInvalid when an id is not its key's."""
        for name, raw in keys.items():
            if key_id(raw) != name:
                raise StatementInvalid(f"key {name} does not match its id")
        self._keys = {name: Ed25519PublicKey.from_public_bytes(raw) for name, raw in keys.items()}

    def check(
        self,
        signed: SignedStatement,
        *,
        kind: Literal["received", "verified", "reread"],
        size: int,
        sha256: str | None = None,
        sm3: str | None = None,
        clip: UUID | None = None,
    ) -> None:
        """Accept the statement or raise StatementInvalid. What is given as None is not compared."""
        key = self._keys.get(signed.key)
        if key is None:
            raise StatementInvalid(f"unknown key {signed.key}")
        try:
            key.verify(base64.b64decode(signed.signature, validate=True), signed_bytes(signed.statement))
        except (InvalidSignature, binascii.Error) as error:
            raise StatementInvalid("the signature does not check out") from error
        stated = signed.statement
        wanted = {"kind": kind, "size": size, "sha256": sha256, "sm3": sm3, "clip": clip}
        for name, value in wanted.items():
            if value is not None and getattr(stated, name) != value:
                raise StatementInvalid(f"{name} is {getattr(stated, name)}, not {value}")


def load_keys(path: Path) -> KeyRing:
    """Read public keys: PEM blocks, or base64 raw keys one a line. Raises OSError, ValueError, StatementInvalid."""
    text = path.read_text(encoding="ascii")
    raws: list[bytes] = []
    if "-----BEGIN" in text:
        for block in text.split("-----END PUBLIC KEY-----")[:-1]:
            key = serialization.load_pem_public_key((block.strip() + "\n-----END PUBLIC KEY-----\n").encode())
            if not isinstance(key, Ed25519PublicKey):
                raise StatementInvalid("a receipt key must be Ed25519")
            raws.append(key.public_bytes_raw())
    else:
        raws = [base64.b64decode(line, validate=True) for line in text.split()]
    return KeyRing({key_id(raw): raw for raw in raws})


def pinned_keys(path: Path, stated: Mapping[str, str] | None) -> KeyRing | None:
    """The keys seen at first contact, kept in `path`; `stated` (base64 by id) is written when nothing is pinned yet.

    Answers None while nothing is known. Later keys are not believed by themselves: whoever changes the server's
    key gives the station the new one.
    """
    try:
        return _ring(json.loads(path.read_text(encoding="ascii")))
    except FileNotFoundError:
        if not stated:
            return None
    ring = _ring(stated)
    draft = path.with_suffix(".new")
    draft.write_text(json.dumps(dict(stated)), encoding="ascii")
    draft.replace(path)
    return ring


def _ring(keys: Mapping[str, str]) -> KeyRing:
    return KeyRing({name: base64.b64decode(raw, validate=True) for name, raw in keys.items()})
