"""A journal whose pages are damaged: noticing it, and what can still be read of it.

Nothing is mended: a journal that was repaired by guesses could say of a file what was never true. Whoever opens the
spool sets it aside whole and begins anew (`ingest.spool`).
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from pathlib import Path

from ingest.errors import JournalDamaged
from ingest.names import shown

MARK = "journal-damaged"
"""A file beside a journal in which a running process came upon damage: the next start looks at every page and index."""
_NAMES = ("file", "bytes", "recorder", "path on the recorder", "sha256", "state", "docking", "docked")


def is_damage(error: sqlite3.Error) -> bool:
    """Whether an error says that the file itself is damaged, not that a disk, a lock or a question is the trouble."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


def mark(journal: Path) -> None:
    """Leave the mark, as far as the disk takes it."""
    with contextlib.suppress(OSError):
        os.close(os.open(journal.parent / MARK, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600))


def inspect(journal: Path) -> None:
    """Read every page of a journal that was just opened; where it is marked, compare the indexes too.

    Raises JournalDamaged, other sqlite3.Error.
    """
    marked = journal.parent / MARK
    question = "integrity_check" if marked.exists() else "quick_check"
    try:
        with contextlib.closing(sqlite3.connect(journal, timeout=30)) as db:
            found = str(db.execute(f"PRAGMA {question}(1)").fetchone()[0])
    except sqlite3.DatabaseError as error:
        if not is_damage(error):
            raise
        found = str(error)
    if found != "ok":
        raise JournalDamaged(" ".join(found.split()))
    marked.unlink(missing_ok=True)


def list_copies(folder: Path, files: Path, to: Path) -> None:
    """Write down, for people, what the copies in `files` are, as far as the damaged journal in `folder` still says it.

    Raises OSError.
    """
    names = sorted(entry.name for entry in files.iterdir()) if files.is_dir() else []
    rows = ["\t".join(_NAMES)]
    with contextlib.ExitStack() as opened:
        db: sqlite3.Connection | None = None
        with contextlib.suppress(sqlite3.Error):
            # Read only: what is kept must not be altered by looking at it.
            address = f"{(folder / 'journal.db').absolute().as_uri()}?mode=ro"
            db = opened.enter_context(contextlib.closing(sqlite3.connect(address, uri=True)))
        for name in names:
            known = _known(db, name) if db is not None else ()
            rows.append("\t".join([name, str((files / name).stat().st_size), *(known or ("?",) * 6)]))
    draft = to.with_name(f".{to.name}")
    with draft.open("w", encoding="utf-8") as file:
        file.write("\n".join(rows) + "\n")
        file.flush()
        os.fsync(file.fileno())
    draft.rename(to)


def _known(db: sqlite3.Connection, name: str) -> tuple[str, ...]:
    """Answer what the row of a copy says; a row lies where its number says, so one damaged page hides few of them."""
    number = name.partition("-")[0]
    with contextlib.suppress(sqlite3.Error, ValueError, TypeError, AttributeError):
        row = db.execute(
            "SELECT serial, path, sha256, state, docking FROM file WHERE id = ? AND spool = ?",
            (int(number), name),
        ).fetchone()
        docked = ""
        with contextlib.suppress(sqlite3.Error, TypeError):
            (docked,) = db.execute("SELECT started FROM docking WHERE id = ?", (row[4],)).fetchone()
        serial, path, sha256, state, docking = row
        return tuple(_plain(str(one)) for one in (serial, shown(path), sha256, state, docking, docked))
    return ()


def _plain(text: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in text)
