from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from ingest import clock
from ingest.clock import by_file_times, read_and_set, read_clock, station_clock
from ingest.errors import Unplugged
from ingest.protocol import StationClock
from ingest.recorders.folder import FolderRecorder
from ingest.recorders.introducing import Introducer
from ingest.recorders.memory import Memory
from ingest.recorders.scripted import Script, ScriptedRecorder

SHANGHAI = timezone(timedelta(hours=8))
GOOD = StationClock(read_at=datetime(2026, 1, 1, tzinfo=UTC), synchronised=True, max_error_seconds=0.01)


@pytest.fixture
def memory(tmp_path: Path) -> Memory:
    return Memory(tmp_path / "recorders.json")


@pytest.fixture
def good(monkeypatch: pytest.MonkeyPatch) -> None:
    """A station whose clock is disciplined, which a test machine's may not be."""
    monkeypatch.setattr(
        clock, "station_clock", lambda: GOOD.model_copy(update={"read_at": datetime.now(UTC)})
    )


def recorder(**script: object) -> ScriptedRecorder:
    made = Script("BWC-1", **script)
    made.plugged = True
    return ScriptedRecorder(made, "scripted")


def test_the_kernel_is_asked() -> None:
    state = station_clock()
    assert state.read_at.tzinfo is not None
    assert abs((datetime.now(UTC) - state.read_at).total_seconds()) < 5
    assert isinstance(state.synchronised, bool)
    assert state.max_error_seconds is not None
    assert state.max_error_seconds >= 0
    assert state.offset_seconds is not None
    assert abs(state.offset_seconds) < 1
    # the kernel's own bound for an undisciplined clock
    assert state.synchronised or state.max_error_seconds <= 16.0


def test_who_keeps_it(tmp_path: Path) -> None:
    for number, name in [(1, "init"), (20, "systemd-timesyn"), (30, "bash")]:
        (tmp_path / str(number)).mkdir()
        (tmp_path / str(number) / "comm").write_text(name + "\n")
    (tmp_path / "40").mkdir()  # a process that ended while we looked
    assert clock._keeper(tmp_path) == "systemd-timesyncd"
    (tmp_path / "20/comm").write_text("sh\n")
    assert clock._keeper(tmp_path) == ""
    assert clock._keeper(tmp_path / "none") == ""


def test_a_machine_without_adjtimex_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    class Library:
        def adjtimex(self, _state: object) -> int:
            return -1

    monkeypatch.setattr(clock.ctypes, "CDLL", lambda *_args, **_kwargs: Library())
    state = station_clock()
    assert (state.synchronised, state.max_error_seconds, state.offset_seconds) == (None, None, None)


@pytest.mark.parametrize("ahead", [-7200.5, -1.0, 0.0, 3.25, 86400.0])
@pytest.mark.parametrize("zone", [None, UTC, SHANGHAI])
def test_the_offset_is_what_it_is(ahead: float, zone: timezone | None) -> None:
    reading = read_clock(recorder(clock_ahead=ahead, clock_zone=zone))
    assert reading.method == "driver"
    assert reading.offset_seconds == pytest.approx(ahead, abs=0.2)
    assert reading.error_seconds is not None
    assert 0 < reading.error_seconds < 1
    assert reading.station_clock is not None
    assert ("+" in reading.recorder) == (zone is not None)


def test_without_a_zone_the_bureau_s_is_assumed() -> None:
    device = recorder(clock_ahead=0.0, clock_zone=SHANGHAI)
    read = device.read_clock
    device.read_clock = lambda: type(read())(read().shown.replace(tzinfo=None), datetime.now(UTC), 0.1)
    assert read_clock(device, zone=SHANGHAI).offset_seconds == pytest.approx(0, abs=0.5)
    assert read_clock(device, zone=UTC).offset_seconds == pytest.approx(8 * 3600, abs=0.5)


def test_read_before_it_is_set_and_remembered(good: None, memory: Memory) -> None:
    device = recorder(clock_ahead=40.0)
    first = read_and_set(device, memory, may_set=True)
    assert first.offset_seconds == pytest.approx(40, abs=0.5)  # as it was before
    assert (first.set_now, first.last_set_at) == (True, None)
    second = read_and_set(device, memory, may_set=True)
    assert second.offset_seconds == pytest.approx(0, abs=0.5)
    assert not second.set_now  # needs no setting
    assert second.last_set_at is not None
    assert abs((datetime.now(UTC) - second.last_set_at).total_seconds()) < 5


