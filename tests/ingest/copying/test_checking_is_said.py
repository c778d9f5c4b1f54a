"""While the last files are flushed and read back, the slot says so: nothing is being copied any more."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from ingest.copying import checking
from ingest.copying.copying import Draft
from ingest.copying.durable import ReadBuffer
from ingest.progress import View
from tests.ingest.docks import Dock, fill


def test_the_slot_says_that_it_reads_back(card: Path, dock: Dock, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(card, {f"{n}.mp4": bytes([n]) * 1000 for n in range(5)})
    said, back = threading.Event(), checking.read_back

    def slow(draft: Draft, buffer: ReadBuffer) -> bool:
        assert said.wait(20), "nobody said that it is being checked"
        return back(draft, buffer)

    def look(view: View) -> None:
        if view.state == "checking":
            said.set()

    monkeypatch.setattr(checking, "read_back", slow)
    result = dock(card, on_view=look, view_every=0.02)
    assert (result.reason, result.counts.received_files) == ("done", 5)
