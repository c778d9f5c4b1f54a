"""A phone on a real USB socket: QEMU's MTP device, read by libgphoto2 through libusb and the kernel's usbfs."""

from __future__ import annotations

import importlib.util
import os
import time
from pathlib import Path

import pytest

from tests.usb.conftest import booted, site  # noqa: F401  fixtures
from tests.usb.site import Site, until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def plug(site: Site, folder: Path) -> None:  # noqa: F811
    site.machine.qmp(
        "device_add", driver="usb-mtp", bus="xhci.0", port="4", id="phone", serial="PHONE-77",
        rootdir=str(folder / "phone"), desc="Phone",
    )  # fmt: skip


def test_a_phone_over_mtp(site: Site, tmp_path: Path) -> None:  # noqa: F811
    if importlib.util.find_spec("gphoto2") is None:
        pytest.skip("the optional package gphoto2 is not installed (wheels exist for x86_64)")
    files = {"VID_0001.MP4": os.urandom(5 << 20), "IMG 0002.jpg": os.urandom(100_000), "empty.txt": b""}
    folder = tmp_path / "phone/DCIM/Camera"
    folder.mkdir(parents=True)
    for name, data in files.items():
        (folder / name).write_bytes(data)
    began = time.monotonic()
    plug(site, tmp_path)
    try:
        docking = site.docked("PHONE-77")
        identity = docking.recorder
        assert (identity.serial, identity.serial_source, identity.driver) == ("PHONE-77", "usb", "ptp")
        assert (identity.vendor, identity.usb_id, identity.same_serial) == ("QEMU", "46f4:0004", False)
        assert docking.slot.endswith("-4")
        assert site.closed(docking).reason == "done"
        print(f"docked and received {time.monotonic() - began:.1f} s after plugging in")
        assert {name.rpartition("/")[2] for name in site.received(docking)} == set(files)
        assert [site.uploads_of(data) for data in files.values()] == [1, 1, 1]
        # pulled in the middle of the second visit
        (folder / "VID_0002.MP4").write_bytes(os.urandom(60 << 20))
        site.machine.qmp("device_del", id="phone")
        time.sleep(3)
        plug(site, tmp_path)
        again = site.docked("PHONE-77", nth=2)
        told = site.office.progress_of
        until(lambda: any(word.bytes_copied > 8 << 20 for word in told.get(again.docking, [])), 60, site.said)
    finally:
        site.machine.qmp("device_del", id="phone")
    assert site.closed(again).reason == "unplugged"
    assert all("VID_0002" not in name for name in site.received(again))
