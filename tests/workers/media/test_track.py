"""Where a recorder went: telemetry and subtitles become one track, bounded, and nonsense becomes none."""

from __future__ import annotations

import json
import struct
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from workers.media.describe import describe
from workers.media.ffmpeg import binary
from workers.media.gpmf import first_fix, fixes
from workers.media.nmea import read
from workers.media.render import render
from workers.media.track_job import MOST, Way

Recording = Callable[[str], Path]


def leaf(key: str, kind: str, size: int, data: bytes) -> bytes:
    head = struct.pack(">4sBBH", key.encode(), ord(kind) if kind else 0, size, len(data) // size)
    return head + data + b"\0" * (-len(data) % 4)


def nested(key: str, inside: bytes) -> bytes:
    return struct.pack(">4sBBH", key.encode(), 0, 1, len(inside)) + inside


GPS5 = nested(
    "STRM",
    leaf("GPSF", "L", 4, struct.pack(">I", 3))
    + leaf("GPSU", "U", 16, b"261116003015.250")
    + leaf("SCAL", "l", 4, struct.pack(">5i", 10**7, 10**7, 1000, 1000, 100))
    + leaf("GPS5", "l", 20, b"".join(
        struct.pack(">5i", 347_466_000 + n, 1_136_254_000 + n, 104_500, 1500, 150) for n in range(4)
    )),
)  # fmt: skip
GPS9 = nested(
    "STRM",
    leaf("TYPE", "c", 1, b"lllllllSS")
    + leaf("SCAL", "l", 4, struct.pack(">9i", 10**7, 10**7, 1000, 1000, 100, 1, 1000, 100, 1))
    + leaf("GPS9", "?", 32, b"".join(
        struct.pack(">7i2H", -347_466_000, 1_136_254_000, 104_500, 1500, 150, 9816, 1_815_000, 150, fix)
        for fix in (0, 3)
    )),
)  # fmt: skip


def test_the_older_form() -> None:
    found = fixes(nested("DEVC", GPS5))
    assert [(f.part, f.latitude, f.longitude) for f in found] == [
        (n / 4, round(34.7466 + n / 1e7, 7), round(113.6254 + n / 1e7, 7)) for n in range(4)
    ]
    assert (found[0].altitude, found[0].speed) == (104.5, 1.5)
    place, moment = first_fix(nested("DEVC", GPS5))
    assert place is not None
    assert moment is not None
    assert (place.origin, place.raw, moment.value) == ("gpmf", "GPS5", "2026-11-16T00:30:15Z")


def test_the_newer_form_tells_of_each_sample_whether_it_has_a_fix() -> None:
    (found,) = fixes(nested("DEVC", GPS9))
    assert (found.part, found.latitude) == (0.5, -34.7466)
    assert found.moment == datetime(2026, 11, 16, 0, 30, 15, tzinfo=UTC)


def test_without_a_fix_or_its_scale_there_is_no_place() -> None:
    assert fixes(GPS5.replace(struct.pack(">I", 3) + b"GPSU", struct.pack(">I", 0) + b"GPSU")) == []
    assert fixes(GPS5.replace(b"SCAL", b"SCAX")) == []
    assert fixes(GPS9.replace(b"lllllllSS", b"llllllSSS")) == []


@given(st.binary(max_size=400), st.integers(0, len(GPS5) - 1))
def test_no_telemetry_makes_the_reader_raise(noise: bytes, at: int) -> None:
    for payload in (noise, GPS5[:at] + noise + GPS5[at:], GPS9[:at] + noise, GPS5[:at] + noise + GPS9):
        for fix in fixes(payload):
            assert -90 <= fix.latitude <= 90
            assert -180 <= fix.longitude <= 180
            assert 0 <= fix.part < 1


def sentence(body: str) -> str:
    total = 0
    for c in body:
        total ^= ord(c)
    return f"${body}*{total:02X}"


RMC = sentence("GPRMC,003015.00,A,3444.7960,N,11337.5240,E,2.916,84.4,161126,,,A")
GGA = sentence("GNGGA,003015.00,3444.7960,N,11337.5240,E,1,08,1.1,104.5,M,-18.0,M,,")


def test_sentences_together() -> None:
    found = read(f"noise {RMC}\n{GGA}")
    assert found is not None
    assert (found.latitude, found.longitude) == (34.7465999 + 1e-7, 113.6254)
    assert (found.altitude, found.speed) == (104.5, 1.5)
    assert found.moment == datetime(2026, 11, 16, 0, 30, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "", "no sentence", RMC.replace(",A,3444", ",V,3444"), RMC.replace("3444", "3445"), RMC[:-2],
        sentence("GPRMC,003015.00,V,3444.7960,N,11337.5240,E,2.9,84.4,161126,,,A"),
        sentence("GPRMC,003015.00,A,9944.7960,N,11337.5240,E,2.9,84.4,161126,,,A"),
        sentence("GPRMC,003015.00,A,3444.7960,,11337.5240,E,2.9,84.4,161126,,,A"),
        sentence("GPRMC,003015.00,A,0000.0000,N,00000.0000,E,2.9,84.4,161126,,,A"),
        sentence("GNGGA,003015.00,3444.7960,N,11337.5240,E,0,08,1.1,104.5,M,-18.0,M,,"),
    ],
    ids=["empty", "words", "void", "changed", "cut", "no fix", "no earth", "no side", "zero", "no quality"],
)  # fmt: skip
def test_what_is_no_position_is_none(text: str) -> None:
    assert read(text) is None


