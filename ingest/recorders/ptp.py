"""Cameras and phones that speak PTP or MTP, through libgphoto2 (the optional package `gphoto2`)."""

from __future__ import annotations

import contextlib
import importlib.util
from collections.abc import Iterator
from pathlib import Path

from ingest.errors import NotAttached
from ingest.recorders.base import DriverDefaults, Place
from ingest.recorders.blocks import SYS, text_of
from ingest.recorders.ptp_camera import GONE, PtpRecorder, library, usb_folder

_CLAIMED = -53
"""GP_ERROR_IO_USB_CLAIM."""


def available() -> bool:
    """Whether the library is installed."""
    return importlib.util.find_spec("gphoto2") is not None


class PtpDriver(DriverDefaults):
    """Everything libgphoto2 finds on USB but disks."""

    name = "ptp"

    def __init__(self, scratch: Path | None = None, sys: Path = SYS) -> None:
        """`scratch`: where a file is laid that a camera gives as a whole only; the system's temporary folder if None."""
        self._scratch = scratch
        self._sys = sys
        self._signature: object = None
        self._places: list[Place] = []

    def find(self) -> list[Place]:
        """List cameras. libgphoto2 is asked only when something was plugged in or out: asking stirs every device."""
        signature = _devices(self._sys)
        if signature != self._signature:
            self._places = list(self._detect())
            self._signature = signature
        return self._places

    def _detect(self) -> Iterator[Place]:
        found = library().Camera.autodetect()
        for number in range(found.count()):
            model, port = found.get_name(number), found.get_value(number)
            if port.startswith("usb:"):
                folder = usb_folder(port, self._sys)
                slot = folder.name if folder is not None else port
                devnum = text_of(folder / "devnum") if folder is not None else ""
                yield Place(f"{slot}:{devnum}:{model}", slot[:64], f"{port}\n{model}")

    def attach(self, place: Place) -> PtpRecorder:
        """Open and identify it. Raises NotAttached."""
        port, _, model = place.handle.partition("\n")
        gp = library()
        try:
            camera = gp.Camera()
            infos = gp.PortInfoList()
            infos.load()
            camera.set_port_info(infos[infos.lookup_path(port)])
            camera.init()
            return PtpRecorder(camera, port, model, scratch=self._scratch, sys=self._sys)
        except gp.GPhoto2Error as error:
            raise _refusal(error.code, str(error)) from error


def _devices(sys: Path) -> frozenset[tuple[str, str]]:
    with contextlib.suppress(OSError):
        return frozenset(
            (folder.name, text_of(folder / "devnum")) for folder in (sys / "bus/usb/devices").iterdir()
        )
    return frozenset()


def _refusal(code: int, said: str) -> NotAttached:
    if code == _CLAIMED:
        return NotAttached("device-claimed", said)
    return NotAttached("gone" if code in GONE else "medium-unreadable", said)
