"""What travels with an object in storage, so that the list of originals survives the loss of the database.

At most 2 KB of ASCII (invariant 9). Personal data, such as a file name with an officer's number in it, goes in
encrypted only (AES-256-GCM); the rest is plain, so that a list of digests can be made without any key.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NAME_LIMIT = 600
"""Bytes of a name that are kept; the whole name is in the catalog."""
METADATA_LIMIT = 2048


class Sealer:
    """Holds the key that encrypts personal data in object metadata. Made once per process."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)
        self.key_id = hashlib.sha256(b"liuhen metadata key" + key).hexdigest()[:8]

    @classmethod
    def load(cls, path: Path) -> Sealer:
        """Read a 32-byte key as hexadecimal. Raises ValueError when it is none."""
        return cls(bytes.fromhex(path.read_text().strip()))

    def seal(self, clip: UUID, private: Mapping[str, Any]) -> str:
        """Encrypt `private`, bound to the clip's id."""
        nonce = secrets.token_bytes(12)
        plain = json.dumps(private, separators=(",", ":"), ensure_ascii=False).encode()
        return f"{self.key_id}.{base64.b64encode(nonce + self._cipher.encrypt(nonce, plain, clip.bytes)).decode()}"

    def unseal(self, clip: UUID, sealed: str) -> dict[str, Any]:
        """Decrypt what `seal` made. Raises ValueError for another key, cryptography's InvalidTag for a changed text."""
        key_id, _, body = sealed.partition(".")
        if key_id != self.key_id:
            raise ValueError(f"sealed with key {key_id}, this is key {self.key_id}")
        raw = base64.b64decode(body)
        answer: dict[str, Any] = json.loads(self._cipher.decrypt(raw[:12], raw[12:], clip.bytes))
        return answer


def object_metadata(
    sealer: Sealer,
    *,
    clip: UUID,
    sha256: str,
    sm3: str,
    station: str,
    docking: UUID,
    recorder_serial: str,
    modified_ns: int,
    opened: str,
    shown: str,
    holder_number: str | None,
) -> dict[str, str]:
    """Answer the metadata of an original: ASCII, at most 2 KB with its names."""
    plain = {
        "liuhen": "1",
        "clip": str(clip),
        "sha256": sha256,
        "sm3": sm3,
        "station": station,
        "docking": str(docking),
        "recorder": recorder_serial.encode("ascii", "backslashreplace").decode()[:128],
        "modified-ns": str(modified_ns),
        "opened": opened,
    }
    return _named(sealer, clip, plain, shown, holder_number)


def document_metadata(
    sealer: Sealer, *, clip: UUID, sha256: str, sm3: str, opened: str, shown: str, by_number: str | None
) -> dict[str, str]:
    """Answer the metadata of a document put in by the browser; `by_number` is the officer who did."""
    plain = {
        "liuhen": "1",
        "clip": str(clip),
        "sha256": sha256,
        "sm3": sm3,
        "origin": "browser",
        "opened": opened,
    }
    return _named(sealer, clip, plain, shown, by_number)


def _named(
    sealer: Sealer, clip: UUID, plain: Mapping[str, str], shown: str, holder: str | None
) -> dict[str, str]:
    room = NAME_LIMIT
    while True:  # quotes and line ends take more room once written down; the catalog has the whole name
        name = shown.encode()[:room].decode(errors="ignore")
        metadata = {**plain, "sealed": sealer.seal(clip, {"name": name, "holder": holder})}
        if sum(len(k) + len(v) for k, v in metadata.items()) <= METADATA_LIMIT:
            return metadata
        room -= 50
