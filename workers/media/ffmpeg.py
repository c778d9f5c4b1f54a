"""Command lines for FFmpeg, built with ffmpeg-python.

No other module imports it (it has had no release since 2019): it only writes command lines, and starts nothing.
Every command has `{input}` and `{output}` in place of paths, so that it can be kept as a rendition's recipe.
"""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass
from functools import cache
from typing import Any

import ffmpeg
import imageio_ffmpeg

from workers.media.demuxers import DEMUXERS
from workers.media.facts import Description, Stream

INPUT, OUTPUT = "{input}", "{output}"


@dataclass(frozen=True, slots=True)
class Encoding:
    """How players' copies are encoded. Settings of the workers room may replace these."""

    crf: int = 23
    preset: str = "veryfast"
    """Measured: superfast takes as long and yields four times the bytes."""
    long_side: int = 1920
    short_side: int = 1080
    """Pixels, at most."""
    audio_rate: str = "128k"
    threads: int = min(4, os.cpu_count() or 1)


@cache
def binary() -> str:
    """Path of the FFmpeg that comes with imageio-ffmpeg. Raises RuntimeError when there is none."""
    path: str = imageio_ffmpeg.get_ffmpeg_exe()
    return path


@cache
def version() -> str:
    """Such as `9.0.2-17-g2a571b6068`."""
    told = subprocess.run(
        [binary(), "-version"], capture_output=True, text=True, check=True, timeout=30
    ).stdout
    found = re.match(r"ffmpeg version n?(\S+)", told)
    return found[1] if found else "unknown"


def fit(width: int, height: int, long_side: int, short_side: int) -> tuple[int, int]:
    """Largest even size of the same shape within the box, never enlarged; at least 2 × 2."""
    scale = min(1.0, long_side / max(width, height), short_side / min(width, height))
    return max(2, round(width * scale / 2) * 2), max(2, round(height * scale / 2) * 2)


def remux(
    description: Description, encoding: Encoding, *, safer: bool = False, whole: bool = True
) -> list[str]:
    """Copy the picture into MP4 with the index in front; copy AAC and MP3 sound, encode other sound to AAC.

    Of a damaged file (not `whole`), what is known to be broken is left out: a browser stops at half a picture.
    """
    source = _source(description, safer=safer, threads=0, whole=whole)
    film, sound = description.video, description.audio
    options: dict[str, Any] = {"c:v": "copy"}
    if sound is not None and sound.codec:
        copied = sound.codec in ("mp3", "aac") and not safer
        options |= {"c:a": "copy"} if copied else _aac(sound, encoding)
    return _finish(source, film, sound, options, "mp4")


def transcode(description: Description, encoding: Encoding, *, safer: bool = False) -> list[str]:
    """Encode to H.264 High, 8-bit 4:2:0, at most 1080 lines, upright, with AAC; fields become frames."""
    source = _source(description, safer=safer, threads=1 if safer else encoding.threads)
    film, sound = description.video, description.audio
    filters = ["bwdif=mode=send_frame:deint=interlaced"] if film is not None and film.interlaced else []
    if description.width and description.height:
        width, height = fit(description.width, description.height, encoding.long_side, encoding.short_side)
        filters += [f"scale={width}:{height}", "setsar=1"]
    options: dict[str, Any] = {
        "c:v": "libx264",
        "profile:v": "high",
        "preset": encoding.preset,
        "crf": encoding.crf,
        "pix_fmt": "yuv420p",
        "threads": encoding.threads,
        "vf": ",".join([*filters, "format=yuv420p"]),
    }
    rate = film.frame_rate if film is not None else None
    if rate and 1 <= rate <= 240:
        options["g"] = max(1, round(rate * 2))  # a key frame every two seconds, so that jumping is quick
    if sound is not None and sound.codec:
        options |= _aac(sound, encoding)
    return _finish(source, film, sound, options, "mp4")


def audio_copy(description: Description, encoding: Encoding, *, safer: bool = False) -> list[str]:
    """Encode the sound to AAC in M4A."""
    source = _source(description, safer=safer, threads=0)
    sound = description.audio
    options = _aac(sound, encoding) if sound is not None else {}
    return _finish(source, None, sound, options, "ipod")


def still(description: Description, long_side: int) -> list[str]:
    """One upright JPEG of a photo that Pillow cannot read (HEIC)."""
    source = _source(description, safer=False, threads=0)
    scale = f"scale=w='min({long_side},iw)':h='min({long_side},ih)':force_original_aspect_ratio=decrease"
    made = ffmpeg.output(source, OUTPUT, vf=scale, **{"frames:v": 1, "q:v": 3, "f": "image2", "update": 1})
    return _compiled(made)


def samples(description: Description, rate: int, *, safer: bool = False) -> list[str]:
    """The sound as 16-bit mono at `rate` hertz on standard output."""
    source = _source(description, safer=safer, threads=1 if safer else 0, quiet_video=True)
    sound = description.audio
    track = source[str(sound.index)] if sound is not None else source["a:0"]
    made = ffmpeg.output(
        track, "pipe:1", **{"f": "s16le", "c:a": "pcm_s16le", "ac": 1, "ar": rate, "vn": None}
    )
    return _compiled(made, progress=False)


def _source(
    description: Description, *, safer: bool, threads: int, whole: bool = True, quiet_video: bool = False
) -> Any:
    flags = ["+genpts", "+igndts" if safer else "", "" if whole and not safer else "+discardcorrupt"]
    options: dict[str, Any] = {
        "f": DEMUXERS[description.container],
        "protocol_whitelist": "file",
        "err_detect": "ignore_err",
        "fflags": "".join(flags),
    }
    if threads:
        options["threads"] = threads
    if quiet_video:
        options["discard:v"] = "all"  # an MP4 reader then skips the picture's bytes altogether
    return ffmpeg.input(f"file:{INPUT}", **options)


def _aac(sound: Stream, encoding: Encoding) -> dict[str, Any]:
    options: dict[str, Any] = {"c:a": "aac", "b:a": encoding.audio_rate, "af": "aresample=async=1"}
    if (sound.channels or 1) > 2:
        options["ac"] = 2
    elif sound.channels == 1:
        options["b:a"] = "64k"
    if sound.sample_rate and sound.sample_rate < 16_000:
        options["ar"] = 16_000  # players on some office machines refuse AAC at 8 kHz
    elif sound.sample_rate and sound.sample_rate > 48_000:
        options["ar"] = 48_000
    return options


def _finish(
    source: Any, film: Stream | None, sound: Stream | None, options: dict[str, Any], container: str
) -> list[str]:
    tracks = [source[str(s.index)] for s in (film, sound) if s is not None and s.codec]
    options |= {
        "map_metadata": -1,  # place, names and serials stay in the original
        "map_chapters": -1,
        "movflags": "+faststart",
        "max_muxing_queue_size": 4096,
        "f": container,
    }
    return _compiled(ffmpeg.output(*tracks, OUTPUT, **options))


def _compiled(made: Any, *, progress: bool = True) -> list[str]:
    watch = ("-progress", "pipe:1", "-stats_period", "0.5") if progress else ()
    front = ["-hide_banner", "-nostdin", "-nostats", "-loglevel", "warning", "-y", *watch]
    command: list[str] = ffmpeg.compile(made, cmd="ffmpeg")
    return [*front, *command[1:]]
