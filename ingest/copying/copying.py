"""The copy: one read pass from the recorder feeds SHA-256, SM3, part digests, fingerprint and the spool file.

A file counts as copied after `write_down` has flushed it and given it its name, and as checked after `read_back`: only
then is its recorder not needed for it any more.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field

from ingest.copying.digests import EDGE, BlockRing, Edges, Sha256Parts, Sm3Lane, Sm3Stream
from ingest.copying.durable import DraftFile, Folder, ReadBuffer, ReadMethod
from ingest.errors import ChangedWhileRead, NothingReadable, SpoolDamaged, Unplugged
from ingest.protocol import MAX_FILE_SIZE
from ingest.recorders.base import SourceFile

READ_AHEAD = 16 << 20
"""Bytes the kernel is asked to read ahead, so that the card works while we hash."""
WRITE_OUT = 16 << 20
"""Bytes after which the spool file's pages are sent on their way to the disk."""
PIECES = (256 * 1024, 4096)
"""A block that cannot be read is tried again in pieces of the first size, those that fail in pieces of the second."""
MOST_FAILED_READS = 2000
"""After so many failed reads of one file the smallest pieces are no longer tried: each may take a dying card half
a minute."""
MOST_BAD_RANGES = 10_000


@dataclass(slots=True)
class Draft:
    """A file that lies complete in the spool, and is not yet proven to be on the disk."""

    file: DraftFile
    size: int
    modified_ns: int
    sha256: str
    parts: list[bytes]
    sm3: Future[str]
    head: str
    tail: str
    bad_ranges: list[tuple[int, int]] = field(default_factory=list)
    read_method: ReadMethod | None = None


@dataclass(slots=True)
class Machinery:
    """What copying one recorder needs, made once a docking. Memory: the ring."""

    ring: BlockRing
    lane: Sm3Lane


class _Reader:
    """Reads blocks whatever the card answers; keeps the map of what could not be read."""

    def __init__(self, source: SourceFile, present: Callable[[], bool]) -> None:
        self._source = source
        self._present = present
        self._failed = 0
        self.bad_ranges: list[tuple[int, int]] = []

    def fill(self, view: memoryview, offset: int, level: int = 0) -> None:
        """Fill `view`; unreadable ranges become zeros. Raises ChangedWhileRead at an early end, Unplugged."""
        done = 0
        try:
            while done < len(view):
                got = self._source.read_at(view[done:], offset + done)
                if not got:
                    raise ChangedWhileRead
                done += got
        except OSError as error:
            self._failed += 1
            if not self._present():
                raise Unplugged(str(error)) from error
            self._in_pieces(view[done:], offset + done, level)

    def _in_pieces(self, view: memoryview, offset: int, level: int) -> None:
        if level == len(PIECES) or (level and self._failed > MOST_FAILED_READS):
            view[:] = bytes(len(view))
            self._mark(offset, offset + len(view))
            return
        size = PIECES[level]
        for start in range(0, len(view), size):
            self.fill(view[start : start + size], offset + start, level + 1)

    def _mark(self, start: int, end: int) -> None:
        if self.bad_ranges and (self.bad_ranges[-1][1] == start or len(self.bad_ranges) >= MOST_BAD_RANGES):
            self.bad_ranges[-1] = (self.bad_ranges[-1][0], end)
        else:
            self.bad_ranges.append((start, end))


