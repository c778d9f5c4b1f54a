"""`liuhen storage …`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from liuhen.commands.inventory import inventory
from liuhen.commands.options import data_option

if TYPE_CHECKING:
    from storage.probe import ProbeReport

PASSED, BROKEN, UNREACHABLE = 0, 1, 2

_EPILOG = """\b
Exit status:
  0  every attack was refused
  1  an attack got through, or gave no proof: intake is closed until a later probe passes
  2  the storage could not be reached or is not set up; nothing is proven
"""


@click.group()
def storage() -> None:
    """Look after the object storage."""


storage.add_command(inventory)


@storage.command(epilog=_EPILOG)
@click.option("--json", "as_json", is_flag=True, help="Print the report as one JSON object.")
@click.option(
    "--lang", type=click.Choice(["en", "zh"]), default="en", show_default=True, help="Language of the table."
)
@data_option
def check(as_json: bool, lang: str, data: Path) -> None:
    """Attack canary objects through every door of the storage, and say what held.

    Originals are not touched. The result is kept: intake is open only while the newest probe passed.
    """
    from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415  (help must come at once)

    from catalog.database import Database  # noqa: PLC0415
    from catalog.probe_results import record_probe  # noqa: PLC0415
    from liuhen import system  # noqa: PLC0415
    from liuhen.settings import load  # noqa: PLC0415
    from storage.errors import StorageError  # noqa: PLC0415
    from storage.probe import run_probe  # noqa: PLC0415

    settings = load(data)
    try:
        report = run_probe(system.probe_settings(settings), plan=system.own_storage_plan(settings))
    except StorageError as error:
        click.echo(
            f"Error: The storage could not be probed: {error}. Nothing in it was touched. "
            "If it is not running, start it with `liuhen up`.",
            err=True,
        )
        raise SystemExit(UNREACHABLE) from None
    database = Database.open(settings.catalog.database_url)
    try:
        with database.write() as session:
            record_probe(session, report.passed, report.model_dump(mode="json"), datetime.now(UTC))
    except SQLAlchemyError as error:
        click.echo(
            f"The result could not be kept in the catalog ({type(error).__name__}); it is shown only.",
            err=True,
        )
    finally:
        database.close()
    if as_json:
        click.echo(report.model_dump_json(indent=1))
    else:
        _print(report, "zh" if lang == "zh" else "en")
    raise SystemExit(PASSED if report.passed else BROKEN)


def _print(report: ProbeReport, language: Literal["en", "zh"]) -> None:
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415

    from storage.probe.report import VERDICT_WORDS  # noqa: PLC0415

    heads = {
        "en": ("attack", "door", "outcome", "what the storage said"),
        "zh": ("攻击", "入口", "结果", "存储的应答"),
    }
    table = Table(title=report.endpoint)
    for head in heads[language]:
        table.add_column(head, overflow="fold")
    for result in report.results:
        table.add_row(
            result.attack.in_language(language),
            result.door,
            VERDICT_WORDS[result.verdict].in_language(language),
            result.said,
        )
    # markup off: what a storage says may hold square brackets
    console = Console(markup=False, highlight=False)
    console.print(table)
    console.print(report.summary(language))
