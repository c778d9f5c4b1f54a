"""The driver port: what the station asks of a recorder, whatever it is. Drivers hold no rules."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from ingest.protocol import RecorderIdentity


@dataclass(frozen=True, slots=True)
class Listed:
    """A regular file as it stood when listed. `path` is relative to the recorder's root."""

    path: bytes
    size: int
    modified_ns: int


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Something that is not taken in: `word` names the reason (see `ingest.words`).

    `attention` is set where a recording may be hidden behind it (an unreadable folder), not for links and the like.
    """

    path: bytes
    word: str
    attention: bool
    detail: str = ""


class SourceFile(Protocol):
    """A file on a recorder, opened for reading. Errors of the operating system come as OSError."""

    def facts(self) -> tuple[int, int]:
        """Answer size in bytes and modification time in nanoseconds as they are now."""

    def read_at(self, view: memoryview, offset: int) -> int:
        """Fill `view` from `offset` as far as one read goes; answer the bytes read, 0 at the end."""

    def ahead(self, offset: int, length: int) -> None:
        """Say what will be read soon; a driver may ignore it."""

    def close(self) -> None:
        """Let go of the file."""


class Recorder(Protocol):
    """A recorder that is plugged in."""

    identity: RecorderIdentity

    def present(self) -> bool:
        """Whether it is still there. Cheap; asked often."""

    def entries(self) -> Iterator[Listed | LeftOut]:
        """List everything on it, in no particular order. Raises Unplugged."""

    def open(self, path: bytes) -> SourceFile:
        """Open a listed file. Raises Vanished, NotTaken, Unplugged, OSError."""

    def close(self) -> None:
        """Let go of it, so that it can be unmounted."""
