"""`liuhen station-agent`: the docking station of this machine, as the supervisor starts it."""

from __future__ import annotations

import logging
import os
import signal
from pathlib import Path

import click

from ingest.errors import JournalDamaged, SpoolBusy, SpoolFailed
from liuhen.commands.options import data_option, fail
from liuhen.logs import set_up

log = logging.getLogger(__name__)


@click.command("station-agent")
@data_option
@click.option(
    "--watch",
    "folders",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Folder whose mount points and subfolders count as recorders plugged in; may be given several times.",
)
@click.option("--usb/--no-usb", default=None, help="Whether to watch for USB disks, cards and cameras.")
def station_agent(data: Path, folders: tuple[Path, ...], usb: bool | None) -> None:
    """Watch for recorders, dock them, and carry on with what lies in the spool, until stopped."""
    from ingest.station import Station  # noqa: PLC0415  not at `liuhen --help`
    from liuhen.station_settings import StationSettingsMissing, station_settings  # noqa: PLC0415

    set_up("json" if os.environ.get("LIUHEN_LOG_FORMAT") == "json" else "text")
    try:
        settings = station_settings(data, watch=list(folders) or None, watch_usb=usb)
    except StationSettingsMissing as error:
        fail(str(error), 2)
    station = Station(settings)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: station.stop())
    try:
        try:
            station.run()
        except JournalDamaged as error:
            log.error("%s; the station begins anew", error)  # noqa: TRY400  (its text says all)
            station = Station(settings)
            station.run()
    except SpoolBusy:
        fail(f"a station works in {settings.spool} already; stop it first, or give another --data", 1)
    except (SpoolFailed, OSError) as error:
        fail(f"the station cannot start: {error}", 1)
