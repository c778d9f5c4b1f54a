"""`liuhen footage import` where nothing runs: each way it ends in words."""

from __future__ import annotations

from pathlib import Path

from tests.liuhen.test_recorder_command import data, run

__all__ = ["data"]


def test_it_ends_in_words(data: Path, tmp_path: Path) -> None:
    folder = tmp_path / "old"
    folder.mkdir()
    nowhere = tmp_path / "nowhere"
    assert run(nowhere, "footage", "import", str(folder), "--origin", "x")[0] == 1
    status, said = run(data, "footage", "import", str(folder), "--origin", "x")
    assert status == 1
    assert "Nothing was changed." in said
