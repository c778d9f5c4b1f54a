"""What several tests of dockings share."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from ingest.desk import Desk
from ingest.docking import Result
from ingest.errors import NotTaken, Unplugged, Vanished
from tests.ingest.fakes import Recorder, Source

Dock = Callable[..., Result]


def fill(card: Path, files: dict[str, bytes]) -> None:
    for name, data in files.items():
        (card / name).parent.mkdir(parents=True, exist_ok=True)
        (card / name).write_bytes(data)


def spooled(desk: Desk) -> list[str]:
    return desk.spool.folder.names()


def states(desk: Desk, result: Result) -> dict[bytes, str]:
    return {row.path: row.state for row in desk.journal.files(result.docking)}


def until(met: Callable[[], object], seconds: float = 20.0) -> None:
    """Wait for something that another thread does."""
    deadline = time.monotonic() + seconds
    while not met():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.02)


class Clearable(Recorder):
    """A recorder whose files can be removed; `refuse` is raised instead, if set."""

    def __init__(self, files: dict[bytes, Source], serial: str = "FAKE-1") -> None:
        super().__init__(files, serial)
        self.refuse: Exception | None = None
        self.cleared: list[bytes] = []
        self.free: int | None = 1 << 40

    def free_space(self) -> int | None:
        return self.free

    def clear(self, path: bytes, size: int, modified_ns: int) -> None:
        if not self.there:
            raise Unplugged
        if self.refuse is not None:
            raise self.refuse
        if path not in self.files:
            raise Vanished
        if self.files[path].facts() != (size, modified_ns):
            raise NotTaken("not-the-listed-file")
        del self.files[path]
        self.cleared.append(path)
