"""The workers' application for `celery -A tests.workers.lane_app`, in which encoding and re-reading last until they may end."""

from __future__ import annotations

import os
import pickle
import time
from pathlib import Path
from uuid import UUID

from workers.app import make_app
from workers.runtime import Runtime
from workers.stages import run

FOLDER = Path(os.environ["LANE_FOLDER"])
app = make_app(pickle.loads((FOLDER / "settings.pickle").read_bytes()))


def lasting(runtime: Runtime, clip: UUID) -> None:
    """Note that it began; then wait for the file that lets it end."""
    del runtime
    with (FOLDER / "began").open("a", encoding="ascii") as note:
        note.write(f"{clip}\n")
    while not (FOLDER / "go-on").exists():
        time.sleep(0.02)


run.STAGES["encode"] = lasting
run.STAGES["reread"] = lasting
