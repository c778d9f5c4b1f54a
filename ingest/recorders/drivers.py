"""Which drivers a station uses: those that come with it, and whatever is installed beside it.

A driver is an entry point of the group `liuhen.recorders`: something that is called with `DriverSettings` and answers
a `Driver`, or None where it cannot work on this machine.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from pathlib import Path

from ingest.recorders.base import Driver
from ingest.recorders.folder import FolderDriver
from ingest.recorders.mass_storage import RUN_FOLDER, MassStorageDriver
from ingest.recorders.ptp import PtpDriver, available

GROUP = "liuhen.recorders"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class DriverSettings:
    """What a driver may need to know of its station."""

    watch: tuple[Path, ...] = ()
    """Folders whose subfolders count as recorders."""
    usb: bool = True
    """Whether devices on USB and cards count as recorders at all."""
    run_folder: Path = RUN_FOLDER
    """Where recorders are mounted."""
    own: tuple[Path, ...] = ()
    """Folders of the station's own; the disk they lie on is no recorder."""
    also: frozenset[str] = field(default_factory=frozenset)
    """Block devices that count besides, such as a loop device."""


Maker = Callable[[DriverSettings], Driver | None]


def mass_storage(settings: DriverSettings) -> Driver | None:
    """Make the driver for USB disks and cards."""
    if not settings.usb and not settings.also:
        return None
    return MassStorageDriver(settings.run_folder, also=settings.also, never=settings.own)


def folder(settings: DriverSettings) -> Driver | None:
    """Make the driver for watched folders; what `mass_storage` finds by itself is left to it."""
    if not settings.usb:
        return FolderDriver(settings.watch)
    return FolderDriver(settings.watch, others=MassStorageDriver(settings.run_folder).devices)


def ptp(settings: DriverSettings) -> Driver | None:
    """Make the driver for cameras and phones, where python-gphoto2 is installed."""
    if not settings.usb or not available():
        return None
    return PtpDriver(settings.own[0] if settings.own else None)


BUILT_IN: dict[str, Maker] = {"mass-storage": mass_storage, "folder": folder, "ptp": ptp}
"""Also named as entry points, so that they can be replaced; known here too, for copies that were never installed."""


def makers() -> dict[str, Maker]:
    """Answer the makers by name. An installed one takes the place of a built-in one; a broken one is left out."""
    found = dict(BUILT_IN)
    for point in entry_points(group=GROUP):
        if point.value.startswith("ingest.recorders.drivers:"):
            continue
        try:
            found[point.name] = point.load()
        except Exception:
            log.exception("recorder driver %s (%s) cannot be loaded; it is left out", point.name, point.value)
    return found


def make_drivers(settings: DriverSettings) -> list[Driver]:
    """Make the drivers that can work here. One that fails is left out, and said in the log."""
    drivers = []
    for name, maker in makers().items():
        try:
            driver = maker(settings)
        except Exception:
            log.exception("recorder driver %s cannot start; it is left out", name)
            continue
        if driver is not None:
            drivers.append(driver)
    return drivers
