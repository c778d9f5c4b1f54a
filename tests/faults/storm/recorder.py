"""A folder as a recorder that misbehaves as told: bad spots, short reads, changes under the reader, pulled out."""

from __future__ import annotations

import errno
import random
from collections.abc import Iterator
from typing import Any

from ingest.errors import Unplugged, Vanished
from ingest.recorders.base import LeftOut, Listed
from ingest.recorders.mass_storage import FolderRecorder
from tests.faults.storm.deaths import struck


class FaultyRecorder:
    """Passes everything on to the real driver, except what is drawn to fail."""

    def __init__(self, real: FolderRecorder, fate: dict[str, Any]) -> None:
        self._real = real
        self._draw = random.Random(fate.get("seed", 0))
        self._bad = {bytes.fromhex(path): ranges for path, ranges in fate.get("bad", {}).items()}
        self._short = bool(fate.get("short"))
        self._hiccups = int(fate.get("hiccups", 0))
        self._left = fate.get("unplug_after")
        self._vanish = int(fate.get("vanish", 0))
        self._touch = int(fate.get("touch", 0))
        self.there = True

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def leave(self) -> None:
        """It is pulled out."""
        self.there = False

    def clear(self, path: bytes, size: int, modified_ns: int) -> None:
        if not self.there:
            raise Unplugged
        self._real.clear(path, size, modified_ns)

    def present(self) -> bool:
        return self.there and self._real.present()

    def entries(self) -> Iterator[Listed | LeftOut]:
        for entry in self._real.entries():
            if not self.there:
                raise Unplugged
            yield entry

    def open(self, path: bytes) -> FaultySource:
        if not self.there:
            raise Unplugged
        if self._vanish and self._draw.random() < 0.3:
            self._vanish -= 1
            struck("vanished")
            raise Vanished
        return FaultySource(self, self._real.open(path), self._bad.get(path, []))

    def read(self, source: Any, bad: list[list[int]], view: memoryview, offset: int) -> int:
        """One read through the faults. Raises OSError as the kernel would."""
        self._check()
        if self._hiccups and not bad and self._draw.random() < 0.3:
            self._hiccups -= 1
            struck("hiccups")
            raise OSError(errno.EIO, "a hiccup that does not come again")
        for start, end in bad:
            if start < offset + len(view) and offset < end:
                struck("bad spots")
                raise OSError(errno.EIO, "a bad spot")
        if self._left is not None:
            if self._left <= 0:
                self.there = False
                struck("unplugged")
                self._check()
            view = view[: max(1, self._left)]
        if self._short and len(view) > 1:
            struck("short reads")
            view = view[: self._draw.randrange(1, len(view) + 1)]
        got = int(source.read_at(view, offset))
        if self._left is not None:
            self._left -= got
        return got

    def facts(self, source: Any) -> tuple[int, int]:
        self._check()
        size, modified = source.facts()
        if self._touch and self._draw.random() < 0.3:
            self._touch -= 1
            struck("changed while read")
            return size, modified + 1
        return size, modified

    def _check(self) -> None:
        if not self.there:
            raise OSError(errno.ENODEV, "it was pulled out")


class FaultySource:
    """One open file of it."""

    def __init__(self, recorder: FaultyRecorder, real: Any, bad: list[list[int]]) -> None:
        self._recorder = recorder
        self._real = real
        self._bad = bad

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def drop_cache(self) -> None:
        if drop := getattr(self._real, "drop_cache", None):
            drop()

    def facts(self) -> tuple[int, int]:
        return self._recorder.facts(self._real)

    def read_at(self, view: memoryview, offset: int) -> int:
        return self._recorder.read(self._real, self._bad, view, offset)
