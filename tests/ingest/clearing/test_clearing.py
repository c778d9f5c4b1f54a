"""Nothing leaves a recorder unless the server vouches for exactly its bytes and they were read again there."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ingest import docking as docking_module
from ingest.clearing.clearing import Uncached
from ingest.copying import taking
from ingest.desk import Desk
from ingest.docking import Docking, Result
from ingest.errors import NotSupported, NotTaken, Vanished
from ingest.journal.journal import Journal
from ingest.progress import View
from ingest.protocol import ClearingPolicy, NameFacts, RecorderIdentity
from ingest.recorders.base import LeftOut, Listed
from ingest.recorders.mass_storage import FolderRecorder
from tests.ingest.docks import Clearable, Dock, states, until
from tests.ingest.fakes import Source
from tests.ingest.office.test_keeping import LIES, Lie, by_another_key, early, said
from tests.ingest.reference_server import Server

AUTOMATIC = ClearingPolicy(mode="automatic", delay_hours=0, after_days=0)
PATHS = [b"DCIM/%d.mp4" % number for number in range(3)]


@pytest.fixture
def recorder(dock: Dock, desk: Desk, server: Server, tmp_path: Path) -> Clearable:
    """A recorder that was docked once: all it holds is verified and read again at the storage."""
    server.clearing = AUTOMATIC
    recorder = Clearable({path: Source(os.urandom(200_000)) for path in PATHS})
    result = dock(tmp_path, recorder=recorder)
    desk.keep_once()
    assert set(states(desk, result).values()) == {"clearable"}
    assert recorder.cleared == []
    return recorder


@pytest.fixture
def again(dock: Dock, recorder: Clearable, tmp_path: Path) -> Callable[[], Result]:
    return lambda: dock(tmp_path, recorder=recorder)


def test_what_is_vouched_for_is_read_again_and_cleared(
    again: Callable[[], Result], recorder: Clearable, desk: Desk, server: Server
) -> None:
    sources = dict(recorder.files)
    before = {path: source.reads for path, source in sources.items()}
    result = again()
    assert (recorder.files, sorted(recorder.cleared)) == ({}, PATHS)
    assert set(states(desk, result).values()) == {"cleared"}
    assert result.counts.cleared_files == result.counts.received_files == 3
    assert all(sources[path].reads > before[path] for path in PATHS)
    told = {report.path: report for report in server.cleared.values()}
    assert len(told) == 3
    for row in desk.journal.files(result.docking):
        assert (row.cleared_reported, row.sha256) == (True, server.clips[row.clip].offer.sha256)
        assert row.cleared_at is not None
        assert row.clear_from is not None
        assert row.clear_from <= row.cleared_at
    calls = server.calls.count("cleared")
    desk.keep_once()
    assert server.calls.count("cleared") == calls


def test_it_is_told_later_when_the_server_goes_away(
    again: Callable[[], Result], recorder: Clearable, desk: Desk, server: Server
) -> None:
    clear = recorder.clear

    def then_down(path: bytes, size: int, modified_ns: int) -> None:
        clear(path, size, modified_ns)
        server.down = True

    recorder.clear = then_down  # type: ignore[method-assign]
    result = again()
    assert len(recorder.cleared) == 3  # vouched for before it went
    assert server.cleared == {}
    server.down = False
    desk.keep_once()
    assert len(server.cleared) == 3
    assert set(states(desk, result).values()) == {"cleared"}


@pytest.mark.parametrize(
    "policy",
    [
        ClearingPolicy(mode="never", delay_hours=0, after_days=0),
        ClearingPolicy(mode="confirm", delay_hours=0),
        ClearingPolicy(mode="automatic", delay_hours=0, after_days=1),
        ClearingPolicy(mode="automatic", delay_hours=1, after_days=0),
    ],
)
def test_the_policy_holds(
    policy: ClearingPolicy, again: Callable[[], Result], recorder: Clearable, desk: Desk, server: Server
) -> None:
    server.clearing = policy
    result = again()
    assert (recorder.cleared, server.cleared) == ([], {})
    assert set(states(desk, result).values()) == {"held already"}


def test_a_sealed_card_is_never_cleared(
    again: Callable[[], Result], recorder: Clearable, server: Server
) -> None:
    server.notes = ["sealed"]
    again()
    assert recorder.cleared == []


def test_the_stricter_of_two_policies_holds(
    again: Callable[[], Result],
    recorder: Clearable,
    desk: Desk,
    server: Server,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server.clearing = ClearingPolicy(mode="never")
    desk.keep_once()
    server.clearing = AUTOMATIC  # said of the recorder, while the station was last told otherwise
    again()
    assert recorder.cleared == []
    desk.keep_once()
    again()
    assert len(recorder.cleared) == 3


REFUSED: dict[str, Lie] = {name: lie for name, lie in LIES.items() if name != "too early"}


@pytest.mark.parametrize("lie", REFUSED)
def test_a_server_that_lies_clears_nothing(
    lie: str, again: Callable[[], Result], recorder: Clearable, server: Server
) -> None:
    server.reread_at_once = False
    true = {}
    for clip in server.clips.values():
        true[clip.id] = clip.reread
        clip.reread = REFUSED[lie](server, clip)
    again()
    assert recorder.cleared == []
    for clip in server.clips.values():
        clip.reread = true[clip.id]
    again()
    assert len(recorder.cleared) == 3


@pytest.mark.parametrize("lie", [early, by_another_key, said(kind="reread"), said(sha256="1" * 64)])
def test_a_verified_that_is_not_good_clears_nothing(
    lie: Lie, again: Callable[[], Result], recorder: Clearable, server: Server
) -> None:
    for clip in server.clips.values():
        clip.verified = lie(server, clip)
    again()
    assert recorder.cleared == []


def test_a_second_look_before_the_delay_clears_nothing(
    again: Callable[[], Result], recorder: Clearable, server: Server
) -> None:
    server.clearing = AUTOMATIC.model_copy(update={"delay_hours": 1.0})
    for clip in server.clips.values():
        long_ago = datetime.now(UTC) - timedelta(days=9)
        clip.verified = server.sign(clip, "verified", time=long_ago.strftime("%Y-%m-%dT%H:%M:%S.%fZ"))
        soon = long_ago + timedelta(minutes=59)
        clip.reread = server.sign(clip, "reread", time=soon.strftime("%Y-%m-%dT%H:%M:%S.%fZ"))
    again()
    assert recorder.cleared == []
    for clip in server.clips.values():
        clip.reread = server.sign(clip, "reread")
    again()
    assert len(recorder.cleared) == 3


def test_a_file_that_changed_without_a_mark_is_copied_not_cleared(
    again: Callable[[], Result], recorder: Clearable, desk: Desk, server: Server
) -> None:
    source = recorder.files[PATHS[1]]
    data = bytearray(source.data)
    data[100_000] ^= 1  # neither size nor time, neither head nor tail
    source.data = bytes(data)
    result = again()
    assert sorted(recorder.cleared) == [PATHS[0], PATHS[2]]
    until(lambda: not desk.journal.unfinished())
    assert len(server.clips) == 4
    assert server.received()[PATHS[1]].sha256 != ""
    assert states(desk, result)[PATHS[1]] == "received"
    assert desk.journal.counts(result.docking).open == 0


@pytest.mark.parametrize("leave", ["pull", "interrupt"])
def test_copying_again_that_waits_for_room_ends_when_the_recorder_leaves(
    leave: str, recorder: Clearable, desk: Desk, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The docking is over by then and nobody else looks whether the recorder is there: its slot would hang for ever."""
    monkeypatch.setattr(docking_module, "_PRESENCE", 0.05)
    monkeypatch.setattr(taking, "LOOK_FOR_ROOM", 0.05)
    server.clearing = AUTOMATIC.model_copy(update={"mode": "confirm"})
    views: list[View] = []
    visit = Docking(desk, recorder, "slot", on_view=views.append)
    result = visit.run()
    source = recorder.files[PATHS[1]]
    data = bytearray(source.data)
    data[100_000] ^= 1
    source.data = bytes(data)
    monkeypatch.setattr(desk.room, "take", lambda _size: None)
    visit.confirm_clearing("王警官")
    staying = threading.Thread(target=visit.tend)
    staying.start()
    until(lambda: desk.room.full and views[-1].state == "attention")
    assert "spool-full" in views[-1].words
    if leave == "pull":
        recorder.there = False
    else:
        visit.interrupt()
    staying.join(10)
    assert not staying.is_alive()
    assert (states(desk, result)[PATHS[1]], desk.room.full) == ("found", False)


