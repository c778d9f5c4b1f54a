"""Eight recorders in one process of their own, for measuring its memory. Started by `test_many_recorders.py`."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ingest.desk import Desk
from ingest.docking import Docking, Result
from ingest.protocol import RecorderIdentity
from ingest.recorders.base import DeviceDefaults, LeftOut, Listed
from ingest.settings import StationSettings
from ingest.spool import Spool

_PATTERN = bytes(range(256)) * 4096


@dataclass
class Endless:
    """A recording that nobody holds in memory: its first bytes name it, the rest is a pattern."""

    name: bytes
    size: int

    def facts(self) -> tuple[int, int]:
        return self.size, 1

    def read_at(self, view: memoryview, offset: int) -> int:
        start = offset % len(_PATTERN)
        count = min(len(view), self.size - offset, len(_PATTERN) - start)
        view[:count] = _PATTERN[start : start + count]
        if offset == 0:
            view[: len(self.name)] = self.name
        return count

    def ahead(self, offset: int, length: int) -> None:
        pass

    def close(self) -> None:
        pass


class LongRecorder(DeviceDefaults):
    """One long recording."""

    def __init__(self, number: int, size: int) -> None:
        self.identity = RecorderIdentity(serial=f"LONG-{number}", serial_source="usb", kind="recorder")
        self._file = Endless(b"recorder %d" % number, size)

    def present(self) -> bool:
        return True

    def entries(self) -> Iterator[Listed | LeftOut]:
        yield Listed(b"long.mp4", self._file.size, 1)

    def open(self, path: bytes) -> Endless:
        return self._file

    def close(self) -> None:
        pass


def main() -> None:
    settings = StationSettings.model_validate_json(Path(sys.argv[1]).read_text())
    recorders, size = int(sys.argv[2]), int(sys.argv[3])
    results: list[Result] = []
    with Desk(settings, Spool(settings.spool / "hand-1")) as desk:
        threads = [
            threading.Thread(
                target=lambda n: results.append(Docking(desk, LongRecorder(n, size), f"slot-{n}").run()),
                args=(number,),
            )
            for number in range(recorders)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    peak = next(line for line in Path("/proc/self/status").read_text().splitlines() if "VmHWM" in line)
    received = sum(result.counts.received_files for result in results)
    print(json.dumps({"received": received, "peak_mib": int(peak.split()[1]) // 1024}))


if __name__ == "__main__":
    main()
