"""What `test_ptp.py` runs in a process of its own, with libgphoto2's virtual camera on the folder VCAMERADIR."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ingest.clock import read_clock
from ingest.errors import NotTaken, Vanished
from ingest.recorders.base import LeftOut, Listed, Recorder
from ingest.recorders.ptp import PtpDriver
from ingest.recorders.ptp_camera import PtpRecorder


@pytest.fixture
def store() -> Path:
    folder = Path(os.environ["VCAMERADIR"]) / "DCIM/100TEST"
    for old in folder.iterdir():
        old.unlink()
    return folder


@pytest.fixture
def camera(store: Path, tmp_path: Path) -> Iterator[PtpRecorder]:
    (store / "A0001.JPG").write_bytes(os.urandom(3_000_000))
    (store / "B0002.JPG").write_bytes(b"second")
    driver = PtpDriver(tmp_path)
    (place,) = driver.find()
    recorder = driver.attach(place)
    assert isinstance(recorder, Recorder)
    yield recorder
    recorder.close()


def files(camera: PtpRecorder) -> dict[bytes, Listed]:
    return {entry.path: entry for entry in camera.entries() if isinstance(entry, Listed)}


def test_what_it_says_of_itself(camera: PtpRecorder) -> None:
    identity = camera.identity
    assert (identity.vendor, identity.model, identity.driver) == ("GP", "VC", "ptp")
    assert identity.reported_serial or identity.serial
    assert camera.battery() == 50
    assert (camera.free_space() or 0) > 1 << 20
    assert camera.present()


def test_its_clock_is_read_before_it_is_set(camera: PtpRecorder) -> None:
    reading = read_clock(camera)
    assert reading.method == "ptp"
    assert reading.offset_seconds == pytest.approx(0, abs=2)
    assert reading.error_seconds is not None
    assert reading.error_seconds >= 1.0
    camera.set_clock(datetime.now(UTC))


def test_listing_and_reading(camera: PtpRecorder, store: Path) -> None:
    found = files(camera)
    assert {path.rpartition(b"/")[2]: entry.size for path, entry in found.items()} == {
        b"A0001.JPG": 3_000_000,
        b"B0002.JPG": 6,
    }
    assert not [entry for entry in camera.entries() if isinstance(entry, LeftOut)]
    (path,) = [path for path in found if path.endswith(b"A0001.JPG")]
    source = camera.open(path)
    assert source.facts() == (found[path].size, found[path].modified_ns)
    data, buffer = bytearray(), bytearray(1 << 20)
    while got := source.read_at(memoryview(buffer), len(data)):
        data += buffer[:got]
    source.close()
    assert bytes(data) == (store / "A0001.JPG").read_bytes()
    assert source.read_at(memoryview(buffer), 3_000_000) == 0
    with pytest.raises(Vanished):
        camera.open(path.replace(b"A0001", b"NONE"))
    with pytest.raises(NotTaken):
        camera.open(b"../etc/passwd")


def test_clearing(camera: PtpRecorder) -> None:
    """The virtual camera forgets a removed file; on its disk the file stays."""
    found = files(camera)
    (path,) = [path for path in found if path.endswith(b"B0002.JPG")]
    facts = (found[path].size, found[path].modified_ns)
    with pytest.raises(NotTaken):
        camera.clear(path, facts[0] + 1, facts[1])
    assert files(camera).keys() == found.keys()
    camera.clear(path, *facts)
    assert files(camera).keys() == found.keys() - {path}
    with pytest.raises(Vanished):
        camera.clear(path, *facts)
