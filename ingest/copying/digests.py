"""The digests of one read pass: SHA-256 whole and per part, SM3 on a thread of its own, head and tail."""

from __future__ import annotations

import contextlib
import hashlib
import mmap
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future

from ingest.copying.sm3 import Sm3, new_sm3
from ingest.protocol import part_size

EDGE = 64 * 1024
"""Bytes of head and tail in a fingerprint."""
INLINE_SM3 = 64 * 1024
"""Up to so many bytes hashing costs less than handing the block to another thread."""


class Sha256Parts:
    """SHA-256 of a stream of known size: of the whole, and of each part of `part_size(size)` bytes.

    The first part is the beginning of the whole, so its digest is a copy of the running one: a file of one part
    is hashed once.
    """

    def __init__(self, size: int) -> None:
        self._step = part_size(size)
        self._whole = hashlib.sha256()
        self._part = hashlib.sha256()
        self._filled = 0
        self._parts: list[bytes] = []

    def update(self, view: memoryview) -> None:
        """Take the next bytes of the stream."""
        while view:
            piece = view[: self._step - self._filled]
            self._whole.update(piece)
            if self._parts:
                self._part.update(piece)
            self._filled += len(piece)
            if self._filled == self._step:
                self._close_part()
            view = view[len(piece) :]

    def finish(self) -> tuple[str, list[bytes]]:
        """Answer the whole's digest (hexadecimal) and the parts' (raw, at least one)."""
        if self._filled or not self._parts:
            self._close_part()
        return self._whole.hexdigest(), list(self._parts)

    def _close_part(self) -> None:
        self._parts.append((self._part if self._parts else self._whole.copy()).digest())
        self._part = hashlib.sha256()
        self._filled = 0


class Edges:
    """SHA-256 of the first and of the last 64 KiB of a stream of known size."""

    def __init__(self, size: int) -> None:
        self._tail_start = max(0, size - EDGE)
        self._head = bytearray()
        self._tail = bytearray()

    def update(self, view: memoryview, offset: int) -> None:
        """Take bytes at `offset`; called in order."""
        if offset < EDGE:
            self._head += view[: EDGE - offset]
        if offset + len(view) > self._tail_start:
            self._tail += view[max(0, self._tail_start - offset) :]

    def finish(self) -> tuple[str, str]:
        """Answer head and tail, hexadecimal."""
        return hashlib.sha256(self._head).hexdigest(), hashlib.sha256(self._tail).hexdigest()


class BlockRing:
    """A fixed number of page-aligned blocks that go round between reader and hashing thread; bounds the memory.

    Every recorder that is plugged in has a ring of its own, so that a read which never comes back keeps nobody else
    from a block; more or larger ones made nothing faster, and larger ones leave the processor's cache.
    """

    def __init__(self, blocks: int = 4, size: int = 1 << 20) -> None:
        self.size = size
        self._memory = mmap.mmap(-1, blocks * size)
        self._view = memoryview(self._memory)
        self._free: queue.SimpleQueue[memoryview] = queue.SimpleQueue()
        for number in range(blocks):
            self._free.put(self._view[number * size : (number + 1) * size])

    def take(self) -> memoryview:
        """Answer a free block; waits for one."""
        return self._free.get()

    def give(self, block: memoryview) -> None:
        """Put a block back."""
        self._free.put(block)

    def close(self) -> None:
        """Give the memory back once all blocks are: a recorder may stay plugged in for days after it was read."""
        with contextlib.suppress(queue.Empty):
            while True:
                self._free.get_nowait().release()
        with contextlib.suppress(BufferError):  # a block is still out: the memory goes with it
            self._view.release()
            self._memory.close()


_Work = tuple[Sm3 | None, memoryview | None, Callable[[], None]]


class Sm3Lane:
    """The thread that computes SM3, in the order the blocks come; files follow each other without a pause."""

    def __init__(self) -> None:
        self._queue: queue.SimpleQueue[_Work | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="sm3", daemon=True)
        self._thread.start()

    def update(self, digest: Sm3, view: memoryview, done: Callable[[], None]) -> None:
        """Hash `view` later; `done` is called when it may be reused."""
        self._queue.put((digest, view, done))

    def finish(self, digest: Sm3) -> Future[str]:
        """Answer the digest (hexadecimal) once everything handed over before is hashed."""
        answer: Future[str] = Future()
        self._queue.put((None, None, lambda: answer.set_result(digest.hexdigest())))
        return answer

    def close(self) -> None:
        """Stop the thread after what is queued."""
        self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (work := self._queue.get()) is not None:
            digest, view, done = work
            if digest is not None and view is not None:
                digest.update(view)
            done()


class Sm3Stream:
    """SM3 of one file, inline while it is small, on the lane otherwise."""

    def __init__(self, lane: Sm3Lane, size: int) -> None:
        self._lane = lane
        self._inline = size <= INLINE_SM3
        self._digest = new_sm3()

    def update(self, view: memoryview, done: Callable[[], None]) -> None:
        """Take the next bytes; `done` is called when they may be overwritten."""
        if self._inline:
            self._digest.update(view)
            done()
        else:
            self._lane.update(self._digest, view, done)

    def finish(self) -> Future[str]:
        """Answer the digest, now or soon."""
        if not self._inline:
            return self._lane.finish(self._digest)
        answer: Future[str] = Future()
        answer.set_result(self._digest.hexdigest())
        return answer