def test_a_file_that_changes_between_reading_and_clearing_stays(
    again: Callable[[], Result], recorder: Clearable, desk: Desk
) -> None:
    source = recorder.files[PATHS[0]]

    def touch(offset: int) -> None:
        if offset >= len(source.data):  # the look behind the last byte, when it is read again
            source.modified_ns += 1

    source.before = touch
    again()
    assert sorted(recorder.cleared) == PATHS[1:]
    assert recorder.files.keys() == {PATHS[0]}


def test_important_and_failed_files_stay(
    again: Callable[[], Result],
    recorder: Clearable,
    monkeypatch: pytest.MonkeyPatch,
    desk: Desk,
    server: Server,
) -> None:
    found = Journal.found

    def named(self: Journal, docking, serial, entries, *_):  # type: ignore[no-untyped-def]
        marks = lambda entry: NameFacts(profile="p", important=entry.path == PATHS[0])  # noqa: E731
        found(self, docking, serial, entries, marks)

    monkeypatch.setattr(Journal, "found", named)
    recorder.files[b"bad.mp4"] = Source(os.urandom(100_000), bad=[(50_000, 60_000)])
    result = again()
    assert sorted(recorder.cleared) == PATHS[1:]
    desk.keep_once()
    assert states(desk, result)[b"bad.mp4"] == "clearable"  # in the spool it may go
    again()
    assert recorder.files.keys() == {PATHS[0], b"bad.mp4"}


