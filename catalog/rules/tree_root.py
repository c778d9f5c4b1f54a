"""The root of a Merkle tree over a log of any length, leaf by leaf (RFC 6962 §2.1). Pure; memory grows with its height."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

_NODE = b"\x01"
EMPTY = hashlib.sha256(b"").hexdigest()
"""Root of a tree without leaves."""


class TreeRoot:
    """Takes leaf hashes in order; `root` may be asked at any time."""

    def __init__(self) -> None:
        self.size = 0
        self._full: list[tuple[int, bytes]] = []
        """Roots of the full subtrees there are, the largest first, each with its height."""

    def add(self, leaf: bytes) -> None:
        """Add the hash of the next leaf, 32 bytes."""
        self.size += 1
        height, node = 0, leaf
        while self._full and self._full[-1][0] == height:
            node = _parent(self._full.pop()[1], node)
            height += 1
        self._full.append((height, node))

    def peaks(self) -> list[tuple[int, str]]:
        """Answer height and root (hexadecimal) of the full subtrees there are: all that is needed to go on from here."""
        return [(height, node.hex()) for height, node in self._full]

    @classmethod
    def resumed(cls, peaks: Sequence[tuple[int, str]]) -> TreeRoot:
        """Answer a tree that goes on where one with these `peaks` stood. Raises ValueError for what cannot be one."""
        tree = cls()
        for height, node in peaks:
            if not 0 <= height < 64 or len(bytes.fromhex(node)) != 32:
                raise ValueError("not a subtree")
            if tree._full and tree._full[-1][0] <= height:
                raise ValueError("subtrees out of order")
            tree._full.append((height, bytes.fromhex(node)))
            tree.size += 1 << height
        return tree

    def root(self) -> str:
        """Answer the root over what was added so far, hexadecimal."""
        if not self._full:
            return EMPTY
        node = self._full[-1][1]
        for _, left in reversed(self._full[:-1]):
            node = _parent(left, node)
        return node.hex()


def _parent(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(_NODE + left + right).digest()
