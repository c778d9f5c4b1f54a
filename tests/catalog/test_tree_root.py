"""The root of the log, leaf by leaf, against RFC 6962 §2.1 written down as it stands there."""

from __future__ import annotations

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from catalog.rules.tree_root import EMPTY, TreeRoot


def by_definition(leaves: list[bytes]) -> bytes:
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return hashlib.sha256(b"\x01" + by_definition(leaves[:split]) + by_definition(leaves[split:])).digest()


@given(st.integers(min_value=0, max_value=70))
def test_it_is_the_root_of_the_standard(size: int) -> None:
    leaves = [hashlib.sha256(bytes([0, n])).digest() for n in range(size)]
    tree = TreeRoot()
    for number, leaf in enumerate(leaves):
        assert tree.root() == by_definition(leaves[:number]).hex()
        tree.add(leaf)
    assert (tree.size, tree.root()) == (size, by_definition(leaves).hex())


def test_an_empty_log_has_a_root() -> None:
    assert TreeRoot().root() == EMPTY
