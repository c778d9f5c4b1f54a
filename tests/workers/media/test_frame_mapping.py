"""The map against real recordings: what the copy shows is the very frame of the original that the map names.

Each frame of the originals carries its number in black and white squares, which outlive encoding; so the picture itself
says which frame it is, and FFmpeg's own stamps are not asked.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import av
import pytest
from PIL import Image, ImageDraw

from catalog.rules.frame_map import frame_at, from_json, time_of
from tests.workers.media.test_render import by_kind
from workers.media.describe import describe
from workers.media.ffmpeg import binary
from workers.media.render import render

FRAMES, BITS, SIDE = 60, 8, 24


@pytest.fixture(scope="session")
def numbered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of pictures, each with its own number in squares."""
    folder = tmp_path_factory.mktemp("numbered")
    for number in range(FRAMES):
        picture = Image.new("RGB", (BITS * SIDE, 4 * SIDE), "grey")
        draw = ImageDraw.Draw(picture)
        for bit in range(BITS):
            colour = "white" if number >> bit & 1 else "black"
            draw.rectangle((bit * SIDE, SIDE, (bit + 1) * SIDE - 1, 3 * SIDE - 1), fill=colour)
        picture.save(folder / f"{number:03}.png")
    return folder


def number_of(picture: Image.Image) -> int:
    wide = picture.width / BITS
    grey = picture.convert("L")
    return sum(
        1 << bit for bit in range(BITS) if grey.getpixel((int((bit + 0.5) * wide), picture.height // 2)) > 128
    )


UNEVEN = "settb=1/90000,setpts='(N*0.04+0.013*lt(mod(N,3),1)+0.2*gt(N,30))/TB'"
"""Steps of three lengths and a pause: variable frame rate."""
RECORDINGS = {
    "even.mkv": ["-c:v", "mpeg4", "-q:v", "2"],
    "uneven.mkv": ["-vf", UNEVEN, "-fps_mode", "passthrough", "-c:v", "libx264", "-crf", "16", "-bf", "2"],
    "uneven-anew.mkv": ["-vf", UNEVEN, "-fps_mode", "passthrough", "-c:v", "libx265", "-x265-params", "log-level=error"],
    "offset.ts": ["-c:v", "libx264", "-crf", "16", "-bf", "2", "-output_ts_offset", "731.5", "-muxdelay", "0.7"],
    "late-sound.ts": ["-c:v", "mpeg2video", "-q:v", "2", "-output_ts_offset", "12"],
    "jerky.avi": ["-c:v", "mjpeg", "-q:v", "3", "-pix_fmt", "yuvj420p"],
}  # fmt: skip
SOUND = ["-f", "lavfi", "-itsoffset", "0.4", "-i", "sine=duration=2"]


@pytest.mark.parametrize("name", RECORDINGS)
def test_the_picture_is_that_of_the_frame_the_map_names(numbered: Path, tmp_path: Path, name: str) -> None:
    original = tmp_path / name
    sound = SOUND if "sound" in name else []
    command = [binary(), "-v", "error", "-y", "-framerate", "25", "-i", str(numbered / "%03d.png"), *sound]
    subprocess.run([*command, "-pix_fmt", "yuv420p", *RECORDINGS[name], str(original)], check=True)
    kinds = by_kind(render(original, describe(original, name), tmp_path))
    frames = from_json(json.loads(kinds["frames"].path.read_text()))
    assert len(frames.stamps) == FRAMES
    looked = 0
    for at, picture in shown(kinds["player"].path):
        assert frame_at(frames, at).number == number_of(picture), at
        there = time_of(frames, number_of(picture))
        assert there is not None
        assert float(there) == pytest.approx(at, abs=0.003)
        looked += 1
    assert looked + sum(last - first + 1 for first, last in frames.absent) == FRAMES
    assert looked > FRAMES * 0.9
    # The stamps are the original's own.
    with av.open(str(original)) as source:
        own = sorted({p.pts for p in source.demux(video=0) if p.pts is not None and p.size})
    assert list(frames.stamps) == own


def shown(copy: Path) -> Iterator[tuple[float, Image.Image]]:
    """Each picture of the copy and its time as a browser counts it."""
    with av.open(str(copy)) as source:
        for frame in source.decode(video=0):
            yield frame.time, frame.to_image()
