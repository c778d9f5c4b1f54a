"""`liuhen sheets …`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from liuhen.commands.options import data_option, open_catalog

WHOLE, HOLES, NOTHING_PROVEN = 0, 1, 2

_EPILOG = """\b
Exit status:
  0  every listed file, and every sheet, is in storage as recorded
  1  something is missing or differs; an incident is open for it
  2  the storage could not be reached; nothing is proven
"""


@click.group()
def sheets() -> None:
    """Look after the reconciliation sheets of dockings."""


@sheets.command(epilog=_EPILOG)
@data_option
def prove(data: Path) -> None:
    """Ask the storage after every byte the sheets list, and after the sheets themselves, as is done every night."""
    from catalog.proving import prove_sheets  # noqa: PLC0415  (help must come at once)
    from storage.errors import StorageError  # noqa: PLC0415
    from storage.store import ObjectStore  # noqa: PLC0415

    with open_catalog(data) as (settings, database):
        store = ObjectStore(settings.storage, settings.storage.evidence_bucket)
        try:
            proof = prove_sheets(database, store, datetime.now(UTC))
        except StorageError as error:
            click.echo(
                f"Error: The storage could not be asked: {error}. Nothing is proven, nothing was changed.",
                err=True,
            )
            raise SystemExit(NOTHING_PROVEN) from None
        finally:
            store.close()
    for hole in proof.holes:
        click.echo(f"docking {hole.docking} sheet {hole.revision}: {hole.missing} missing ({hole.what})")
    click.echo(f"{proof.sheets} sheets, {proof.files} listed files, {len(proof.holes)} sheets with holes")
    raise SystemExit(HOLES if proof.holes else WHOLE)
