"""`liuhen officers import` and `liuhen recorder import`: entering tables, tried first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from zoneinfo import ZoneInfo

import click

from liuhen.commands.options import data_option, fail, open_catalog

if TYPE_CHECKING:
    from catalog.maintenance.imports import RowOutcome

Command = TypeVar("Command", bound=Callable[..., Any])
EPILOG = """\b
Exit status:
  0  every row was entered, or would be
  1  rows were left out; they are listed with line and reason
  2  the table cannot be read; nothing was entered"""
REASONS = {
    "no-number": "the officer number is missing",
    "no-name": "the name is missing",
    "too-long": "a name, number, unit or agency is too long",
    "certificate-order": "the certificate ends before it begins",
    "certificate-number-missing": "a certificate with days of validity needs its number",
    "bad-date": "a day is no day such as 2026-11-23",
    "bad-word": "where yes or no is asked, something else stands",
    "twice": "it stands in the table twice; the first row counts",
    "holds-recorder": "whoever leaves still has a recorder; note first that it was given back",
    "bad-value": "something is missing, too long, or no day such as 2026-11-23",
    "asset-taken": "another recorder has this asset number",
    "own-record": "one's own unit, service and certificate are changed by somebody else",
    "your-unit": "an officer is moved to one's own unit by somebody else",
    "own-holding": "whether a recorder that one holds is shared is said by somebody else",
    "recorder-to-your-unit": "a recorder is moved to one's own unit by somebody else",
}
TROUBLE = {
    "too-large": "The table is too large; cut it into parts.",
    "not-a-table": "This is no CSV or .xlsx table that can be read.",
    "no-text": "The table is neither UTF-8 nor GB18030; save it again.",
    "no-heading": "The table is empty.",
    "column-missing": "The column by which a row is known (人员编号, or 序列号) is missing.",
    "column-twice": "Two columns have the same heading.",
    "too-many-rows": "The table has more than 5000 rows; cut it into parts.",
}


def _table(command: Command) -> Command:
    argument = click.argument("table", type=click.Path(exists=True, dir_okay=False, path_type=Path))
    dry = click.option("--dry-run", is_flag=True, help="Say what would be entered, and enter nothing.")
    return argument(dry(command))


@click.group()
def officers() -> None:
    """Enter officers, their units and certificates from tables."""


@officers.command("import", epilog=EPILOG)
@_table
@data_option
def officers_import(table: Path, dry_run: bool, data: Path) -> None:
    """Enter officers from TABLE (CSV in UTF-8 or GB18030, or .xlsx); repeating it changes nothing.

    Columns are known by their headings: 人员编号, 姓名, 所在单位, 所属机构, 在编, 执法证号, 有效期起, 有效期至, 起始日期, 离职.
    """
    from catalog.actors import system  # noqa: PLC0415  (help must come at once)
    from catalog.maintenance.imports import import_officers  # noqa: PLC0415

    def run(database: Any, content: bytes, zone: ZoneInfo, now: datetime) -> list[RowOutcome]:
        return import_officers(
            database, content, actor=system("operator"), dry_run=dry_run, zone=zone,
            today=now.astimezone(zone).date(), now=now,
        )  # fmt: skip

    _import(table, data, run, dry_run=dry_run)


@click.command("import", epilog=EPILOG)
@_table
@data_option
def recorders_import(table: Path, dry_run: bool, data: Path) -> None:
    """Enter recorders from TABLE (CSV in UTF-8 or GB18030, or .xlsx); repeating it changes nothing.

    Columns are known by their headings: 序列号, 名称, 资产编号, 厂家, 型号, 类别, 固件版本, 命名规则, 使用单位, 购置日期,
    保修期至, 供应商, 使用方式. Empty cells leave what is there.
    """
    from catalog.actors import system  # noqa: PLC0415
    from catalog.maintenance.imports import import_recorders  # noqa: PLC0415

    def run(database: Any, content: bytes, zone: ZoneInfo, now: datetime) -> list[RowOutcome]:
        return import_recorders(
            database, content, actor=system("operator"), dry_run=dry_run, zone=zone, now=now
        )

    _import(table, data, run, dry_run=dry_run)


def _import(table: Path, data: Path, run: Callable[..., list[RowOutcome]], *, dry_run: bool) -> None:
    from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415

    from catalog.maintenance.tables import MOST_BYTES, BadTable  # noqa: PLC0415

    with open_catalog(data) as (settings, database):
        try:
            with table.open("rb") as file:
                content = file.read(MOST_BYTES + 1)
            outcomes = run(database, content, ZoneInfo(settings.web.time_zone), datetime.now(UTC))
        except OSError as error:
            fail(f"{table} cannot be read ({error.strerror}). Nothing was entered.", 2)
        except BadTable as refusal:
            fail(f"{TROUBLE[refusal.why]} Nothing was entered.", 2)
        except SQLAlchemyError as error:
            fail(f"The catalog cannot be written ({type(error).__name__}). Nothing was entered.")
    raise SystemExit(_tell(outcomes, dry_run=dry_run))


def _tell(outcomes: Sequence[RowOutcome], *, dry_run: bool) -> int:
    """Print what became of the rows; answer the exit status."""
    bad = [one for one in outcomes if one.outcome == "bad"]
    for one in bad:
        click.echo(f"line {one.line}: {one.key or '-'}: left out: {REASONS.get(one.why, one.why)}")
    counts = {word: sum(1 for one in outcomes if one.outcome == word) for word in ("new", "changed", "same")}
    verb = "would be " if dry_run else ""
    click.echo(
        f"{verb}new {counts['new']}, {verb}changed {counts['changed']}, same {counts['same']}, left out {len(bad)}"
    )
    return 1 if bad else 0
