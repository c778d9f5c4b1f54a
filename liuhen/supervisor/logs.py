"""Log files of the parts: appended to by the part itself, cut by size.

A part keeps its file open, so the file is copied and emptied rather than renamed. A line written in the instant
between the two is lost; these logs are for finding faults and are no evidence.
"""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

_EXCEPTION = re.compile(r"(\w+\.)*\w*(Error|Exception|Warning|NotFound|Refused)\b.*: ")

LIMIT_BYTES = 10_000_000
KEEP = 3


def open_log(folder: Path, name: str) -> int:
    """Open `<folder>/<name>.log` for appending, readable by its owner alone; answer the descriptor."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return os.open(folder / f"{name}.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)


def rotate(folder: Path, name: str, limit: int = LIMIT_BYTES, keep: int = KEEP) -> bool:
    """Move a log of at least `limit` bytes to `.1`, the older ones on to `.2` … `.keep`; answer whether it did."""
    log = folder / f"{name}.log"
    try:
        if log.stat().st_size < limit:
            return False
    except FileNotFoundError:
        return False
    for number in range(keep, 1, -1):
        older = folder / f"{name}.log.{number - 1}"
        if older.exists():
            older.replace(folder / f"{name}.log.{number}")
    newest = folder / f"{name}.log.1"
    shutil.copyfile(log, newest)
    newest.chmod(0o600)
    os.truncate(log, 0)
    return True


def last_lines(folder: Path, name: str, count: int = 3, most: int = 8192) -> list[str]:
    """Answer the last non-empty lines of a log, for telling a person why a part died.

    Programs say much while they stop, so the last line that names an exception comes first.
    """
    try:
        with (folder / f"{name}.log").open("rb") as log:
            log.seek(0, os.SEEK_END)
            log.seek(max(0, log.tell() - most))
            lines = [line for line in log.read().decode(errors="replace").splitlines() if line.strip()]
    except FileNotFoundError:
        return []
    causes = [line for line in lines[:-count] if _EXCEPTION.match(line)]
    tail = lines[-count:]
    return [*(cause for cause in causes[-1:] if cause not in tail), *tail]
