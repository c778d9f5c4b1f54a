"""A recorder docked: everything on it is taken in, once."""

from __future__ import annotations

import hashlib
import os
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from ingest.desk import Desk
from ingest.protocol import DockingOpened
from ingest.settings import StationSettings
from ingest.spool import Spool
from tests.ingest.docks import Dock, fill, spooled
from tests.ingest.fakes import Recorder
from tests.ingest.recorders.test_tree import HOSTILE
from tests.ingest.reference_server import Server


def test_a_card_with_everything_on_it(card: Path, dock: Dock, desk: Desk, server: Server) -> None:
    big = os.urandom(40 << 20)
    fill(card, {"DCIM/big.mp4": big, "empty.mp4": b"", "a.jpg": b"same", "b.jpg": b"same"})
    for name in HOSTILE:
        Path(os.fsdecode(os.fsencode(card) + b"/" + name)).write_bytes(name)
    (card / "link").symlink_to("/etc/passwd")
    os.mkfifo(card / "pipe")
    result = dock(card)
    got = server.received()
    assert got.keys() == {b"DCIM/big.mp4", b"empty.mp4", b"a.jpg", b"b.jpg", *HOSTILE}
    assert got[b"DCIM/big.mp4"].sha256 == hashlib.sha256(big).hexdigest()
    assert got[b"DCIM/big.mp4"].sm3 == hashlib.new("sm3", big).hexdigest()
    assert len(got[b"DCIM/big.mp4"].parts) == 3
    assert (result.reason, result.counts.attention, result.counts.waiting) == ("done", 0, 0)
    assert result.counts.files == result.counts.received_files == 12
    # the same bytes twice travelled once
    assert server.bytes_taken == len(big) + 4 + sum(len(name) for name in HOSTILE)
    assert server.reports["link"].end == "refused"
    assert server.reports["pipe"].end == "refused"
    assert server.closed[result.docking].reason == "done"
    assert server.progress[-1].state == "safe"
    assert all(row.bad_ranges == [] for row in desk.journal.files(result.docking))


def test_docking_again_reads_and_stores_nothing(card: Path, dock: Dock, desk: Desk, server: Server) -> None:
    fill(card, {f"{n}.mp4": os.urandom(1000) for n in range(30)})
    dock(card)
    taken = server.bytes_taken
    (card / "new.mp4").write_bytes(b"new")
    result = dock(card)
    assert server.bytes_taken == taken + 3
    states = [row.state for row in desk.journal.files(result.docking)]
    assert sorted(set(states)) == ["held already", "received"]
    assert states.count("held already") == 30
    # what was only recognised never counts as verified
    desk.keep_once()
    for row in desk.journal.files(result.docking):
        assert (row.state == "held already") == (not row.sha256 and row.verified is None)


def test_a_fingerprint_is_no_copy(card: Path, dock: Dock, desk: Desk, server: Server) -> None:
    server.down = True
    data = bytearray(os.urandom(300_000))
    fill(card, {"a.mp4": data})
    os.utime(card / "a.mp4", ns=(10**18, 10**18))
    dock(card, keep_waiting=lambda _trouble: False)
    data[150_000] ^= 1  # neither in the head nor in the tail
    fill(card, {"a.mp4": data})
    os.utime(card / "a.mp4", ns=(10**18, 10**18))
    again = dock(card, keep_waiting=lambda _trouble: False)
    (row,) = desk.journal.files(again.docking)
    assert row.sha256 == hashlib.sha256(data).hexdigest()
    server.down = False
    deadline = time.monotonic() + 30
    while desk.journal.unfinished() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert len(server.clips) == 2


def test_bytes_known_under_another_name_are_read_but_not_sent(
    card: Path, dock: Dock, desk: Desk, server: Server
) -> None:
    fill(card, {"a.mp4": b"x" * 1000})
    dock(card)
    (card / "a.mp4").rename(card / "b.mp4")
    result = dock(card)
    (row,) = desk.journal.files(result.docking)
    assert (row.state, row.held_already, server.bytes_taken) == ("received", True, 1000)


def test_an_empty_card(card: Path, dock: Dock, server: Server) -> None:
    result = dock(card)
    assert (result.reason, result.counts.files) == ("done", 0)


def test_ten_thousand_small_files(card: Path, dock: Dock, desk: Desk, server: Server) -> None:
    for number in range(10_000):
        folder = card / f"{number % 20:03}"
        folder.mkdir(exist_ok=True)
        (folder / f"{number}.jpg").write_bytes(b"%d" % number)
    began = time.monotonic()
    result = dock(card)
    assert result.counts.received_files == 10_000
    assert time.monotonic() - began < 120
    assert threading.active_count() < 20


def test_an_interrupted_docking_is_ended_at_the_next_start(
    card: Path, settings: StationSettings, server: Server
) -> None:
    spool = Spool(settings.spool / "hand-1")
    recorder = Recorder({})
    docking = uuid4()
    spool.journal.begin_docking(docking, "slot", recorder.identity, datetime.now(UTC))
    spool.journal.docking_opened(
        docking, DockingOpened(docking=docking, recorder_known=False, recorder_label="", page="")
    )
    (spool.folder.path / ".5-5.aa.part").write_bytes(b"half")
    (spool.folder.path / "6-6").write_bytes(b"unproven")
    spool.close()
    with Desk(settings, Spool(settings.spool / "hand-1")) as desk:
        assert spooled(desk) == []
        assert desk.spool.aside.names() == ["6-6"]
        desk.keep_once()
        assert server.closed[docking].reason == "failed" if docking in server.dockings else True
        assert desk.journal.docking(docking).reason == "failed"
