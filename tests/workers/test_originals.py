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


def test_what_is_being_fetched_counts_with_its_whole_size(tmp_path: Path) -> None:
    """The first block of one is here while room is made for another: an unused copy must go for both."""
    originals, unused = Originals(tmp_path, 25_000), uuid4()
    with originals.borrow(unused, size=len(BODY), sha256=SHA, read=_read):
        pass

    def nested() -> Iterator[bytes]:
        yield BODY[:10]
        with originals.borrow(uuid4(), size=len(BODY), sha256=SHA, read=_read):
            assert not (tmp_path / str(unused)).exists()
        yield BODY[10:]

    with originals.borrow(uuid4(), size=len(BODY), sha256=SHA, read=nested) as path:
        assert path.read_bytes() == BODY


def test_two_who_make_room_at_once_do_not_count_on_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    originals, unused, others = Originals(tmp_path, 25_000), uuid4(), []
    with originals.borrow(unused, size=len(BODY), sha256=SHA, read=_read):
        pass
    make_room = Originals._make_room

    def other() -> None:
        with originals.borrow(uuid4(), size=len(BODY), sha256=SHA, read=_read):
            pass

    def make_room_and_be_overtaken(self: Originals, wanted: int) -> None:
        make_room(self, wanted)
        if wanted and not others:
            others.append(threading.Thread(target=other))
            others[0].start()
            others[0].join(0.3)  # it has made its own room by then, or waits for us

    def read() -> Iterator[bytes]:
        others[0].join()
        assert not (tmp_path / str(unused)).exists()
        yield from _read()

    monkeypatch.setattr(Originals, "_make_room", make_room_and_be_overtaken)
    with originals.borrow(uuid4(), size=len(BODY), sha256=SHA, read=read):
        pass


def test_a_short_fetch_is_not_filled_up(tmp_path: Path) -> None:
    """Bytes that never came must not be there as zeros, not even where the right ones end in zeros."""
    originals, body = Originals(tmp_path, 1 << 20), b"x" + bytes(99)
    wish = {"size": len(body), "sha256": hashlib.sha256(body).hexdigest()}
    with pytest.raises(FetchedWrong), originals.borrow(uuid4(), **wish, read=lambda: iter([b"x"])):  # type: ignore[arg-type]
        pass
