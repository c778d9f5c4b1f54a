from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.media.describe import describe
from workers.media.facts import WARNINGS, Description, Stream, warning
from workers.media.playable import how_to_show

WAYS = {
    "plain.mp4": "original", "front.mp4": "original", "plain.mov": "original", "silent.mp4": "original",
    "fragments.mp4": "original", "pcm.mov": "remux", "matroska.mkv": "remux", "stream.ts": "remux", "flash.flv": "remux",
    "h264.avi": "remux", "woven.mts": "transcode", "hevc.mp4": "transcode", "deep.mp4": "transcode",
    "colour.mp4": "transcode", "mpeg4.avi": "transcode", "mjpeg.avi": "transcode", "phone.3gp": "transcode",
    "programme.mpg": "transcode", "web.webm": "original", "voice.wav": "original", "voice.mp3": "original",
    "voice.m4a": "original", "sound-only.mp4": "original", "voice.amr": "audio", "g711.wav": "audio",
    "voice.aac": "audio", "voice.flac": "audio", "photo.jpg": "original", "photo.png": "original", "photo.tif": "image",
}  # fmt: skip


@pytest.mark.parametrize("name", WAYS)
def test_ways(recording, name):
    showing = how_to_show(describe(recording(name), name))
    assert (showing.how, showing.partial) == (WAYS[name], False)
    assert showing.reason
    assert showing.mime


FILM = Stream(0, "video", "h264", profile="High", width=1280, height=720, pixel_format="yuv420p")
PLAIN = Description(kind="video", mime="video/mp4", container="mp4", size=1, streams=(FILM,))


@pytest.mark.parametrize(
    ("change", "how", "partial"),
    [
        ({"warnings": (warning("empty"),)}, "none", False),
        ({"warnings": (warning("no-index"),), "streams": ()}, "none", False),
        ({"warnings": (warning("truncated"),)}, "remux", True),
        ({"warnings": (warning("no-key-frame"),)}, "transcode", True),
        ({"streams": ()}, "none", False),
        ({"kind": "document", "streams": ()}, "none", False),
        ({"streams": (replace(FILM, width=5120, height=2880),)}, "transcode", False),
        ({"streams": (replace(FILM, codec=""),)}, "none", False),
        ({"streams": (FILM, Stream(1, "audio", "aac", profile="LC"))}, "original", False),
        ({"streams": (FILM, Stream(1, "audio", "", profile=""))}, "remux", False),
        ({"streams": (replace(FILM, interlaced=True),)}, "original", False),
    ],
)
def test_cases(change, how, partial):
    showing = how_to_show(replace(PLAIN, **change))
    assert (showing.how, showing.partial) == (how, partial)


@given(
    kind=st.sampled_from(["video", "audio", "photo", "document", "unknown"]),
    container=st.sampled_from(["mp4", "mov", "avi", "mkv", "wav", "jpeg", "heic", ""]),
    codecs=st.lists(st.sampled_from(["h264", "hevc", "aac", "pcm_alaw", ""]), max_size=4),
    codes=st.lists(st.sampled_from(sorted(WARNINGS)), max_size=3),
)
def test_every_description_has_a_way_with_a_reason(kind, container, codecs, codes):
    streams = tuple(Stream(n, "video" if c in ("h264", "hevc") else "audio", c) for n, c in enumerate(codecs))
    showing = how_to_show(Description(kind, "", container, 1, streams, warnings=tuple(map(warning, codes))))
    assert showing.reason
    assert showing.how == "none" or showing.mime or kind == "photo"
