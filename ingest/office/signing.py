"""The station's own Ed25519 key: it proves itself with it when it enrols, and signs its reconciliation sheets."""

from __future__ import annotations

import base64
import contextlib
import os
import secrets
from pathlib import Path
from typing import Self

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from ingest.errors import SigningKeyUnusable


class StationKey:
    """A private key that never leaves the station. Safe to use from several threads."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key
        self.public_base64 = base64.b64encode(key.public_key().public_bytes_raw()).decode()
        """The raw public key: 32 bytes in base64."""

    def sign(self, body: bytes) -> str:
        """Answer the base64 signature over `body` (RFC 8032)."""
        return base64.b64encode(self._key.sign(body)).decode()

    @classmethod
    def load_or_make(cls, path: Path) -> Self:
        """Read the key at `path`, or make it there once, mode 0600, durably; of two processes at once one makes it.

        Raises SigningKeyUnusable when what lies there is no Ed25519 key of one's own, OSError.
        """
        with contextlib.suppress(FileNotFoundError):
            return cls._load(path)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        _write_once(path, pem)
        return cls._load(path)

    @classmethod
    def _load(cls, path: Path) -> Self:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        with os.fdopen(fd, "rb") as file:
            if os.fstat(fd).st_mode & 0o077:
                raise SigningKeyUnusable(
                    f"{path} can be read by others than the station; make it mode 0600, or have the station enrolled "
                    "again with a new key if somebody may have taken it"
                )
            content = file.read(10_000)
        try:
            key = load_pem_private_key(content, password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise SigningKeyUnusable(f"{path} holds no private key that can be read: {error}") from error
        if not isinstance(key, Ed25519PrivateKey):
            raise SigningKeyUnusable(f"{path} holds no Ed25519 key")
        return cls(key)


def _write_once(path: Path, content: bytes) -> None:
    """Give `content` this name unless the name is taken; complete and flushed, or not there at all."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    fd = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(fd, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(fd)
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)  # never replaces
    finally:
        draft.unlink()
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
