"""Sound and film for the sample card, by FFmpeg: the time of day runs in the picture, a tone beeps each second."""

from __future__ import annotations

import subprocess
from datetime import UTC
from pathlib import Path

from liuhen.samplecard.plan import Take
from liuhen.samplecard.scenes import font_file, lorry, scene
from workers.media.boxes import layout
from workers.media.ffmpeg import binary

LONG_RATE = 10
"""Frames per second of the long clips: fifteen minutes of 720p are then encoded in about twenty seconds."""


class SampleCardError(Exception):
    """FFmpeg could not make a file of the sample card; the text holds its last words."""


class Studio:
    """Still pictures and the font, drawn once and used for every clip."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.font = font_file(folder)
        for number in (0, 1):
            scene(number).save(folder / f"scene{number}.png", compress_level=1)
            lorry(number).save(folder / f"lorry{number}.png", compress_level=1)

    def film(self, take: Take, target: Path, *, width: int, rate: int, codec: list[str]) -> None:
        """One film: a lorry crosses the scene, the recorder's number, officer and clock stand above it."""
        height = width * 9 // 16 // 2 * 2
        # drawtext counts from a Unix time and prints UTC; moved by the zone, it prints the recorder's local time.
        clock = int(take.start.replace(tzinfo=UTC).timestamp())
        text = f"{take.device}  {take.officer}  %{{pts\\:gmtime\\:{clock}\\:%Y-%m-%d %H\\\\\\:%M\\\\\\:%S}}"
        graph = (
            f"[0:v]scale={width}:{height},format=yuv420p,loop=loop=-1:size=1,fps={rate},setpts=N/{rate}/TB[ground];"
            f"[1:v]scale=iw*{width}/1280:-2,format=yuva420p,loop=loop=-1:size=1[lorry];"
            f"[ground][lorry]overlay=x='mod(t*{width}/16\\,W+w)-w':y=H*0.64,"
            f"drawtext=fontfile='{self.font}':fontsize={height // 22}:fontcolor=white:box=1:boxcolor=black@0.6:"
            f"boxborderw=8:x=24:y=20:text='{text}'[out]"
        )
        place = (
            []
            if take.place is None
            else ["-metadata", f"location={take.place[0]:+09.5f}{take.place[1]:+010.5f}/"]
        )
        self._run(
            [
                *(
                    "-i",
                    str(self.folder / f"scene{take.scene}.png"),
                    "-i",
                    str(self.folder / f"lorry{take.scene}.png"),
                ),
                *("-f", "lavfi", "-i", _sound(take)),
                *("-filter_complex", graph, "-map", "[out]", "-map", "2:a", "-t", f"{take.seconds:g}"),
                *("-metadata", f"creation_time={take.start.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}", *place),
                *codec,
            ],
            target,
        )

    def sound(self, take: Take, target: Path) -> None:
        """A WAV as voice recorders write it: 16 kHz, 16 bit, one channel."""
        self._run(["-f", "lavfi", "-i", _sound(take), "-t", f"{take.seconds:g}", "-c:a", "pcm_s16le"], target)

    def _run(self, arguments: list[str], target: Path) -> None:
        command = [binary(), "-hide_banner", "-nostdin", "-y", "-loglevel", "error", *arguments]
        command += ["-fflags", "+bitexact", str(target)]  # a recorder does not sign with FFmpeg's name
        ended = subprocess.run(command, capture_output=True, text=True, check=False)
        if ended.returncode != 0:
            raise SampleCardError(f"{target.name}: {ended.stderr.strip()[-400:] or 'ffmpeg failed'}")


def _sound(take: Take) -> str:
    pitch = 220 + 40 * (sum(map(ord, take.path)) % 6)
    return f"sine=frequency={pitch}:beep_factor=4:sample_rate=16000,tremolo=f=0.3:d=0.7"


def h264(rate: int, *extra: str) -> list[str]:
    """Encoder options of the H.264 clips."""
    video = ("-c:v", "libx264", "-preset", "ultrafast", "-crf", "29", "-g", str(rate * 2))
    return [*video, "-c:a", "aac", "-b:a", "32k", *extra]


def make_film(studio: Studio, take: Take, target: Path) -> None:
    """Make the film of `take`, whole or damaged as its form says. Raises SampleCardError."""
    if take.form == "h264":
        studio.film(take, target, width=1280, rate=LONG_RATE, codec=h264(LONG_RATE))
    elif take.form == "h265":
        codec = [
            "-c:v",
            "libx265",
            "-preset",
            "ultrafast",
            "-x265-params",
            "log-level=error",
            "-tag:v",
            "hvc1",
        ]
        studio.film(take, target, width=1280, rate=15, codec=[*codec, "-c:a", "aac", "-b:a", "32k"])
    elif take.form == "avi":
        studio.film(
            take,
            target,
            width=640,
            rate=25,
            codec=["-c:v", "mpeg4", "-vtag", "XVID", "-q:v", "6", "-c:a", "pcm_s16le"],
        )
    elif take.form == "cut":
        studio.film(take, target, width=640, rate=15, codec=h264(15, "-movflags", "+faststart"))
        _shorten(target, round(target.stat().st_size * 0.6))
    elif take.form == "no-index":
        studio.film(take, target, width=640, rate=15, codec=h264(15))
        index = next(box for box in layout(target).boxes if box.name == "moov")
        _shorten(target, index.offset - 1000)


def _shorten(path: Path, size: int) -> None:
    with path.open("r+b") as file:
        file.truncate(size)
