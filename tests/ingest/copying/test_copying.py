from __future__ import annotations

import errno
import hashlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.copying import copying
from ingest.copying.copying import (
    Draft,
    Machinery,
    copy_once,
    fingerprint_edges,
    read_back,
    wait_still,
    write_down,
)
from ingest.copying.digests import BlockRing, Sm3Lane
from ingest.copying.durable import Folder, ReadBuffer
from ingest.errors import ChangedWhileRead, NothingReadable, SpoolFull, Unplugged
from tests.ingest.fakes import Source


@pytest.fixture(scope="module")
def machinery() -> Iterator[Machinery]:
    lane = Sm3Lane()
    yield Machinery(BlockRing(blocks=3, size=1 << 16), lane)
    lane.close()


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Folder]:
    opened = Folder(tmp_path / "files")
    yield opened
    opened.close()


def copy(source: Source, folder: Folder, machinery: Machinery, *, there: bool = True) -> Draft:
    target = folder.create("one")
    try:
        return copy_once(source, target, machinery, present=lambda: there)
    except BaseException:
        target.discard()
        raise


def bytes_of(size: int) -> bytes:
    return bytes((n * 7 + n // 256) % 251 for n in range(size))


ranges = st.lists(st.tuples(st.integers(0, 300_000), st.integers(1, 40_000)), max_size=3)


@settings(max_examples=60, deadline=None)
@given(size=st.integers(0, 300_000), most=st.integers(500, 200_000), bad=ranges)
def test_what_can_be_read_is_kept_and_the_rest_is_mapped(
    size: int, most: int, bad: list[tuple[int, int]], machinery: Machinery
) -> None:
    data = bytes_of(size)
    cut = [(start, min(start + length, size)) for start, length in bad if start < size]
    with tempfile.TemporaryDirectory() as place:
        folder = Folder(Path(place))
        try:
            draft = copy(Source(data, bad=cut, most=most), folder, machinery)
        except NothingReadable:
            assert cut
            assert folder.names() == []
            return
        else:
            write_down(folder, [draft])
            assert read_back(draft, ReadBuffer(1 << 16))
            draft.file.close()
        finally:
            folder.close()
        kept = (Path(place) / "one").read_bytes()
    expected = bytearray(data)
    for start, end in draft.bad_ranges:
        assert end > start
        expected[start:end] = bytes(end - start)
    assert kept == expected
    assert draft.sha256 == hashlib.sha256(kept).hexdigest()
    assert draft.sm3.result(5) == hashlib.new("sm3", kept).hexdigest()
    # Every unreadable byte is in the map, and no more than the smallest piece around it.
    for start, end in cut:
        assert any(a <= start and end <= b for a, b in draft.bad_ranges)
    for a, b in draft.bad_ranges:
        assert any(a < end + copying.PIECES[-1] and start - copying.PIECES[-1] < b for start, end in cut)
    if not cut:
        assert draft.bad_ranges == []


@pytest.mark.parametrize("change", ["grow", "shrink", "touch"])
def test_a_file_that_changes_is_no_copy(change: str, folder: Folder, machinery: Machinery) -> None:
    source = Source(bytes_of(200_000))

    def meddle(offset: int) -> None:
        if offset >= 65536:
            if change == "touch":
                source.modified_ns = 2
            else:
                source.data = bytes_of(300_000 if change == "grow" else 100_000)

    source.before = meddle
    with pytest.raises(ChangedWhileRead):
        copy(source, folder, machinery)
    assert folder.names() == []


def test_pulled_out_in_the_middle(folder: Folder, machinery: Machinery) -> None:
    with pytest.raises(Unplugged):
        copy(Source(bytes_of(200_000), bad=[(100_000, 200_000)]), folder, machinery, there=False)
    assert folder.names() == []


def test_a_dying_card_is_not_asked_for_ever(
    folder: Folder, machinery: Machinery, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copying, "MOST_FAILED_READS", 20)
    source = Source(bytes_of(4_000_000), bad=[(4096, 4_000_000)])
    draft = copy(source, folder, machinery)
    assert draft.bad_ranges == [(4096, 4_000_000)]
    assert source.reads < 250
    draft.file.discard()


@pytest.mark.parametrize("method", ["direct", "cache dropped"])
def test_read_back_notices_a_changed_byte(
    method: str, folder: Folder, machinery: Machinery, monkeypatch: pytest.MonkeyPatch
) -> None:
    if method == "cache dropped":
        monkeypatch.setattr(os, "O_DIRECT", os.O_DIRECTORY)  # opening a file so is refused
    good = copy(Source(bytes_of(300_001)), folder, machinery)
    worse = folder.create("two")
    damaged = copy_once(Source(bytes_of(300_001)), worse, machinery, present=lambda: True)
    os.pwrite(damaged.file.fd, b"\xff", 150_000)
    write_down(folder, [good, damaged])
    assert sorted(folder.names()) == ["one", "two"]
    assert [read_back(draft, ReadBuffer(1 << 16)) for draft in (good, damaged)] == [True, False]
    good.file.close()
    damaged.file.close()
    assert good.read_method in {method, "cache dropped"}


def test_a_full_disk_leaves_nothing(
    folder: Folder, machinery: Machinery, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "no space")

    monkeypatch.setattr(os, "pwrite", full)
    with pytest.raises(SpoolFull):
        copy(Source(bytes_of(100_000)), folder, machinery)
    assert folder.names() == []
    monkeypatch.undo()
    copy(Source(bytes_of(100_000)), folder, machinery).file.discard()  # no block got lost


def test_wait_still(monkeypatch: pytest.MonkeyPatch) -> None:
    source = Source(b"abc")
    wait_still(source, 0.05, 1)
    monkeypatch.setattr(
        Source,
        "facts",
        lambda self: (len(self.data), self.__dict__.update(reads=self.reads + 1) or self.reads),
    )
    with pytest.raises(ChangedWhileRead):
        wait_still(source, 0.05, 0.3)


def test_fingerprint(folder: Folder, machinery: Machinery) -> None:
    for size in (0, 5, 100_000, 200_000):
        source = Source(bytes_of(size), most=50_000)
        draft = copy(source, folder, machinery)
        assert fingerprint_edges(source, size) == (draft.head, draft.tail)
        draft.file.discard()
    assert fingerprint_edges(Source(bytes_of(10), bad=[(0, 1)]), 10) is None
