"""How a browser gets to see a clip: a pure function of its description.

What browsers play was tried with Chromium: H.265 gives sound without picture and no error, MPEG-4 Part 2 gives
an error, H.264/AAC in MP4 or MOV plays untouched, wherever its index stands.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from workers.media.demuxers import ISO_MEDIA
from workers.media.facts import Description, Stream

How = Literal["original", "remux", "transcode", "audio", "image", "none"]
"""
original   as it is: the original is served by range requests
remux      video copied into MP4, sound copied or encoded to AAC
transcode  video encoded to H.264
audio      sound encoded to AAC in M4A
image      photo converted to an upright JPEG preview
none       nothing can be shown; `reason` says why
"""

H264_PROFILES = frozenset(
    {"Baseline", "Constrained Baseline", "Main", "High", "Progressive High", "Constrained High"}
)
AAC_PROFILES = frozenset({"LC", "HE-AAC", "HE-AACv2", ""})
MAX_SIDE = 4096
"""Pixels; larger H.264 pictures are beyond level 5.2 and many office machines."""
BROWSER_PHOTOS = frozenset({"jpeg", "png", "gif", "webp", "bmp"})
WEBM_VIDEO = frozenset({"vp8", "vp9", "av1"})
WEBM_AUDIO = frozenset({"opus", "vorbis"})


@dataclass(frozen=True, slots=True)
class Showing:
    """The way, and why, in words for people."""

    how: How
    reason: str
    mime: str = ""
    """What the browser will be given."""
    partial: bool = False
    """Only what could be read of a damaged original will show."""


def how_to_show(description: Description) -> Showing:
    """Answer how this clip is shown."""
    codes = {w.code for w in description.warnings}
    if "empty" in codes:
        return Showing("none", "the file has no bytes")
    if description.kind in ("document", "unknown"):
        return Showing("none", "no picture and no sound; it can be downloaded")
    if description.kind == "photo":
        return _photo(description, codes)
    if "no-index" in codes:
        return Showing("none", "the index at the end of the recording is missing, as after a flat battery")
    if description.video is None and description.audio is None:
        return Showing("none", "nothing in the file could be read as picture or sound")
    if description.kind == "audio" or description.video is None:
        return _sound(description)
    return _film(description, description.video, description.audio)


def _photo(description: Description, codes: set[str]) -> Showing:
    if "unreadable" in codes:
        return Showing("none", "the photo could not be read")
    partial = description.damaged and bool(codes & {"truncated", "undecodable"})
    if description.container in BROWSER_PHOTOS and not partial:
        return Showing("original", "browsers show this kind of photo", description.mime)
    reason = (
        "damaged: shows what could be read" if partial else f"browsers do not show {description.container}"
    )
    return Showing("image", reason, "image/jpeg", partial)


def _sound(description: Description) -> Showing:
    sound, container = description.audio, description.container
    if sound is None or not sound.codec:
        return Showing("none", "the sound is in a coding that no reader here knows")
    partial = _cut(description)
    if not partial:
        if sound.codec == "mp3" and container == "mp3":
            return Showing("original", "browsers play MP3", "audio/mpeg")
        if sound.codec in ("pcm_s16le", "pcm_u8") and container == "wav":
            return Showing("original", "browsers play WAV with plain PCM", "audio/wav")
        if _is_aac(sound) and container in ISO_MEDIA:
            return Showing("original", "browsers play AAC in MP4", "audio/mp4")
        if sound.codec in WEBM_AUDIO and container == "webm":
            return Showing("original", "browsers play this", "audio/webm")
    reason = (
        "damaged: what can be read is put into a new file" if partial else f"{sound.codec} is encoded to AAC"
    )
    return Showing("audio", reason, "audio/mp4", partial)


def _film(description: Description, film: Stream, sound: Stream | None) -> Showing:
    partial = _cut(description)
    if not film.codec:
        if sound is not None and sound.codec:
            return Showing(
                "audio", "the picture is in an unknown coding; only the sound plays", "audio/mp4", True
            )
        return Showing("none", "the picture is in a coding that no reader here knows")
    webm = description.container == "webm" and film.codec in WEBM_VIDEO and _is_8_bit_420(film)
    if webm and not partial and (sound is None or sound.codec in WEBM_AUDIO):
        return Showing("original", "browsers play this", "video/webm")
    why = _why_not_copied(film, description)
    if why:
        return Showing("transcode", why, "video/mp4", partial)
    if partial:
        return Showing("remux", "damaged: what can be read is put into a new file", "video/mp4", True)
    if description.container not in ISO_MEDIA:
        return Showing("remux", f"browsers do not open {description.container}", "video/mp4")
    if sound is not None and not (_is_aac(sound) or sound.codec == "mp3"):
        return Showing("remux", f"browsers do not play {sound.codec or 'this'} sound", "video/mp4")
    return Showing("original", "H.264 with AAC or no sound in MP4 or MOV", "video/mp4")


def _why_not_copied(film: Stream, description: Description) -> str:
    """Why the picture must be encoded anew; "" when it can be copied as it is."""
    codes = {w.code for w in description.warnings}
    if film.codec != "h264":
        return f"browsers do not play {film.codec}"
    if film.profile not in H264_PROFILES or not _is_8_bit_420(film):
        return f"browsers do not play H.264 {film.profile} {film.pixel_format}".rstrip()
    if max(film.width or 0, film.height or 0) > MAX_SIDE:
        return "the picture is too large for browsers"
    if codes & {"no-key-frame", "damaged-inside"}:
        return "damaged: what can be decoded is encoded anew"
    if film.interlaced and description.container not in ISO_MEDIA:
        return "interlaced: browsers would show combed edges"  # in MP4 it plays, combed, and is left as it is
    return ""


def _is_8_bit_420(film: Stream) -> bool:
    return film.pixel_format in ("yuv420p", "yuvj420p")


def _is_aac(sound: Stream) -> bool:
    return sound.codec == "aac" and sound.profile in AAC_PROFILES


def _cut(description: Description) -> bool:
    return bool(
        {w.code for w in description.warnings}
        & {"truncated", "damaged-inside", "no-key-frame", "parser-ended"}
    )
