"""What befalls a station's process from inside: it dies between two writes, its disk is full, its clock jumps.

Armed in the child alone. The functions of `os` and the journal's `COMMIT` are wrapped, not the product's code, so that
every durable operation counts, whoever writes it. Before a file is removed, what is about to go is written down.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import signal
import sqlite3
import sys
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any

_WRITES = ("open", "write", "pwrite", "ftruncate")
_DURABLE = ("fsync", "fdatasync", "rename", "replace", "unlink", "remove")
_TEMPORARY = ".part"
_real: dict[str, Callable[..., Any]] = {name: getattr(os, name) for name in (*_WRITES, *_DURABLE)}
_real_time = time.time
_real_connect = sqlite3.connect
_struck: dict[str, Path | None] = {"file": None}
_known: set[str] = set()


class Switch:
    """Counts the operations of this process and does to them what was drawn."""

    def __init__(self, fate: dict[str, Any]) -> None:
        self._lock = threading.Lock()
        self._count = 0
        self._die_at = int(fate.get("die_at", 0))
        self._die_before = bool(fate.get("die_before", True))
        self._fail_from = int(fate.get("fail_from", 0))
        self._fail_to = int(fate.get("fail_to", 0))
        self._fail_with = int(fate.get("fail_with", errno.ENOSPC))
        self._short_from = int(fate.get("short_from", 0))

    def next(self) -> int:
        with self._lock:
            self._count += 1
            return self._count

    def before(self, number: int, *, may_fail: bool) -> None:
        if number == self._die_at and self._die_before:
            die()
        if may_fail and self._fail_from and self._fail_from <= number <= self._fail_to:
            struck("disk full" if self._fail_with == errno.ENOSPC else "disk error")
            raise OSError(self._fail_with, os.strerror(self._fail_with))

    def after(self, number: int) -> None:
        if number == self._die_at:
            die()

    def short(self, number: int) -> bool:
        """Whether this write takes only half of what it is given."""
        return bool(self._short_from) and number >= self._short_from and number % 3 == 0


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def arm(fate: dict[str, Any], watched: list[str], removals: Path) -> None:
    """Wrap the operations. `watched`: folders whose files are not removed without a line in `removals`."""
    switch = Switch(fate)
    for name in (*_WRITES, *_DURABLE):
        setattr(os, name, _wrapped(name, switch, [Path(folder).resolve() for folder in watched], removals))
    _wrap_commits(switch)
    jump = fate.get("clock", {"shift": 0.0, "after": 0.0})
    _bend_clock(float(fate.get("passed", 0)), float(jump["shift"]), float(jump["after"]))


def _wrapped(name: str, switch: Switch, watched: list[Path], removals: Path) -> Callable[..., Any]:
    real = _real[name]

    def operation(*args: Any, **kwargs: Any) -> Any:
        if name == "open" and not (len(args) > 1 and args[1] & os.O_CREAT):
            return real(*args, **kwargs)
        if name in {"unlink", "remove"}:
            _note_removal(args[0], kwargs.get("dir_fd"), watched, removals)
        number = switch.next()
        switch.before(number, may_fail=name in {*_WRITES, "fsync", "fdatasync"})
        if name in {"write", "pwrite"} and len(args[1]) > 1 and switch.short(number):
            struck("short writes")
            args = (args[0], args[1][: len(args[1]) // 2], *args[2:])
        answer = real(*args, **kwargs)
        switch.after(number)
        return answer

    return operation


def _note_removal(path: Any, dir_fd: int | None, watched: list[Path], removals: Path) -> None:
    folder = Path(f"/proc/self/fd/{dir_fd}").readlink() if dir_fd is not None else Path()
    where = folder / os.fsdecode(path)
    where = where.parent.resolve() / where.name
    inside = any(where.is_relative_to(one) for one in watched)
    if not inside or where.name.endswith(_TEMPORARY):
        return
    try:
        with where.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            size = file.tell()
    except FileNotFoundError:
        return
    line = {
        "vouched": _vouched(where),
        "at": time.monotonic(),
        "path": os.fsencode(where).hex(),
        "sha256": digest,
        "size": size,
    }
    note(removals, line)


def _vouched(where: Path) -> bool:
    """Whether a journal knows of this file, asked as anybody could; one on a card counts always."""
    journal = where.parent.parent / "journal.db"
    if where.parent.name != "files" or not journal.exists():
        return True
    with contextlib.closing(_real_connect(journal, timeout=5)) as db:
        return db.execute("SELECT 1 FROM file WHERE spool = ?", (where.name,)).fetchone() is not None


def tell_struck(file: Path) -> None:
    """Where it is written down which faults came to pass."""
    _struck["file"] = file


def struck(kind: str) -> None:
    """A fault that was drawn came to pass; written down once for each process."""
    if kind not in _known and (file := _struck["file"]) is not None:
        _known.add(kind)
        note(file, {"kind": kind})


def note(file: Path, line: dict[str, Any]) -> None:
    """Append one line of JSON in one write, not counted as an operation of the station."""
    fd = _real["open"](file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        _real["write"](fd, (json.dumps(line) + "\n").encode())
    finally:
        os.close(fd)


def _wrap_commits(switch: Switch) -> None:
    class Watched(sqlite3.Connection):
        def execute(self, sql: str, *args: Any) -> sqlite3.Cursor:  # type: ignore[override]
            if sql != "COMMIT":
                return super().execute(sql, *args)
            number = switch.next()
            try:
                switch.before(number, may_fail=True)
            except OSError as error:
                full = sqlite3.OperationalError("database or disk is full")
                full.sqlite_errorcode = (
                    sqlite3.SQLITE_FULL if error.errno == errno.ENOSPC else sqlite3.SQLITE_IOERR
                )
                raise full from error
            answer = super().execute(sql, *args)
            switch.after(number)
            return answer

    def connect(*args: Any, **kwargs: Any) -> sqlite3.Connection:
        return _real_connect(*args, **{"factory": Watched, **kwargs})

    sqlite3.connect = connect  # type: ignore[assignment]


def _bend_clock(passed: float, shift: float, after: float) -> None:
    """Let the station's clock be `passed` seconds ahead, and jump by `shift` after some time."""
    began = time.monotonic()

    def ahead() -> float:
        return passed + (shift if time.monotonic() - began >= after else 0.0)

    class Bent(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:
            return datetime.now(tz) + timedelta(seconds=ahead())

    time.time = lambda: _real_time() + ahead()
    for name, module in list(sys.modules.items()):
        if name.startswith("ingest.") and getattr(module, "datetime", None) is datetime:
            module.datetime = Bent  # type: ignore[attr-defined]


def die_around(owner: type, name: str, *, before: bool, nth: int) -> None:
    """Die before or after the `nth` call of a method. Raises AttributeError when there is none of that name."""
    real = getattr(owner, name)
    calls = 0

    def dying(*args: Any, **kwargs: Any) -> Any:
        nonlocal calls
        calls += 1
        if before and calls == nth:
            die()
        answer = real(*args, **kwargs)
        if calls == nth:
            die()
        return answer

    setattr(owner, name, dying)
