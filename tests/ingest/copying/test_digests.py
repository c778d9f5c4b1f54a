from __future__ import annotations

import hashlib
import itertools
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.copying import digests, sm3
from ingest.copying.digests import EDGE, BlockRing, Edges, Sha256Parts, Sm3Lane, Sm3Stream
from ingest.protocol import composite_checksum, part_count, part_size


def pieces(data: bytes, cuts: list[int]) -> list[bytes]:
    places = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    return [data[a:b] for a, b in itertools.pairwise(places)]


@given(st.binary(max_size=3000), st.lists(st.integers(0, 3000), max_size=8), st.integers(1, 1000))
def test_parts_are_the_digests_of_the_parts(data: bytes, cuts: list[int], step: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(digests, "part_size", lambda _size: step)
        parts = Sha256Parts(len(data))
        for piece in pieces(data, cuts):
            parts.update(memoryview(piece))
        whole, each = parts.finish()
    assert whole == hashlib.sha256(data).hexdigest()
    expected = [hashlib.sha256(data[n : n + step]).digest() for n in range(0, len(data), step)]
    assert each == (expected or [hashlib.sha256(b"").digest()])


@pytest.mark.parametrize("size", [0, 1, 16 << 20, (16 << 20) + 1, 33 << 20])
def test_as_many_parts_as_the_protocol_says(size: int) -> None:
    parts = Sha256Parts(size)
    parts.update(memoryview(bytes(size)))
    whole, each = parts.finish()
    assert len(each) == part_count(size)
    if size <= part_size(size):
        assert each[0].hex() == whole
    assert composite_checksum(each).endswith(f"-{len(each)}")


@given(st.integers(0, 3 * EDGE), st.lists(st.integers(0, 3 * EDGE), max_size=5))
def test_edges(size: int, cuts: list[int]) -> None:
    data = bytes(range(256)) * (size // 256 + 1)
    data = data[:size]
    edges = Edges(size)
    offset = 0
    for piece in pieces(data, cuts):
        edges.update(memoryview(piece), offset)
        offset += len(piece)
    assert edges.finish() == (
        hashlib.sha256(data[:EDGE]).hexdigest(),
        hashlib.sha256(data[-EDGE:]).hexdigest(),
    )


@given(st.lists(st.binary(max_size=5000), max_size=5))
def test_sm3_agrees_with_openssl(blocks: list[bytes]) -> None:
    ours = sm3.new_sm3()
    for number, block in enumerate(blocks):
        ours.update(memoryview(bytearray(block) if number % 2 else block))
    assert ours.hexdigest() == hashlib.new("sm3", b"".join(blocks)).hexdigest()


def test_sm3_without_libgcrypt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sm3, "_gcrypt", lambda: None)
    digest = sm3.new_sm3()
    digest.update(memoryview(b"abc"))
    assert digest.hexdigest() == sm3._EXAMPLE
    assert sm3.sm3_implementation() == "OpenSSL"


def test_lane_keeps_files_apart_and_gives_blocks_back() -> None:
    lane, ring = Sm3Lane(), BlockRing(blocks=2, size=200_000)
    answers = []
    for number in range(10):
        stream = Sm3Stream(lane, 400_000)
        for _ in range(2):
            block = ring.take()
            block[:] = bytes([number]) * 200_000
            stream.update(block, lambda block=block: ring.give(block))
        answers.append(stream.finish())
    assert [a.result(10) for a in answers] == [
        hashlib.new("sm3", bytes([n]) * 400_000).hexdigest() for n in range(10)
    ]
    lane.close()
    assert "sm3" not in {thread.name for thread in threading.enumerate()}


def test_a_ring_gives_its_memory_back_also_while_a_block_is_out() -> None:
    ring = BlockRing(2, 4096)
    ring.close()
    with pytest.raises(ValueError, match="closed"):
        ring._memory.size()
    busy = BlockRing(2, 4096)
    block = busy.take()
    busy.close()
    block[:3] = b"abc"  # a read that never came back may still write
    assert bytes(block[:3]) == b"abc"
