"""Whatever server and storage do, copied files arrive, and one that cannot does not hold up the rest."""

from __future__ import annotations

import hashlib
import os
import time
from pathlib import Path

import pytest

from ingest.desk import Desk
from ingest.handover import couriers, handover, patience
from ingest.settings import StationSettings
from tests.ingest.docks import Dock, fill, spooled
from tests.ingest.reference_server import Server


def test_a_forged_receipt_counts_for_nothing(card: Path, dock: Dock, desk: Desk, server: Server) -> None:
    server.forge = True
    fill(card, {"a.mp4": b"a"})
    result = dock(card)
    (row,) = desk.journal.files(result.docking)
    assert (row.word, row.attention, row.received) == ("receipt-invalid", True, None)
    assert len(spooled(desk)) == 1
    assert result.counts.attention == 1


def test_storage_troubles_pass(
    card: Path, dock: Dock, desk: Desk, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "LONGEST_PAUSE", 0.1)
    monkeypatch.setattr(handover, "LONGEST_PAUSE", 0.1)
    fill(card, {"big.mp4": os.urandom(40 << 20), **{f"{n}.jpg": os.urandom(500) for n in range(20)}})
    server.expire_puts, server.damage_puts, server.fail_puts, server.drop_connections = 5, 2, 5, 2
    result = dock(card)
    assert result.counts.received_files == 21
    assert result.counts.attention == 0