def test_on_confirmation(
    again: Callable[[], Result], recorder: Clearable, desk: Desk, server: Server, tmp_path: Path
) -> None:
    server.clearing = AUTOMATIC.model_copy(update={"mode": "confirm"})
    visit = Docking(desk, recorder, "slot")
    visit.run()
    assert (visit.view().to_confirm, visit.view().to_confirm_bytes) == (3, 600_000)
    assert recorder.cleared == []
    visit.confirm_clearing("王警官")
    staying = threading.Thread(target=visit.tend)
    staying.start()
    until(lambda: len(recorder.cleared) == 3 and len(server.cleared) == 3)
    recorder.there = False
    staying.join(10)
    assert not staying.is_alive()
    assert server.confirmed_by == ["王警官"]
    # a confirmation is for one docking
    recorder.files, recorder.there = {PATHS[0]: Source(b"more" * 100)}, True
    again()
    desk.keep_once()
    again()
    assert PATHS[0] in recorder.files


def test_a_recorder_that_stays_is_cleared_when_it_may_be(
    recorder: Clearable, desk: Desk, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(docking_module, "CLEAR_EVERY", 0.1)
    monkeypatch.setattr(docking_module, "_PRESENCE", 0.05)
    recorder.files = {b"new.mp4": Source(os.urandom(1000))}
    server.verify_at_once = False
    visit = Docking(desk, recorder, "slot")
    result = visit.run()
    staying = threading.Thread(target=visit.tend)
    staying.start()
    desk.keep_once()
    time.sleep(0.5)
    assert recorder.cleared == []
    for clip in server.clips.values():
        clip.verified = clip.verified or server.sign(clip, "verified")
    desk.keep_once()
    until(lambda: recorder.cleared == [b"new.mp4"])
    until(lambda: states(desk, result) == {b"new.mp4": "cleared"})
    visit.interrupt()
    staying.join(10)
    assert not staying.is_alive()


@pytest.mark.parametrize(
    "error", [NotTaken("write-protected"), NotSupported(), OSError(5, "EIO"), Vanished()]
)
def test_a_recorder_that_refuses_keeps_its_files(
    error: Exception, again: Callable[[], Result], recorder: Clearable, desk: Desk, server: Server
) -> None:
    recorder.refuse = error
    result = again()
    assert (recorder.cleared, server.cleared) == ([], {})
    assert set(states(desk, result).values()) == {"held already"}
    assert all(row.clear_from is None for row in desk.journal.files(result.docking))
    recorder.refuse = None
    again()
    assert len(recorder.cleared) == 3


def test_a_recorder_that_dies_while_it_is_read_again(
    again: Callable[[], Result], recorder: Clearable, desk: Desk
) -> None:
    source = recorder.files[PATHS[1]]
    seen = source.reads

    def die(_offset: int) -> None:
        if source.reads > seen + 2:  # the fingerprint reads twice
            recorder.there = False
            raise OSError(5, "gone")

    source.before = die
    result = again()
    assert recorder.cleared == [PATHS[0]]
    assert result.reason == "done"
    assert states(desk, result)[PATHS[1]] == "held already"


def test_without_the_server_or_its_clock_nothing_is_cleared(
    again: Callable[[], Result], recorder: Clearable, desk: Desk, server: Server
) -> None:
    server.clock_ahead = timedelta(minutes=10)
    again()
    server.clock_ahead = timedelta(minutes=-10)
    again()
    assert recorder.cleared == []
    server.clock_ahead = timedelta(0)
    desk.journal.last_round(time.time() - 5 * 86400)
    desk.keep_once()  # our own clock jumped since
    again()
    assert recorder.cleared == []
    desk.keep_once()
    again()
    assert len(recorder.cleared) == 3


@pytest.mark.parametrize("gone", [True, False])
def test_a_removal_that_broke_off_is_settled_by_what_is_listed_next(
    gone: bool, again: Callable[[], Result], recorder: Clearable, desk: Desk, server: Server
) -> None:
    clear = recorder.clear

    def pulled(path: bytes, size: int, modified_ns: int) -> None:
        if gone:
            clear(path, size, modified_ns)
        recorder.there = False
        clear(path, size, modified_ns)

    recorder.clear = pulled  # type: ignore[method-assign]
    first = again()
    (broken,) = [row for row in desk.journal.files(first.docking) if row.clear_from]
    assert (broken.state, broken.cleared_at) == ("held already", None)
    recorder.clear, recorder.there = clear, True  # type: ignore[method-assign]
    server.clearing = ClearingPolicy(mode="never")
    again()
    row = desk.journal.file(broken.id)
    assert (row.state, row.cleared_at) == (("cleared", broken.clear_from) if gone else ("held already", None))
    desk.keep_once()
    assert len(server.cleared) == int(gone)


@pytest.mark.parametrize("hidden", [b"p2", b"DCIM", PATHS[0]])
def test_a_list_with_holes_settles_nothing(
    hidden: bytes, again: Callable[[], Result], recorder: Clearable, desk: Desk
) -> None:
    """A partition, a folder or the very file cannot be read: what is not listed may still be there."""

    def pulled(*_: object) -> None:
        recorder.there = False
        raise OSError(5, "gone")

    clear, recorder.clear = recorder.clear, pulled  # type: ignore[assignment,method-assign]
    first = again()
    (broken,) = [row for row in desk.journal.files(first.docking) if row.clear_from]
    recorder.clear, recorder.there = clear, True  # type: ignore[method-assign]
    listed = recorder.entries
    recorder.entries = lambda: iter(  # type: ignore[method-assign]
        [
            LeftOut(hidden, "medium-unreadable", attention=True),
            *(entry for entry in listed() if entry.path != broken.path),
        ]
    )
    again()
    assert desk.journal.file(broken.id).cleared_at is None


def test_another_card_settles_nothing(
    again: Callable[[], Result], recorder: Clearable, desk: Desk, dock: Dock, tmp_path: Path
) -> None:
    def pulled(*_: object) -> None:
        recorder.there = False
        raise OSError(5, "gone")

    recorder.clear = pulled  # type: ignore[assignment]
    first = again()
    other = Clearable({})
    other.identity = RecorderIdentity(serial="FAKE-1", serial_source="usb", filesystem_id="OTHER")
    dock(tmp_path, recorder=other)
    other.identity = RecorderIdentity(serial="FAKE-1", serial_source="usb", same_serial=True)
    dock(tmp_path, recorder=other)
    assert not any(row.cleared_at for row in desk.journal.files(first.docking))
    assert any(row.clear_from for row in desk.journal.files(first.docking))


def test_little_room_is_said(again: Callable[[], Result], recorder: Clearable, server: Server) -> None:
    assert "little room" not in again().message
    recorder.free = 3 << 30
    assert "little room" in again().message
    assert "little room" in server.progress[-1].message


def test_the_share_counts_too(dock: Dock, desk: Desk, tmp_path: Path) -> None:
    desk.settings = desk.settings.model_copy(update={"low_space_bytes": 0})
    recorder = Clearable({b"a.mp4": Source(bytes(1000))})
    recorder.free = 240
    assert "little room" in dock(tmp_path, recorder=recorder).message
    recorder.free = 260
    assert "little room" not in dock(tmp_path, recorder=recorder).message
    recorder.free = None
    assert "little room" not in dock(tmp_path, recorder=recorder).message


def test_a_file_on_a_card_is_read_again_past_what_memory_holds(card: Path) -> None:
    (card / "a.mp4").write_bytes(b"a")
    recorder = FolderRecorder(card)
    source = recorder.open(b"a.mp4")
    assert isinstance(source, Uncached)
    source.drop_cache()
    source.close()
    recorder.close()


def test_what_is_no_recording_stays_on_the_recorder(
    again: Callable[[], Result], recorder: Clearable, desk: Desk, server: Server
) -> None:
    own = {b"MISC/config.dat", b"AUTORUN.INF", b"log.txt", b".mp4", b"mp4", b"DCIM.mp4/firmware", b"up.bin"}
    recorder.files.update({path: Source(path) for path in own})
    recorder.files[b"SOUND/1.WAV"] = Source(b"sound")
    again()
    desk.keep_once()
    again()
    assert recorder.files.keys() == own
    assert own <= server.received().keys()


@pytest.mark.parametrize(
    "doubt", [{"same_serial": True}, {"serial_source": "marker"}], ids=["shared", "said-by-a-file"]
)
def test_a_serial_in_doubt_is_never_cleared(
    doubt: dict[str, object], again: Callable[[], Result], recorder: Clearable
) -> None:
    recorder.identity = recorder.identity.model_copy(update=doubt)
    again()
    assert recorder.cleared == []


@pytest.mark.parametrize("word", ["same-name", "folder-circle"])
def test_a_damaged_file_system_is_not_written_to(
    word: str, again: Callable[[], Result], recorder: Clearable, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To remove one of two entries of a name may free what the other one's bytes lie in."""
    entries = recorder.entries

    def damaged() -> Iterator[Listed | LeftOut]:
        yield from entries()
        yield LeftOut(b"DCIM", word, attention=True)

    monkeypatch.setattr(recorder, "entries", damaged)
    again()
    assert recorder.cleared == []
    monkeypatch.undo()
    again()
    assert len(recorder.cleared) == 3


def test_a_marker_copied_to_another_card_settles_nothing(
    again: Callable[[], Result], recorder: Clearable, desk: Desk
) -> None:
    """Else what was being removed from the one card would count as cleared, because it is not on the other."""

    def pulled(*_: object) -> None:
        recorder.there = False
        raise OSError(5, "gone")

    clear = recorder.clear
    recorder.clear = pulled  # type: ignore[method-assign]
    first = again()
    (broken,) = [row for row in desk.journal.files(first.docking) if row.clear_from]
    recorder.clear, recorder.there, recorder.files = clear, True, {}  # type: ignore[method-assign]
    recorder.identity = recorder.identity.model_copy(update={"serial_source": "marker"})
    again()
    assert desk.journal.file(broken.id).cleared_at is None


def test_nothing_was_ever_cleared_without_both_statements(
    again: Callable[[], Result], recorder: Clearable, desk: Desk
) -> None:
    result = again()
    for row in desk.journal.files(result.docking):
        assert row.state == "cleared"
        assert row.reread is not None
        assert (row.reread.statement.sha256, row.reread.statement.sm3) == (row.sha256, row.sm3)
