"""Making a back-up while the system runs: snapshot, file, and the back-up tried by restoring it into scratch.

The file gets its name only after it was flushed, read back whole and found to hold what was put in. A process killed
at any moment leaves a hidden file with `.part` at its end, which nothing takes for a back-up.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import make_url

from catalog.database import migrate
from catalog.snapshots import schema
from catalog.snapshots.copying import check_snapshot, take_snapshot
from liuhen import secrets as system_secrets
from liuhen.keeping.archive import digest_of, opened, pack, unpack
from liuhen.keeping.contents import CannotTake, files_of, left_out, overruled
from liuhen.keeping.manifest import CATALOG, CatalogPart, Manifest, Part
from liuhen.keeping.sealing import Damaged, Passphrase
from liuhen.settings import Settings

UNFINISHED = ".part"
ENDING, ENCRYPTED_ENDING = ".tar", ".tar.enc"


class Exists(Exception):
    """There is a file of this name; it was left as it is."""


class NewerVersion(Exception):
    """The back-up was made by a program of a newer version; its name is the argument."""


class Busy(Exception):
    """Another back-up of this data folder is being made."""


@dataclass(frozen=True, slots=True)
class Made:
    """A back-up that was tried."""

    file: Path
    size: int
    """Bytes."""
    sha256: str
    manifest: Manifest


def name_for(target: Path, moment: datetime, *, encrypted: bool) -> Path:
    """Answer the file a back-up goes to: `target`, or one named by the moment where that is a folder."""
    if not target.is_dir():
        return target
    return target / f"liuhen-{moment:%Y%m%dT%H%M%SZ}{ENCRYPTED_ENDING if encrypted else ENDING}"


def unfinished_beside(file: Path) -> list[Path]:
    """Answer what back-ups that did not end left in the same folder."""
    return sorted(file.parent.glob(f".liuhen-*{UNFINISHED}"))


def make_backup(
    settings: Settings,
    file: Path,
    passphrase: Passphrase | None,
    *,
    program: str,
    say: Callable[[str], None],
) -> Made:
    """Make a back-up at `file`, try it, and answer what it holds.

    Raises Exists, Busy, CannotTake, Damaged, CannotCopy, CustodyDamaged, OSError, and the database's errors; then
    there is no file of this name.
    """
    if file.exists() or file.is_symlink():
        raise Exists(str(file))
    with _scratch(settings.data) as scratch:
        say("copying the catalog")
        places, manifest = _gather(settings, scratch, program)
        draft = file.with_name(f".liuhen-{secrets.token_hex(8)}{UNFINISHED}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            say("writing the back-up")
            with os.fdopen(descriptor, "wb") as out:
                pack(out, manifest, places, passphrase)
                out.flush()
                os.fsync(out.fileno())
            places[CATALOG].unlink()
            say("restoring it into scratch and comparing")
            if try_backup(draft, passphrase, scratch) != manifest:
                raise Damaged("what was read back is not what was written")
            digest, size = digest_of(draft), draft.stat().st_size
            _publish(draft, file)
        finally:
            draft.unlink(missing_ok=True)
    return Made(file, size, digest, manifest)


def try_backup(file: Path, passphrase: Passphrase | None, scratch: Path) -> Manifest:
    """Restore a back-up into a new folder below `scratch`, compare all of it with what it says of itself, remove it again.

    Raises PassphraseNeeded, WrongPassphrase, NewerVersion, Damaged, CannotCopy, CustodyDamaged, OSError.
    """
    with tempfile.TemporaryDirectory(dir=scratch, prefix="tried-") as folder:
        with opened(file, passphrase) as source:
            manifest = unpack(source, Path(folder))
        compare(manifest, Path(folder))
    return manifest


def compare(manifest: Manifest, folder: Path) -> None:
    """Compare what was unpacked with what was backed up: size and root of the custody log, rows by table, the keys.

    The copy of an earlier version is brought up to date on the way; then its rows are not counted. Raises NewerVersion,
    Damaged, CannotCopy, CustodyDamaged.
    """
    names, stated = {part.name for part in manifest.parts}, manifest.catalog
    lacking = [name for name in (CATALOG, *_must_have()) if name not in names]
    if lacking:
        raise Damaged(f"it lacks {', '.join(lacking)}")
    if not schema.knows(stated.version):
        raise NewerVersion(manifest.program)
    migrate(f"sqlite:///{folder / CATALOG}")
    facts = check_snapshot(folder / CATALOG)
    same = (facts.log_size, facts.log_root) == (stated.log_size, stated.log_root)
    if not same or (stated.version == schema.newest() and facts.rows != stated.rows):
        raise Damaged("the catalog in it does not hold what was backed up")


def _must_have() -> list[str]:
    return [f"secrets/{name}" for name in system_secrets.NEVER_MADE_AGAIN]


def _gather(settings: Settings, scratch: Path, program: str) -> tuple[dict[str, Path], Manifest]:
    """Take the snapshot and the digests of everything else. Raises CannotTake when a key is not there."""
    moment = datetime.now(UTC)
    copy = scratch / CATALOG
    url = settings.catalog.database_url
    facts = take_snapshot(url, copy)
    places = dict(files_of(settings.data))
    if lacking := [name for name in _must_have() if name not in places]:
        raise CannotTake(f"keys are missing in {settings.data}: {', '.join(lacking)}")
    places[CATALOG] = copy
    catalog = CatalogPart(version=schema.newest(), database=make_url(url).get_backend_name(), **asdict(facts))
    return places, Manifest(
        made=moment,
        program=program,
        catalog=catalog,
        parts=[_part(name, path) for name, path in sorted(places.items())],
        left_out=left_out(settings.data),
        environment=overruled(),
    )


def _part(name: str, path: Path) -> Part:
    content = path.stat()
    mode = 0o600 if name == CATALOG else content.st_mode & 0o777
    return Part(name=name, size=content.st_size, sha256=digest_of(path), mode=mode)


def _publish(draft: Path, file: Path) -> None:
    """Give the file its name unless that is taken. Raises Exists."""
    try:
        os.link(draft, file)
    except FileExistsError:
        raise Exists(str(file)) from None
    except OSError:  # a file system without hard links, such as exFAT
        if file.exists():
            raise Exists(str(file)) from None
        draft.rename(file)
    folder = os.open(file.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


@contextmanager
def _scratch(data: Path) -> Iterator[Path]:
    """A folder for this back-up alone, as closed as the secrets are; what a killed one left is removed."""
    run = data / "run"
    run.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(run / "backup.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Busy(str(data)) from None
        for left in run.glob("backup-*"):
            shutil.rmtree(left)
        with tempfile.TemporaryDirectory(dir=run, prefix="backup-") as folder:
            yield Path(folder)
    finally:
        os.close(descriptor)
