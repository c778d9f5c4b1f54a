"""Whether a JPEG's EXIF block holds together: directories and values inside the block they belong to.

EXIF readers skip silently what does not fit; for evidence that silence would hide damage or tampering.
"""

from __future__ import annotations

import struct
from typing import BinaryIO

_WIDTHS = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
_POINTERS = frozenset({0x8769, 0x8825, 0xA005})
_MAX_DIRECTORIES = 16


def exif_faults(file: BinaryIO) -> list[str]:
    """What is structurally wrong with the EXIF of the JPEG in `file`, in words; nothing for other files."""
    file.seek(0)
    block = _exif_block(file.read(1 << 17))
    if block is None:
        return []
    order = {b"II": "<", b"MM": ">"}.get(block[:2])
    if order is None or len(block) < 8:
        return ["no byte order"]
    try:
        return _walk(block, order)
    except struct.error:
        return ["a directory runs beyond the block"]


def _exif_block(head: bytes) -> bytes | None:
    """The TIFF block of the first Exif segment; it may be shorter than its segment claims."""
    at = 2
    while (
        head[:2] == b"\xff\xd8" and at + 10 <= len(head) and head[at] == 0xFF and 0xE0 <= head[at + 1] <= 0xEF
    ):
        length = int.from_bytes(head[at + 2 : at + 4], "big")
        if head[at + 1] == 0xE1 and head[at + 4 : at + 10] == b"Exif\0\0":
            return head[at + 10 : at + 2 + length]
        at += 2 + max(2, length)
    return None


def _walk(block: bytes, order: str) -> list[str]:
    faults: list[str] = []
    waiting = [struct.unpack_from(order + "I", block, 4)[0]]
    seen: set[int] = set()
    while waiting and len(seen) < _MAX_DIRECTORIES:
        start = waiting.pop()
        if start == 0 or start in seen:
            continue
        seen.add(start)
        count = struct.unpack_from(order + "H", block, start)[0]
        if start + 2 + count * 12 > len(block):
            faults.append("a directory runs beyond the block")
            continue
        for number in range(count):
            tag, kind, many, value = struct.unpack_from(order + "HHII", block, start + 2 + number * 12)
            width = _WIDTHS.get(kind)
            if width is None:
                faults.append(f"tag {tag:#06x} has an unknown type")
            elif width * many > 4 and value + width * many > len(block) and tag != 0x927C:
                faults.append(f"tag {tag:#06x} points beyond the block")
            elif tag in _POINTERS:
                waiting.append(value)
    return faults[:5]
