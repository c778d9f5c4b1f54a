"""Containers and codings, and a small file of each pairing that can be written here."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from tests.workers.media.heic import make_heic
from workers.media.ffmpeg import binary

SECONDS = 2.0
SIZE = (320, 176)
_FILM = ["-f", "lavfi", "-i", f"testsrc2=size={SIZE[0]}x{SIZE[1]}:rate=25:duration={SECONDS:g}"]
_TONE = ["-f", "lavfi", "-i", f"sine=frequency=440:sample_rate=48000:duration={SECONDS:g}"]

FILMS = {
    "mp4": ["-f", "mp4"],
    "mov": ["-f", "mov"],
    "avi": ["-f", "avi"],
    "mkv": ["-f", "matroska"],
    "ts": ["-f", "mpegts"],
    "mts": ["-f", "mpegts", "-mpegts_m2ts_mode", "1"],
    "3gp": ["-f", "3gp"],
}
SOUNDS = {
    "wav": ["-f", "wav"],
    "amr": ["-f", "amr"],
    "mp3": ["-f", "mp3"],
    "m4a": ["-f", "ipod"],
    "ogg": ["-f", "ogg"],
}
PHOTOS = ("jpg", "png", "tif", "heic")
VIDEO = {
    "h264": ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", "25"],
    "hevc": ["-c:v", "libx265", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-x265-params", "log-level=error"],
    "mpeg4": ["-c:v", "mpeg4", "-q:v", "3"],
    "mpeg2video": ["-c:v", "mpeg2video", "-q:v", "3"],
    "mjpeg": ["-c:v", "mjpeg", "-pix_fmt", "yuvj420p", "-q:v", "3"],
}  # fmt: skip
AUDIO = {
    "aac": ["-c:a", "aac"],
    "pcm_s16le": ["-c:a", "pcm_s16le"],
    "pcm_alaw": ["-c:a", "pcm_alaw", "-ar", "8000", "-ac", "1"],
    "pcm_mulaw": ["-c:a", "pcm_mulaw", "-ar", "8000", "-ac", "1"],
    "amr_nb": ["-c:a", "libopencore_amrnb", "-ar", "8000", "-ac", "1", "-b:a", "12.2k"],
    "ac3": ["-c:a", "ac3"],
    "mp2": ["-c:a", "mp2"],
    "mp3": ["-c:a", "libmp3lame"],
    "opus": ["-c:a", "libopus"],
}

AS_RECORDERS = {("avi", "hevc"): ["-vtag", "H265", "-x265-params", "bframes=0:log-level=error"]}
"""What recorders do and FFmpeg does not by itself: a mark of their own, and no pictures out of order, for which AVI has no times."""


@dataclass(frozen=True, slots=True)
class Pairing:
    """One row of the table; "" for a track that is not there."""

    container: str
    video: str
    audio: str

    @property
    def name(self) -> str:
        """Such as `mp4-h264-aac`."""
        return "-".join(filter(None, (self.container, self.video, self.audio)))


def all_films(container: str) -> list[Pairing]:
    """Every coding of picture with every coding of sound, and with none."""
    return [Pairing(container, video, audio) for video in VIDEO for audio in (*AUDIO, "")]


def all_sounds() -> list[Pairing]:
    """Every coding of sound in every container of sound."""
    return [Pairing(container, "", audio) for container in SOUNDS for audio in AUDIO]


REPRESENTATIVE = [
    Pairing("mp4", "h264", "aac"), Pairing("mp4", "hevc", "aac"), Pairing("mov", "h264", "pcm_s16le"),
    Pairing("avi", "mjpeg", "pcm_s16le"), Pairing("avi", "mpeg4", "mp3"), Pairing("mkv", "h264", "opus"),
    Pairing("mts", "h264", "ac3"), Pairing("ts", "mpeg2video", "mp2"), Pairing("3gp", "mpeg4", "amr_nb"),
    Pairing("wav", "", "pcm_alaw"), Pairing("amr", "", "amr_nb"), Pairing("m4a", "", "aac"), Pairing("ogg", "", "opus"),
    Pairing("jpg", "", ""), Pairing("heic", "", ""), Pairing("tif", "", ""),
]  # fmt: skip


class CannotBeWritten(Exception):
    """No such file can be made here; the text says why."""


def write(pairing: Pairing, folder: Path) -> Path:
    """Make the file. Raises CannotBeWritten."""
    path = folder / f"{pairing.name}.{pairing.container}"
    if pairing.container in PHOTOS:
        return _photo(path)
    container = FILMS.get(pairing.container) or SOUNDS[pairing.container]
    command = [binary(), "-nostdin", "-y", "-v", "error"]
    command += _FILM if pairing.video else []
    command += _TONE if pairing.audio else []
    command += VIDEO[pairing.video] if pairing.video else []
    command += AUDIO[pairing.audio] if pairing.audio else []
    command += AS_RECORDERS.get((pairing.container, pairing.video), [])
    done = subprocess.run(
        [*command, *container, str(path)], capture_output=True, text=True, timeout=120, check=False
    )
    if done.returncode:
        path.unlink(missing_ok=True)
        raise CannotBeWritten(_why(done.stderr))
    return path


def _why(complaint: str) -> str:
    """The muxer's own reason, in a few words."""
    for line in complaint.splitlines():
        words = line.rpartition("] ")[2].strip()
        if any(mark in words.lower() for mark in ("not currently supported", "only", "does not support", "unsupported", "could not find tag", "incompatible")):  # fmt: skip
            return words[:110].rstrip(".")
    return "the muxer refuses it"


def _photo(path: Path) -> Path:
    picture = path.with_name("picture.png")
    if not picture.exists():
        command = [binary(), "-nostdin", "-y", "-v", "error", *_FILM, "-frames:v", "1", str(picture)]
        subprocess.run(command, check=True, timeout=60)
    if path.suffix == ".heic":
        return make_heic(path, picture, SIZE)
    with Image.open(picture) as image:
        image.convert("RGB").save(path, quality=92)
    return path
