"""`liuhen storage inventory`."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from liuhen.commands.options import data_option, open_catalog

if TYPE_CHECKING:
    from catalog.inventory.run import Inventory

AGREES, DIFFERS, NO_STORAGE, NO_CATALOG = 0, 1, 3, 4
KEY_LETTERS = 46
"""Of an original's key: it stays in one piece, to be copied."""
SHOWN = 200
"""Lines of the table at most."""

_EPILOG = """\b
Exit status:
  0  catalog and storage agree
  1  they differ: each difference is listed
  3  the storage could not be reached; nothing is proven
  4  the catalog could not be reached; nothing is proven
"""

WORDS = {
    "missing": "not there",
    "extra": "not in the catalog",
    "extra-version": "another version beside it",
    "delete-marker": "a delete marker",
    "size": "other size",
    "checksum": "other checksum",
    "metadata": "other metadata",
    "no-metadata": "metadata lacking",
    "no-lock": "no lock",
    "lock-weaker": "lock weaker than read back",
    "lock-not-applied": "lock weaker than wanted",
    "hold-missing": "hold missing",
}


@click.command(epilog=_EPILOG)
@click.option("--json", "as_json", is_flag=True, help="Print what was found as one JSON object.")
@click.option(
    "--incidents", is_flag=True, help="Open incidents for originals that are missing or locked less."
)
@data_option
def inventory(as_json: bool, incidents: bool, data: Path) -> None:
    """Hold the catalog against the storage, in both directions, object by object.

    The storage is read by another client than the one that writes. Nothing in it is touched; recordings may come in
    meanwhile. Every difference is looked at twice.
    """
    from catalog.inventory.run import take_inventory  # noqa: PLC0415  (help must come at once)
    from storage.errors import StorageError  # noqa: PLC0415
    from storage.reader import SecondReader  # noqa: PLC0415

    with open_catalog(data, status=NO_CATALOG) as (settings, database):
        evidence = SecondReader(settings.storage, settings.storage.evidence_bucket)
        derived = SecondReader(settings.storage, settings.storage.derived_bucket)
        try:
            with progress("Looking at storage") as on_look:
                found = take_inventory(
                    database, evidence, derived, datetime.now(UTC), incidents=incidents, on_look=on_look
                )
        except StorageError as error:
            click.echo(
                f"Error: The storage could not be asked: {error}. Nothing is proven, nothing was changed. "
                "If it is not running, start it with `liuhen up`.",
                err=True,
            )
            raise SystemExit(NO_STORAGE) from None
        finally:
            evidence.close()
            derived.close()
    if as_json:
        click.echo(json.dumps(as_plain(found), ensure_ascii=False, indent=1))
    else:
        _print(found)
    raise SystemExit(AGREES if found.agrees else DIFFERS)


def as_plain(found: Inventory) -> dict[str, Any]:
    """Answer an inventory as JSON has it."""
    return {
        "agrees": found.agrees,
        "objects": found.objects,
        "kinds": dict(sorted(found.kinds.items())),
        "differences": dict(sorted(found.words.items())),
        "named": [asdict(one) for one in found.named],
        "on_their_way": found.on_their_way,
        "abandoned": found.abandoned,
        "disposable": found.disposable,
        "incidents": found.incidents,
    }


@contextmanager
def progress(what: str) -> Iterator[Callable[[int, int | None], None]]:
    """Show how far it is, on a terminal; elsewhere nothing."""
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: PLC0415

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, whole: bar.update(task, completed=done, total=whole)


def _print(found: Inventory) -> None:
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415

    console = Console(markup=False, highlight=False)
    if found.named:
        table = Table(show_lines=True)
        table.add_column("object", overflow="fold", min_width=KEY_LETTERS)
        table.add_column("what of it", overflow="fold")
        for one in found.named[:SHOWN]:
            version = f", version {one.version}" if one.word in {"extra-version", "delete-marker"} else ""
            table.add_row(one.key, f"{one.kind}: {WORDS[one.word]}\n{one.said}{version}")
        console.print(table)
        if (more := found.words.total() - min(len(found.named), SHOWN)) > 0:
            console.print(f"and {more} more; --json names up to 1000")
    kinds = ", ".join(f"{count} × {kind}" for kind, count in sorted(found.kinds.items())) or "nothing"
    console.print(f"The catalog knows {found.objects} objects: {kinds}.")
    if found.on_their_way:
        console.print(f"{found.on_their_way} objects are still on their way in.")
    if found.abandoned:
        console.print(f"{found.abandoned} objects are of uploads that were given up and opened anew.")
    if found.disposable:
        console.print(
            f"{found.disposable} copies for viewing are of an earlier making; they are removed within a day."
        )
    if found.incidents:
        console.print(f"{found.incidents} incidents were opened.")
    if found.agrees:
        console.print("Catalog and storage agree.")
        return
    words = ", ".join(f"{count} × {WORDS[word]}" for word, count in sorted(found.words.items()))
    console.print(f"Catalog and storage differ: {words}.")
