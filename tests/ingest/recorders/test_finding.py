from __future__ import annotations

import ctypes
import logging
import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ingest.recorders import finding, visits
from ingest.recorders.base import DriverDefaults, Listed, Place
from ingest.recorders.finding import Attached, Finder
from ingest.recorders.folder import FolderDriver
from ingest.recorders.introducing import Introducer
from ingest.recorders.mass_storage import MassStorageDriver
from ingest.recorders.memory import Memory
from ingest.recorders.scripted import Script, ScriptedDriver, ScriptedFile
from tests.ingest.recorders.images import blank, ext4, plugged


def until(what: Callable[[], object], seconds: float = 10) -> bool:
    deadline = time.monotonic() + seconds
    while not what():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


class Found:
    """A finder and what it has answered so far."""

    def __init__(self, finder: Finder) -> None:
        self.finder = finder
        self.attached: list[Attached] = []

    def look(self) -> list[str]:
        self.attached.extend(self.finder.ready())
        return [one.slot for one in self.attached]

    def until(self, *slots: str, seconds: float = 10) -> bool:
        return until(lambda: self.look() == list(slots), seconds)

    def one(self, slot: str) -> Attached:
        return [one for one in self.attached if one.slot == slot][-1]

    def stuck(self) -> dict[str, str]:
        self.look()
        return {one.slot: one.word for one in self.finder.stuck()}


@pytest.fixture
def memory(tmp_path: Path) -> Memory:
    return Memory(tmp_path / "spool" / "recorders.json")


@pytest.fixture
def find(memory: Memory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Found]]:
    monkeypatch.setattr(finding, "POLL", 0.1)
    made: list[Finder] = []

    def make(*drivers: object, patience: float = 0.3, settle: float = 0.1, **options: object) -> Found:
        introducer = Introducer(memory, **options)
        finder = Finder(drivers, introducer, settle=settle, patience=patience, events=False)
        made.append(finder)
        finder.start()
        return Found(finder)

    yield make
    for finder in made:
        finder.close()


@pytest.fixture
def watched(tmp_path: Path) -> Path:
    folder = tmp_path / "watched"
    folder.mkdir()
    return folder


# Folders


def test_folders_count_as_recorders_once_they_hold_still(
    watched: Path, tmp_path: Path, find: Callable[..., Found]
) -> None:
    (watched / "slot-1").mkdir()
    (watched / ".hidden").mkdir()
    (watched / "link").symlink_to(tmp_path)
    (watched / "file").write_text("x")
    driver = FolderDriver([watched])
    assert [place.slot for place in driver.find()] == ["slot-1"]
    found = find(driver, settle=0.3)
    time.sleep(0.6)
    assert found.look() == []  # empty
    file = watched / "slot-1" / "a.mp4"
    for _ in range(6):
        with file.open("ab") as growing:
            growing.write(b"a" * 100)
        time.sleep(0.1)
        assert found.look() == []
    assert found.until("slot-1")
    assert {entry.path for entry in found.one("slot-1").recorder.entries()} == {b"a.mp4"}


