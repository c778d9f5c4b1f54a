from __future__ import annotations

import hashlib
import os
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest

from ingest import copying, couriers, handover, patience
from ingest.desk import Desk
from ingest.docking import Result
from ingest.settings import StationSettings
from ingest.spool import Spool
from tests.ingest.fakes import Recorder, Source
from tests.ingest.reference_server import Server
from tests.ingest.test_tree import HOSTILE

Dock = Callable[..., Result]


def rows(desk: Desk, result: Result) -> dict[bytes, object]:
    return {row.path: row for row in desk.journal.files(result.docking)}


def spooled(desk: Desk) -> list[str]:
    return desk.spool.folder.names()


def fill(card: Path, files: dict[str, bytes]) -> None:
    for name, data in files.items():
        (card / name).parent.mkdir(parents=True, exist_ok=True)
        (card / name).write_bytes(data)


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


def test_a_spool_file_goes_only_when_verified_and_after_the_delay(
    card: Path, dock: Dock, desk: Desk, server: Server
) -> None:
    server.verify_at_once = False
    fill(card, {"a.mp4": b"a", "b.mp4": b"b"})
    result = dock(card)
    desk.keep_once()
    assert len(spooled(desk)) == 2
    with server.lock:
        for clip in server.clips.values():
            clip.verified = server.sign(clip, "verified")
        # one of the statements is for other bytes, though signed
        last = list(server.clips.values())[-1]
        last.verified = server.sign(
            type(last)(last.id, last.offer.model_copy(update={"sm3": "0" * 64}), last.docking), "verified"
        )
    desk.keeper._delay = 3600
    desk.keep_once()
    assert len(spooled(desk)) == 2
    desk.keeper.free(time.time() + 3500)
    assert len(spooled(desk)) == 2
    desk.keeper.free(time.time() + 3700)
    assert len(spooled(desk)) == 1
    assert sorted(row.state for row in desk.journal.files(result.docking)) == ["received", "verified"]


def test_a_clock_that_is_wrong_frees_nothing(card: Path, dock: Dock, desk: Desk, server: Server) -> None:
    fill(card, {"a.mp4": b"a"})
    dock(card)
    desk.keeper._delay = 3600
    now = time.time()
    desk.keeper.round(now - 7200)  # our clock is behind: the statement's time counts
    desk.keeper.round(now - 3000)
    desk.keeper.round(now + 3000)
    assert len(spooled(desk)) == 1
    desk.keeper.round(now + 400 * 86400)  # it jumps: the delay begins anew
    desk.keeper.round(now + 400 * 86400 + 3500)
    assert len(spooled(desk)) == 1
    desk.keeper.round(now)  # it is set right
    desk.keeper.round(now + 3500)
    desk.keeper._delay = 0
    desk.keeper.free(now - 400)  # behind what was written down
    assert len(spooled(desk)) == 1
    desk.keeper.round(now + 3600)
    assert spooled(desk) == []


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
        keep_waiting=lambda _trouble: len(server.received()) < 39 and time.monotonic() < deadline,
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


def test_a_full_spool_stops_copying_and_says_so(
    card: Path, dock: Dock, desk: Desk, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(card, {f"{n}.mp4": os.urandom(1000) for n in range(10)})
    rooms = iter([5000] * 4)
    monkeypatch.setattr(desk.spool.folder, "room", lambda: next(rooms, 500))
    result = dock(card)
    assert (result.reason, result.counts.copied_files, result.counts.open) == ("failed", 4, 6)
    assert "full" in result.message
    deadline = time.monotonic() + 10
    while desk.journal.unfinished() and time.monotonic() < deadline:
        time.sleep(0.02)
    desk.keep_once()
    assert len(server.received()) == 4
    assert [report.end for report in server.reports.values()] == ["found"] * 6


def test_a_full_spool_waits_for_room_at_a_station(
    card: Path, dock: Dock, desk: Desk, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(card, {f"{n}.mp4": os.urandom(1000) for n in range(4)})
    rooms = iter([5000, 500])
    monkeypatch.setattr(desk.spool.folder, "room", lambda: next(rooms, 5000))
    result = dock(card, wait_for_room=True)
    assert (result.reason, result.counts.received_files) == ("done", 4)


def test_read_back_that_differs(card: Path, dock: Dock, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    settle = copying.settle_drafts

    def spoil(folder, drafts, buffer):
        for draft in drafts:
            if draft.size == 1000:
                os.pwrite(draft.file.fd, b"\x00\x01\x02", 500)
        return settle(folder, drafts, buffer)

    monkeypatch.setattr("ingest.checking.settle_drafts", spoil)
    fill(card, {"a.mp4": b"a" * 1000, "b.mp4": b"b"})
    result = dock(card)
    ends = {row.path: (row.state, row.word) for row in desk.journal.files(result.docking)}
    assert ends == {b"a.mp4": ("found", "read-back-differs"), b"b.mp4": ("received", "")}
    assert result.counts.attention == 1


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
    spool.journal.docking_opened(docking, "")
    (spool.folder.path / ".5-5.aa.part").write_bytes(b"half")
    (spool.folder.path / "6-6").write_bytes(b"unproven")
    spool.close()
    with Desk(settings, Spool(settings.spool / "hand-1")) as desk:
        assert spooled(desk) == []
        assert desk.spool.aside.names() == ["6-6"]
        desk.keep_once()
        assert server.closed[docking].reason == "failed" if docking in server.dockings else True
        assert desk.journal.docking(docking).reason == "failed"


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
