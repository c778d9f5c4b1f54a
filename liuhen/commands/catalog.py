"""`liuhen catalog …`."""

from __future__ import annotations

from pathlib import Path

import click

from liuhen.commands.catalog_rebuild import rebuild as rebuild_command
from liuhen.commands.options import data_option, open_catalog


@click.group("catalog")
def catalog_group() -> None:
    """Look after the database of recordings and cases."""


catalog_group.add_command(rebuild_command)


@catalog_group.command()
@data_option
def reindex(data: Path) -> None:
    """Make the index that recordings are found by anew, from the tables it is made of.

    The system may go on running: pages say meanwhile that not everything can be found yet. Nothing but the index is
    touched. Cut off, it is finished by the next `liuhen prepare` or the next call.
    """
    from catalog.finding.rebuilding import rebuild  # noqa: PLC0415  (help must come at once)

    with open_catalog(data) as (_settings, database):
        count = rebuild(database, _tell)
    click.echo(f"The index of {count} recordings was made anew.")


def _tell(left: int) -> None:
    if left and left % 20_000 == 0:
        click.echo(f"{left} recordings left")
