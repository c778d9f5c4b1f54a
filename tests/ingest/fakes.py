"""A recorder in memory that misbehaves as told."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from ingest.errors import Unplugged, Vanished
from ingest.protocol import RecorderIdentity
from ingest.recorders.base import DeviceDefaults, LeftOut, Listed


@dataclass
class Source:
    """One file. `bad`: ranges that answer EIO; `most`: bytes a read answers at most; `before`: called with each offset."""

    data: bytes
    bad: list[tuple[int, int]] = field(default_factory=list)
    most: int = 1 << 30
    modified_ns: int = 1
    before: Callable[[int], None] = lambda _offset: None
    reads: int = 0

    def facts(self) -> tuple[int, int]:
        return len(self.data), self.modified_ns

    def read_at(self, view: memoryview, offset: int) -> int:
        self.reads += 1
        self.before(offset)
        end = min(offset + len(view), offset + self.most, len(self.data))
        for start, stop in self.bad:
            if start < end and offset < stop:
                raise OSError(errno.EIO, "bad sector")
        got = self.data[offset:end]
        view[: len(got)] = got
        return len(got)

    def ahead(self, offset: int, length: int) -> None:
        pass

    def close(self) -> None:
        pass


class Recorder(DeviceDefaults):
    """Files by path; `there` says whether it is plugged in."""

    def __init__(self, files: dict[bytes, Source], serial: str = "FAKE-1") -> None:
        self.files = files
        self.there = True
        self.identity = RecorderIdentity(serial=serial, serial_source="usb", kind="recorder")

    def present(self) -> bool:
        return self.there

    def entries(self) -> Iterator[Listed | LeftOut]:
        for path, source in self.files.items():
            yield Listed(path, len(source.data), source.modified_ns)

    def open(self, path: bytes) -> Source:
        if not self.there:
            raise Unplugged
        if path not in self.files:
            raise Vanished
        return self.files[path]

    def close(self) -> None:
        pass
