"""Every system call of the copy fails once, or is the last thing the process does: strace does it to the real calls.

Whatever happened, a file that the journal calls checked lies in the spool with exactly the card's bytes; anything else
is in a state that says so, and the next docking brings it home.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.faults.copying_child import TRACEBACK
from tests.faults.storm.runner import ROOT
from tests.services.redis import free_port

SIZES = (0, 1, 5000, 300_000, 5 << 20)
PROVEN = {"checked", "uploaded"}
LIMIT = 30.0
"""Seconds after which a copy counts as hanging."""
ERRORS = {
    "preadv": ("EIO", "ENODEV"),
    "preadv2": ("EIO", "ENODEV"),
    "pread64": ("EIO",),
    "pwrite64": ("ENOSPC", "EIO"),
    "fdatasync": ("EIO", "ENOSPC"),
    "fsync": ("EIO",),
    "ftruncate": ("EIO",),
    "renameat": ("EIO", "ENOSPC"),
    "renameat2": ("EIO",),
    "unlinkat": ("EIO",),
    "unlink": ("EIO",),
    "openat": ("EIO", "EMFILE", "ENOSPC"),
    "fstatfs": ("EIO",),
    "newfstatat": ("EIO",),
    "getdents64": ("EIO",),
    "fadvise64": ("EIO",),
    "sync_file_range": ("EIO",),
    "fallocate": ("ENOSPC",),
}
"""Calls that belong to the copy alone; `openat` and `newfstatat` also to Python's own imports, see `BY_PATH`."""
BY_PATH = {"openat", "newfstatat", "unlink"}
"""Calls that are struck only where they concern the card, the spool or its journal."""
MOST = 60


@dataclass(frozen=True)
class Case:
    """`call` fails with `error`, or brings the process down when that is `KILL`, at its `when`th time in a thread."""

    call: str
    error: str
    when: int

    def __str__(self) -> str:
        return f"{self.call}-{self.error}-{self.when}"

    @property
    def injection(self) -> str:
        what = "signal=KILL" if self.error == "KILL" else f"error={self.error}"
        return f"{self.call}:{what}:when={self.when}"


