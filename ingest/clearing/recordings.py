"""Which files are recordings. A recorder's own settings, logs and firmware are copied like everything else, never cleared."""

from __future__ import annotations

SUFFIXES = frozenset(
    b"3g2 3gp aac amr asf avi dav flac flv h264 h265 hevc ifv ivr m2t m2ts m4a m4v mka mkv mov mp2 mp3 mp4 mpeg mpg"
    b" mts mxf ogg ogv opus ps ts vob wav webm wma wmv"  # film and sound
    b" arw bmp cr2 cr3 dng heic heif insp jpeg jpg nef orf png raf rw2 srw tif tiff webp"  # pictures
    b" gpx lrv nmea srt thm vtt".split()  # what recorders lay beside them
)
"""Endings of names, in small letters."""


def is_recording(path: bytes) -> bool:
    """Answer whether a name says that this is a recording or belongs to one."""
    stem, dot, suffix = path.rpartition(b"/")[2].rpartition(b".")
    return bool(stem and dot) and suffix.lower() in SUFFIXES
