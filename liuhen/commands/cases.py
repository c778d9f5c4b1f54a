"""`liuhen cases …`: taking over cases from the bureau's case system."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click

from liuhen.commands.options import data_option, fail, open_catalog

if TYPE_CHECKING:
    from catalog.case_files.importing.applying import ImportReport

DONE, NO_CATALOG, SOME_NOT, NOT_READABLE = 0, 1, 3, 4
_EPILOG = """\b
Exit status:
  0  every row is taken over, or was before
  1  the catalog cannot be used; nothing was changed
  3  some rows were not taken, or differ from what people entered here; the others are in
  4  the file as a whole cannot be read; nothing was changed
"""


@click.group()
def cases() -> None:
    """Take over cases from the bureau's case system."""


@cases.command("import", epilog=_EPILOG)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--go", is_flag=True, help="Take over; without it, only what would be is printed.")
@click.option("--source", default="", help="What the case system is called. [default: 案件系统]")
@click.option("--json", "as_json", is_flag=True, help="Print the whole result as one JSON object.")
@data_option
def import_(file: Path, go: bool, source: str, as_json: bool, data: Path) -> None:
    """Look through FILE (CSV in UTF-8 or GB18030, .xlsx, JSON), and with --go take its cases over.

    A case is found by the system's id, else by its number; doing it again enters nothing twice. What people changed
    here is not overwritten: it is named. At most 20 MB and 50,000 rows.
    """
    from catalog.actors import system  # noqa: PLC0415  (help must come at once)
    from catalog.case_files.importing.applying import import_cases  # noqa: PLC0415
    from catalog.case_files.importing.reading import SIZE_LIMIT, Unreadable  # noqa: PLC0415
    from web.words import say  # noqa: PLC0415

    try:
        with file.open("rb") as opened:
            body = opened.read(SIZE_LIMIT + 1)
    except OSError as error:
        fail(f"{file} cannot be read ({error.strerror}). Nothing was changed.", NOT_READABLE)
    with open_catalog(data, status=NO_CATALOG) as (settings, database):
        now = datetime.now(UTC)
        try:
            report = import_cases(
                database,
                body,
                actor=system("operator"),
                today=now.astimezone(ZoneInfo(settings.web.time_zone)).date(),
                now=now,
                source=source,
                name=file.name,
                dry=not go,
            )
        except Unreadable as error:
            fail(f"{say('import refusal', error.why)} Nothing was changed.", NOT_READABLE)
    if as_json:
        rows = [{**asdict(one), "case": str(one.case) if one.case else None} for one in report.outcomes]
        click.echo(
            json.dumps(
                {"dry": report.dry, "counts": dict(report.counts), "unknown": report.unknown, "rows": rows},
                ensure_ascii=False,
                indent=1,
            )
        )
    else:
        _print(report)
    raise SystemExit(SOME_NOT if report.counts["bad"] or report.counts["conflict"] else DONE)


def _print(report: ImportReport) -> None:
    from web.words import say  # noqa: PLC0415

    for one in report.outcomes:
        if one.kind in {"bad", "conflict"}:
            said = [say("import row", why) for why in one.why]
            said += [f"stays as it is here: {', '.join(one.conflicts)}"] if one.conflicts else []
            said += [say("import note", note) for note in one.notes]
            click.echo(f"line {one.line} {one.shown}: {one.kind}: {' '.join(said)}")
    counts = report.counts
    click.echo(
        ", ".join(f"{counts[kind]} {kind}" for kind in ("new", "changed", "unchanged", "conflict", "bad"))
    )
    if report.unknown:
        click.echo(f"Columns left out: {', '.join(report.unknown)}")
    if report.dry:
        click.echo("Dry run: nothing was changed. Take over with --go.")
