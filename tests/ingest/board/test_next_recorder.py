"""A slot speaks of the recorder that is in it now, never of the one before."""

from __future__ import annotations

import time
from pathlib import Path

from tests.ingest.board.stage import Stage, film

GO = {"safe", "received", "verified", "nothing", "taken"}
"""What people read as: it may be taken."""


def test_a_recorder_that_is_still_being_opened_is_not_said_to_be_safe(tmp_path: Path) -> None:
    with Stage(tmp_path) as stage:
        stage.plug("1-1", film("A", 2))
        stage.until("1-1", "verified")
        stage.pull("1-1")
        stage.until("1-1", "taken", "empty")
        stage.plug("1-1", film("B", 2, attach_stalls=True))
        stage.until("1-1", "reading", "verified")
        assert stage.tile("1-1")["kind"] == "reading"
        docking = stage.state()["history"][0]["docking"]
        status, _ = stage.post(f"/dockings/{docking}/officer", {"number": "5202001"})
        assert status == 409, "a name is picked for what is in the slot only"
        stage.scripts["1-1"].go_on.set()
        stage.until("1-1", "verified")


def test_a_recorder_plugged_in_while_nobody_looked(tmp_path: Path) -> None:
    with Stage(tmp_path) as stage:
        stage.plug("1-1", film("A", 2))
        stage.until("1-1", "verified")
        stage.pull("1-1")
        time.sleep(4)  # the board is not asked meanwhile
        stage.plug("1-1", film("B", 2, attach_stalls=True))
        end = time.monotonic() + 5
        seen = set()
        while time.monotonic() < end:
            seen.add(stage.tile("1-1")["kind"])
        assert not seen & GO - {"taken"}, seen


def test_after_a_restart_a_recorder_counts_as_not_read(tmp_path: Path) -> None:
    with Stage(tmp_path) as stage:
        stage.plug("1-1", film("A", 2))
        stage.until("1-1", "verified")
        stage.stop()
        stage.pull("1-1")
        stage.plug("1-1", film("B", 2, attach_stalls=True))
        stage.start()
        stage.wait(lambda: stage.tile("1-1")["kind"] not in {"empty", "absent"}, "it is seen")
        assert stage.tile("1-1")["kind"] == "reading"
