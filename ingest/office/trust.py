"""Whose statements this station believes: the keys it was given, else those the server stated at first contact."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Literal
from uuid import UUID

from ingest.errors import StatementInvalid
from ingest.office.client import Client
from ingest.office.statements import KeyRing, load_keys, pinned_keys
from ingest.protocol import SignedStatement


class Trust:
    """Checks statements. The keys are read when first needed, and again when a file of keys has changed."""

    def __init__(self, key_file: Path | None, pinned: Path, client: Client) -> None:
        self._key_file = key_file
        self._pinned = pinned
        self._client = client
        self._lock = threading.Lock()
        self._ring: KeyRing | None = None
        self._read_at: int | None = None

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
        """Accept the statement or raise StatementInvalid; at first contact also ServerUnreachable."""
        self._keys().check(signed, kind=kind, size=size, sha256=sha256, sm3=sm3, clip=clip)

    def _keys(self) -> KeyRing:
        with self._lock:
            try:
                if self._key_file is not None:
                    changed = self._key_file.stat().st_mtime_ns
                    if self._ring is None or changed != self._read_at:
                        self._ring, self._read_at = load_keys(self._key_file), changed
                elif self._ring is None:
                    self._ring = pinned_keys(self._pinned, None) or pinned_keys(
                        self._pinned, self._client.server_facts().receipt_keys
                    )
            except (OSError, ValueError) as error:
                raise StatementInvalid(f"the receipt keys cannot be read: {error}") from error
            if self._ring is None:
                raise StatementInvalid("no receipt key is known")
            return self._ring
