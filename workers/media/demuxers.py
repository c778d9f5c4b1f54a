"""Which of FFmpeg's readers opens which container."""

from __future__ import annotations

DEMUXERS = {
    "mp4": "mov", "mov": "mov", "3gp": "mov", "m4a": "mov", "heic": "mov",
    "mkv": "matroska", "webm": "matroska", "avi": "avi", "mpegts": "mpegts", "mpegps": "mpeg",
    "mpegvideo": "mpegvideo", "flv": "flv", "asf": "asf", "wav": "wav", "w64": "w64", "mp3": "mp3", "aac": "aac",
    "amr": "amr", "flac": "flac", "ogg": "ogg", "h264": "h264", "hevc": "hevc", "ac3": "ac3", "au": "au",
    "caf": "caf", "dhav": "dhav",
}  # fmt: skip
"""FFmpeg's reader for each container. Named outright, so that a file can never choose a playlist reader
and make FFmpeg open other files."""

ISO_MEDIA = frozenset({"mp4", "mov", "3gp", "m4a"})
"""Containers made of MP4 boxes, with an index of every sample."""
