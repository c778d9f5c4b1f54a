"""Merkle trees as in RFC 6962 §2.1: one digest for many leaves, and a short proof for each of them.

Leaves and inner nodes are hashed with different prefixes, so that no inner node can be passed off as a leaf. All
digests are SHA-256, 32 bytes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

LEAF_PREFIX = b"\x00"
NODE_PREFIX = b"\x01"


def leaf_hash(data: bytes) -> bytes:
    """Answer the digest a leaf stands in the tree with."""
    return hashlib.sha256(LEAF_PREFIX + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Answer the digest of the node over two others."""
    return hashlib.sha256(NODE_PREFIX + left + right).digest()


def root_of(leaves: Sequence[bytes]) -> bytes:
    """Answer the root over leaf digests, in order; of no leaves it is the digest of nothing."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    return _levels(leaves)[-1][0]


def proofs_of(leaves: Sequence[bytes]) -> list[list[bytes]]:
    """Answer for each leaf the digests that lead from it to the root, the nearest first (RFC 6962 §2.1.1)."""
    levels = _levels(leaves) if leaves else []
    return [_path(levels, place) for place in range(len(leaves))]


def proof_of(leaves: Sequence[bytes], place: int) -> list[bytes]:
    """As `proofs_of`, for one leaf. Raises IndexError when there is no such place."""
    if not 0 <= place < len(leaves):
        raise IndexError(place)
    return _path(_levels(leaves), place)


def root_from(leaf: bytes, place: int, size: int, path: Sequence[bytes]) -> bytes | None:
    """Answer the root that `path` leads to from a leaf digest at `place` among `size`; None when it cannot be a path.

    The caller compares it with the root he trusts (RFC 9162 §2.1.3.2).
    """
    if not 0 <= place < size:
        return None
    here, last, digest = place, size - 1, leaf
    for other in path:
        if last == 0:
            return None
        if here % 2 or here == last:
            digest = node_hash(other, digest)
            while here % 2 == 0 and here:
                here, last = here >> 1, last >> 1
        else:
            digest = node_hash(digest, other)
        here, last = here >> 1, last >> 1
    return digest if last == 0 else None


def _levels(leaves: Sequence[bytes]) -> list[list[bytes]]:
    """From the leaves up to the root; a node without a neighbour rises as it is, which is the tree of RFC 6962."""
    levels = [list(leaves)]
    while len(levels[-1]) > 1:
        below = levels[-1]
        level = [node_hash(below[n], below[n + 1]) for n in range(0, len(below) - 1, 2)]
        if len(below) % 2:
            level.append(below[-1])
        levels.append(level)
    return levels


def _path(levels: Sequence[Sequence[bytes]], place: int) -> list[bytes]:
    path = []
    for level in levels[:-1]:
        beside = place ^ 1
        if beside < len(level):
            path.append(level[beside])
        place >>= 1
    return path
