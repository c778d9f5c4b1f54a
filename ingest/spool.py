"""A spool: one process's folder with its journal, its copied files and a lock that says who works in it.

`<base>/station` belongs to the station process, `<base>/hand-N` to whoever docks by hand; what a process leaves
behind is carried on by the next one that claims the folder.
"""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from ingest.copying.durable import TEMPORARY, Folder
from ingest.errors import JournalDamaged, SpoolBusy, SpoolFailed
from ingest.journal.damage import inspect, is_damage, list_copies
from ingest.journal.journal import Journal

STATION = "station"
BY_HAND = tuple(f"hand-{number}" for number in range(1, 100))
DAMAGED = "-damaged-"
"""Between a spool's name and the time at which it was set aside whole."""
CONTENTS = "contents.tsv"
"""What lies in a spool that was set aside, for people."""
_FILES = "files"
_ASIDE = "set-aside"
_STAMP = "%Y%m%dT%H%M%SZ"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class DamagedSpool:
    """A spool that was set aside whole, because its journal was damaged."""

    folder: Path
    at: datetime
    """When, UTC."""
    copies: int
    """Files in it, of which this station does not know any more what became of them."""


class Spool:
    """A claimed spool. Close it to let others in."""

    def __init__(self, path: Path) -> None:
        """Claim the folder. One whose journal is damaged is set aside whole, and a new one begun in its place.

        Raises SpoolBusy when another process works in it, SpoolFailed, OSError.
        """
        self.path = path
        try:
            self._open()
        except JournalDamaged as error:
            log.error("%s; a new one begins. Nothing was cleared", error)  # noqa: TRY400  the message says it all
            self._open()
        for damaged in damaged_spools(path.parent):
            _say_what_lies_in(damaged.folder)

    def _open(self) -> None:
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._lock = _locked(self.path)
        with contextlib.ExitStack() as undo:
            undo.callback(os.close, self._lock)
            journal = self.path / "journal.db"
            try:
                inspect(journal)
                self.folder = Folder(self.path / _FILES)
                undo.callback(self.folder.close)
                self.aside = Folder(self.path / _ASIDE)
                """What nobody vouches for or what is damaged: kept for people, never deleted by the station."""
                undo.callback(self.aside.close)
                self.journal = Journal(journal)
                undo.callback(self.journal.close)
                self._tidy()
            except (JournalDamaged, sqlite3.Error) as error:
                if isinstance(error, sqlite3.Error) and not is_damage(error):
                    raise SpoolFailed(f"the journal in {self.path} cannot be used: {error}") from error
                where = _set_aside_whole(self.path)  # the lock is held until that is done
                raise JournalDamaged(
                    f"the journal in {self.path} is damaged ({error}); it is kept, with the copies beside it, in {where}"
                ) from error
            undo.pop_all()

    def _tidy(self) -> None:
        """Put aside what no journal entry vouches for; notice what is vouched for and gone."""
        known = self.journal.spool_names()
        there = set(self.folder.names())
        for name in there - known.keys():
            if is_temporary(name):
                # Never finished: nobody was told that it was safe here, and the recorder still has the file.
                self.folder.remove(name)
            else:
                # Read back and named. A journal that is lost or older than the files must not take them along:
                # somebody may have been told that the recorder may go.
                self.put_aside(name)
        gone = known.keys() - there
        for name in gone:
            if known[name]:
                self.journal.spool_lost(name, "spool-lost")
        self.journal.freed(sorted(name for name in gone if not known[name]))
        self.journal.try_again()

    def put_aside(self, name: str) -> Path:
        """Move a file out of the way, durably, for people to look at; answer where it is now. Raises OSError."""
        where = self.aside.path / self.folder.move(name, self.aside)
        log.error("%s is set aside as %s: keep it and call the administrator", name, where)
        return where

    def damaged(self, name: str) -> None:
        """Take note that a file differs from what was copied: its users must be copied again, it is kept aside.

        Raises OSError, sqlite3.Error; the next start finds it in either case.
        """
        where = ""
        with contextlib.suppress(FileNotFoundError):
            where = str(self.put_aside(name))
        self.journal.spool_lost(name, "spool-damaged", where)

    def close(self) -> None:
        """Let go of it."""
        self.journal.close()
        self.folder.close()
        self.aside.close()
        os.close(self._lock)


