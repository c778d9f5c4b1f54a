"""What stays on a recorder keeps it from being given away, and keeps no other file back."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.errors import NotTaken
from ingest.recorders.scripted import ScriptedFile, ScriptedRecorder, _Source
from tests.ingest.board.stage import Stage, film

NAME = b"DCIM/100MEDIA/REC_20261124_080000_0000.MP4"


def test_a_file_that_is_larger_than_the_spool_holds_nothing_else_back(tmp_path: Path) -> None:
    with Stage(tmp_path) as stage:
        script = film("A", 2, 20 << 20)
        script.files[NAME] = ScriptedFile(b"x", said_size=1 << 39)  # half a TiB
        stage.plug("1-1", script)
        tile = stage.until("1-1", "attention", seconds=30)
        assert tile["call"]
        assert len(stage.server.received()) == 2


def test_a_listed_file_that_is_not_taken_needs_attention(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = ScriptedRecorder.open

    def changed_for_a_link(self: ScriptedRecorder, path: bytes) -> _Source:
        if path == NAME:
            raise NotTaken("link")
        return opened(self, path)

    monkeypatch.setattr(ScriptedRecorder, "open", changed_for_a_link)
    with Stage(tmp_path) as stage:
        script = film("A", 2)
        script.files[NAME] = ScriptedFile(b"x" * 3000)
        stage.plug("1-1", script)
        tile = stage.until("1-1", "attention", "safe", "received", "verified")
        assert tile["kind"] == "attention", tile
