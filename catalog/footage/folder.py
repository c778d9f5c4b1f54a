"""Listing a folder of old footage and hashing its files; nothing in it is followed, changed or believed."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from catalog.intake.offers import OfferedFile
from catalog.rules.free_text import plain

EDGE = 64 * 1024
_BLOCK = 1 << 20
LEFT_OUT = frozenset({".DS_Store", "Thumbs.db", "desktop.ini"})
"""What operating systems leave in folders; no footage."""


class BadFile(Exception):
    """A file that cannot be taken in; the text says why in plain words."""


@dataclass(frozen=True, slots=True)
class Listed:
    """One file of the folder."""

    path: Path
    name: bytes
    """Relative to the folder, as found."""

    @property
    def shown(self) -> str:
        """The name for people, in one line."""
        text = plain(self.name.decode("utf-8", "backslashreplace"))
        return "".join("\N{REPLACEMENT CHARACTER}" if c in "\n\t" else c for c in text)


def list_folder(folder: Path) -> Iterator[Listed]:
    """Answer every regular file under `folder`, by name; links are not followed, what systems leave is left out.

    A folder that cannot be looked into is answered as well: reading it says why not.
    """
    unread: list[Path] = []
    for here, folders, files in os.walk(folder, onerror=lambda error: unread.append(Path(error.filename))):
        folders.sort()
        for name in sorted(files):
            path = Path(here) / name
            if name in LEFT_OUT or name.startswith("._"):
                continue
            if _is_file(path):
                yield Listed(path, os.fsencode(path.relative_to(folder)))
    for path in unread:
        yield Listed(path, os.fsencode(path.relative_to(folder)))


def _is_file(path: Path) -> bool:
    """What is gone meanwhile counts as one: reading it says so."""
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except OSError:
        return True


def read_file(listed: Listed, part_size: Callable[[int], int]) -> OfferedFile:
    """Read a file once and answer it with its digests; `part_size` is the house's rule. Raises BadFile."""
    try:
        fd = os.open(listed.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        raise BadFile(f"it cannot be opened ({error.strerror})") from error
    try:
        before = os.fstat(fd)
        if not stat.S_ISREG(before.st_mode):
            raise BadFile("it is no regular file any more")
        try:
            step = part_size(before.st_size)
        except ValueError as error:
            raise BadFile(str(error)) from error
        try:
            found = _digests(fd, before.st_size, step)
        except OSError as error:
            raise BadFile(f"it cannot be read ({error.strerror})") from error
        after = os.fstat(fd)
    finally:
        os.close(fd)
    if found.size != before.st_size or (after.st_size, after.st_mtime_ns) != (
        before.st_size,
        before.st_mtime_ns,
    ):
        raise BadFile("it changed while it was read")
    return OfferedFile(
        path=listed.name,
        shown=listed.shown,
        size=found.size,
        modified_ns=before.st_mtime_ns,
        sha256=found.sha256,
        sm3=found.sm3,
        part_size=step,
        part_digests=tuple(found.parts),
        head=found.head,
        tail=found.tail,
    )


@dataclass(frozen=True, slots=True)
class _Digests:
    size: int
    sha256: str
    sm3: str
    parts: list[bytes]
    head: str
    tail: str


def _digests(fd: int, size: int, step: int) -> _Digests:
    whole, sm3, part = hashlib.sha256(), hashlib.new("sm3"), hashlib.sha256()
    parts: list[bytes] = []
    count = filled = 0
    head, tail = b"", b""
    while block := os.read(fd, min(_BLOCK, step - filled)):
        whole.update(block)
        sm3.update(block)
        part.update(block)
        count += len(block)
        filled += len(block)
        if len(head) < EDGE:
            head = (head + block)[:EDGE]
        tail = (tail + block)[-EDGE:]
        if filled == step:
            parts.append(part.digest())
            part, filled = hashlib.sha256(), 0
        if count > size:
            break
    if filled or not parts:
        parts.append(part.digest())
    return _Digests(
        count, whole.hexdigest(), sm3.hexdigest(), parts,
        hashlib.sha256(head).hexdigest(), hashlib.sha256(tail).hexdigest(),
    )  # fmt: skip