def test_a_drifting_clock(good: None, memory: Memory) -> None:
    device = recorder(clock_ahead=0.0, clock_drift=1000.0)
    assert (read_and_set(device, memory, may_set=False).offset_seconds or 0) >= 0
    device._script._began -= 1
    reading = read_and_set(device, memory, may_set=False)
    assert reading.offset_seconds is not None
    assert reading.offset_seconds > 900
    assert not reading.set_now


@pytest.mark.parametrize(
    "own",
    [
        GOOD.model_copy(update={"synchronised": False}),
        GOOD.model_copy(update={"synchronised": None}),
        GOOD.model_copy(update={"max_error_seconds": 5.0}),
    ],
)
def test_a_station_unsure_of_its_own_clock_sets_none(
    own: StationClock, memory: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "station_clock", lambda: own)
    device = recorder(clock_ahead=40.0)
    assert not read_and_set(device, memory, may_set=True).set_now
    assert read_clock(device).offset_seconds == pytest.approx(40, abs=0.5)


def test_a_clock_that_cannot_be_set_or_read(good: None, memory: Memory) -> None:
    assert not read_and_set(recorder(clock_ahead=40.0, clock_can_be_set=False), memory, may_set=True).set_now
    none = read_and_set(recorder(), memory, may_set=True)
    assert (none.method, none.offset_seconds, none.recorder) == ("none", None, "")


def test_file_times_are_a_bound_and_say_so() -> None:
    now = datetime(2026, 3, 1, 12, tzinfo=UTC)

    def seen(moment: datetime, *, wall: bool = False) -> object:
        return by_file_times(int(moment.timestamp()) * 10**9, now, GOOD, wall=wall)

    past = seen(now - timedelta(hours=2))
    assert (past.method, past.offset_seconds, past.error_seconds) == ("file-times", None, None)
    assert past.recorder == "2026-03-01T10:00:00+00:00"
    future = seen(now + timedelta(hours=2))
    assert (future.method, future.offset_seconds) == ("file-times", 7200)
    wall = seen(now - timedelta(hours=30), wall=True)
    assert wall.recorder == "2026-02-28T06:00:00"  # as the recorder wrote it, no zone claimed
    assert by_file_times(None, now, GOOD, wall=False).method == "none"


def test_a_card_s_files_bound_its_clock(card: Path, memory: Memory) -> None:
    (card / "a.mp4").write_bytes(b"a")
    os.utime(card / "a.mp4", (2_000_000_000, 2_000_000_000))  # 2033
    made = Introducer(memory).introduce("k", "slot", FolderRecorder(card))
    assert made is not None
    reading = made.identity.clock
    assert reading is not None
    assert reading.method == "file-times"
    assert reading.recorder.startswith("2033-05-18")
    assert reading.station_clock is not None
    made.close()


def test_a_clock_that_fails_keeps_no_recording_back(memory: Memory, caplog: pytest.LogCaptureFixture) -> None:
    device = recorder(clock_ahead=5.0, battery=77)

    def failing() -> object:
        raise OSError(5, "Input/output error")

    device.read_clock = failing
    made = Introducer(memory).introduce("k", "slot", device)
    assert made is device
    assert (made.identity.clock, made.identity.battery) == (None, 77)
    assert "clock" in caplog.text

    def gone() -> object:
        raise Unplugged

    device.battery = gone
    with pytest.raises(Unplugged):
        Introducer(memory).introduce("k", "slot", device)


def test_twins_have_clocks_of_their_own(good: None, memory: Memory) -> None:
    introducer = Introducer(memory)
    first = recorder(clock_ahead=100.0, filesystem_id="A-1")
    second = recorder(clock_ahead=200.0, filesystem_id="A-2")
    introducer.introduce("1", "1-1", first)
    introducer.introduce("2", "1-2", second)
    assert first.identity.clock is not None
    assert second.identity.clock is not None
    assert (first.identity.clock.set_now, second.identity.clock.set_now) == (True, True)
    assert second.identity.clock.last_set_at is None  # the other one's was set, not this one's
    assert memory.clock_set_at("BWC-1#A-2") is not None
