"""How a file is cut into parts: a fixed function of its size, so that both sides agree for ever."""

from __future__ import annotations

import base64
import hashlib

MIB = 1 << 20
SINGLE_PUT_LIMIT = 16 * MIB
"""Bytes up to which a file travels as one presigned PUT."""
MAX_PARTS = 10_000
MAX_FILE_SIZE = 1 << 40
"""1 TiB: with 128 MiB parts that is 8192 of the 10,000 parts S3 allows."""


def part_size(size: int) -> int:
    """Answer the part size in bytes for a file of `size` bytes: a fixed function, so both sides agree for ever.

    A file of at most 16 MiB is one PUT; up to 128 GiB parts are 16 MiB, beyond that 128 MiB.
    Raises ValueError above 1 TiB or below zero.
    """
    if not 0 <= size <= MAX_FILE_SIZE:
        raise ValueError(f"a file of {size} bytes cannot be handed over; the limit is {MAX_FILE_SIZE} bytes")
    if size <= SINGLE_PUT_LIMIT:
        return max(size, 1)
    return 16 * MIB if size <= 128 * 1024 * MIB else 128 * MIB


def part_count(size: int) -> int:
    """Number of parts of a file of `size` bytes; an empty file is one empty part."""
    return max(1, -(-size // part_size(size)))


def part_length(size: int, number: int) -> int:
    """Bytes in part `number` (from 1) of a file of `size` bytes."""
    step = part_size(size)
    return max(0, min(step, size - (number - 1) * step))


def composite_checksum(part_digests: list[bytes]) -> str:
    """S3's composite SHA-256 of a multipart object: base64 of the digest of digests, a dash, the part count."""
    whole = hashlib.sha256(b"".join(part_digests)).digest()
    return f"{base64.b64encode(whole).decode()}-{len(part_digests)}"
