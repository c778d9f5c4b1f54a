"""Cards with random content, and the truth about them: what was recorded, written down apart from the card."""

from __future__ import annotations

import base64
import hashlib
import os
import random
from dataclasses import dataclass, field
from pathlib import Path

PIECE = 4096
"""Bytes that are lost around a bad spot: the smallest piece the station reads again."""

_FOLDERS = ("", "DCIM/100MEDIA", "DCIM/101MEDIA", "录像/2026年11月", "录音", "重要", "IMP", "a/b/c/d/e/f")
_NAMES = (
    "DSJ_{n:06d}_20261123093{m:03d}.MP4",
    "dsj_{n:06d}_20261123093{m:03d}.mp4",
    "张三_{n:04d}_现场勘验（补录）.MP4",
    "REC{n:05d}.WAV",
    "IMP_{n:06d}.MP4",
    "IMG_{n:04d}.JPG",
    "20261123_{n:04d}_0001.MP4",
    "20261123_{n:04d}_0002.MP4",
    "  blank {n}  .mp4",
    "长" * 60 + "{n:03d}.MP4",
)
_ODD = b"\xff\xfe-%d.bin"
"""A name that is no UTF-8."""


@dataclass
class Recording:
    """One file as it was recorded. `bad`: ranges that its card cannot read any more, in whole pieces."""

    path: bytes
    size: int
    sha256: str
    expected: str
    """SHA-256 of what can be read of it: bad ranges are zeros."""
    bad: list[tuple[int, int]]

    def lies_on(self, root: Path) -> bool:
        return (root / os.fsdecode(self.path)).exists()

    def told(self) -> dict[str, object]:
        return {
            "path": base64.b64encode(self.path).decode(),
            "size": self.size,
            "sha256": self.sha256,
            "expected": self.expected,
            "bad": self.bad,
        }


@dataclass
class Card:
    """A card in its folder. `safe`: the station said that all of it is safe; `gone`: taken away for good."""

    serial: str
    root: Path
    files: list[Recording] = field(default_factory=list)
    safe: bool = False
    gone: bool = False
    confirmed: bool = False
    """Somebody confirmed at the station that it may be cleared."""

    def holds(self) -> set[str]:
        """Digests of what can still be read from it."""
        return {file.expected for file in self.files if file.lies_on(self.root)}

    def told(self) -> dict[str, object]:
        return {
            "serial": self.serial,
            "root": str(self.root),
            "safe": self.safe,
            "gone": self.gone,
            "confirmed": self.confirmed,
            "files": [file.told() for file in self.files],
        }


class Recorders:
    """Makes cards and records onto them. Everything is drawn from one `random.Random`."""

    def __init__(self, draw: random.Random, folder: Path, *, large: bool) -> None:
        self._draw = draw
        self._folder = folder
        self._large = large
        self._bodies: list[bytes] = []
        self._number = 0
        self.cards: list[Card] = []

    def new(self, files: int | None = None) -> Card:
        """A card with some recordings; sometimes it is empty, or has the serial of another."""
        serial = f"BWC-{len(self.cards):03d}"
        if self.cards and self._draw.random() < 0.05:
            serial = self._draw.choice(self.cards).serial
        card = Card(serial, self._folder / f"card-{len(self.cards):03d}")
        card.root.mkdir(parents=True)
        self.cards.append(card)
        for _ in range(self._draw.choice((0, 1, 2, 3, 5, 8, 8, 13, 20)) if files is None else files):
            self.record(card)
        return card

    def record(self, card: Card) -> None:
        """Put one more file onto a card. Nothing that lies there is touched."""
        body = self._body()
        path = self._path(card)
        where = card.root / os.fsdecode(path)
        where.parent.mkdir(parents=True, exist_ok=True)
        where.write_bytes(body)
        bad = self._bad(len(body))
        readable = bytearray(body)
        for start, end in bad:
            readable[start:end] = bytes(end - start)
        card.files.append(
            Recording(
                path,
                len(body),
                hashlib.sha256(body).hexdigest(),
                hashlib.sha256(readable).hexdigest(),
                bad,
            )
        )
        card.safe = False

    def _size(self) -> int:
        draw = self._draw
        kind = draw.random()
        if kind < 0.08:
            return 0
        if kind < 0.2:
            return draw.choice((1, 2, 511, 4095, 4096, 4097, 65535, 65536, 65537, 131072))
        if kind < 0.75:
            return draw.randrange(1, 200_000)
        if kind < 0.95 or not self._large:
            return draw.randrange(200_000, 1_500_000)
        return draw.randrange(1_500_000, 6_000_000)

    def _body(self) -> bytes:
        if self._bodies and self._draw.random() < 0.1:
            return self._draw.choice(self._bodies)  # the same bytes under another name, or on another card
        body = self._draw.randbytes(self._size())
        if len(self._bodies) < 40:
            self._bodies.append(body)
        return body

    def _path(self, card: Card) -> bytes:
        taken = {file.path for file in card.files}
        while True:
            self._number += 1
            if card.files and self._draw.random() < 0.05:
                path = self._draw.choice(card.files).path.swapcase()  # differs in case only
            elif self._draw.random() < 0.03:
                path = _ODD % self._number
            else:
                name = self._draw.choice(_NAMES).format(n=self._number, m=self._number % 1000)
                path = f"{self._draw.choice(_FOLDERS)}/{name}".strip("/").encode()
            try:
                free = path not in taken and len(path.rpartition(b"/")[2]) <= 255
                if free and not (card.root / os.fsdecode(path)).exists():
                    return path
            except OSError:
                continue

    def _bad(self, size: int) -> list[tuple[int, int]]:
        """Bad spots away from both ends, so that the file is not unreadable as a whole; rarely any."""
        pieces = size // PIECE
        if pieces < 8 or self._draw.random() > 0.015:
            return []
        first = self._draw.randrange(1, pieces - 2)
        return [(first * PIECE, (first + self._draw.randrange(1, 3)) * PIECE)]
