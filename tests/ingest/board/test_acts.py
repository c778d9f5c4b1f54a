"""What people do at the board: saying who recorded, and releasing what is archived."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ingest.recorders.scripted import ScriptedRecorder
from tests.ingest.board.stage import OFFICERS, Stage, film


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with Stage(tmp_path) as running:
        yield running


def test_a_name_is_picked_changed_and_reaches_the_server_when_it_is_back(stage: Stage) -> None:
    stage.server.known["P"] = {"recorder_label": "DSJ-0600", "officers": OFFICERS}
    stage.plug("1-1", film("P", 2))
    stage.until("1-1", "verified")
    path = f"/dockings/{stage.tile('1-1')['docking']}/officer"
    stage.server.down = True
    assert stage.post(path, {"number": "5202003"})[0] == 200
    stage.wait(lambda: stage.tile("1-1")["who"] == "录制人 赵某某", "the tile names who was picked")
    assert stage.post(path, {"number": "5202004"})[0] == 200
    stage.wait(lambda: stage.tile("1-1")["who"] == "录制人 陈某某", "the tile names who was picked last")
    assert not stage.server.picks
    stage.server.down = False
    stage.wait(
        lambda: stage.server.picks and stage.server.picks[-1][1] == "5202004", "the last pick is sent", 30
    )
    time.sleep(1.5)
    assert stage.server.picks[-1][1] == "5202004", "an earlier pick came later"


def test_nothing_is_picked_for_a_recorder_that_is_gone(stage: Stage) -> None:
    stage.server.known["P"] = {"recorder_label": "DSJ-0600", "officers": OFFICERS}
    stage.plug("1-1", film("P", 2))
    tile = stage.until("1-1", "verified")
    stage.pull("1-1")
    stage.until("1-1", "taken")
    assert stage.post(f"/dockings/{tile['docking']}/officer", {"number": "5202003"})[0] == 409


def test_files_leave_the_recorder_once_somebody_confirms(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingest.docking.CLEAR_EVERY", 1.0)
    stage.server.clearing = stage.server.clearing.model_copy(update={"mode": "confirm"})
    script = stage.plug("1-1", film("A", 3))
    stage.wait(
        lambda: "3" in (stage.tile("1-1").get("release") or {}).get("button", ""),
        lambda: stage.tile("1-1"),
        90,
    )
    assert len(script.files) == 3
    tile = stage.tile("1-1")
    assert tile["release"]["title"] == "清除设备里的 3 个文件？"
    clear, go_on = ScriptedRecorder.clear, threading.Event()

    def slow_clear(recorder: ScriptedRecorder, *what: Any) -> None:
        go_on.wait()
        clear(recorder, *what)

    monkeypatch.setattr(ScriptedRecorder, "clear", slow_clear)
    assert stage.post(f"/dockings/{tile['docking']}/release", {"by": "王某某"})[0] == 200
    stage.until("1-1", "clearing", seconds=30)  # the docking is over: somebody else must say it
    go_on.set()
    stage.wait(lambda: not script.files, "the files left the recorder", 30)
    stage.wait(lambda: stage.server.confirmed_by, "the server knows", 30)
    assert set(stage.server.confirmed_by) == {"王某某"}
