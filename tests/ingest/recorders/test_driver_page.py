"""The example of docs/maintainers/recorder-drivers.md does what the page says."""

from __future__ import annotations

import re
import sys
import time
import types
import zipfile
from collections.abc import Callable
from importlib.metadata import EntryPoint, EntryPoints
from pathlib import Path

import pytest

from ingest.docking import Result
from ingest.recorders import drivers
from ingest.recorders.base import Driver, Recorder
from ingest.recorders.drivers import BUILT_IN, DriverSettings, make_drivers, makers
from ingest.recorders.finding import Finder
from ingest.recorders.introducing import Introducer
from ingest.recorders.memory import Memory
from ingest.words.words import Words
from tests.ingest.reference_server import Server

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs/maintainers/recorder-drivers.md"


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The example as an installed package."""
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    module = types.ModuleType("my_drivers_zip")
    monkeypatch.setitem(sys.modules, "my_drivers_zip", module)
    exec(compile(code, str(PAGE), "exec"), module.__dict__)
    points = EntryPoints(
        [
            EntryPoint("zip", "my_drivers_zip:make", drivers.GROUP),
            EntryPoint("broken", "my_drivers_none:make", drivers.GROUP),
            EntryPoint("folder", "ingest.recorders.drivers:folder", drivers.GROUP),
        ]
    )
    monkeypatch.setattr(drivers, "entry_points", lambda group: points.select(group=group))


def test_the_example_docks(
    installed: None, tmp_path: Path, dock: Callable[..., Result], server: Server
) -> None:
    (tmp_path / "in").mkdir()
    with zipfile.ZipFile(tmp_path / "in/BWC-77.zip", "w") as archive:
        archive.writestr("DCIM/录像.mp4", b"film" * 1000)
        archive.writestr("b.jpg", b"picture")
    (tmp_path / "in/bad.zip").write_bytes(b"no archive")
    made = {
        driver.name: driver for driver in make_drivers(DriverSettings(watch=(tmp_path / "in",), usb=False))
    }
    assert made.keys() == {"folder", "zip"}  # the broken one keeps nobody back
    finder = Finder(
        [made["zip"]], Introducer(Memory(tmp_path / "memory.json")), settle=0.1, patience=5, events=False
    )
    finder.start()
    try:
        ready, end = [], time.monotonic() + 10
        while not (ready and finder.stuck()) and time.monotonic() < end:
            ready += finder.ready()
            time.sleep(0.05)
        (attached,) = ready
        assert attached.slot == "BWC-77"
        assert isinstance(attached.recorder, Recorder)
        result = dock(tmp_path, recorder=attached.recorder)
        assert [(stuck.slot, stuck.word) for stuck in finder.stuck()] == [("bad", "medium-unreadable")]
    finally:
        finder.close()
    assert result.counts.received_files == 2
    assert server.received().keys() == {"DCIM/录像.mp4".encode(), b"b.jpg"}
    (docking,) = server.dockings.values()
    assert (docking.recorder.serial, docking.recorder.driver) == ("BWC-77", "zip")
    assert docking.recorder.clock is not None
    assert docking.recorder.clock.method == "file-times"


def test_one_with_a_built_in_name_takes_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    module = types.ModuleType("other_drivers")
    module.make = lambda _settings: None
    monkeypatch.setitem(sys.modules, "other_drivers", module)
    points = EntryPoints([EntryPoint("folder", "other_drivers:make", drivers.GROUP)])
    monkeypatch.setattr(drivers, "entry_points", lambda group: points.select(group=group))
    assert makers()["folder"] is module.make
    assert {driver.name for driver in make_drivers(DriverSettings(usb=False))} == set()


def test_the_entry_points_are_the_built_in_drivers() -> None:
    found = re.search(
        r'\[project\.entry-points\."liuhen\.recorders"\]\n((?:.+\n)+)', (ROOT / "pyproject.toml").read_text()
    )
    assert found is not None
    named = dict(re.findall(r'^([\w-]+) = "ingest\.recorders\.drivers:(\w+)"$', found.group(1), re.MULTILINE))
    assert named.keys() == BUILT_IN.keys()
    assert {name: getattr(drivers, function) for name, function in named.items()} == BUILT_IN
    for name in BUILT_IN:
        assert f"`{name}`" in PAGE.read_text(encoding="utf-8")


def test_the_words_of_drivers_have_sentences() -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "ingest/recorders").glob("*.py"))
    words = set(re.findall(r'(?:NotAttached|NotTaken|Stuck)\(\s*(?:[\w.]+,\s*)?"([\w-]+)"', text))
    assert len(words) > 10
    for word in words:
        assert Words("zh").say(word) != word, word


def test_drivers_are_drivers() -> None:
    for driver in make_drivers(DriverSettings()):
        for method in ("find", "attach", "holds_still", "accepts", "attach_path", "close"):
            assert callable(getattr(driver, method))
        assert getattr(Driver, "find", None) is not None
        assert driver.name in BUILT_IN
