"""An agent that kills itself with SIGKILL around the n-th write of its journal. Started by `test_crash.py`."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from ingest.copying import durable
from ingest.desk import Desk
from ingest.docking import Docking
from ingest.journal.journal import Journal
from ingest.recorders.mass_storage import FolderRecorder
from ingest.settings import StationSettings
from ingest.spool import Spool

STEPS = (
    "begin_docking",
    "docking_opened",
    "found",
    "copied",
    "checked",
    "offered",
    "uploaded",
    "received",
    "end_docking",
)
CLEARING = ("verified", "clearable", "freed", "held", "clearing_begins", "cleared", "cleared_told")
"""Writes of the journal from `verified` on, over two dockings."""


def die_around(owner: type, name: str, *, before: bool, nth: int = 1) -> None:
    real = getattr(owner, name)
    calls = 0

    def dying(*args: object, **kwargs: object) -> object:
        nonlocal calls
        calls += 1
        if before and calls == nth:
            os.kill(os.getpid(), signal.SIGKILL)
        answer = real(*args, **kwargs)
        if calls == nth:
            os.kill(os.getpid(), signal.SIGKILL)
        return answer

    setattr(owner, name, dying)


def main() -> None:
    settings = StationSettings.model_validate_json(Path(sys.argv[1]).read_text())
    card, step, when = Path(sys.argv[2]), sys.argv[3], sys.argv[4]
    if step == "publish":
        die_around(durable.Folder, "publish", before=when == "before")
    elif step == "removal":
        die_around(FolderRecorder, "clear", before=when == "before", nth=3)
    elif step:
        die_around(Journal, step, before=when == "before")
    with Desk(settings, Spool(settings.spool / "hand-1")) as desk:
        for _ in range(2 if "clear" in sys.argv else 1):
            recorder = FolderRecorder(card)
            result = Docking(desk, recorder, "slot", wait_for_room=False).run()
            recorder.close()
            if "clear" in sys.argv:
                desk.keep_once()
        print(result.counts.received_files)


if __name__ == "__main__":
    main()
