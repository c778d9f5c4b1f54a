"""`liuhen backup`."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from liuhen.commands.options import data_option, fail, open_catalog

if TYPE_CHECKING:
    from catalog.database import Database
    from liuhen.keeping.making import Made
    from liuhen.keeping.manifest import Manifest
    from liuhen.keeping.sealing import Passphrase

GOOD, NOT_MADE, BAD, NO_WAY_IN = 0, 1, 3, 4

_EPILOG = """\b
Exit status:
  0  made and tried, or with --check: good
  1  not made; nothing of this name was written. With --check: it could not be read
  2  the passphrase's file cannot be used
  3  with --check: damaged, incomplete, or made by a newer version
  4  with --check: the passphrase is wrong or was not given
"""

passphrase_option = click.option(
    "--passphrase-file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="File whose first line is the passphrase of the back-up.",
)


@click.command(epilog=_EPILOG)
@click.argument("target", type=click.Path(path_type=Path))
@click.option(
    "--check", is_flag=True, help="TARGET is a back-up: restore it into scratch and compare, change nothing."
)
@click.option("--json", "as_json", is_flag=True, help="Print what it holds as one JSON object.")
@passphrase_option
@data_option
def backup(target: Path, check: bool, as_json: bool, passphrase_file: Path | None, data: Path) -> None:
    """Back up the catalog, all secrets and the settings into one file, and try it by restoring it into scratch.

    TARGET is a new file, or a folder in which one is made. The system may run. The originals themselves are in the
    storage and not in it.
    """
    passphrase = read_passphrase(passphrase_file)
    if check:
        _check(target, passphrase, as_json=as_json)
        return
    if passphrase is None:
        click.echo(
            "NOTE: without --passphrase-file the back-up holds every key of this system in the open. Whoever reads it "
            "can read everything and sign receipts. Keep it like the keys of the evidence room.",
            err=True,
        )
    with (
        open_catalog(data) as (settings, database),
        told("Nothing of this name was written.", damage=NOT_MADE),
    ):
        from liuhen.keeping.making import make_backup, name_for, unfinished_beside  # noqa: PLC0415

        file = name_for(target, datetime.now(UTC), encrypted=passphrase is not None)
        for left in unfinished_beside(file):
            click.echo(
                f"A back-up that did not end left {left}; it is of no use and can be removed.", err=True
            )
        made = make_backup(settings, file, passphrase, program=_program(), say=_say)
        _enter(database, made)
    if as_json:
        click.echo(json.dumps(_plain(made.manifest, made.file, made.sha256), indent=1))
    else:
        _print(made.manifest, made.file, made.size, made.sha256)


def read_passphrase(file: Path | None) -> Passphrase | None:
    """Read the passphrase, or end the command in words."""
    from liuhen.keeping.sealing import Passphrase  # noqa: PLC0415

    if file is None:
        return None
    try:
        return Passphrase.read(file)
    except OSError as error:
        fail(f"The passphrase file {file} cannot be read ({error.strerror}). Nothing was done.", 2)
    except ValueError as error:
        fail(f"Nothing was done: {error}.", 2)


@contextmanager
def told(safe: str, *, damage: int = BAD) -> Iterator[None]:
    """Turn whatever keeps a back-up from being made, read or restored into words.

    `safe` says what is as it was; `damage` is the exit status when something is not sound.
    """
    from catalog.snapshots.copying import CannotCopy  # noqa: PLC0415
    from catalog.snapshots.facts import CustodyDamaged  # noqa: PLC0415
    from liuhen.keeping.archive import PassphraseNeeded  # noqa: PLC0415
    from liuhen.keeping.contents import CannotTake  # noqa: PLC0415
    from liuhen.keeping.making import Busy, Exists, NewerVersion  # noqa: PLC0415
    from liuhen.keeping.sealing import Damaged, WrongPassphrase  # noqa: PLC0415

    what = "The back-up was not made" if damage == NOT_MADE else "The back-up is not good"
    try:
        yield
    except Exists as error:
        fail(f"{error} is there already and was left as it is. Name another file, or a folder. {safe}")
    except Busy as error:
        fail(f"Another back-up of {error} is being made. {safe} Wait for it.")
    except PassphraseNeeded:
        fail(f"The back-up is encrypted: give --passphrase-file. {safe}", NO_WAY_IN)
    except WrongPassphrase:
        fail(f"The passphrase does not open this back-up. {safe}", NO_WAY_IN)
    except NewerVersion as error:
        fail(
            f"The back-up was made by a newer version ({error}). {safe} Use that version, or a newer one.",
            damage,
        )
    except (Damaged, CustodyDamaged, CannotCopy, CannotTake) as error:
        fail(f"{what}: {error}. {safe}", damage)
    except OSError as error:
        fail(f"{error.filename or 'The disk'}: {error.strerror or error}. {safe}")


def _check(file: Path, passphrase: Passphrase | None, *, as_json: bool) -> None:
    from liuhen.keeping.archive import digest_of  # noqa: PLC0415
    from liuhen.keeping.making import try_backup  # noqa: PLC0415

    with told("Nothing was changed."), tempfile.TemporaryDirectory(prefix="liuhen-check-") as scratch:
        manifest = try_backup(file, passphrase, Path(scratch))
        digest, size = digest_of(file), file.stat().st_size
    if as_json:
        click.echo(json.dumps(_plain(manifest, file, digest), indent=1))
    else:
        _print(manifest, file, size, digest)


def _enter(database: Database, made: Made) -> None:
    """Enter in the custody log that a back-up was made, and which: the copy itself does not know of it."""
    from catalog.actors import system  # noqa: PLC0415
    from catalog.custody.log import add_entry  # noqa: PLC0415

    with database.write() as session:
        add_entry(
            session,
            actor=system("backup"),
            action="catalog.backed-up",
            subjects={},
            facts={
                "sha256": made.sha256,
                "log_size": str(made.manifest.catalog.log_size),
                "log_root": made.manifest.catalog.log_root,
            },
            now=datetime.now(UTC),
        )


def _program() -> str:
    import importlib.metadata  # noqa: PLC0415

    try:
        return f"liuhen {importlib.metadata.version('liuhen')}"
    except importlib.metadata.PackageNotFoundError:
        return "liuhen"


def _say(what: str) -> None:
    click.echo(f"{what} …", err=True)


def _plain(manifest: Manifest, file: Path, digest: str) -> dict[str, object]:
    return {"good": True, "file": str(file), "sha256": digest, **manifest.model_dump(mode="json")}


def _print(manifest: Manifest, file: Path, size: int, digest: str) -> None:
    catalog = manifest.catalog
    click.echo(f"{file}  {size:,} bytes  SHA-256 {digest}")
    click.echo(
        f"as of {manifest.made:%Y-%m-%d %H:%M:%S} UTC, by {manifest.program}; catalog version {catalog.version}, "
        f"{sum(catalog.rows.values()):,} rows, {catalog.rows.get('clips', 0):,} recordings; custody log of "
        f"{catalog.log_size:,} entries, root {catalog.log_root[:16]}"
    )
    click.echo(f"{len(manifest.parts) - 1} files of secrets and settings")
    if manifest.left_out:
        click.echo(f"Not in it: {'; '.join(manifest.left_out)}.")
    if manifest.environment:
        click.echo(f"Set by the environment, so not in it either: {', '.join(manifest.environment)}.")
    click.echo("good: it was restored into scratch, and all of it is there.")
