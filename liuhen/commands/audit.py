"""`liuhen audit …`."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from liuhen.commands.options import data_option, open_catalog, plainly

if TYPE_CHECKING:
    from catalog.timestamps.auditing import Audit, Finding

ALL_GOOD, WRONG, UNREACHABLE, NOTHING = 0, 1, 2, 3
LONGEST_LINE = 16 << 20
"""Bytes of a line of an export that are read at most; the records of entries are far shorter."""
NAMED = 50
"""Findings printed at most without --json."""

_EPILOG = """\b
Exit status:
  0  every recording that should have a time stamp has one that proves
  1  something is wrong or missing; each recording is named, and an incident is open for stamps that do not prove
  2  the storage could not be reached; nothing is proven
  3  there is nothing to audit: no recording has or should have a time stamp yet
"""


_CHECK_EPILOG = """\b
Exit status:
  0  the file is the export as it was made
  1  something in it was changed, left out, put in another order or cut off; each is named
  2  the file could not be read
"""


@click.group()
def audit() -> None:
    """Prove what is kept, from the catalog down to the locked objects."""


@audit.command(epilog=_EPILOG)
@click.option("--json", "as_json", is_flag=True, help="Print the whole result as one JSON object.")
@click.option(
    "--late-minutes",
    type=click.FloatRange(min=0),
    help="Minutes after receipt from which a recording without a time stamp counts as wrong. "
    "[default: LIUHEN_CATALOG__TIMESTAMP_LATE_MINUTES]",
)
@data_option
def timestamps(as_json: bool, late_minutes: float | None, data: Path) -> None:
    """Prove every time stamp: record, leaf, root, signature, certificates, and the locked files in storage.

    Nothing is believed that can be computed: the record of each recording is made anew from the catalog, and followed
    up to the authority's certificate in the settings.
    """
    from catalog.timestamps.auditing import audit_timestamps  # noqa: PLC0415  (help must come at once)
    from catalog.timestamps.authorities import authorities_of  # noqa: PLC0415
    from storage.errors import StorageError  # noqa: PLC0415
    from storage.store import ObjectStore  # noqa: PLC0415

    with open_catalog(data) as (settings, database):
        with plainly(ValueError):
            authorities = authorities_of(settings.catalog.timestamp_authorities)
        late = settings.catalog.timestamp_late_minutes if late_minutes is None else late_minutes
        store = ObjectStore(settings.storage, settings.storage.evidence_bucket)
        try:
            found = audit_timestamps(
                database, store, authorities, datetime.now(UTC), late=timedelta(minutes=late)
            )
        except StorageError as error:
            click.echo(
                f"Error: The storage could not be asked: {error}. Nothing is proven, nothing was changed.",
                err=True,
            )
            raise SystemExit(UNREACHABLE) from None
        finally:
            store.close()
    status = WRONG if found.findings else ALL_GOOD if found.clips else NOTHING
    if as_json:
        click.echo(json.dumps(_as_json(found, status), ensure_ascii=False, indent=1))
    else:
        _print(found)
    raise SystemExit(status)


@audit.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--reason", required=True, help="What the export is for; it is kept with the entry of the export."
)
@click.option("--from-place", type=click.IntRange(min=0), default=0, show_default=True)
@click.option("--to-place", type=click.IntRange(min=0), help="[default: the newest]")
@data_option
def export(file: Path, reason: str, from_place: int, to_place: int | None, data: Path) -> None:
    """Write the custody log to FILE as JSON Lines, for outsiders who recompute its tree.

    Private fields stay salted digests. FILE must not exist yet; it has its name once it is complete. The export is an entry
    of the log.
    """
    from catalog.actors import system  # noqa: PLC0415
    from catalog.auditing.exporting import CannotExport, begin_export, export_lines  # noqa: PLC0415
    from catalog.rules.giving_out import NoReason, reason_given  # noqa: PLC0415

    if file.exists():
        raise click.ClickException(f"{file} exists already; nothing was written.")
    unfinished = file.with_name(file.name + ".part")
    with open_catalog(data) as (_settings, database):
        try:
            extent = begin_export(
                database,
                actor=system("command"),
                reason=reason_given("other", reason),
                first=from_place,
                last=to_place,
                now=datetime.now(UTC),
            )
        except (CannotExport, NoReason) as refusal:
            raise click.ClickException(_WHY[refusal.why]) from None
        try:
            with unfinished.open("xb") as out:
                for line in export_lines(database, extent):
                    out.write(line)
                out.flush()
                os.fsync(out.fileno())
            os.link(unfinished, file)
        except FileExistsError as error:
            raise click.ClickException(
                f"{error.filename2 or error.filename} exists already; it was left as it is."
            ) from None
        except OSError as error:
            raise click.ClickException(f"{file} could not be written: {error.strerror}.") from None
        unfinished.unlink()
    click.echo(
        f"{extent.count} entries from place {extent.first}; root of the log of {extent.size}: {extent.root}"
    )


_WHY = {
    "reason-text-missing": "Nothing was exported: say with --reason what the export is for.",
    "reason-too-long": "Nothing was exported: the reason may have 500 characters.",
    "no-such-range": "Nothing was exported: the log has no entries at these places.",
}


@audit.command(epilog=_CHECK_EPILOG)
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--root", default="", help="A root of the same log and range that you trust, hexadecimal.")
def check(file: Path, root: str) -> None:
    """Check an export of the custody log, with nothing but the file: no catalog, no network."""
    from catalog.rules.export_check import check_export  # noqa: PLC0415

    try:
        with file.open("rb") as lines:
            found = check_export(iter(lambda: lines.readline(LONGEST_LINE), b""), root)
    except OSError as error:
        click.echo(f"Error: {file} could not be read: {error.strerror}.", err=True)
        raise SystemExit(UNREACHABLE) from None
    for trouble in found.trouble:
        click.echo(trouble)
    if found.more:
        click.echo(f"… and {found.more} more")
    if found.trouble:
        click.echo("This file is not the export as it was made.", err=True)
        raise SystemExit(WRONG)
    click.echo(
        f"{found.entries} entries from place {found.first}, nothing is wrong; "
        f"root of the log of {found.size}: {found.root}"
    )


def _as_json(found: Audit, status: int) -> dict[str, object]:
    return {
        "status": status,
        "recordings": found.clips,
        "proven": found.proven,
        "batches": found.batches,
        "tokens": found.tokens,
        "self_signed_tokens": found.self_signed,
        "made_good": found.made_good,
        "findings": [
            {
                "recording": str(one.clip),
                "batch": str(one.batch) if one.batch else None,
                "authority": one.authority or None,
                "trouble": one.trouble,
                "what": one.what,
            }
            for one in found.findings
        ],
    }


def _print(found: Audit) -> None:
    for one in found.findings[:NAMED]:
        click.echo(_line(one))
    if len(found.findings) > NAMED:
        click.echo(f"… and {len(found.findings) - NAMED} more; --json names all")
    click.echo(
        f"{found.clips} recordings, {found.proven} proven, {found.tokens} tokens over {found.batches} batches "
        f"({found.self_signed} self-signed: order only), {len(found.findings)} findings"
    )
    if found.made_good:
        click.echo(f"{found.made_good} findings about earlier stamps of recordings that have a good one")


def _line(one: Finding) -> str:
    where = f" batch {one.batch}" if one.batch else ""
    who = f" authority {one.authority}" if one.authority else ""
    return f"recording {one.clip}{where}{who}: {one.trouble}: {one.what}"
