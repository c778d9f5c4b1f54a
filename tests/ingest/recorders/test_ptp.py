"""A camera over PTP: libgphoto2's own virtual one, which answers below the USB layer like a real one."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ingest.recorders.ptp_camera import usb_folder


def test_a_virtual_camera(tmp_path: Path) -> None:
    """It is chosen when the library is loaded, so these tests run in a process of their own."""
    if importlib.util.find_spec("gphoto2") is None:
        pytest.skip("the optional package gphoto2 is not installed (wheels exist for x86_64)")
    (tmp_path / "DCIM/100TEST").mkdir(parents=True)
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            Path(__file__).parent / "virtual_camera.py",
        ],
        env={**os.environ, "VCAMERADIR": str(tmp_path)},
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert "4 passed" in done.stdout


def test_the_port_of_a_camera(tmp_path: Path) -> None:
    folder = tmp_path / "bus/usb/devices/1-2.3"
    folder.mkdir(parents=True)
    (folder / "busnum").write_text("1\n")
    (folder / "devnum").write_text("17\n")
    assert usb_folder("usb:001,017", tmp_path) == folder
    assert usb_folder("usb:001,018", tmp_path) is None
    assert usb_folder("usb:", tmp_path) is None
    assert usb_folder("ptpip:1.2.3.4", tmp_path) is None