def test_another_folder_of_the_name_and_new_files_are_docked_again(
    watched: Path, find: Callable[..., Found], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(visits, "LOOK_AGAIN", 0.2)
    (watched / "slot-1").mkdir()
    (watched / "slot-1" / "a.mp4").write_text("a")
    found = find(FolderDriver([watched]))
    assert found.until("slot-1")
    time.sleep(0.5)
    assert found.look() == ["slot-1"]  # a docking runs there
    found.finder.done(found.attached[0])
    time.sleep(0.5)
    assert found.look() == ["slot-1"]  # nothing new
    (watched / "slot-1" / "b.mp4").write_text("b")
    assert found.until("slot-1", "slot-1")
    found.finder.done(found.attached[1])
    assert found.finder.again("slot-1")
    assert not found.finder.again("slot-2")
    assert found.until(*["slot-1"] * 3)
    found.finder.done(found.attached[2])
    shutil.rmtree(watched / "slot-1")
    shutil.copytree(watched, watched / "slot-1")
    (watched / "slot-1" / "c.mp4").write_text("c")
    assert found.until(*["slot-1"] * 4)


@pytest.fixture
def hung(watched: Path) -> Iterator[Path]:
    """A mount whose file system never answers, as that of a dying card."""
    if os.geteuid() or not Path("/dev/fuse").exists():
        pytest.skip("only root with FUSE may make a mount that never answers")
    libc = ctypes.CDLL(None, use_errno=True)
    device = os.open("/dev/fuse", os.O_RDWR)
    point = watched / "hung"
    point.mkdir()
    data = f"fd={device},rootmode=40000,user_id=0,group_id=0".encode()
    if libc.mount(b"hung", os.fsencode(point), b"fuse", ctypes.c_ulong(0), data):
        os.close(device)
        pytest.skip(f"FUSE cannot be mounted here: {os.strerror(ctypes.get_errno())}")
    yield point
    libc.umount2(os.fsencode(point), 2)
    os.close(device)


def test_a_mount_that_never_answers_keeps_nobody_waiting(
    hung: Path, watched: Path, find: Callable[..., Found]
) -> None:
    for slot in ("one", "two"):
        (watched / slot).mkdir()
        (watched / slot / "a.mp4").write_text("a")
    found = find(FolderDriver([watched]))
    assert until(lambda: sorted(found.look()) == ["one", "two"], 5)
    assert until(lambda: found.stuck() == {"hung": "not-answering"})
    (watched / "three").mkdir()
    (watched / "three" / "a.mp4").write_text("a")
    assert until(lambda: sorted(found.look()) == ["one", "three", "two"], 5)


def test_a_place_that_cannot_be_looked_at_is_looked_at_again(
    watched: Path, find: Callable[..., Found]
) -> None:
    (watched / "slot-1").mkdir()
    (watched / "slot-1" / "a.mp4").write_text("a")
    driver = FolderDriver([watched])
    holds_still, tries = driver.holds_still, []

    def failing(place: Place) -> object:
        tries.append(place)
        if len(tries) < 3:
            raise OSError(5, "Input/output error")
        return holds_still(place)

    driver.holds_still = failing
    assert find(driver).until("slot-1")


# Devices


def test_a_recorder_comes_goes_and_comes_again(find: Callable[..., Found]) -> None:
    bus = ScriptedDriver()
    found = find(bus)
    script = Script("BWC-1", {b"a.mp4": ScriptedFile(b"a")}, port="1-2.3", battery=55, free_bytes=1000)
    bus.plug(script)
    assert found.until("1-2.3")
    identity = found.attached[0].recorder.identity
    assert (identity.serial, identity.battery, identity.free_bytes) == ("BWC-1", 55, 1000)
    assert (identity.usb_id, identity.port, identity.same_serial) == ("1d6b:0104", "1-2.3", False)
    bus.unplug("1-2.3")
    assert not found.attached[0].recorder.present()
    time.sleep(0.5)
    bus.plug(script)
    assert found.until("1-2.3", "1-2.3")
    found.finder.done(found.attached[0])


def test_an_event_of_the_kernel_wakes(
    tmp_path: Path, memory: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a poll so slow that only the event can have done it."""
    monkeypatch.setattr(finding, "POLL", 60.0)
    image = blank(tmp_path / "card.img", 4 << 20)
    ext4(image, {"a.mp4": b"a"}, tmp_path)
    with plugged(image) as name:
        pass  # a device that is free
    driver = MassStorageDriver(tmp_path / "run", also=frozenset({name}))
    finder = Finder([driver], Introducer(memory), settle=0.1)
    finder.start()
    try:
        if finder._observer is None:
            pytest.skip("the kernel's events cannot be heard here")
        time.sleep(0.5)
        with plugged(image, at=name):
            found = Found(finder)
            began = time.monotonic()
            assert found.until(name)
            print(f"ready {time.monotonic() - began:.2f} s after it was plugged in")
            found.attached[0].recorder.close()
            found.finder.done(found.attached[0])
    finally:
        finder.close()


def test_one_that_stalls_and_a_driver_that_hangs_keep_nobody_waiting(find: Callable[..., Found]) -> None:
    answer = threading.Event()
    hanging = ScriptedDriver(before_find=answer.wait)
    hanging.name = "hanging"
    bus = ScriptedDriver()
    found = find(hanging, bus)
    stalling = Script("SLOW", port="1-1", attach_stalls=True)
    bus.plug(stalling)
    bus.plug(Script("QUICK", port="1-2"))
    assert found.until("1-2", seconds=3)
    assert until(lambda: found.stuck() == {"1-1": "not-answering", "hanging": "driver-not-answering"})
    bus.plug(Script("LATER", port="1-3"))
    assert found.until("1-2", "1-3", seconds=3)
    stalling.go_on.set()
    answer.set()
    assert found.until("1-2", "1-3", "1-1")
    assert until(lambda: found.stuck() == {})


def test_one_that_leaves_while_it_is_opened_is_let_go(find: Callable[..., Found]) -> None:
    bus = ScriptedDriver()
    closed = []
    script = Script("SLOW", port="1-1", attach_stalls=True)
    attach = bus.attach

    def noting(place: Place) -> object:
        recorder = attach(place)
        recorder.close = lambda: closed.append(place.slot)
        return recorder

    bus.attach = noting
    found = find(bus)
    bus.plug(script)
    assert until(lambda: found.stuck() == {"1-1": "not-answering"})
    bus.unplug("1-1")
    assert until(lambda: found.stuck() == {})
    script.plugged = True
    script.go_on.set()
    assert until(lambda: closed == ["1-1"])
    assert found.look() == []


def test_a_driver_that_fails_is_said_and_tried_again(
    find: Callable[..., Found], caplog: pytest.LogCaptureFixture
) -> None:
    class Failing(DriverDefaults):
        name = "failing"
        looks = tries = 0

        def find(self) -> list[Place]:
            self.looks += 1
            if self.looks == 1:
                raise RuntimeError("cannot look")
            return [Place("k", "slot")]

        def attach(self, place: Place) -> object:
            self.tries += 1
            if self.tries < 2:
                raise RuntimeError("cannot open")
            return ScriptedDriver.attach(bus, Place("k", "1-1", "1-1"))

    bus = ScriptedDriver()
    bus.plug(Script("X"))
    failing = Failing()
    with caplog.at_level(logging.WARNING):
        found = find(failing)
        assert until(lambda: found.stuck() == {"slot": "driver-failed"})
        assert found.until("slot")
    assert found.stuck() == {}
    assert "cannot look" in caplog.text
    assert "driver-failed" in caplog.text


# Log-in first


@pytest.mark.parametrize("comes_back", [True, False])
def test_a_vendor_interface_first_then_a_disk(comes_back: bool, find: Callable[..., Found]) -> None:
    bus = ScriptedDriver()
    found = find(bus, logins={"1d6b:0104": "888888"})
    script = Script(
        "GA-0012345", {b"a.mp4": ScriptedFile(b"a")}, vendor_mode=True, secret="888888", battery=80,
        clock_ahead=30.0, clock_can_be_set=False, comes_back=comes_back,
    )  # fmt: skip
    bus.plug(script)
    assert found.until("1-1")
    recorder = found.attached[0].recorder
    assert [entry.path for entry in recorder.entries() if isinstance(entry, Listed)] == [b"a.mp4"]
    identity = recorder.identity
    assert (identity.serial, identity.serial_source, identity.battery) == ("GA-0012345", "driver", 80)
    assert identity.clock is not None
    assert identity.clock.offset_seconds == pytest.approx(30.0, abs=1.0)


def test_a_wrong_secret_is_said(find: Callable[..., Found]) -> None:
    bus = ScriptedDriver()
    found = find(bus, logins={"default": "000000"})
    bus.plug(Script("GA-1", vendor_mode=True, secret="888888"))
    assert until(lambda: found.stuck() == {"1-1": "login-refused"})
    assert found.look() == []


# Serials


def test_two_that_report_the_same_serial_are_two(find: Callable[..., Found], memory: Memory) -> None:
    bus = ScriptedDriver()
    found = find(bus)
    bus.plug(Script("SAME-1", port="1-1", filesystem_id="AAAA-0001"))
    assert found.until("1-1")
    bus.plug(Script("SAME-1", port="1-2", filesystem_id="AAAA-0002"))
    assert found.until("1-1", "1-2")
    first, second = (one.recorder.identity for one in found.attached)
    assert (first.serial, first.same_serial) == ("SAME-1", False)  # until then it was the only one
    assert (second.serial, second.reported_serial) == ("SAME-1#AAAA-0002", "SAME-1")
    assert second.same_serial
    # from then on neither is believed by its serial, also after a restart
    again = ScriptedDriver()
    later = find(again)
    again.plug(Script("SAME-1", port="1-1", filesystem_id="AAAA-0001"))
    again.plug(Script("SAME-1", port="1-4"))
    assert until(lambda: sorted(later.look()) == ["1-1", "1-4"])
    assert later.one("1-1").recorder.identity.serial == "SAME-1#AAAA-0001"
    unnamed = later.one("1-4").recorder.identity
    assert (unnamed.serial, unnamed.same_serial) == ("SAME-1", True)  # nothing to tell it by: flagged


def test_one_that_moves_to_another_socket_is_no_twin(find: Callable[..., Found]) -> None:
    bus = ScriptedDriver()
    found = find(bus)
    bus.plug(Script("BWC-1", port="1-1", filesystem_id="A-1"))
    assert found.until("1-1")
    bus.unplug("1-1")
    bus.plug(Script("BWC-1", port="1-2", filesystem_id="A-1"))
    assert found.until("1-1", "1-2")
    assert (found.one("1-2").recorder.identity.serial, found.one("1-2").recorder.identity.same_serial) == (
        "BWC-1",
        False,
    )


def test_another_vendor_under_the_same_serial_is_another_recorder(find: Callable[..., Found]) -> None:
    bus = ScriptedDriver()
    found = find(bus)
    bus.plug(Script("SN-77", usb_id="1d6b:0104", filesystem_id="A-1"))
    assert found.until("1-1")
    bus.unplug("1-1")
    bus.plug(Script("SN-77", usb_id="1d6b:0105", filesystem_id="A-1"))  # in another mode
    assert found.until("1-1", "1-1")
    assert not found.one("1-1").recorder.identity.same_serial
    bus.unplug("1-1")
    bus.plug(Script("SN-77", usb_id="0951:0104", filesystem_id="A-2", port="1-2"))
    assert found.until("1-1", "1-1", "1-2")
    assert found.one("1-2").recorder.identity.serial == "SN-77#A-2"