def claim(base: Path, names: Iterable[str]) -> Spool:
    """Claim the first free of these spools that works. Raises SpoolBusy when all are taken, SpoolFailed, OSError."""
    failed: SpoolFailed | None = None
    for name in names:
        try:
            return Spool(base / name)
        except SpoolBusy:
            pass
        except SpoolFailed as error:
            log.error("%s", error)  # noqa: TRY400  the message says it all
            failed = failed or error
    raise failed or SpoolBusy(str(base))


def left_behind(base: Path, failed: Callable[[Exception], None]) -> Iterator[Spool]:
    """Claim, one after the other, the spools under `base` that nobody works in; the caller closes each.

    One that cannot be opened is told to `failed` and does not keep the others back.
    """
    try:
        names = sorted(entry.name for entry in os.scandir(base) if entry.is_dir(follow_symlinks=False))
    except FileNotFoundError:
        return
    for name in names:
        if name in BY_HAND or name == STATION:
            try:
                spool = Spool(base / name)
            except SpoolBusy:
                continue
            except (SpoolFailed, OSError) as error:
                failed(error)
                continue
            yield spool


def damaged_spools(base: Path) -> list[DamagedSpool]:
    """Answer the spools under `base` that were set aside whole and still lie there. Raises OSError."""
    answer = []
    for folder in sorted(base.glob(f"*{DAMAGED}*")):
        with contextlib.suppress(ValueError, FileNotFoundError):
            stamp = folder.name.rpartition(DAMAGED)[2].partition(".")[0]
            at = datetime.strptime(stamp, _STAMP).replace(tzinfo=UTC)
            copies = sum(1 for name in (_FILES, _ASIDE) for _ in (folder / name).glob("*"))
            answer.append(DamagedSpool(folder, at, copies))
    return answer


def _locked(path: Path) -> int:
    """Answer a descriptor that holds the folder's lock. Raises SpoolBusy, OSError."""
    lock = os.open(path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # Whoever held it may have set the folder aside meanwhile: then this is the lock of that one.
        ours = (path / "lock").stat().st_ino == os.fstat(lock).st_ino
    except (BlockingIOError, FileNotFoundError) as error:
        os.close(lock)
        raise SpoolBusy(str(path)) from error
    if not ours:
        os.close(lock)
        raise SpoolBusy(str(path))
    return lock


def _set_aside_whole(path: Path) -> Path:
    """Give a spool another name, with all that lies in it, in one step; answer where it is. Raises SpoolFailed.

    A process killed before that finds the damage again, one killed after it begins anew: there is nothing in between.
    """
    stamp = datetime.now(UTC).strftime(_STAMP)
    where, number = path.with_name(f"{path.name}{DAMAGED}{stamp}"), 1
    while where.exists():
        where, number = path.with_name(f"{path.name}{DAMAGED}{stamp}.{number}"), number + 1
    try:
        path.rename(where)
        parent = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(parent)
        finally:
            os.close(parent)
    except OSError as error:
        raise SpoolFailed(f"the journal in {path} is damaged and cannot be set aside: {error}") from error
    return where


def _say_what_lies_in(folder: Path) -> None:
    """Lay a list of the copies into a spool that was set aside, if there is none yet; where that fails, none."""
    to = folder / CONTENTS
    if to.exists():
        return
    try:
        list_copies(folder, folder / _FILES, to)
    except OSError as error:
        log.warning("no list of the copies in %s: %s", folder, error)


def is_temporary(name: str) -> bool:
    """Whether a file's name says that it is not finished."""
    return name.endswith(TEMPORARY)
