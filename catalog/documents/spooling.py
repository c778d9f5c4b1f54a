"""A document on its way in: written to a file without a name while its digests are computed, never held in memory."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO

from catalog.rules.document_kind import HEAD

PART = 16 << 20
"""Bytes of a part at the storage, as stations send them: the same bytes have the same checksum whichever way they came."""


class Spool:
    """Takes bytes as they arrive. What is too large, or finds no room, is not kept; the rest of it is passed over.

    The file has no name, so nothing is left behind whatever ends the process.
    """

    def __init__(self, limit: int, folder: Path | None = None) -> None:
        self.limit = limit
        self.trouble = ""
        """too-large or no-room, as a stable word; empty while all is well."""
        self.size = 0
        self.head = b""
        self._sha256, self._sm3 = hashlib.sha256(), hashlib.new("sm3")
        self._part, self._in_part = hashlib.sha256(), 0
        self._parts: list[bytes] = []
        self._file: IO[bytes] | None = None
        try:
            if folder is not None:
                folder.mkdir(parents=True, exist_ok=True)
            self._file = tempfile.TemporaryFile(dir=folder, prefix="document-")  # noqa: SIM115 - it lives as long as the spool
        except OSError:
            self.trouble = "no-room"

    def write(self, data: bytes) -> int:
        """Take the next bytes."""
        self.size += len(data)
        if self.trouble:
            return len(data)
        if self.size > self.limit:
            self._give_up("too-large")
            return len(data)
        try:
            self._held().write(data)
        except OSError:
            self._give_up("no-room")
            return len(data)
        if len(self.head) < HEAD:
            self.head += data[: HEAD - len(self.head)]
        self._sha256.update(data)
        self._sm3.update(data)
        rest = memoryview(data)
        while rest:
            now = rest[: PART - self._in_part]
            self._part.update(now)
            self._in_part += len(now)
            rest = rest[len(now) :]
            if self._in_part == PART:
                self._end_part()
        return len(data)

    def seek(self, _place: int, _whence: int = 0) -> int:
        """Form parsers wind back what they have filled; reading is by `parts`."""
        try:
            self._held().flush()
        except (OSError, ValueError):
            self._give_up("no-room")
        return 0

    @property
    def sha256(self) -> str:
        """Of everything, hexadecimal."""
        return self._sha256.hexdigest()

    @property
    def sm3(self) -> str:
        """Of everything, hexadecimal."""
        return self._sm3.hexdigest()

    @property
    def part_digests(self) -> tuple[bytes, ...]:
        """SHA-256 of each part of `PART` bytes, in order."""
        return (*self._parts, self._part.digest()) if self._in_part or not self._parts else tuple(self._parts)

    def parts(self) -> Iterator[bytes]:
        """Answer the parts in order, one in memory at a time. Raises OSError."""
        file = self._held()
        file.seek(0)
        for _ in self.part_digests:
            yield file.read(PART)

    def close(self) -> None:
        """Let go of the file; its bytes are gone."""
        if self._file is not None:
            # Closing writes out what is buffered, and fails anew where there was no room for it.
            with suppress(OSError):
                self._file.close()

    def _end_part(self) -> None:
        self._parts.append(self._part.digest())
        self._part, self._in_part = hashlib.sha256(), 0

    def _held(self) -> IO[bytes]:
        if self._file is None:
            raise ValueError("nothing was kept")
        return self._file

    def _give_up(self, trouble: str) -> None:
        self.trouble = self.trouble or trouble
        self.close()
