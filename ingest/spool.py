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
from pathlib import Path

from ingest.durable import TEMPORARY, Folder
from ingest.errors import SpoolBusy, SpoolFailed
from ingest.journal import Journal

STATION = "station"
BY_HAND = tuple(f"hand-{number}" for number in range(1, 100))
_FILES = "files"
_ASIDE = "set-aside"

log = logging.getLogger(__name__)


class Spool:
    """A claimed spool. Close it to let others in."""

    def __init__(self, path: Path) -> None:
        """Claim the folder. Raises SpoolBusy when another process works in it, SpoolFailed, OSError."""
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.path = path
        self._lock = os.open(path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(self._lock)
            raise SpoolBusy(str(path)) from error
        with contextlib.ExitStack() as undo:
            undo.callback(os.close, self._lock)
            self.folder = Folder(path / _FILES)
            undo.callback(self.folder.close)
            self.aside = Folder(path / _ASIDE)
            """What nobody vouches for or what is damaged: kept for people to look at, never deleted by the station."""
            undo.callback(self.aside.close)
            try:
                self.journal = Journal(path / "journal.db")
                undo.callback(self.journal.close)
                self._tidy()
            except sqlite3.Error as error:
                raise SpoolFailed(f"the journal in {path} cannot be used: {error}") from error
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


def is_temporary(name: str) -> bool:
    """Whether a file's name says that it is not finished."""
    return name.endswith(TEMPORARY)
