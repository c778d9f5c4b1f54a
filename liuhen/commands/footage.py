"""`liuhen footage import`: footage from before this system."""

from __future__ import annotations

import json
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click

from liuhen.commands.options import data_option, fail, open_catalog

if TYPE_CHECKING:
    from catalog.footage.importing import FootageReport, Taken

ALL_IN, NO_CATALOG, USAGE, SOME_NOT, NOT_NOW, NOTHING = 0, 1, 2, 3, 4, 5
_EPILOG = """\b
Exit status:
  0  every file is received, or was held already
  1  the catalog cannot be used, or the case takes nothing in; nothing was changed
  2  neither --case nor --origin was given
  3  some files were not taken in; the others are
  4  the storage is out of reach, or the lock probe has closed intake; what was taken in until then stays
  5  there are no files in the folder
"""


@click.group()
def footage() -> None:
    """Take in footage from before this system."""


@footage.command("import", epilog=_EPILOG)
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--case", "number", default="", help="Number of the case it belongs to.")
@click.option(
    "--origin",
    default="",
    help="What is known of where it comes from: who made it, where it lay, who brought it.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object with every file.")
@data_option
def import_(folder: Path, number: str, origin: str, as_json: bool, data: Path) -> None:
    """Take in every file under FOLDER: hashed, locked and receipted like a recorder's.

    Each says on its page that where it was before is not proven. With --case they are attached to it as process
    records. May be repeated: what is held already is stored no second time. The system must be running.
    """
    from catalog.actors import system  # noqa: PLC0415  (help must come at once)
    from catalog.footage.house import NoSuchCase  # noqa: PLC0415
    from catalog.footage.importing import Doors, IntakeClosed, NothingKnown, import_footage  # noqa: PLC0415
    from catalog.intake.sealed import Sealer  # noqa: PLC0415
    from catalog.receipts import Signer  # noqa: PLC0415
    from ingest.protocol import part_size  # noqa: PLC0415
    from storage.errors import StorageError  # noqa: PLC0415
    from storage.sending import PartPutter  # noqa: PLC0415
    from storage.store import ObjectStore  # noqa: PLC0415

    with open_catalog(data, status=NO_CATALOG) as (settings, database):
        try:
            sealer = Sealer.load(settings.catalog.metadata_key_file)
            signer = Signer.load(settings.catalog.receipt_key_file)
        except (OSError, ValueError) as error:
            fail(
                f"The keys in secrets/ cannot be read ({type(error).__name__}). Nothing was changed.",
                NO_CATALOG,
            )
        # From the server itself, by the address it reaches the storage under.
        reached = settings.storage.model_copy(update={"public_url": None})
        try:
            with (
                closing(ObjectStore(reached, reached.evidence_bucket)) as store,
                closing(PartPutter(reached)) as sender,
            ):
                report = import_footage(
                    Doors(
                        database, store, sender, sealer, signer, ZoneInfo(settings.web.time_zone), part_size,
                        lambda: datetime.now(UTC),
                    ),
                    folder.resolve(),
                    actor=system("operator"),
                    case_number=number,
                    history=origin,
                    on_file=lambda taken: None if as_json else _tell(taken),
                )  # fmt: skip
        except NothingKnown:
            fail(
                "Say what it belongs to (--case), or what is known of it (--origin). Nothing was changed.",
                USAGE,
            )
        except NoSuchCase as error:
            text = str(error)
            fail(f"{text[:1].upper()}{text[1:]}. Nothing was changed.", NO_CATALOG)
        except IntakeClosed as error:
            fail(f"Nothing is taken in just now: {error}. Nothing was changed.", NOT_NOW)
        except StorageError as error:
            fail(f"The storage could not be used: {error}. What was taken in until then stays.", NOT_NOW)
    if as_json:
        _print_json(report)
    else:
        _print(report)
    raise SystemExit(_status(report))


def _status(report: FootageReport) -> int:
    if report.stopped:
        return NOT_NOW
    if not report.files:
        return NOTHING
    return SOME_NOT if report.counts["refused"] else ALL_IN


def _tell(taken: Taken) -> None:
    click.echo(f"{taken.end}  {taken.shown}{f': {taken.reason}' if taken.reason else ''}")


def _print(report: FootageReport) -> None:
    if report.stopped:
        click.echo(
            f"Error: it ended before the last file: {report.stopped}. What is listed above stays; the rest comes in "
            "when this is repeated.",
            err=True,
        )
    counts = report.counts
    click.echo(
        f"{counts['received']} received, {counts['held already']} held already, {counts['refused']} not taken in"
        f"{'; ' + str(put) + ' put on the case' if (put := sum(one.attached for one in report.files)) else ''}."
    )


def _print_json(report: FootageReport) -> None:
    click.echo(
        json.dumps(
            {
                "docking": str(report.docking),
                "stopped": report.stopped or None,
                "counts": dict(report.counts),
                "files": [
                    {
                        "file": one.shown,
                        "end": one.end,
                        "reason": one.reason or None,
                        "recording": str(one.clip) if one.clip else None,
                        "attached": one.attached,
                    }
                    for one in report.files
                ],
            },
            ensure_ascii=False,
            indent=1,
        )
    )
