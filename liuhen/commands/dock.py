"""`liuhen dock PATH`: dock one mounted recorder, card or folder and show the receipts."""

from __future__ import annotations

import time
from contextlib import ExitStack
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from liuhen.commands.options import data_option

if TYPE_CHECKING:
    from ingest.desk import Desk
    from ingest.docking import Result
    from ingest.handover.patience import Trouble


class Exit(IntEnum):
    """What a script may conclude; documented in the command's help, each number has one meaning."""

    RECEIVED = 0
    USAGE = 2
    ATTENTION = 3
    UNREACHABLE = 4
    NOTHING_FOUND = 5
    INTAKE_STOPPED = 6
    NOT_ACCEPTED = 7
    UNPLUGGED = 8
    STATION = 9


_EPILOG = """\b
Exit status:
  0  every file is received (or was held already)
  2  the command or the station's settings are not usable
  3  some files need attention; the others are received
  4  server or storage unreachable; copied files are safe in the spool
  5  nothing found to take in
  6  the server takes nothing in (its lock probe failed)
  7  the server does not accept this station
  8  the recorder was pulled out before everything was copied
  9  the station's own disk is full or failing
"""


@click.command(epilog=_EPILOG)
@click.argument("path", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON object with every file instead of a table."
)
@click.option("--server", help="Address of the server; taken from the settings of the system otherwise.")
@click.option(
    "--token-file", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="The station's token."
)
@click.option(
    "--ca-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Certificate to check TLS against.",
)
@click.option("--slot", default="", help="Name of the slot to show; the folder's name otherwise.")
@click.option(
    "--patience",
    type=click.FloatRange(min=0),
    default=60.0,
    show_default=True,
    help="Seconds without any progress after which to stop waiting for a server or storage out of reach.",
)
@data_option
def dock(  # noqa: PLR0917  click passes them by name
    path: Path,
    as_json: bool,
    server: str | None,
    token_file: Path | None,
    ca_file: Path | None,
    slot: str,
    patience: float,
    data: Path,
) -> None:
    """Take everything in that lies on the recorder, card or folder at PATH, and show the receipts.

    What is copied, flushed and read back is safe in the spool, server or no server; the next run, or the station,
    hands over what is outstanding. Docking the same card again stores nothing twice.
    """
    raise SystemExit(
        _dock(
            path,
            as_json=as_json,
            changes={"server": server, "token_file": token_file, "ca_file": ca_file},
            slot=slot,
            patience=patience,
            data=data,
        )
    )


def _dock(
    path: Path, *, as_json: bool, changes: dict[str, object], slot: str, patience: float, data: Path
) -> Exit:
    from ingest.desk import Desk  # noqa: PLC0415  not at `liuhen --help`
    from ingest.docking import Docking  # noqa: PLC0415
    from ingest.errors import NotAttached, SpoolBusy, SpoolFailed, Unplugged  # noqa: PLC0415
    from ingest.recorders.station_finder import open_path  # noqa: PLC0415
    from ingest.spool import BY_HAND, claim  # noqa: PLC0415
    from ingest.words.words import Words  # noqa: PLC0415
    from liuhen.dock_report import Bars, print_json, print_report  # noqa: PLC0415
    from liuhen.station_settings import StationSettingsMissing, station_settings  # noqa: PLC0415

    words = Words()
    with ExitStack() as stack:
        try:
            settings = station_settings(data, **changes)
        except StationSettingsMissing as error:
            click.echo(words.say("no-settings", path=data, reason=error), err=True)
            return Exit.USAGE
        words = Words(settings.language)
        try:
            recorder = open_path(settings, path)
        except NotAttached as error:
            reason = f"{words.say(error.word)} ({error.detail})"
            click.echo(words.say("no-folder", path=path, reason=reason), err=True)
            return Exit.USAGE
        except (OSError, Unplugged) as error:
            click.echo(words.say("no-folder", path=path, reason=error), err=True)
            return Exit.USAGE
        stack.callback(recorder.close)
        try:
            desk = stack.enter_context(Desk(settings, claim(settings.spool, BY_HAND)))
        except SpoolBusy:
            click.echo(words.say("spool-busy", path=settings.spool), err=True)
            return Exit.STATION
        except (SpoolFailed, OSError) as error:
            click.echo(words.say("spool-unusable", path=settings.spool, reason=error), err=True)
            return Exit.STATION
        with Bars(words, quiet=as_json) as bars:
            docking = Docking(
                desk,
                recorder,
                (slot or path.resolve().name)[:64],
                on_view=bars.show,
                view_every=0.2,
                wait_for_room=False,
            )
            result = docking.run(_Patience(desk, patience).keep_waiting)
        status = exit_status(result)
        (print_json if as_json else print_report)(desk, recorder, result, status, words)
        return status


NEVER_BY_ITSELF = frozenset(
    {"plain-http", "not-pinned", "pin-unreadable", "certificate-changed", "certificate-name"}
)
"""Troubles that no waiting mends."""


class _Patience:
    """Says how long to wait for receipts when nothing comes."""

    def __init__(self, desk: Desk, seconds: float) -> None:
        self._desk = desk
        self._seconds = seconds

    def keep_waiting(self, trouble: Trouble | None) -> bool:
        """Whether the docking should go on waiting."""
        quiet = time.monotonic() - self._desk.handover.last_progress
        if trouble is None:
            return quiet < max(30.0, 5 * self._seconds)
        if trouble.kind in {"intake", "token"} or trouble.text in NEVER_BY_ITSELF:
            return False
        return min(quiet, time.monotonic() - trouble.since) < self._seconds


def exit_status(result: Result) -> Exit:
    """Answer the exit status of a docking that ended so."""
    counts = result.counts
    if result.reason == "unplugged":
        return Exit.UNPLUGGED
    if result.reason == "failed":
        return Exit.STATION
    if not counts.files and not counts.attention:
        return Exit.NOTHING_FOUND
    if counts.waiting:
        kind: Literal["server", "storage", "intake", "token", "station", "none"] = (
            result.trouble.kind if result.trouble else "none"
        )
        return {
            "server": Exit.UNREACHABLE,
            "storage": Exit.UNREACHABLE,
            "intake": Exit.INTAKE_STOPPED,
            "token": Exit.NOT_ACCEPTED,
            "station": Exit.STATION,
            "none": Exit.ATTENTION,
        }[kind]
    return Exit.ATTENTION if counts.attention or counts.open else Exit.RECEIVED