def copy_once(
    source: SourceFile,
    target: DraftFile,
    machinery: Machinery,
    *,
    present: Callable[[], bool],
    on_bytes: Callable[[int], None] = lambda _count: None,
) -> Draft:
    """Read `source` once into `target`. The caller discards `target` on any error.

    Raises ChangedWhileRead when size or time differ after the last byte, Unplugged, NothingReadable, SpoolFull.
    """
    size, modified_ns = source.facts()
    if size > MAX_FILE_SIZE:
        raise ChangedWhileRead
    sha256, edges, sm3 = Sha256Parts(size), Edges(size), Sm3Stream(machinery.lane, size)
    reader = _Reader(source, present)
    ring = machinery.ring
    offset = written_out = 0
    while offset < size:
        source.ahead(offset, READ_AHEAD)
        block = ring.take()
        view = block[: min(ring.size, size - offset)]
        try:
            reader.fill(view, offset)
            sha256.update(view)
            edges.update(view, offset)
            target.write(view, offset)
        except BaseException:
            ring.give(block)
            raise
        length = len(view)
        sm3.update(view, _giver(ring, block))
        offset += length
        if offset - written_out >= WRITE_OUT:
            target.start_writing(written_out, offset - written_out)
            written_out = offset
        on_bytes(length)
    if source.facts() != (size, modified_ns):
        raise ChangedWhileRead
    if reader.bad_ranges and not present():
        raise Unplugged
    if size and reader.bad_ranges == [(0, size)]:
        raise NothingReadable
    whole, parts = sha256.finish()
    head, tail = edges.finish()
    return Draft(target, size, modified_ns, whole, parts, sm3.finish(), head, tail, reader.bad_ranges)


def _giver(ring: BlockRing, block: memoryview) -> Callable[[], None]:
    return lambda: ring.give(block)


def write_down(folder: Folder, drafts: Sequence[Draft]) -> None:
    """Flush these drafts and give them their names. The folder is flushed once.

    Raises SpoolFull, SpoolFailed; then no name is vouched for.
    """
    for draft in drafts:  # all on their way together: one commit of the file system serves many
        draft.file.start_writing()
    for draft in drafts:
        draft.file.flush()
    folder.publish(draft.file for draft in drafts)


def read_back(draft: Draft, buffer: ReadBuffer) -> bool:
    """Read a draft that was written down past the page cache; answer whether it is what was read from the recorder.

    Raises SpoolFailed when the disk answers with errors.
    """
    digest = hashlib.sha256()
    draft.read_method = draft.file.read_back(digest.update, buffer)
    return digest.hexdigest() == draft.sha256


def wait_still(source: SourceFile, settle: float, patience: float) -> None:
    """Wait until size and time have held still for `settle` seconds. Raises ChangedWhileRead after `patience`."""
    facts = source.facts()
    still_since = started = time.monotonic()
    while (now := time.monotonic()) - still_since < settle:
        if now - started > patience:
            raise ChangedWhileRead
        time.sleep(min(0.1, settle / 4))
        if (newer := source.facts()) != facts:
            facts, still_since = newer, time.monotonic()


def fingerprint_edges(source: SourceFile, size: int) -> tuple[str, str] | None:
    """Answer SHA-256 of head and tail, or None when they cannot be read; never grounds for anything but asking."""
    edge = min(EDGE, size)
    digests = []
    for start in (0, size - edge):
        buffer = bytearray(edge)
        done = 0
        with memoryview(buffer) as view, contextlib.suppress(OSError):
            while done < edge and (got := source.read_at(view[done:], start + done)):
                done += got
        if done < edge:
            return None
        digests.append(hashlib.sha256(buffer).hexdigest())
    return digests[0], digests[1]


def check_spool(folder: Folder, name: str, sha256: str) -> None:
    """Read a finished spool file again. Raises SpoolDamaged when it is gone, cannot be read or differs; OSError."""
    digest = hashlib.sha256()
    try:
        with os.fdopen(folder.open(name), "rb", buffering=0) as file:
            buffer = bytearray(1 << 20)
            with memoryview(buffer) as view:
                while got := file.readinto(view):
                    digest.update(view[:got])
    except OSError as error:
        if error.errno in {errno.ENOENT, errno.EIO}:
            raise SpoolDamaged(f"{name}: {error}") from error
        raise
    if digest.hexdigest() != sha256:
        raise SpoolDamaged(name)
