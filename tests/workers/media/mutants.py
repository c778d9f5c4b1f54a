"""Hostile files: seeded mutations of sound recordings, and monsters made on purpose. The same number, the same file."""

from __future__ import annotations

import random
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

from PIL import Image

from tests.workers.media.heic import make_heic

SOURCES = (
    "plain.mp4", "front.mp4", "fragments.mp4", "plain.mov", "tagged.mov", "pcm.mov", "matroska.mkv", "stream.ts",
    "woven.mts", "hevc.mp4", "mpeg4.avi", "mjpeg.avi", "h264.avi", "web.webm", "phone.3gp", "flash.flv", "programme.mpg",
    "voice.wav", "g711.wav", "voice.mp3", "voice.m4a", "voice.aac", "voice.amr", "voice.flac",
    "photo.jpg", "turned.jpg", "photo.png", "photo.tif", "photo.heic",
)  # fmt: skip
"""Names in `studio`, one of each kind; `photo.heic` is made by `heic`."""
_EXTREMES = (
    b"\xff\xff\xff\xff",
    b"\0\0\0\0",
    b"\x7f\xff\xff\xff",
    b"\x80\0\0\0",
    b"\0\0\0\1",
    b"\xff\xff\xff\x7f",
)
_ENDINGS = ("mp4", "mov", "avi", "mkv", "ts", "wav", "mp3", "jpg", "png", "heic", "txt", "")


def source(recording: Callable[[str], Path], name: str) -> Path:
    """The sound file that mutants of this name are made from."""
    if name != "photo.heic":
        return recording(name)
    path = recording("photo.png").with_name(name)
    if not path.exists():
        make_heic(path, recording("photo.png"), (320, 176))
    return path


def mutant(sources: dict[str, bytes], number: int) -> tuple[str, bytes]:
    """File name and bytes of mutant `number`: each source in turn, one to three of the ways below."""
    chance = random.Random(number)
    name = SOURCES[number % len(SOURCES)]
    data = bytearray(sources[name])
    for _ in range(chance.choice((1, 1, 2, 3))):
        chance.choice(_WAYS)(data, chance)
    if chance.random() < 0.1:  # the head of another kind
        other = sources[chance.choice(SOURCES)]
        length = chance.choice((4, 8, 12, 64, 512))
        data[:length] = other[:length]
    stem = name.partition(".")[0]
    ending = chance.choice(_ENDINGS) if chance.random() < 0.15 else name.partition(".")[2]
    return f"{number}-{stem}.{ending}", bytes(data)


def _place(data: bytearray, chance: random.Random) -> int:
    """Somewhere, mostly where parsers decide: near the head, or near the tail where indexes lie."""
    if not data:
        return 0
    area = chance.random()
    if area < 0.5:
        return chance.randrange(min(len(data), 2048))
    if area < 0.75:
        return chance.randrange(max(0, len(data) - 4096), len(data))
    return chance.randrange(len(data))


def _flip(data: bytearray, chance: random.Random) -> None:
    for _ in range(chance.choice((1, 8, 64, 256))):
        if data:
            data[_place(data, chance)] ^= 1 << chance.randrange(8)


def _lengths(data: bytearray, chance: random.Random) -> None:
    """Length fields: numbers that mean much or nothing, where a four-letter name stands."""
    names = [at for at in range(4, min(len(data) - 4, 1 << 16)) if data[at : at + 4].isalpha()]
    for _ in range(chance.choice((1, 2, 5))):
        at = chance.choice(names) if names and chance.random() < 0.8 else _place(data, chance)
        before = chance.random() < 0.6
        start = at - 4 if before else at + 4
        data[max(0, start) : max(0, start) + 4] = chance.choice(_EXTREMES)


def _delete(data: bytearray, chance: random.Random) -> None:
    at = _place(data, chance)
    del data[at : at + chance.choice((1, 4, 188, 1024, 10_000))]


def _double(data: bytearray, chance: random.Random) -> None:
    at = _place(data, chance)
    chunk = data[at : at + chance.choice((4, 64, 188, 1024, 8192))]
    data[at:at] = chunk * chance.choice((1, 2, 50))


