"""`liuhen station-agent`: the docking station of this machine, as the supervisor starts it."""

from __future__ import annotations

import logging
import signal
from pathlib import Path

import click

from ingest.errors import SpoolBusy, SpoolFailed
from liuhen.commands.options import data_option, fail


@click.command("station-agent")
@data_option
@click.option(
    "--watch",
    "folders",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Folder whose mount points and subfolders count as recorders plugged in; may be given several times.",
)
@click.option("--usb/--no-usb", default=None, help="Whether to watch for mounted USB disks and cards.")
def station_agent(data: Path, folders: tuple[Path, ...], usb: bool | None) -> None:
    """Watch for recorders, dock them, and carry on with what lies in the spool, until stopped."""
    from ingest.station import Station  # noqa: PLC0415  not at `liuhen --help`
    from liuhen.station_settings import StationSettingsMissing, station_settings  # noqa: PLC0415

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    try:
        settings = station_settings(data, watch=list(folders) or None, watch_usb=usb)
        station = Station(settings)
    except StationSettingsMissing as error:
        fail(str(error), 2)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: station.stop())
    try:
        station.run()
    except SpoolBusy:
        fail(f"a station works in {settings.spool} already; stop it first, or give another --data", 1)
    except (SpoolFailed, OSError) as error:
        fail(f"the station cannot start: {error}", 1)
