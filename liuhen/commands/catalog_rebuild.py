"""`liuhen catalog rebuild`."""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click

from liuhen.commands.inventory import progress
from liuhen.commands.options import data_option, fail

if TYPE_CHECKING:
    from catalog.database import Database
    from catalog.rebuilding.report import Rebuilt
    from catalog.rebuilding.run import Keys
    from liuhen.settings import Settings

DONE, TROUBLES, NO_STORAGE, NOT_BEGUN = 0, 1, 3, 4

_EPILOG = """\b
Exit status:
  0  done; every original and sheet was as it should be
  1  done; what was not as it should be is listed
  3  the storage could not be reached; what was taken in until then stays, begin again
  4  not begun: the catalog is not empty or cannot be used, or a key is missing
"""


@click.command(epilog=_EPILOG)
@click.option(
    "--add", is_flag=True, help="Add to the catalog there is what it does not know, as after a restore."
)
@click.option("--json", "as_json", is_flag=True, help="Print what came of it as one JSON object.")
@data_option
def rebuild(add: bool, as_json: bool, data: Path) -> None:
    """Make the list of originals again from the storage alone, into an empty catalog.

    Cases, people and the custody log of before are in no storage: only a back-up has them. With --add the catalog
    stays as it is, and what it does not know is added. May be repeated: nothing is taken in twice.
    """
    from catalog.rebuilding.run import NotEmpty  # noqa: PLC0415  (help must come at once)
    from catalog.rebuilding.run import rebuild as rebuild_catalog  # noqa: PLC0415
    from catalog.sheets import SheetShape  # noqa: PLC0415
    from ingest import protocol  # noqa: PLC0415
    from liuhen.settings import load  # noqa: PLC0415
    from storage.errors import StorageError  # noqa: PLC0415
    from storage.reader import SecondReader  # noqa: PLC0415
    from storage.store import ObjectStore  # noqa: PLC0415

    settings = load(data)
    keys = _keys(settings)
    database = _open(settings)
    bucket = settings.storage.evidence_bucket
    try:
        with (
            closing(SecondReader(settings.storage, bucket)) as reader,
            closing(ObjectStore(settings.storage, bucket)) as store,
            progress("Taking in from storage") as on_look,
        ):
            rebuilt = rebuild_catalog(
                database,
                reader,
                store,
                keys,
                shape=SheetShape(frame=protocol.Sheet.model_validate, file=protocol.SheetFile.model_validate),
                now=datetime.now(UTC),
                zone=ZoneInfo(settings.workers.time_zone),
                add=add,
                on_look=lambda looked: on_look(looked, None),
            )
    except NotEmpty as error:
        fail(
            f"Nothing was changed: {error}. A catalog is made again into an empty one only. "
            "To add what this one does not know, use --add.",
            NOT_BEGUN,
        )
    except StorageError as error:
        fail(
            f"The storage could not be asked: {error}. What was taken in until then stays. Start it with "
            "`liuhen run storage` in another window, and begin again.",
            NO_STORAGE,
        )
    finally:
        database.close()
    if as_json:
        click.echo(json.dumps(_plain(rebuilt), ensure_ascii=False, indent=1))
    else:
        _print(rebuilt, add=add)
    raise SystemExit(TROUBLES if rebuilt.words else DONE)


def _keys(settings: Settings) -> Keys:
    from catalog.intake.sealed import Sealer  # noqa: PLC0415
    from catalog.rebuilding.run import Keys  # noqa: PLC0415
    from catalog.receipts import Signer  # noqa: PLC0415

    sealer = None
    metadata_key = settings.catalog.metadata_key_file
    try:
        sealer = Sealer.load(metadata_key)
    except (OSError, ValueError):
        click.echo(
            f"The metadata key {metadata_key} is missing or damaged: names and holders will not come back.",
            err=True,
        )
    try:
        signer = Signer.load(settings.catalog.receipt_key_file)
    except (OSError, ValueError):
        fail(
            f"Nothing was changed: the receipt key {settings.catalog.receipt_key_file} is missing or damaged. Put "
            'secrets/ back from the back-up (`liuhen restore`), or see "Secrets" in docs/operators/running.md.',
            NOT_BEGUN,
        )
    return Keys(sealer, signer)


def _open(settings: Settings) -> Database:
    from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415

    from catalog.database import Database, migrate  # noqa: PLC0415

    url = settings.catalog.database_url
    try:
        if url.startswith("sqlite:///"):
            Path(url.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        migrate(url)
    except (SQLAlchemyError, OSError) as error:
        fail(f"The catalog cannot be used ({type(error).__name__}). Nothing was changed.", NOT_BEGUN)
    return Database.open(url)


def _plain(rebuilt: Rebuilt) -> dict[str, Any]:
    from catalog.rebuilding.report import LOST  # noqa: PLC0415

    found = asdict(rebuilt)
    for inner in ("pinned", "unread"):
        found.pop(inner)
    return {**found, "now": rebuilt.now.isoformat(), "words": dict(rebuilt.words), "lost": list(LOST)}


def _print(rebuilt: Rebuilt, *, add: bool) -> None:
    from catalog.rebuilding.report import LOST  # noqa: PLC0415

    for trouble in rebuilt.troubles:
        click.echo(f"{trouble.word}  {trouble.key}: {trouble.said}")
    if (more := rebuilt.words.total() - len(rebuilt.troubles)) > 0:
        click.echo(f"and {more} more")
    click.echo(
        f"{rebuilt.originals} originals and {rebuilt.copies} further copies taken in, {rebuilt.completed} uploads "
        f"completed, {rebuilt.sheets} sheets read again; {rebuilt.known} objects were known already."
    )
    if rebuilt.words["unreadable"]:
        click.echo(
            f"{rebuilt.words['unreadable']} objects could not be read; they are named above, and nothing was changed in "
            "them. See to the storage's disks, or put them back from a copy of it; then `liuhen catalog rebuild --add`."
        )
    if rebuilt.abandoned:
        click.echo(f"{rebuilt.abandoned} objects are of uploads that were given up; they were left alone.")
    if rebuilt.stations:
        click.echo(f"To be enrolled again: {', '.join(rebuilt.stations)}.")
    if add and rebuilt.originals:
        click.echo(
            "Whether the originals taken in were restricted or sealed is in no storage: they are open to all who may see "
            "recordings."
        )
    if not add:
        click.echo("What no storage holds, and only a back-up brings back:")
        for lost in LOST:
            click.echo(f"  - {lost}")
    click.echo("Workers read every original back, describe it and make copies for viewing anew: `liuhen up`.")