@given(st.text(alphabet="$GPRMCNA,.0123456789EWSV*\n", max_size=200).map(lambda t: t + RMC + t))
@example("$GPRMC,,,,,,,,,,*00")
def test_no_text_makes_the_reader_raise(text: str) -> None:
    found = read(text)
    assert found is None or -90 <= found.latitude <= 90


def subtitles(path: Path, seconds: int) -> Path:
    lines = []
    for n in range(seconds):
        body = f"GPRMC,0030{n:02}.00,A,3444.{n:04},N,11337.5240,E,2.916,84.4,161126,,,A"
        lines.append(f"{n + 1}\n00:00:{n:02},000 --> 00:00:{n + 1:02},000\n{sentence(body)}\n")
    path.write_text("\n".join(lines), encoding="ascii")
    return path


@pytest.mark.parametrize(("name", "codec"), [("a.mkv", "srt"), ("a.mp4", "mov_text")])
def test_subtitles_become_a_track(recording: Recording, tmp_path: Path, name: str, codec: str) -> None:
    path = tmp_path / name
    words = subtitles(tmp_path / "words.srt", 3)
    command = [
        binary(), "-v", "error", "-i", str(recording("plain.mp4")), "-i", str(words),
        "-map", "0", "-map", "1", "-c", "copy", "-c:s", codec, str(path),
    ]  # fmt: skip
    subprocess.run(command, check=True, timeout=60)
    found = describe(path, name)
    assert [(p.origin, round(p.latitude, 4)) for p in found.places] == [("nmea", 34.7333)]
    assert ("nmea", "2026-11-16T00:30:00Z") in {(t.origin, t.value) for t in found.start_times}
    made = {r.kind: r for r in render(path, found, tmp_path).renditions}
    track = json.loads(made["track"].path.read_text())
    assert (track["version"], track["origin"]) == (1, "nmea")
    assert [point[0] for point in track["points"]] == [pytest.approx(n, abs=0.1) for n in range(3)]
    assert all(len(point) == 4 and point[3] is None for point in track["points"])
    assert track["speeds"] == [1.5] * 3
    assert made["track"].content_type == "application/json"


def test_words_that_are_no_sentences_make_no_track_and_no_failure(
    recording: Recording, tmp_path: Path
) -> None:
    words = tmp_path / "words.srt"
    words.write_text("1\n00:00:00,000 --> 00:00:01,000\n请出示执照\n", encoding="utf-8")
    path = tmp_path / "a.mkv"
    subprocess.run(
        [
            binary(),
            "-v",
            "error",
            "-i",
            str(recording("plain.mp4")),
            "-i",
            str(words),
            "-c",
            "copy",
            str(path),
        ],
        check=True,
        timeout=60,
    )
    made = render(path, describe(path, "a.mkv"), tmp_path)
    assert made.failures == ()
    assert "track" not in {r.kind for r in made.renditions}


@given(st.integers(0, 4 * MOST))
def test_a_long_way_is_thinned_and_keeps_its_beginning(count: int) -> None:
    way = Way()
    for n in range(count):
        way.add(float(n), 34.0, 113.0, None, None)
    assert len(way.points) <= MOST
    assert len(way.points) >= min(count, MOST // 2)
    times = [point[0] for point in way.points]
    assert times == sorted(times)  # type: ignore[type-var]
    if count:
        assert times[0] == 0.0
        steps = {b - a for a, b in pairwise(times)}  # type: ignore[operator]
        assert len(steps) <= 1, "it stays evenly spread"


def test_a_real_camera(real_media: Path, tmp_path: Path) -> None:
    path = real_media / "gopro-h264-aac-gpmf.mp4"
    made = {r.kind: r for r in render(path, describe(path, path.name), tmp_path).renditions}
    track = json.loads(made["track"].path.read_text())
    assert len(track["points"]) > 40
    assert all(abs(p[1] - 33.1254) < 0.01 and abs(p[2] + 117.3311) < 0.01 for p in track["points"])
    assert track["points"][-1][0] == pytest.approx(12.0, abs=1.0)
