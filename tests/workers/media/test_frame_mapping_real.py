"""The map against camera originals, where they are: the copy's picture is most like the very frame the map names."""

from __future__ import annotations

import json
from pathlib import Path

import av
import pytest
from PIL import Image, ImageChops, ImageStat

from catalog.rules.frame_map import frame_at, from_json
from tests.workers.media.test_render import by_kind
from workers.media.describe import describe
from workers.media.render import render

LOOKED_AT = 40


def small(frame: av.VideoFrame) -> Image.Image:
    return frame.to_image(width=96, height=96)


def unlike(one: Image.Image, other: Image.Image) -> float:
    return sum(ImageStat.Stat(ImageChops.difference(one, other)).mean)


@pytest.mark.parametrize(
    "name",
    ["actioncam-h265-aac.mp4", "canon-mjpeg-pcm.avi", "phone-mpeg4-amr.3gp", "sony-avchd-ac3.mts"],
)
def test_a_camera_original(real_media: Path, tmp_path: Path, name: str) -> None:
    original = real_media / name
    found = describe(original, name)
    kinds = by_kind(render(original, found, tmp_path))
    if "frames" not in kinds:  # the action camera's file holds a wrong stamp
        assert "could not be matched" in kinds["player"].note
        assert name.startswith("actioncam")
        return
    frames = from_json(json.loads(kinds["frames"].path.read_text()))
    assert found.video is not None
    with av.open(str(original)) as source, av.open(str(kinds["player"].path)) as copy:
        there = {}
        for frame in source.decode(source.streams[found.video.index]):
            there[frame.pts] = small(frame)
            if len(there) > LOOKED_AT * 2:
                break
        looked, right = 0, 0
        for frame in copy.decode(video=0):
            named = frame_at(frames, frame.time)
            near = [p for p in frames.stamps[max(0, named.number - 2) : named.number + 3] if p in there]
            if named.stamp not in there or len(near) < 4:
                continue
            picture = small(frame)
            best = min(near, key=lambda p: unlike(picture, there[p]))
            looked += 1
            # Where nothing moves, neighbours look alike: as near as the best of them is right as well.
            right += unlike(picture, there[named.stamp]) <= unlike(picture, there[best]) + 0.75
            if looked == LOOKED_AT:
                break
    assert looked >= 10
    assert right == looked
    assert sum(last - first + 1 for first, last in frames.absent) <= len(frames.stamps) * 0.02
