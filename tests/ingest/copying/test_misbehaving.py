"""Recorders and disks that answer with errors, change under the reader, or go away."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from ingest.copying import copying
from ingest.desk import Desk
from tests.ingest.docks import Dock, fill
from tests.ingest.fakes import Recorder, Source
from tests.ingest.reference_server import Server


def test_misbehaving_files(dock: Dock, desk: Desk, server: Server, tmp_path: Path) -> None:
    growing = Source(b"g" * 100_000)

    def grow(_offset: int) -> None:
        growing.data += b"g"

    growing.before = grow
    once = Source(b"o" * 100_000)

    def touch(_offset: int) -> None:
        once.modified_ns, once.before = 2, lambda _: None

    once.before = touch
    files = {
        b"bad.mp4": Source(os.urandom(200_000), bad=[(50_000, 60_000)]),
        b"dead.mp4": Source(os.urandom(200_000), bad=[(0, 200_000)]),
        b"growing.mp4": growing,
        b"once.mp4": once,
        b"good.mp4": Source(b"good"),
        b"vanishing.mp4": Source(b"v"),
    }
    recorder = Recorder(files)
    listed = recorder.entries

    def then_vanish():
        yield from list(listed())
        del files[b"vanishing.mp4"]

    recorder.entries = then_vanish
    result = dock(tmp_path, recorder=recorder)
    ends = {row.path: (row.state, row.word) for row in desk.journal.files(result.docking)}
    assert ends == {
        b"bad.mp4": ("received", "partial"),
        b"dead.mp4": ("refused", "unreadable"),
        b"growing.mp4": ("changed while read", "changed"),
        b"once.mp4": ("received", ""),
        b"good.mp4": ("received", ""),
        b"vanishing.mp4": ("vanished", "vanished"),
    }
    assert server.received()[b"bad.mp4"].bad_ranges
    assert {name: report.end for name, report in server.reports.items()} == {
        "dead.mp4": "refused",
        "growing.mp4": "changed while read",
        "vanishing.mp4": "vanished",
    }
    assert result.counts.attention == 4
    assert server.progress[-1].state == "attention"


def test_pulled_out_and_plugged_in_again(dock: Dock, desk: Desk, server: Server, tmp_path: Path) -> None:
    files = {b"%d.mp4" % n: Source(os.urandom(100_000)) for n in range(10)}
    recorder = Recorder(files)

    def pull(_offset: int) -> None:
        recorder.there = False
        raise OSError(5, "gone")

    pull.armed = True  # type: ignore[attr-defined]

    def pull_later(offset: int) -> None:
        if files[b"6.mp4"].reads > 2:  # the fingerprint reads twice
            pull(offset)

    files[b"6.mp4"].before = pull_later
    result = dock(tmp_path, recorder=recorder)
    assert result.reason == "unplugged"
    assert 0 < result.counts.copied_files < 10
    deadline = time.monotonic() + 10
    while desk.journal.unfinished() and time.monotonic() < deadline:
        time.sleep(0.02)
    files[b"6.mp4"].before = lambda _offset: None
    recorder.there = True
    desk.keep_once()
    assert server.closed[result.docking].reason == "unplugged"
    again = dock(tmp_path, recorder=recorder)
    assert (again.reason, again.counts.received_files) == ("done", 10)
    assert server.bytes_taken == 10 * 100_000
    states = [row.state for row in desk.journal.files(again.docking)]
    assert states.count("held already") == result.counts.copied_files


@pytest.mark.parametrize("times", [1, 9])
def test_read_back_that_differs_is_copied_once_more(
    times: int, card: Path, dock: Dock, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_down = copying.write_down
    spoilt = 0

    def spoil(folder, drafts):
        nonlocal spoilt
        write_down(folder, drafts)
        for draft in drafts:
            if draft.size == 1000 and spoilt < times:
                spoilt += 1
                os.pwrite(draft.file.fd, b"\x00\x01\x02", 500)

    monkeypatch.setattr("ingest.copying.checking.write_down", spoil)
    fill(card, {"a.mp4": b"a" * 1000, "b.mp4": b"b"})
    result = dock(card)
    ends = {row.path: (row.state, row.word) for row in desk.journal.files(result.docking)}
    first = ("received", "") if times == 1 else ("found", "read-back-differs")
    assert ends == {b"a.mp4": first, b"b.mp4": ("received", "")}
    assert result.counts.attention == result.counts.open == int(times > 1)
    assert spoilt == min(times, 2)
    assert desk.spool.aside.names() == []
