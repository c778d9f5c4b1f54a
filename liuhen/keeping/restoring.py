"""Restoring a back-up into a data folder that has neither catalog nor secrets.

Everything is unpacked and checked in `.restoring` first; only when it is complete are the pieces moved into place, each
by one rename. While `.restoring` is there, no part of the system starts (`liuhen.secrets`): what a kill leaves half
done is not taken for whole, and the same command finishes it or begins anew.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import make_url

from catalog.actors import system
from catalog.custody.log import add_entry
from catalog.database import Database
from catalog.disposal.restored import end_approved
from catalog.signing_in.restored import end_sessions_and_tokens
from catalog.snapshots.copying import is_empty, load_snapshot
from liuhen.keeping.archive import digest_of, opened, unpack
from liuhen.keeping.contents import FOLDERS
from liuhen.keeping.making import compare
from liuhen.keeping.manifest import CATALOG, Manifest
from liuhen.keeping.sealing import Passphrase
from liuhen.secrets import RESTORING
from liuhen.settings import load

COMPLETE = "complete"
"""In `.restoring`: everything is unpacked, checked and, on PostgreSQL, loaded; only renames are left."""


class NotEmpty(Exception):
    """The data folder or the database holds something that the back-up would bring; the message says what."""


@dataclass(frozen=True, slots=True)
class Restored:
    """What was restored."""

    manifest: Manifest
    finished_only: bool = False
    """An earlier restore was complete but for its last renames."""


def restore(data: Path, file: Path, passphrase: Passphrase | None, *, say: Callable[[str], None]) -> Restored:
    """Restore `file` into `data`. Call with the data folder's lock held.

    Raises NotEmpty, NewerVersion, PassphraseNeeded, WrongPassphrase, Damaged, CannotCopy, CustodyDamaged, OSError, and
    the database's errors; nothing is in place then.
    """
    staged = data / RESTORING
    if (staged / COMPLETE).exists():
        say("an earlier restore was nearly done; it is finished now")
        manifest = Manifest.model_validate_json((staged / COMPLETE).read_bytes())
        _move(data, staged)
        return Restored(manifest, finished_only=True)
    url = load(data).catalog.database_url
    _refuse_unless_empty(data, url)
    if staged.exists():
        shutil.rmtree(staged)
    staged.mkdir(parents=True, mode=0o700)
    try:
        say("unpacking and checking")
        with opened(file, passphrase) as source:
            manifest = unpack(source, staged)
        compare(manifest, staged)
        _enter(staged / CATALOG, file, manifest)
        say("putting it in place")
        _place_catalog(staged, data, url)
        _write(staged / COMPLETE, manifest.model_dump_json().encode())
    except BaseException:
        shutil.rmtree(staged, ignore_errors=True)
        raise
    _move(data, staged)
    return Restored(manifest)


def _refuse_unless_empty(data: Path, url: str) -> None:
    there = [name for name in (*FOLDERS, "ports.json") if (data / name).exists()]
    if there:
        raise NotEmpty(f"{data} already holds {', '.join(there)}")
    if not is_empty(url):
        raise NotEmpty(
            f"the catalog at {make_url(url).render_as_string()} is not empty (if a restore was cut short, it is in "
            "there already: empty that database)"
        )
    if url.startswith("sqlite") and Path(str(make_url(url).database)).exists():
        raise NotEmpty(f"{make_url(url).database} is there already")


def _enter(catalog: Path, file: Path, manifest: Manifest) -> None:
    """Enter in the copy's log that it was restored, and from what.

    No destruction approved before goes on (R2.10), and no session or token: each may have been ended since.
    """
    database = Database.open(f"sqlite:///{catalog}")
    try:
        with database.write() as session:
            add_entry(
                session,
                actor=system("restore"),
                action="catalog.restored",
                subjects={},
                facts={
                    "made": manifest.made.isoformat(),
                    "backup": digest_of(file),
                    "log_size": str(manifest.catalog.log_size),
                    "log_root": manifest.catalog.log_root,
                },
                now=datetime.now(UTC),
            )
            end_approved(session, datetime.now(UTC))
            end_sessions_and_tokens(session, datetime.now(UTC))
    finally:
        database.close()


def _place_catalog(staged: Path, data: Path, url: str) -> None:
    """Lay the catalog where it will be moved from; into a database elsewhere it goes now, in one transaction."""
    if not url.startswith("sqlite"):
        load_snapshot(staged / CATALOG, url)
        (staged / CATALOG).unlink()
        return
    target = Path(str(make_url(url).database))
    home = staged / "catalog"
    home.mkdir(mode=0o700)
    (staged / CATALOG).rename(home / target.name)
    if target.parent != data / "catalog":  # elsewhere by a setting, perhaps on another disk
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        shutil.copyfile(home / target.name, target)
        shutil.rmtree(home)


def _move(data: Path, staged: Path) -> None:
    """Move what is staged into place. The last name to go is that of the staging folder itself."""
    for path in sorted(staged.iterdir()):
        if path.name == COMPLETE:
            continue
        if path.name == "catalog":
            (data / "catalog").mkdir(mode=0o700, exist_ok=True)
            for one in path.iterdir():
                one.rename(data / "catalog" / one.name)
            path.rmdir()
        else:
            path.rename(data / path.name)
    _flush(data)
    shutil.rmtree(staged)
    _flush(data)


def _write(path: Path, content: bytes) -> None:
    with path.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    _flush(path.parent)


def _flush(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
