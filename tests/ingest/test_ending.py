"""How a docking ends when the disk does not even take the word that it ended."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from ingest import docking
from ingest.desk import Desk
from ingest.errors import SpoolFull
from tests.ingest.docks import Dock, fill


def refuse(times: int, act: Any) -> Any:
    left = iter(range(times))

    def acting(*values: Any) -> None:
        if next(left, None) is not None:
            raise SpoolFull("no room")
        act(*values)

    return acting


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(docking, "END_AGAIN", 0.05)
    monkeypatch.setattr(docking, "END_PATIENCE", 0.4)


def test_the_end_is_written_once_there_is_room(
    card: Path, dock: Dock, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(card, {"a.mp4": b"a"})
    monkeypatch.setattr(desk.journal, "end_docking", refuse(3, desk.journal.end_docking))
    result = dock(card)
    assert (result.reason, result.counts.received_files) == ("done", 1)
    assert desk.journal.docking(result.docking).reason == "done"


def test_a_docking_whose_end_cannot_be_written_ends_all_the_same(
    card: Path, dock: Dock, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(card, {"a.mp4": b"a"})
    monkeypatch.setattr(desk.journal, "end_docking", refuse(1000, desk.journal.end_docking))
    monkeypatch.setattr(desk.journal, "left_open", refuse(1000, desk.journal.left_open))
    result = dock(card)
    assert "full" in result.message
    assert result.counts.received_files == 1
    assert not [thread for thread in threading.enumerate() if thread.name in {"progress", "presence"}]


def test_what_could_not_be_listed_is_not_called_safe(
    card: Path, dock: Dock, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(card, {"a.mp4": b"a"})
    states: list[str] = []
    monkeypatch.setattr(desk.journal, "found", refuse(1000, desk.journal.found))
    result = dock(card, on_view=lambda view: states.append(view.state), view_every=0.01)
    assert result.reason == "failed"
    assert result.counts.files == 0
    assert states[-1] == "attention"
    assert "safe" not in states
