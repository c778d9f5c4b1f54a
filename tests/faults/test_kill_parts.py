"""kill -9 of each part in the middle of a docking: every file reaches its receipt, exactly once.

The checker at the end shares no code with the way in: it reads the card, the SQLite file and, with the `minio`
client, the storage.
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from storage.reader import SecondReader
from tests.services.system import System, running_system

BIG = [48 << 20, 17 << 20, 16 << 20]
SMALL = 40


@pytest.fixture(scope="module")
def system() -> Iterator[System]:
    with running_system() as running:
        yield running


def make_card(folder: Path) -> dict[str, int]:
    """Fill a card with fresh bytes; answer SHA-256 and size of each file."""
    files = {}
    for n, size in enumerate([*BIG, *(1 + 997 * k for k in range(SMALL)), 0]):
        body = os.urandom(size)
        path = folder / "DCIM" / f"{n % 3}" / f"f{n:03d}.MP4"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
        files[hashlib.sha256(body).hexdigest()] = size
    return files


def query(system: System, statement: str, *values: object) -> list[tuple[Any, ...]]:
    path = system.settings.catalog.database_url.removeprefix("sqlite:///")
    with closing(sqlite3.connect(path, timeout=30)) as connection:
        return connection.execute(statement, values).fetchall()


def received(system: System) -> int:
    return int(query(system, "SELECT count(*) FROM custody_entries WHERE action = 'clip.received'")[0][0])


def check_exactly_once(system: System, files: dict[str, int]) -> None:
    for digest, size in files.items():
        clips = query(system, "SELECT id, size, verified_at FROM clips WHERE sha256 = ?", digest)
        assert len(clips) == 1, f"{len(clips)} clips for a file of {size} bytes"
        clip, clip_size, verified = clips[0]
        assert clip_size == size
        assert verified is not None
        for what, count in (
            ("SELECT count(*) FROM copies WHERE clip_id = ?", 1),
            ("SELECT count(*) FROM statements WHERE clip_id = ? AND kind = 'received'", 1),
            ("SELECT count(*) FROM statements WHERE clip_id = ? AND kind = 'verified'", 1),
        ):
            if size:  # the empty file is the same clip on every card
                assert query(system, what, clip)[0][0] == count, what
        key, version = query(system, "SELECT key, version FROM copies WHERE clip_id = ?", clip)[0]
        reader = SecondReader(system.settings.storage)
        seen = reader.look(key, version)
        assert (seen.size, seen.lock_mode) == (size, "COMPLIANCE")
        assert reader.read_back(key, version).sha256.hex() == digest
        reader.close()


@pytest.mark.parametrize("victim", ["worker-intake", "web", "queue", "storage"])
def test_every_file_reaches_its_receipt_exactly_once(system: System, victim: str, tmp_path: Path) -> None:
    card = tmp_path / victim
    files = make_card(card)
    before = received(system)
    outcome: list[Any] = []
    docking = threading.Thread(
        target=lambda: outcome.append(
            system.run("dock", str(card), "--json", "--patience", "150", "--slot", victim, seconds=280)
        )
    )
    docking.start()
    deadline = time.monotonic() + 60
    while received(system) == before and time.monotonic() < deadline:
        time.sleep(0.02)
    assert docking.is_alive(), "the docking was over before anything could be killed"
    pid = system.kill(victim)
    docking.join()
    (done,) = outcome
    assert done.returncode == 0, done.stdout + done.stderr
    assert {f["end"] for f in json.loads(done.stdout)["files"]} <= {"received", "verified"}
    system.wait_restarted(victim, pid)
    system.wait_for(
        lambda: not query(system, "SELECT 1 FROM clips WHERE verified_at IS NULL"), "all is verified", 180
    )
    check_exactly_once(system, files)


def test_the_same_card_again_stores_nothing_twice(system: System, tmp_path: Path) -> None:
    card = tmp_path / "again"
    make_card(card)
    first = system.run("dock", str(card), "--json")
    objects = query(system, "SELECT count(*) FROM copies")
    second = system.run("dock", str(card), "--json")
    assert (first.returncode, second.returncode) == (0, 0)
    assert all(f["held_already"] for f in json.loads(second.stdout)["files"])
    assert query(system, "SELECT count(*) FROM copies") == objects