class Bench:
    """Copies the same card again and again, each time into a spool of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.card = folder / "card"
        (self.card / "录像").mkdir(parents=True)
        self.files: dict[bytes, str] = {}
        draw = random.Random(5)
        for number, size in enumerate(SIZES):
            body = draw.randbytes(size)
            path = f"录像/{number}.mp4" if number % 2 else f"{number}.mp4"
            (self.card / path).write_bytes(body)
            self.files[path.encode()] = hashlib.sha256(body).hexdigest()
        (folder / "token").write_text("token")
        self.nobody = f"http://127.0.0.1:{free_port()}"
        self.log = folder / "station.log"
        self.child = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.copying_child"],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self.child.stdin is not None
        assert self.child.stdout is not None
        self._to, self._from = self.child.stdin, self.child.stdout

    def close(self) -> None:
        self._to.close()
        self.child.wait(10)
        self._from.close()

    def copy(self, spool: Path, injection: str = "", paths: bool = False) -> tuple[int, str]:
        """Copy; answer how the process ended and what strace saw."""
        traced = bool(injection)
        job = {
            "card": str(self.card),
            "log": str(self.log),
            "stopped": traced,
            "settings": self._settings(spool),
        }
        self._to.write(json.dumps(job) + "\n")
        self._to.flush()
        if not traced:
            return self._ended(), ""
        pid = int(self._from.readline())
        seen = spool.with_name(spool.name + ".strace")
        tracer = self._attach(pid, injection, seen, self._places(spool) if paths else [])
        hung = threading.Timer(LIMIT, os.kill, (pid, signal.SIGABRT))
        hung.start()
        try:
            os.kill(pid, signal.SIGCONT)
            status = self._ended()
        finally:
            hung.cancel()
            tracer.wait(10)
            assert tracer.stderr is not None
            tracer.stderr.close()
        return status, seen.read_text(errors="replace")

    def _ended(self) -> int:
        return int(self._from.readline())

    def _settings(self, spool: Path) -> dict[str, object]:
        return {
            "server": self.nobody, "token_file": str(self.folder / "token"), "spool": str(spool), "disk_reserve": 0,
            "settle_seconds": 0.02, "watch_usb": False, "language": "en", "statement_poll_seconds": 3600,
        }  # fmt: skip

    def _places(self, spool: Path) -> list[Path]:
        """Folders and files by which a call counts as the copy's."""
        hand = spool / "hand-1"
        journal = [hand / f"journal.db{end}" for end in ("", "-wal", "-shm", "-journal")]
        card = [self.card, self.card / "录像", *(self.card / os.fsdecode(path) for path in self.files)]
        return [*card, hand, hand / "files", hand / "set-aside", *journal]

    def _attach(self, pid: int, injection: str, seen: Path, places: list[Path]) -> subprocess.Popen[str]:
        calls = injection.split(":", maxsplit=1)[0]
        only = [word for place in places for word in ("-P", str(place))]
        inject = ["-e", f"inject={injection}"] if ":" in injection else []
        tracer = subprocess.Popen(
            ["strace", "-f", "-p", str(pid), "-o", str(seen), "-e", f"trace={calls}", *inject, *only],
            stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert tracer.stderr is not None
        said = tracer.stderr.readline()
        while "attached" not in said:
            if not said:
                tracer.wait(5)
                os.kill(pid, signal.SIGKILL)
                self._ended()
                raise RuntimeError("strace could not attach")
            said = tracer.stderr.readline()
        threading.Thread(target=tracer.stderr.read, daemon=True).start()
        return tracer

    def rows(self, spool: Path) -> list[sqlite3.Row]:
        journal = spool / "hand-1" / "journal.db"
        if not journal.exists():
            return []
        with closing(sqlite3.connect(journal)) as db:
            db.row_factory = sqlite3.Row
            if not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'file'").fetchone():
                return []
            return db.execute("SELECT * FROM file").fetchall()

    def proven(self, spool: Path) -> set[bytes]:
        """Paths that the journal calls checked; each must lie in the spool as it was on the card."""
        found = set()
        for row in self.rows(spool):
            if row["state"] not in PROVEN:
                continue
            path = bytes(row["path"])
            there = spool / "hand-1" / "files" / row["spool"]
            assert there.exists(), f"{path!r} is called {row['state']} and is not in the spool"
            digest = hashlib.sha256(there.read_bytes()).hexdigest()
            assert (digest, row["sha256"]) == (self.files[path],) * 2, (
                f"{path!r} is called {row['state']} and differs"
            )
            found.add(path)
        return found


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    if not shutil.which("strace"):
        pytest.skip("strace is not installed")
    bench = Bench(tmp_path_factory.mktemp("syscalls"))
    try:
        try:
            bench.copy(bench.folder / "trial", "fsync")
        except RuntimeError:
            pytest.skip("processes may not be traced here (ptrace is not allowed)")
        yield bench
    finally:
        bench.close()


def counted(bench: Bench) -> dict[str, int]:
    """How often each call is made at most by one thread of an undisturbed copy."""
    counts: dict[str, int] = {}
    for by_path in (False, True):
        calls = [call for call in ERRORS if (call in BY_PATH) == by_path]
        spool = bench.folder / f"counting-{by_path}"
        status, seen = bench.copy(spool, ",".join(f"?{call}" for call in calls), paths=by_path)
        assert status == 0
        assert bench.proven(spool) == set(bench.files)
        by_thread = Counter(
            (found[1], found[2]) for line in seen.splitlines() if (found := re.match(r"(\d+) +(\w+)\(", line))
        )
        for (_, call), count in by_thread.items():
            counts[call] = max(counts.get(call, 0), count)
    return counts


def all_cases(bench: Bench) -> list[Case]:
    return [
        Case(call, error, when)
        for call, count in sorted(counted(bench).items())
        for error in (*ERRORS.get(call, ()), "KILL")
        for when in range(1, min(count, MOST) + 1)
    ]


def strike(bench: Bench, case: Case) -> str:
    """Answer what went wrong, or nothing."""
    spool = bench.folder / str(case)
    began = time.monotonic()
    status, seen = bench.copy(spool, case.injection, paths=case.call in BY_PATH)
    words = bench.log.read_text(errors="replace")[-1500:] if bench.log.exists() else ""
    if status == -signal.SIGABRT or time.monotonic() - began > LIMIT:
        return f"{case}: the copy hung\n{words}"
    if status == TRACEBACK or (status < 0 and case.error != "KILL"):
        return f"{case}: ended with {status}\n{words}"
    try:
        bench.proven(spool)
        if bench.copy(spool)[0] != 0:
            return f"{case}: the next docking failed\n{words}"
        if bench.proven(spool) != set(bench.files):
            states = [(bytes(row["path"]), row["state"], row["word"]) for row in bench.rows(spool)]
            return f"{case}: the next docking did not bring all home: {states}"
    except AssertionError as error:
        return f"{case}: {error}"
    shutil.rmtree(spool)
    return "" if "INJECTED" in seen or case.error == "KILL" else f"{case}: not struck"


def judge(bench: Bench, cases: list[Case], capsys: pytest.CaptureFixture[str]) -> None:
    outcomes = [strike(bench, case) for case in cases]
    missed = [said for said in outcomes if said.endswith("not struck")]
    wrong = [said for said in outcomes if said and not said.endswith("not struck")]
    with capsys.disabled():
        struck = Counter(case.call for case in cases)
        print(f"\nsystem calls struck: {dict(sorted(struck.items()))}, of which out of reach {len(missed)}")
    assert not wrong, "\n".join(wrong[:10])
    assert len(missed) < len(cases) / 4, missed


def test_a_sample_of_failing_calls(bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    cases = [
        Case("pwrite64", "ENOSPC", 2),
        Case("fdatasync", "EIO", 1),
        Case("fsync", "EIO", 1),
        Case("preadv2", "EIO", 3),  # what Python asks for when it is told `preadv`
        Case("renameat", "EIO", 1),
        Case("renameat", "KILL", 2),
        Case("fdatasync", "KILL", 3),
        Case("openat", "EMFILE", 2),
    ]
    judge(bench, cases, capsys)


@pytest.mark.slow
def test_every_call_fails_in_turn(bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    cases = all_cases(bench)
    assert {"pwrite64", "fdatasync", "fsync", "renameat", "openat"} <= {case.call for case in cases}
    assert {"preadv", "preadv2"} & {case.call for case in cases}
    judge(bench, cases, capsys)
