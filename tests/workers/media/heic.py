"""A tiny HEIC photo put together by hand: nothing here can write one (ISO/IEC 23008-12; boxes of 14496-12)."""

from __future__ import annotations

import struct
import subprocess
from pathlib import Path

from workers.media.ffmpeg import binary


def box(name: bytes, *inside: bytes) -> bytes:
    body = b"".join(inside)
    return struct.pack(">I4s", 8 + len(body), name) + body


def full(name: bytes, *inside: bytes, version: int = 0, flags: int = 0) -> bytes:
    return box(name, struct.pack(">I", version << 24 | flags), *inside)


def make_heic(path: Path, picture: Path, size: tuple[int, int]) -> Path:
    """Write `picture` (any image FFmpeg reads) as one HEVC item of `size` pixels; both sides multiples of 16."""
    film = path.with_suffix(".heic.mp4")
    command = [
        binary(), "-nostdin", "-y", "-v", "error", "-i", str(picture), "-frames:v", "1",
        "-vf", f"scale={size[0]}:{size[1]},format=yuv420p", "-c:v", "libx265", "-preset", "ultrafast",
        "-x265-params", "log-level=error:qp=18", "-tag:v", "hvc1", str(film),
    ]  # fmt: skip
    subprocess.run(command, check=True, timeout=60)
    data = film.read_bytes()
    film.unlink()
    at = data.index(b"hvcC") - 4
    setup = data[at : at + struct.unpack(">I", data[at : at + 4])[0]]
    begin = data.index(b"mdat") - 4
    coded = data[begin + 8 : begin + struct.unpack(">I", data[begin : begin + 4])[0]]
    head = box(b"ftyp", b"heic", bytes(4), b"mif1heic")
    meta = _meta(setup, size, 0, len(coded))  # once to learn its length, once with the place it leads to
    meta = _meta(setup, size, len(head) + len(meta) + 8, len(coded))
    path.write_bytes(head + meta + box(b"mdat", coded))
    return path


def _meta(setup: bytes, size: tuple[int, int], offset: int, length: int) -> bytes:
    return full(
        b"meta",
        full(b"hdlr", bytes(4), b"pict", bytes(13)),
        full(b"pitm", struct.pack(">H", 1)),
        full(b"iloc", struct.pack(">BBHHHHII", 0x44, 0, 1, 1, 0, 1, offset, length)),
        full(
            b"iinf",
            struct.pack(">H", 1),
            full(b"infe", struct.pack(">HH4s", 1, 0, b"hvc1"), b"\0", version=2),
        ),
        box(
            b"iprp",
            box(b"ipco", setup, full(b"ispe", struct.pack(">II", *size))),
            full(b"ipma", struct.pack(">IHBBB", 1, 1, 2, 0x81, 2)),
        ),
    )
