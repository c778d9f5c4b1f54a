"""A spool: one process's folder with its journal, its copied files and a lock that says who works in it.

`<base>/station` belongs to the station process, `<base>/hand-N` to whoever docks by hand; what a process leaves
behind is carried on by the next one that claims the folder.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from ingest.durable import TEMPORARY, Folder
from ingest.errors import SpoolBusy
from ingest.journal import Journal

STATION = "station"
BY_HAND = tuple(f"hand-{number}" for number in range(1, 100))
_FILES = "files"


class Spool:
    """A claimed spool. Close it to let others in."""

    def __init__(self, path: Path) -> None:
        """Claim the folder. Raises SpoolBusy when another process works in it, OSError."""
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.path = path
        self._lock = os.open(path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(self._lock)
            raise SpoolBusy(str(path)) from error
        self.folder = Folder(path / _FILES)
        self.journal = Journal(path / "journal.db")
        self._tidy()

    def _tidy(self) -> None:
        """Remove what no journal entry vouches for; notice what is vouched for and gone."""
        known = self.journal.spool_names()
        there = set(self.folder.names())
        for name in there - known.keys():
            # An unproven copy: the recorder still has the file, and nobody was told it was safe here.
            self.folder.remove(name)
        gone = known.keys() - there
        for name in gone:
            if known[name]:
                self.journal.spool_lost(name, "spool-lost")
        self.journal.freed(sorted(name for name in gone if not known[name]))
        self.journal.try_again()

    def close(self) -> None:
        """Let go of it."""
        self.journal.close()
        self.folder.close()
        os.close(self._lock)


def claim(base: Path, names: Iterable[str]) -> Spool:
    """Claim the first free of these spools. Raises SpoolBusy when all are taken."""
    for name in names:
        with contextlib.suppress(SpoolBusy):
            return Spool(base / name)
    raise SpoolBusy(str(base))


def left_behind(base: Path) -> Iterator[Spool]:
    """Claim, one after the other, the spools under `base` that nobody works in; the caller closes each."""
    try:
        names = sorted(entry.name for entry in os.scandir(base) if entry.is_dir(follow_symlinks=False))
    except FileNotFoundError:
        return
    for name in names:
        if name in BY_HAND or name == STATION:
            with contextlib.suppress(SpoolBusy):
                yield Spool(base / name)


def is_temporary(name: str) -> bool:
    """Whether a file's name says that it is not finished."""
    return name.endswith(TEMPORARY)
