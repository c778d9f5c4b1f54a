"""Names are offered while the server is down, after a restart too, and the pick reaches the server when it is back."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from ingest.spool import STATION
from tests.ingest.board.stage import OFFICERS, Stage, film


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with Stage(tmp_path) as running:
        yield running


def down_and_restarted(stage: Stage) -> None:
    """The station has seen the server once; then it starts without it."""
    stage.server.register = OFFICERS
    mark = stage.settings.spool / STATION / "officers.json"
    stage.wait(lambda: mark.exists() and "5202018" in mark.read_text(), "the names are on the disk")
    stage.server.down = True
    stage.stop()
    stage.start()


def names(stage: Stage, tile: dict[str, Any]) -> list[str]:
    with urllib.request.urlopen(f"{stage.url}/dockings/{tile['docking']}/officers", timeout=10) as answer:
        return [one["number"] for one in json.load(answer)]


def test_a_name_is_picked_while_the_server_is_down_and_sent_when_it_is_back(stage: Stage) -> None:
    down_and_restarted(stage)
    stage.plug("1-1", film("P", 2))
    tile = stage.until("1-1", "safe")
    assert tile["pick"]["button"] == "谁录的？（可不选）"
    assert names(stage, tile) == [one.number for one in OFFICERS]
    path = f"/dockings/{tile['docking']}/officer"
    assert stage.post(path, {"number": "no-such"})[0] == 409
    assert stage.post(path, {"number": "5202003"})[0] == 200
    stage.wait(lambda: stage.tile("1-1")["who"] == "录制人 赵某某", "the tile names who was picked")
    assert stage.server.picks == []
    # The server knows who holds it: nothing more is offered, and what was said is told all the same.
    stage.know("P", "DSJ-0600", holder="王某某")
    stage.server.down = False
    wanted = [(UUID(tile["docking"]), "5202003")]
    stage.wait(lambda: stage.server.picks == wanted, lambda: stage.server.picks, 40)
    stage.until("1-1", "verified")
    after = stage.tile("1-1")
    assert (after["pick"], after["who"]) == (None, "录制人 赵某某")
    assert names(stage, after) == []
    assert stage.post(path, {"number": "5202004"})[0] == 409


def test_once_the_server_answered_its_word_counts(stage: Stage) -> None:
    down_and_restarted(stage)
    stage.plug("1-1", film("P", 2))
    assert stage.until("1-1", "safe")["pick"] is not None
    stage.know("P", "DSJ-0600", officers=OFFICERS[:2])
    stage.server.down = False
    tile = stage.until("1-1", "verified", seconds=40)
    assert names(stage, tile) == ["5202001", "5202002"]
