"""`liuhen station …`: what is done at a docking station itself."""

from __future__ import annotations

from pathlib import Path

import click

from liuhen.commands.options import data_option
from liuhen.commands.station_enrol import enrol, trust

_EPILOG = """\b
Exit status:
  0  shown
  1  neither a board nor a journal answers
  2  no usable settings of a station here
"""


@click.group(invoke_without_command=True, epilog=_EPILOG)
@click.option("--status", is_flag=True, help="Print how the station stands once, and end.")
@click.option("--json", "as_json", is_flag=True, help="Print it once, as JSON.")
@data_option
@click.pass_context
def station(context: click.Context, status: bool, as_json: bool, data: Path) -> None:
    """Show what the station's board shows, until Ctrl-C; or enrol this PC as a docking station.

    A live table in a terminal, else a line for each change.
    """
    if context.invoked_subcommand is None:
        from liuhen.commands.station_watch import show  # noqa: PLC0415  (help must come at once)

        show(data, once=status or as_json, as_json=as_json)


station.add_command(enrol)
station.add_command(trust)
