"""Damaged and mutated files: `describe` always answers, `render` never raises, and neither pretends."""

import random
from concurrent.futures import ThreadPoolExecutor

import pytest

from workers.media.describe import describe, from_json, to_json
from workers.media.render import render

NAMES = [
    "plain.mp4", "front.mp4", "fragments.mp4", "matroska.mkv", "stream.ts", "mpeg4.avi", "mjpeg.avi", "hevc.mp4",
    "voice.wav", "voice.mp3", "voice.amr", "photo.jpg", "turned.jpg", "photo.png", "photo.tif",
]  # fmt: skip
ROUNDS = 4


def mutated(data: bytes, seed: int) -> bytes:
    """Cut, flipped, overwritten or doubled, mostly near the head where parsers decide."""
    chance = random.Random(seed)
    changed = bytearray(data)
    for _ in range(chance.choice((1, 4, 32))):
        near = chance.random() < 0.7
        at = chance.randrange(8, min(len(changed), 4096) if near else len(changed))
        match chance.randrange(4):
            case 0:
                changed[at] ^= 1 << chance.randrange(8)
            case 1:
                changed[at : at + 4] = chance.choice((b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x7f\xff\xff\xff"))
            case 2:
                changed[at : at + 16] = chance.randbytes(16)
            case 3:
                changed[at:at] = changed[at : at + chance.randrange(1, 64)]
    if chance.random() < 0.3:
        del changed[chance.randrange(16, len(changed)) :]
    return bytes(changed)


def test_sixty_mutants(recording, tmp_path):
    sources = {name: recording(name).read_bytes() for name in NAMES}

    def one(number: int) -> str:
        name = NAMES[number % len(NAMES)]
        path = tmp_path / f"{number}-{name}"
        path.write_bytes(mutated(sources[name], number))
        found = describe(path, name)
        assert from_json(to_json(found)) == found
        assert len(found.tags) <= 200
        return found.kind

    with ThreadPoolExecutor(2) as pool:
        kinds = list(pool.map(one, range(len(NAMES) * ROUNDS)))
    assert len(kinds) == 60


@pytest.mark.parametrize("seed", range(8))
def test_rendering_mutants(recording, tmp_path, seed):
    name = ["front.mp4", "matroska.mkv", "mpeg4.avi", "photo.jpg"][seed % 4]
    path = tmp_path / name
    path.write_bytes(mutated(recording(name).read_bytes(), 1000 + seed))
    found = describe(path, name)
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    made = render(path, found, scratch)
    for each in made.renditions:
        assert each.path.stat().st_size == each.size > 0
    for failure in made.failures:
        assert failure.reason
