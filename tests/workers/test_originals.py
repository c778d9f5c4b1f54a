"""Scratch copies are whole or absent, fetched once, and bounded in space."""

from __future__ import annotations

import hashlib
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from workers.originals import FetchedWrong, Originals

BODY = b"x" * 10_000
SHA = hashlib.sha256(BODY).hexdigest()


def _read() -> Iterator[bytes]:
    yield BODY[:4000]
    yield BODY[4000:]


def test_two_stages_at_once_fetch_once(tmp_path: Path) -> None:
    originals, clip, fetches = Originals(tmp_path, 1 << 20), uuid4(), []

    def slow() -> Iterator[bytes]:
        fetches.append(1)
        for block in _read():
            time.sleep(0.05)
            yield block

    def work() -> None:
        with originals.borrow(clip, size=len(BODY), sha256=SHA, read=slow) as path:
            assert path.read_bytes() == BODY

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(fetches) == 1


@pytest.mark.parametrize("body", [BODY[:-1], BODY + b"x", b"y" * len(BODY)])
def test_other_bytes_are_never_taken_for_the_original(tmp_path: Path, body: bytes) -> None:
    originals, clip = Originals(tmp_path, 1 << 20), uuid4()
    with (
        pytest.raises(FetchedWrong),
        originals.borrow(clip, size=len(BODY), sha256=SHA, read=lambda: iter([body])),
    ):
        pass
    assert not (tmp_path / str(clip)).exists()


def test_a_fetch_that_breaks_off_leaves_nothing(tmp_path: Path) -> None:
    originals, clip = Originals(tmp_path, 1 << 20), uuid4()

    def broken() -> Iterator[bytes]:
        yield BODY[:10]
        raise ConnectionError

    with pytest.raises(ConnectionError), originals.borrow(clip, size=len(BODY), sha256=SHA, read=broken):
        pass
    assert [p.name for p in tmp_path.iterdir() if p.suffix != ".lock"] == []


def test_space_is_bounded_and_what_is_borrowed_stays(tmp_path: Path) -> None:
    originals = Originals(tmp_path, 25_000)
    kept = uuid4()
    with originals.borrow(kept, size=len(BODY), sha256=SHA, read=_read) as path:
        for _ in range(5):
            with originals.borrow(uuid4(), size=len(BODY), sha256=SHA, read=_read):
                pass
        assert path.read_bytes() == BODY
        sizes = [p.stat().st_size for p in tmp_path.iterdir() if p.suffix == ""]
        assert sum(sizes) <= 25_000


def test_the_content_is_on_the_disk_before_it_has_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    originals, clip = Originals(tmp_path, 1 << 20), uuid4()
    synced: dict[int, int] = {}
    named: list[int | None] = []
    rename = Path.rename

    def note_sync(handle: int) -> None:
        facts = os.fstat(handle)
        synced[facts.st_ino] = facts.st_size

    def note_rename(path: Path, target: Path) -> Path:
        named.append(synced.get(path.stat().st_ino))
        return rename(path, target)

    monkeypatch.setattr(os, "fsync", note_sync)
    monkeypatch.setattr(Path, "rename", note_rename)
    with originals.borrow(clip, size=len(BODY), sha256=SHA, read=_read):
        pass
    assert named == [len(BODY)]
