"""How long a recording really runs: what the header says, checked against what lies in the file.

Runs inside the sandboxed child, on PyAV containers.
"""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import av
from av.container import InputContainer

from workers.media.demuxers import ISO_MEDIA
from workers.media.facts import DurationSource

_STATES_NOTHING = frozenset(
    {"aac", "amr", "mp3", "mpegts", "mpegps", "mpegvideo", "h264", "hevc", "ac3", "dhav"}
)
"""Formats whose `duration` is FFmpeg's estimate, not something the file states."""
COUNT_WHOLE = 256 << 20
"""Bytes up to which all packets are simply counted; larger files are looked at near their end."""
TAIL_SECONDS = 20.0


@dataclass(slots=True)
class Running:
    """The answer, filled as it is found out."""

    seconds: float | None = None
    source: DurationSource = "none"
    header: float | None = None
    codes: list[str] = field(default_factory=list)


def measure(container: InputContainer, kind: str, size: int, deadline: float) -> Running:
    """Measure `container`, a file of `size` bytes of the container `kind`; stop looking at `deadline` (monotonic)."""
    played = [s for s in container.streams if s.type in ("video", "audio")]
    header = container.duration / av.time_base if container.duration else None
    if kind in ISO_MEDIA:  # telemetry tracks may run longer than picture and sound
        stated = [float(s.duration * s.time_base) for s in played if s.duration and s.time_base]
        header = max(stated, default=header)
    header = header if header is not None and 0 < header < 10**7 else None
    running = Running(header, "header" if header is not None else "none", header)
    if not played:
        return running
    if (
        kind in ("mp4", "mov", "3gp", "m4a")
        and header is not None
        and any(len(s.index_entries) for s in played)
    ):
        _by_index(running, played, size)
    elif (
        kind == "wav"
        and played[0].codec_context is not None
        and played[0].codec_context.name.startswith("pcm_")
    ):
        _by_rate(running, played[0].codec_context, size)
    elif size <= COUNT_WHOLE or header is None:
        _by_packets(running, container, kind, deadline)
    else:
        _by_tail(running, container, kind, deadline)
    return running


def _by_index(running: Running, streams: Sequence[Any], size: int) -> None:
    """MP4: every sample's place is in the index; those beyond the end of the file are not there."""
    end, cut = 0.0, False
    for stream in streams:
        entries = stream.index_entries
        count = len(entries)
        if not count or stream.time_base is None:
            continue
        present = _entries_present(entries, count, size)
        cut = cut or present < count
        if present:
            last = entries[present - 1].timestamp
            step = entries[present - 1].timestamp - entries[present - 2].timestamp if present > 1 else 0
            start = entries[0].timestamp
            end = max(end, float((last + step - start) * stream.time_base))
    if cut:
        running.seconds, running.source = end, "counted"
        running.codes.append("truncated")
    else:
        _compare(running, end)


def _entries_present(entries: Any, count: int, size: int) -> int:
    last = entries[count - 1]
    if last.pos + last.size <= size:
        return count
    low, high = 0, count
    while low < high:
        middle = (low + high) // 2
        entry = entries[middle]
        if entry.pos + entry.size <= size:
            low = middle + 1
        else:
            high = middle
    return low


def _by_rate(running: Running, codec: Any, size: int) -> None:
    """PCM in WAV: bytes and rate say it all; the header's length is often not filled in after a flat battery."""
    digits = re.search(r"\d+", codec.name)
    bits = int(digits[0]) if digits else 8  # pcm_alaw and pcm_mulaw name no width: eight
    rate = codec.sample_rate * codec.channels * bits // 8
    if rate <= 0:
        return
    there = max(0, size - 44) / rate
    header = running.header
    if header is None or header > there + 0.5:
        running.seconds, running.source = there, "counted"
        running.codes.append("truncated" if header is not None and there < header else "duration-differs")


def _by_packets(running: Running, container: InputContainer, kind: str, deadline: float) -> None:
    seconds, whole, damaged = _count(container, deadline)
    if damaged:
        running.codes.append("damaged-inside")
    if not whole:
        running.codes.append("duration-unchecked")
        return
    _settle(running, kind, seconds)


def _by_tail(running: Running, container: InputContainer, kind: str, deadline: float) -> None:
    """Go close to the stated end; when packets are found there, the header is believed."""
    header = running.header or 0.0
    begin = (container.start_time or 0) / av.time_base
    try:
        container.seek(int((begin + max(0.0, header - TAIL_SECONDS)) * av.time_base))
        seconds, _, _ = _count(container, deadline, begin)
    except (av.error.FFmpegError, OSError):
        seconds = 0.0
    if seconds >= header - 2.0:
        return
    try:
        container.seek(0)
    except (av.error.FFmpegError, OSError):
        running.codes.append("duration-unchecked")
        return
    _by_packets(running, container, kind, deadline)


def _count(
    container: InputContainer, deadline: float, begin: float | None = None
) -> tuple[float, bool, bool]:
    """Running time of the packets from here on, whether the end was reached, whether reading broke off."""
    first: dict[int, float] = {}
    last: dict[int, float] = {}
    streams = [s for s in container.streams if s.type in ("video", "audio")]
    try:
        for number, packet in enumerate(container.demux(streams)):
            stamp = packet.dts if packet.dts is not None else packet.pts
            if stamp is not None and packet.size:
                at = float(stamp * packet.time_base)
                first.setdefault(packet.stream_index, at)
                last[packet.stream_index] = at + float((packet.duration or 0) * packet.time_base)
            if number % 512 == 0 and time.monotonic() > deadline:
                return 0.0, False, False
    except (av.error.FFmpegError, OSError, ValueError):
        damaged = True
    else:
        damaged = False
    if not first:
        return 0.0, True, damaged
    if begin is not None:
        return max(last.values()) - begin, True, damaged
    return max(last.values()) - min(first.values()), True, damaged


def _settle(running: Running, kind: str, seconds: float) -> None:
    header = running.header
    if header is None or kind in _STATES_NOTHING:
        running.seconds, running.source = seconds, "counted"
        running.header = None
        return
    if seconds < header - max(1.0, header * 0.02):
        running.codes.append("truncated")
        running.seconds, running.source = seconds, "counted"
    else:
        _compare(running, seconds)


def _compare(running: Running, seconds: float) -> None:
    header = running.header or 0.0
    if abs(seconds - header) > max(1.0, header * 0.02):
        running.codes.append("duration-differs")
        running.seconds, running.source = seconds, "counted"
