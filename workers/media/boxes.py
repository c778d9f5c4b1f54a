"""The outer boxes of MP4 and MOV files (ISO/IEC 14496-12 §4.2), read in plain Python.

Tells what a demuxer only refuses: that the index is missing, or that the media is cut short.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

MAX_BOXES = 20_000
HEIC_HEAD = 256 << 10
"""Bytes of a HEIC photo in which its properties are looked for; they stand before the picture."""
MAX_SIDE = 1 << 17
"""Pixels beyond which a stated side is nonsense."""


@dataclass(frozen=True, slots=True)
class Box:
    """One outer box: its four-letter name, where it begins, and the length it claims, in bytes."""

    name: str
    offset: int
    length: int


@dataclass(frozen=True, slots=True)
class Layout:
    """What the outer boxes say about the file."""

    boxes: tuple[Box, ...]
    has_index: bool
    """A whole `moov` lies in the file."""
    index_at_end: bool
    fragmented: bool
    cut_short: bool
    """The last box claims more bytes than there are."""
    has_media: bool


def layout(path: Path) -> Layout:
    """Read the outer boxes of `path`. Raises OSError when it cannot be read."""
    size = path.stat().st_size
    boxes: list[Box] = []
    with path.open("rb") as file:
        at = 0
        while at + 8 <= size and len(boxes) < MAX_BOXES:
            box = _box_at(file, at, size)
            if box is None:
                break
            boxes.append(box)
            at += box.length
    names = [box.name for box in boxes]
    whole = {box.name for box in boxes if box.offset + box.length <= size}
    return Layout(
        boxes=tuple(boxes),
        has_index="moov" in whole,
        index_at_end="moov" in whole and "mdat" in names and names.index("moov") > names.index("mdat"),
        fragmented="moof" in names,
        cut_short=bool(boxes) and boxes[-1].offset + boxes[-1].length > size,
        has_media="mdat" in names,
    )


def _box_at(file: BinaryIO, at: int, size: int) -> Box | None:
    file.seek(at)
    head = file.read(16)
    if len(head) < 8:
        return None
    length, raw = struct.unpack(">I4s", head[:8])
    if not all(32 <= c < 127 or c == 0xA9 for c in raw):
        return None
    if length == 1 and len(head) == 16:
        length = struct.unpack(">Q", head[8:])[0]
    elif length == 0:
        length = size - at
    if length < 8:
        return None
    return Box(raw.decode("latin-1"), at, length)


def movie_seconds(path: Path) -> float | None:
    """Running time in seconds by the movie header (`mvhd`) of one of our own MP4 or M4A files; None without one."""
    plan = layout(path)
    index = next((box for box in plan.boxes if box.name == "moov"), None)
    if index is None:
        return None
    with path.open("rb") as file:
        file.seek(index.offset + 8)
        head = file.read(128)
    at = head.find(b"mvhd")
    if at < 0 or len(head) < at + 36:
        return None
    if head[at + 4] == 1:
        scale, duration = struct.unpack(">IQ", head[at + 24 : at + 36])
    else:
        scale, duration = struct.unpack(">II", head[at + 16 : at + 24])
    return duration / scale if scale else None


def stated_size(path: Path) -> tuple[int | None, int | None]:
    """Width and height in pixels of a HEIC photo, by the largest `ispe` property (ISO/IEC 23008-12 §6.5.3): tiles are smaller.

    Rotation is not applied: HEIF states it in a property of its own. None where there is no such property.
    """
    with path.open("rb") as file:
        head = file.read(HEIC_HEAD)
    sizes, at = [], head.find(b"ispe")
    while at >= 0 and at + 16 <= len(head):
        width, height = struct.unpack(">II", head[at + 8 : at + 16])
        if 0 < width <= MAX_SIDE and 0 < height <= MAX_SIDE:
            sizes.append((width, height))
        at = head.find(b"ispe", at + 4)
    return max(sizes, key=lambda size: size[0] * size[1], default=(None, None))