def _move(data: bytearray, chance: random.Random) -> None:
    at, length = _place(data, chance), chance.choice((16, 188, 4096))
    chunk = data[at : at + length]
    del data[at : at + length]
    to = _place(data, chance)
    data[to:to] = chunk


def _noise(data: bytearray, chance: random.Random) -> None:
    at = _place(data, chance)
    length = chance.choice((4, 32, 512, 4096))
    data[at : at + length] = chance.randbytes(length)


def _zeros(data: bytearray, chance: random.Random) -> None:
    at = _place(data, chance)
    length = chance.choice((64, 4096, 65_536))
    data[at : at + length] = bytes(min(length, max(0, len(data) - at)))


def _cut(data: bytearray, chance: random.Random) -> None:
    if data:
        del data[chance.randrange(len(data)) :]


_WAYS = (_flip, _flip, _lengths, _lengths, _delete, _double, _move, _noise, _zeros, _cut, _cut)


def monsters(sources: dict[str, bytes], folder: Path) -> dict[str, Path]:
    """Files made to hurt a reader, by name."""
    made = {
        "nested boxes.mp4": _nested(sources["front.mp4"]),
        "two hundred thousand boxes.mp4": sources["front.mp4"] + struct.pack(">I4s", 8, b"free") * 200_000,
        "endless tables.mp4": _endless_tables(sources["front.mp4"]),
        "wide film.mp4": _wide_film(sources["front.mp4"]),
        "text of two hundred megabytes.png": _png_bomb(sources["photo.png"]),
        "sixty thousand pixels.png": _huge_png(),
        "huge frame.jpg": _huge_jpeg(sources["photo.jpg"]),
        "exif in a circle.jpg": _exif_circle(sources["photo.jpg"]),
        "huge.tif": _huge_tiff(sources["photo.tif"]),
        "sixteen megabytes of tags.mp3": _tag_bomb(sources["voice.mp3"]),
        "no end.wav": sources["voice.wav"].replace(b"data", b"data\xff\xff\xff\xff", 1),
        "playlist.mp4": b"#EXTM3U\n#EXTINF:10,\nfile:///etc/passwd\n#EXTINF:10,\nhttp://127.0.0.1:9/x.ts\n",
        "list of files.avi": b"ffconcat version 1.0\nfile '/etc/passwd'\n",
        "page.jpg": b"<html><script>alert(1)</script></html>",
        "drawing.png": b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'><image href='file:///etc/passwd'/></svg>",
        "archive.mp4": b"PK\x03\x04" + b"\0" * 26 + b"../../../etc/x" + b"\0" * 4000,
        "nothing.mp4": b"",
        "one byte.mov": b"\0",
        "zeros.mp4": bytes(1 << 20),
        "head only.mkv": sources["matroska.mkv"][:64],
        "void in void.mkv": sources["matroska.mkv"][:40] + b"\xec\x01" + b"\xff" * 6 + sources["matroska.mkv"][40:],
        "films in a film.ts": sources["stream.ts"] * 40,
    }  # fmt: skip
    found = {}
    for name, data in made.items():
        found[name] = folder / name
        found[name].write_bytes(data)
    found["large pictures.avi"] = _large_pictures(folder)
    return found


def _box(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(body), name) + body


def _nested(data: bytes) -> bytes:
    inside = b""
    for _ in range(3000):
        inside = _box(b"moov", _box(b"udta", inside))
    return data[:32] + inside + data[32:]


def _endless_tables(data: bytes) -> bytes:
    """Every table of the index claims as many entries as there can be."""
    changed = bytearray(data)
    for name in (b"stts", b"stsz", b"stsc", b"stco", b"ctts", b"stss"):
        at = changed.find(name)
        if at > 0:
            place = at + 12 if name == b"stsz" else at + 8
            changed[place : place + 4] = b"\x7f\xff\xff\xff"
    return bytes(changed)


