"""Merkle trees: every leaf is proven by its path, and by nothing else."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.rules.merkle import leaf_hash, node_hash, proof_of, proofs_of, root_from, root_of

LEAVES = st.lists(st.binary(max_size=8), min_size=1, max_size=70).map(
    lambda all_: [leaf_hash(one) for one in all_]
)


def by_definition(leaves: list[bytes]) -> bytes:
    """The root as RFC 6962 §2.1 defines it, word for word: split at the largest power of two below the size."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    half = 1
    while half * 2 < len(leaves):
        half *= 2
    return node_hash(by_definition(leaves[:half]), by_definition(leaves[half:]))


def test_the_published_examples() -> None:
    """The tree of the certificate-transparency test vectors."""
    data = [
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    ]
    leaves = [leaf_hash(bytes.fromhex(text)) for text in data]
    roots = {
        0: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        3: "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    }
    assert {n: root_of(leaves[:n]).hex() for n in roots} == roots


@given(LEAVES)
def test_the_root_is_the_one_that_is_defined(leaves: list[bytes]) -> None:
    assert root_of(leaves) == by_definition(leaves)


@given(LEAVES, st.data())
def test_each_leaf_is_proven_and_any_flipped_bit_is_not(leaves: list[bytes], data: st.DataObject) -> None:
    root, size = root_of(leaves), len(leaves)
    for place, path in enumerate(proofs_of(leaves)):
        assert root_from(leaves[place], place, size, path) == root
    place = data.draw(st.integers(0, size - 1))
    path = proof_of(leaves, place)
    parts = [leaves[place], *path]
    part, bit = data.draw(st.integers(0, len(parts) - 1)), data.draw(st.integers(0, 255))
    flipped = bytearray(parts[part])
    flipped[bit // 8] ^= 1 << bit % 8
    parts[part] = bytes(flipped)
    assert root_from(parts[0], place, size, parts[1:]) != root
    assert root_from(leaves[place], place, size, [*path, path[-1] if path else root]) != root
    if path:
        assert root_from(leaves[place], place, size, path[:-1]) != root


@given(st.integers(2, 70), st.data())
def test_a_proof_holds_at_its_own_place_only(size: int, data: st.DataObject) -> None:
    leaves = [leaf_hash(bytes([n])) for n in range(size)]
    place, other = data.draw(st.permutations(range(size)).map(lambda all_: all_[:2]))
    assert root_from(leaves[place], other, size, proof_of(leaves, place)) != root_of(leaves)


def test_an_inner_node_is_no_leaf() -> None:
    left, right = leaf_hash(b"a"), leaf_hash(b"b")
    assert leaf_hash(left + right) != root_of([left, right])


@pytest.mark.parametrize("place", [-1, 3])
def test_no_such_place(place: int) -> None:
    leaves = [leaf_hash(b"x")] * 3
    assert root_from(leaves[0], place, 3, []) is None
    with pytest.raises(IndexError):
        proof_of(leaves, place)