def test_more_parts_than_addresses_at_once(
    card: Path, dock: Dock, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(couriers, "ADDRESSES_AT_ONCE", 2)
    server.addresses_at_once = 2
    with (card / "long.mp4").open("wb") as file:
        file.truncate(5 * (16 << 20) + 5)
    result = dock(card)
    assert result.counts.received_files == 1
    assert server.calls.count("addresses") == 3  # the last answer: nothing is missing


def test_storage_that_keeps_refusing_needs_attention(
    card: Path, dock: Dock, desk: Desk, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "LONGEST_PAUSE", 0.05)
    fill(card, {"a.mp4": b"a" * 300_000, "b.mp4": b"b"})
    put = couriers.Sender.put
    monkeypatch.setattr(
        couriers.Sender,
        "put",
        lambda self, url, headers, fd, offset, length: (
            put(self, url, headers, fd, offset, length)
            if length == 1
            else (_ for _ in ()).throw(couriers.PartRefused("400"))
        ),
    )
    result = dock(card)
    words = {row.path: row.word for row in desk.journal.files(result.docking)}
    assert words == {b"a.mp4": "bytes-refused", b"b.mp4": ""}
    assert result.counts.received_files == 1


def test_a_damaged_spool_file_is_noticed_and_copied_anew(
    card: Path, dock: Dock, desk: Desk, server: Server
) -> None:
    server.down = True
    fill(card, {"a.mp4": os.urandom(300_000)})
    result = dock(card, keep_waiting=lambda trouble: False)
    (name,) = spooled(desk)
    path = desk.spool.folder.path / name
    data = bytearray(path.read_bytes())
    data[1000] ^= 1
    path.write_bytes(data)
    server.down = False
    deadline = time.monotonic() + 20
    while not (row := desk.journal.files(result.docking)[0]).word and time.monotonic() < deadline:
        time.sleep(0.05)
    assert (row.word, row.state, row.spool) == ("spool-damaged", "found", None)
    assert row.detail == str(desk.spool.aside.path / name)
    assert Path(row.detail).read_bytes() == data
    again = dock(card)
    assert str(desk.spool.aside.path) in again.message
    assert any(again.message in said.message for said in server.progress)
    assert again.counts.received_files == 1
    assert server.received()[b"a.mp4"].sha256 == hashlib.sha256((card / "a.mp4").read_bytes()).hexdigest()


def test_a_spool_file_that_got_shorter_is_not_tried_for_ever(
    card: Path, dock: Dock, desk: Desk, server: Server
) -> None:
    server.down = True
    fill(card, {"a.mp4": os.urandom(300_000)})
    result = dock(card, keep_waiting=lambda trouble: False)
    (name,) = spooled(desk)
    os.truncate(desk.spool.folder.path / name, 1000)
    server.down = False
    deadline = time.monotonic() + 20
    while not (row := desk.journal.files(result.docking)[0]).word and time.monotonic() < deadline:
        time.sleep(0.05)
    assert (row.word, row.state, row.attention) == ("spool-damaged", "found", True)
    assert desk.spool.aside.names() == [name]


def test_addresses_that_are_always_refused_are_said(
    card: Path, dock: Dock, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "LONGEST_PAUSE", 0.05)
    server.expire_puts = 1 << 30
    fill(card, {"a.mp4": b"a"})
    result = dock(card, keep_waiting=lambda trouble: trouble is None)
    assert result.trouble is not None
    assert (result.trouble.kind, result.trouble.text) == ("storage", "addresses-refused")


def test_without_a_server_everything_is_copied_and_handed_over_later(
    card: Path, dock: Dock, settings: StationSettings, server: Server, desk: Desk
) -> None:
    server.down = True
    fill(card, {f"{n}.mp4": os.urandom(5000) for n in range(20)})
    result = dock(card, keep_waiting=lambda trouble: trouble is None)
    assert result.trouble is not None
    assert (result.trouble.kind, result.counts.copied_files, result.counts.waiting) == ("server", 20, 20)
    # the recorder comes back before the server does: it is read again, and sent once
    again = dock(card, keep_waiting=lambda trouble: trouble is None)
    assert len(spooled(desk)) == 40
    server.down = False
    deadline = time.monotonic() + 30
    while desk.journal.unfinished() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert desk.journal.counts(again.docking).received_files == 20
    assert server.bytes_taken == 20 * 5000
    desk.keep_once()
    assert server.closed.keys() == {result.docking, again.docking}
    assert {docking for docking, _ in server.sightings} == {result.docking, again.docking}
    assert spooled(desk) == []


def test_intake_stopped_and_token_refused(card: Path, dock: Dock, server: Server, desk: Desk) -> None:
    fill(card, {"a.mp4": b"a"})
    server.intake_stopped = True
    result = dock(card, keep_waiting=lambda trouble: trouble is None)
    assert result.trouble is not None
    assert (result.trouble.kind, result.trouble.text) == ("intake", "it is intake-stopped")


def test_a_refused_file_does_not_hold_up_the_rest(card: Path, dock: Dock, server: Server, desk: Desk) -> None:
    server.refuse = {b"b.mp4"}
    fill(card, {"a.mp4": b"a", "b.mp4": b"b", "c.mp4": b"c"})
    result = dock(card)
    assert server.received().keys() == {b"a.mp4", b"c.mp4"}
    assert result.counts.attention == 1


@pytest.mark.parametrize("fault", ["troubled_by", "troubled_completing"])
def test_a_file_the_server_stumbles_over_does_not_hold_up_the_rest(
    fault: str, card: Path, dock: Dock, server: Server, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "LONGEST_PAUSE", 0.2)
    names = {f"{n:02}.mp4" for n in range(40)}
    fill(card, {name: name.encode() for name in names})
    getattr(server, fault).add(b"07.mp4")
    deadline = time.monotonic() + 30
    result = dock(
        card,
        # Until the receipts are written down here, not only given there.
        keep_waiting=lambda _trouble: (
            (len(server.received()) < 39 or desk.journal.unfinished() > 1) and time.monotonic() < deadline
        ),
    )
    assert {path.decode() for path in server.received()} == names - {"07.mp4"}
    assert result.counts.waiting == 1
    (row,) = [row for row in desk.journal.files(result.docking) if row.word]
    assert (row.path, row.word, row.attention) == (b"07.mp4", "server-trouble", False)
    getattr(server, fault).clear()
    while desk.journal.unfinished() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert len(server.received()) == 40
    assert desk.journal.file(row.id).word == ""


def test_a_server_that_stumbles_over_everything_is_asked_little(
    card: Path, dock: Dock, server: Server, desk: Desk
) -> None:
    fill(card, {f"{n:03}.mp4": b"%d" % n for n in range(150)})
    server.troubled_by = {b"%03d.mp4" % n for n in range(150)}
    result = dock(card, keep_waiting=lambda trouble: trouble is None)
    assert result.trouble is not None
    assert result.trouble.kind == "server"
    assert server.calls.count("files") < 40


def test_a_server_that_forgot_the_docking_is_told_again(
    card: Path, dock: Dock, server: Server, desk: Desk
) -> None:
    server.storage_down = True
    fill(card, {"a.mp4": b"a"})
    result = dock(card, keep_waiting=lambda trouble: trouble is None)
    with server.lock:
        for forgotten in (server.dockings, server.clips, server.by_digest, server.sightings):
            forgotten.clear()
        server.storage_down = False
    deadline = time.monotonic() + 20
    while desk.journal.unfinished() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert server.received().keys() == {b"a.mp4"}
    assert result.docking in server.dockings
