"""Tiny recordings in many forms, made once per test run by FFmpeg and Pillow."""

import subprocess
from pathlib import Path

from PIL import Image, ImageDraw

from workers.media.ffmpeg import binary

FILM = ["-f", "lavfi", "-i", "testsrc2=size=192x108:rate=10:duration=3"]
TONE = ["-f", "lavfi", "-i", "sine=frequency=440:sample_rate=16000:duration=3"]
H264 = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", "10"]
AAC = ["-c:a", "aac", "-b:a", "32k"]

RECIPES = {
    "plain.mp4": [*FILM, *TONE, *H264, *AAC],
    "front.mp4": [*FILM, *TONE, *H264, *AAC, "-movflags", "+faststart"],
    "plain.mov": [*FILM, *TONE, *H264, *AAC],
    "silent.mp4": [*FILM, *H264],
    "pcm.mov": [*FILM, *TONE, *H264, "-c:a", "pcm_s16le"],
    "fragments.mp4": [*FILM, *TONE, *H264, *AAC, "-movflags", "+frag_keyframe+empty_moov"],
    "matroska.mkv": [*FILM, *TONE, *H264, *AAC],
    "stream.ts": [*FILM, *TONE, *H264, *AAC],
    "woven.mts": [
        *FILM, *TONE, *H264, "-flags", "+ilme+ildct", "-x264-params", "tff=1",
        "-c:a", "ac3", "-f", "mpegts", "-mpegts_m2ts_mode", "1",
    ],
    "hevc.mp4": [
        *FILM, *TONE, "-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=error", *AAC, "-tag:v", "hvc1",
    ],
    "deep.mp4": [*FILM, "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p10le"],
    "colour.mp4": [*FILM, "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv422p"],
    "mpeg4.avi": [*FILM, *TONE, "-c:v", "mpeg4", "-vtag", "XVID", "-c:a", "libmp3lame"],
    "mjpeg.avi": [*FILM, *TONE, "-c:v", "mjpeg", "-pix_fmt", "yuvj422p", "-c:a", "pcm_s16le"],
    "h264.avi": [*FILM, *TONE, *H264, "-c:a", "pcm_alaw"],
    "web.webm": [*FILM, *TONE, "-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-c:a", "libopus"],
    "phone.3gp": [*FILM, "-c:v", "mpeg4", "-f", "3gp"],
    "flash.flv": [*FILM, *TONE, *H264, *AAC],
    "programme.mpg": [*FILM, *TONE, "-r", "25", "-c:v", "mpeg2video", "-c:a", "mp2", "-f", "mpeg"],
    "voice.wav": [*TONE, "-c:a", "pcm_s16le"],
    "g711.wav": [*TONE, "-c:a", "pcm_alaw", "-ar", "8000"],
    "voice.mp3": [*TONE, "-c:a", "libmp3lame"],
    "voice.m4a": [*TONE, *AAC, "-f", "ipod"],
    "sound-only.mp4": [*TONE, *AAC],
    "voice.aac": [*TONE, *AAC],
    "voice.amr": [*TONE, "-c:a", "libopencore_amrnb", "-ar", "8000", "-ac", "1", "-b:a", "7.95k"],
    "voice.flac": [*TONE, "-c:a", "flac"],
    "dark-start.mp4": [
        "-f", "lavfi", "-i", "color=black:size=192x108:rate=10:duration=2",
        "-f", "lavfi", "-i", "testsrc2=size=192x108:rate=10:duration=4",
        "-filter_complex", "[0:v][1:v]concat=n=2:v=1[v]", "-map", "[v]", *H264,
    ],
    "tagged.mov": [
        *FILM, *H264, "-movflags", "+use_metadata_tags",
        "-metadata", "creation_time=2026-11-16T00:30:15Z",
        "-metadata", "com.apple.quicktime.creationdate=2026-11-16T08:30:15+0800",
        "-metadata", "com.apple.quicktime.location.ISO6709=+34.7466+113.6254+104.5/",
        "-metadata", "com.apple.quicktime.make=中原", "-metadata", "com.apple.quicktime.model=DSJ\u202e-4K\n9",
    ],
}  # fmt: skip


def make(folder: Path, name: str) -> Path:
    """Make one recording of the table above, unless it is there already."""
    path = folder / name
    if not path.exists():
        if name.endswith((".jpg", ".png", ".tif")):
            _photo(path)
        else:
            command = [binary(), "-nostdin", "-y", "-v", "error", *RECIPES[name], str(path)]
            subprocess.run(command, check=True, timeout=60)
    return path


def _photo(path: Path) -> None:
    image = Image.new("RGB", (640, 360), "steelblue")
    ImageDraw.Draw(image).rectangle((0, 0, 320, 180), fill="orange")  # upper left quarter
    exif = Image.Exif()
    exif[0x010F], exif[0x0110], exif[0x0132] = "Zhongyuan", "DSJ-4K9", "2026:11:16 09:41:00"
    if "turned" in path.name:
        exif[0x0112] = 6
        image = image.transpose(Image.Transpose.ROTATE_90)
    inner = exif.get_ifd(0x8769)
    inner[0x9003], inner[0x9011], inner[0xA431] = "2026:11:16 09:40:10", "+08:00", "SN-77"
    gps = exif.get_ifd(0x8825)
    gps[1], gps[2], gps[3], gps[4] = "S", (34.0, 44.0, 48.0), "W", (113.0, 37.0, 30.0)
    gps[5], gps[6], gps[7], gps[29] = b"\x01", 12.5, (1.0, 38.0, 34.0), "2026:11:16"
    image.save(path, exif=exif)
