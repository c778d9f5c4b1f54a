"""Streams, times, places and makers of sound and film files, by PyAV. Runs inside the sandboxed child."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import av
import av.logging
from av.container import InputContainer

from workers.media.av_duration import Running, measure
from workers.media.boxes import Layout, layout
from workers.media.demuxers import DEMUXERS, ISO_MEDIA
from workers.media.facts import Place, Remark, StartTime, Stream, warning
from workers.media.gpmf import first_fix
from workers.media.nmea import first_sentence
from workers.media.riff import is_cut
from workers.media.sanitise import clean, clean_tags
from workers.media.tag_facts import device_of_tags, places_of_tags, times_of_tags

MAX_STREAMS = 64
FIRST_PICTURE_SECONDS = 20.0
LAYERS = {2: "mp2", 3: "mp1"}
"""Layers of MPEG sound as its heads code them; all else is taken for the third."""

ReadFix = Callable[[bytes], tuple[Place | None, StartTime | None]]


def open_media(path: str, container: str) -> InputContainer:
    """Open `path` with the reader for `container` and nothing else. Raises av.error.FFmpegError, OSError."""
    av.logging.set_level(None)
    options = {"protocol_whitelist": "file", "probesize": "20000000", "analyzeduration": "20000000"}
    return av.open(
        f"file:{path}",
        format=DEMUXERS[container],
        options=options,
        metadata_errors="surrogateescape",
    )


def describe_media(path: str, container: str, deep: bool, budget: float) -> dict[str, Any]:
    """Describe the file; `deep` also decodes a first picture and counts packets, for at most `budget` seconds.

    Answers the fields of `Description` that could be found, as JSON values.
    """
    logging.disable(logging.CRITICAL)
    deadline = time.monotonic() + budget
    plan = layout(Path(path)) if container in ISO_MEDIA else None
    try:
        source = open_media(path, container)
    except (av.error.FFmpegError, OSError, ValueError) as error:
        no_index = plan is not None and plan.has_media and not plan.has_index and not plan.fragmented
        remark = warning("no-index") if no_index else warning("unreadable", clean(error, 120))
        return _answer([remark], plan, {})
    with source:
        return _read(path, source, container, plan, deadline if deep else None)


def _read(
    path: str, source: InputContainer, container: str, plan: Layout | None, deadline: float | None
) -> dict[str, Any]:
    remarks: list[Remark] = []
    listed = [source.streams[i] for i in range(min(len(source.streams), MAX_STREAMS))]
    stream_tags = [_tags(s) for s in listed]
    tags = _tags(source)
    streams = [_stream(s, t) for s, t in zip(listed, stream_tags, strict=True)]
    running = Running()
    fixes: dict[str, Any] = {"places": [], "times": []}
    if deadline is not None:
        streams = _layers(source, listed, _look_at_pictures(source, listed, streams, remarks, deadline))
        fixes = _telemetry(source, listed, stream_tags)
        running = _measured(path, source, container, deadline)
    elif source.duration:
        running = Running(source.duration / av.time_base, "header", source.duration / av.time_base)
    codes = list(dict.fromkeys(running.codes))
    cut = plan.cut_short if plan is not None else container in ("wav", "avi") and is_cut(Path(path))
    if cut and "truncated" not in codes:
        codes.append("truncated")
        running.source = "counted" if running.seconds is not None else "none"
    remarks += [warning(code) for code in codes]
    if not any(s.kind in ("video", "audio") for s in streams):
        remarks.append(warning("unreadable", "no picture and no sound"))
    found = {
        "streams": [asdict(s) for s in streams],
        "seconds": _rounded(running.seconds),
        "seconds_source": running.source,
        "header_seconds": _rounded(running.header) if running.source == "counted" else None,
        "start_times": [asdict(t) for t in [*times_of_tags(tags, stream_tags), *fixes["times"]]],
        "places": [asdict(p) for p in [*places_of_tags(tags), *fixes["places"]]],
        "device": asdict(device_of_tags(tags, stream_tags)),
        "tags": clean_tags(
            tags | {f"{i}.{k}": v for i, each in enumerate(stream_tags) for k, v in each.items()}
        ),
    }
    return _answer(remarks, plan, found)


def _answer(remarks: list[Remark], plan: Layout | None, found: dict[str, Any]) -> dict[str, Any]:
    versions = ".".join(str(n) for n in av.library_versions["libavformat"])
    return {
        **found,
        "index_at_end": plan is not None and plan.index_at_end,
        "warnings": [asdict(r) for r in remarks],
        "tool": f"PyAV {av.__version__} (libavformat {versions})",
    }


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None or not math.isfinite(seconds) else round(seconds, 3)


def _measured(path: str, source: InputContainer, container: str, deadline: float) -> Running:
    """Indexed files are measured as they are; others are opened anew, since seeking back to the start is not exact."""
    if container in ISO_MEDIA:
        _rewind(source)
        return measure(source, container, source.size, deadline)
    with open_media(path, container) as fresh:
        return measure(fresh, container, fresh.size, deadline)


def _tags(thing: Any) -> dict[str, str]:
    return {clean(k, 100): clean(v) for k, v in list(thing.metadata.items())[:200]}


def _stream(stream: Any, tags: dict[str, str]) -> Stream:
    codec = stream.codec_context
    kind = stream.type if stream.type in ("video", "audio", "subtitle", "data", "attachment") else "data"
    seconds = float(stream.duration * stream.time_base) if stream.duration and stream.time_base else None
    common = {
        "index": stream.index,
        "kind": kind,
        "codec": clean(codec.codec.canonical_name, 40) if codec is not None else "",
        "tag": _tag(codec),
        "profile": clean(codec.profile or "", 40) if codec is not None else "",
        "language": "" if tags.get("language", "und") == "und" else tags["language"][:16],
        "title": clean(tags.get("title", tags.get("handler_name", "")), 100),
        "seconds": _rounded(seconds),
        "bit_rate": (codec.bit_rate or None) if codec is not None and kind in ("video", "audio") else None,
    }
    if codec is None or kind not in ("video", "audio"):
        return Stream(**common)
    if kind == "audio":
        return Stream(**common, sample_rate=codec.sample_rate or None, channels=codec.channels or None)
    rate = stream.average_rate or stream.guessed_rate
    aspect = stream.sample_aspect_ratio
    return Stream(
        **common,
        width=codec.width or None,
        height=codec.height or None,
        frame_rate=round(float(rate), 3) if rate else None,
        pixel_format=codec.pix_fmt or "",
        bit_depth=max((c.bits for c in codec.format.components), default=None) if codec.format else None,
        interlaced=True if int(codec.field_order) > 1 else None,
        pixel_aspect=f"{aspect.numerator}:{aspect.denominator}" if aspect and aspect != 1 else "",
        cover=bool(stream.disposition & av.stream.Disposition.attached_pic),
    )


def _tag(codec: Any) -> str:
    try:
        tag = codec.codec_tag if codec is not None else ""
    except UnicodeDecodeError:  # PyAV reads it as ASCII; transport streams use numbers above
        return ""
    return tag if tag.isascii() and tag.isprintable() else ""


def _look_at_pictures(
    source: InputContainer, listed: list[Any], streams: list[Stream], remarks: list[Remark], deadline: float
) -> list[Stream]:
    """Decode one picture of each film (four at most): rotation, fields, and whether it decodes at all."""
    seen: list[Stream] = []
    looked = 0
    for raw, stream in zip(listed, streams, strict=True):
        if stream.kind != "video" or stream.cover or not stream.codec or looked >= 4:
            seen.append(stream)
            continue
        if looked:
            _rewind(source)
        looked += 1
        frame = _first_picture(source, raw, min(deadline, time.monotonic() + FIRST_PICTURE_SECONDS))
        if frame is None:
            remarks.append(warning("no-key-frame", f"stream {stream.index}"))
            seen.append(stream)
            continue
        values = asdict(stream) | {
            "rotation": round(-frame.rotation / 90) * 90 % 360,
            "interlaced": bool(frame.interlaced_frame) or stream.interlaced is True,
            "width": stream.width or frame.width,
            "height": stream.height or frame.height,
            "pixel_format": stream.pixel_format or frame.format.name,
        }
        seen.append(Stream(**values))
    return seen


def _first_picture(source: InputContainer, stream: Any, until: float) -> Any:
    stream.thread_type = "NONE"
    try:
        for packet in source.demux(stream):
            try:
                frames = packet.decode()
            except (av.error.FFmpegError, ValueError):
                frames = []  # a damaged start; the next key frame may do
            if frames:
                return frames[0]
            if time.monotonic() > until:
                return None
    except (av.error.FFmpegError, OSError, ValueError):
        return None
    return None


def _layers(source: InputContainer, listed: list[Any], streams: list[Stream]) -> list[Stream]:
    """Containers have one mark for all layers of MPEG sound, and browsers play the third only: the sound itself says which."""
    return [
        replace(stream, codec=LAYERS.get(_layer(source, raw), "mp3")) if stream.codec == "mp3" else stream
        for raw, stream in zip(listed, streams, strict=True)
    ]


def _layer(source: InputContainer, stream: Any) -> int:
    """The layer in the head of the first packet (ISO/IEC 11172-3 §2.4.1.3), as coded there; 0 where there is none."""
    _rewind(source)
    try:
        for packet in source.demux(stream):
            head = bytes(packet)[:2]
            return head[1] >> 1 & 3 if len(head) == 2 and head[0] == 0xFF and head[1] >= 0xE0 else 0
    except (av.error.FFmpegError, OSError, ValueError):
        pass
    return 0


def _rewind(source: InputContainer) -> None:
    try:
        source.seek(source.start_time if source.start_time is not None else 0)
    except (av.error.FFmpegError, OSError, ValueError):
        return  # a pipe-like format that cannot go back; what follows is read from here


def _telemetry(source: InputContainer, listed: list[Any], tags: list[dict[str, str]]) -> dict[str, Any]:
    """First satellite fix of a GoPro telemetry track or of NMEA subtitles, among their first sixteen packets."""
    telemetry = [s for s, t in zip(listed, tags, strict=True) if "GoPro MET" in t.get("handler_name", "")]
    spoken = [s for s in listed if s.type == "subtitle"]
    for track, read in [(t, first_fix) for t in telemetry[:1]] + [(t, first_sentence) for t in spoken[:2]]:
        found = _first_fix(source, track, read)
        if found["places"] or found["times"]:
            return found
    return {"places": [], "times": []}


def _first_fix(source: InputContainer, track: Any, read: ReadFix) -> dict[str, Any]:
    _rewind(source)
    try:
        for number, packet in enumerate(source.demux(track)):
            place, moment = read(bytes(packet))
            if place is not None or number > 16:
                return {"places": [place] if place else [], "times": [moment] if moment else []}
    except (av.error.FFmpegError, OSError, ValueError):
        pass
    return {"places": [], "times": []}