def _wide_film(data: bytes) -> bytes:
    changed = bytearray(data)
    at = changed.find(b"avc1", changed.find(b"stsd"))
    changed[at + 28 : at + 32] = b"\xff\xff\xff\xff"
    return bytes(changed)


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def _png_bomb(data: bytes) -> bytes:
    press = zlib.compressobj(9)
    squeezed = b"".join(press.compress(bytes(1 << 20)) for _ in range(200)) + press.flush()
    return data[:33] + _chunk(b"zTXt", b"Comment\0\0" + squeezed) + data[33:]


def _huge_png() -> bytes:
    head = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    body = zlib.compress(bytes(1 << 20))
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", body) + _chunk(b"IEND", b"")


def _huge_jpeg(data: bytes) -> bytes:
    changed = bytearray(data)
    at = changed.find(b"\xff\xc0")
    changed[at + 5 : at + 9] = struct.pack(">HH", 65_000, 65_000)
    return bytes(changed)


def _exif_circle(data: bytes) -> bytes:
    """The directory's next one is itself."""
    changed = bytearray(data)
    at = changed.find(b"Exif\0\0") + 6
    order = "<" if changed[at : at + 2] == b"II" else ">"
    first = struct.unpack(f"{order}I", changed[at + 4 : at + 8])[0]
    count = struct.unpack(f"{order}H", changed[at + first : at + first + 2])[0]
    changed[at + first + 2 + 12 * count : at + first + 6 + 12 * count] = struct.pack(f"{order}I", first)
    return bytes(changed)


def _huge_tiff(data: bytes) -> bytes:
    """ImageWidth (256) and ImageLength (257) of 100,000 points each."""
    changed = bytearray(data)
    for tag in (256, 257):
        at = changed.find(struct.pack("<HH", tag, 4))
        at = at if at >= 0 else changed.find(struct.pack("<HH", tag, 3))
        if at >= 0:
            changed[at + 2 : at + 12] = struct.pack("<HII", 4, 1, 100_000)
    return bytes(changed)


def _tag_bomb(data: bytes) -> bytes:
    """ID3v2.3 with thousands of comments and one picture of many megabytes."""
    frames = b"".join(
        b"TXXX" + struct.pack(">IH", 105, 0) + b"\0" + b"k%07d" % n + b"\0" + b"v" * 95 for n in range(4000)
    )
    frames += b"APIC" + struct.pack(">IH", 15 << 20, 0) + b"\0image/png\0\3\0" + bytes((15 << 20) - 13)
    size = len(frames)
    syncsafe = bytes(size >> shift & 0x7F for shift in (21, 14, 7, 0))
    return b"ID3\3\0\0" + syncsafe + frames + data


def _large_pictures(folder: Path) -> Path:
    """An AVI whose pictures are of 8,000 by 8,000 points, a few kilobytes each in the file."""
    still = folder / "still.jpg"
    Image.new("L", (8000, 8000), 90).save(still, quality=20)
    picture = still.read_bytes()
    still.unlink()
    chunk = b"00dc" + struct.pack("<I", len(picture)) + picture + b"\0" * (len(picture) % 2)
    movie = b"LIST" + struct.pack("<I", 4 + 12 * len(chunk)) + b"movi" + chunk * 12
    stream = struct.pack(
        "<4s4sIHHIIIIIIII4H", b"vids", b"MJPG", 0, 0, 0, 0, 1, 10, 0, 12, 0, 0, 0, 0, 0, 8000, 8000
    )
    form = struct.pack("<IiiHH4sIiiII", 40, 8000, 8000, 1, 24, b"MJPG", 0, 0, 0, 0, 0)
    strl = (
        b"strl" + b"strh" + struct.pack("<I", len(stream)) + stream + b"strf" + struct.pack("<I", 40) + form
    )
    avih = struct.pack("<14I", 100_000, 0, 0, 0, 12, 0, 1, 0, 8000, 8000, 0, 0, 0, 0)
    hdrl = b"hdrl" + b"avih" + struct.pack("<I", 56) + avih + b"LIST" + struct.pack("<I", len(strl)) + strl
    body = b"AVI " + b"LIST" + struct.pack("<I", len(hdrl)) + hdrl + movie
    path = folder / "large pictures.avi"
    path.write_bytes(b"RIFF" + struct.pack("<I", len(body)) + body)
    return path
