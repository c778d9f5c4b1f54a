"""The finder of one station, put together from its settings."""

from __future__ import annotations

import hashlib
import logging
import os
import tomllib
from pathlib import Path

from ingest.errors import NotAttached
from ingest.recorders.base import Recorder
from ingest.recorders.drivers import DriverSettings, make_drivers
from ingest.recorders.finding import Finder
from ingest.recorders.folder import FolderDriver
from ingest.recorders.introducing import Introducer
from ingest.recorders.memory import Memory
from ingest.settings import StationSettings

MEMORY = "recorders.json"
"""File beside the spools."""

log = logging.getLogger(__name__)


def finder_of(settings: StationSettings) -> Finder:
    """Make the finder; it does not look before `start`."""
    # Two stations of one machine must not unmount each other's recorders.
    own = hashlib.sha256(os.fsencode(settings.spool.absolute())).hexdigest()[:8]
    drivers = make_drivers(
        DriverSettings(
            watch=tuple(settings.watch),
            usb=settings.watch_usb,
            run_folder=settings.run_folder / f"recorders-{own}",
            own=(settings.spool.absolute(),),
            also=frozenset(settings.disks),
        )
    )
    introducer = _introducer(settings)
    return Finder(drivers, introducer, settle=settings.settle_seconds, events=settings.watch_usb)


def open_path(settings: StationSettings, path: Path) -> Recorder:
    """Open and get to know what lies at a path a person named. Raises NotAttached, Unplugged, OSError."""
    drivers = make_drivers(DriverSettings(usb=False, own=(settings.spool.absolute(),)))
    # Any folder is the folder driver's, so it is asked last.
    for driver in sorted(drivers, key=lambda one: one.name == FolderDriver.name):
        if driver.accepts(path):
            device = driver.attach_path(path)
            recorder = _introducer(settings).introduce(str(path), path.name, device)
            if recorder is None:
                raise NotAttached("no-disk-mode", str(path))
            return recorder
    raise NotAttached("folder-not-opened", str(path))


def _introducer(settings: StationSettings) -> Introducer:
    memory = Memory(settings.spool / MEMORY)
    return Introducer(memory, set_clocks=settings.set_clocks, logins=_logins(settings))


def _logins(settings: StationSettings) -> dict[str, str]:
    if settings.logins_file is None:
        return {}
    try:
        known = tomllib.loads(settings.logins_file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        log.error("log-ins of recorders cannot be read, going on without: %s", error)  # noqa: TRY400
        return {}
    return {name: value for name, value in known.items() if isinstance(value, str)}
