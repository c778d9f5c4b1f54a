"""Decode a recording from its first byte to its last and measure it on the way. Runs inside the sandboxed child.

PyAV rather than FFmpeg's programme: the programme mends time stamps before its filters see them and complains of
what it cannot decode without saying where. The filters are FFmpeg's own, so is the time they take (measured on
30 s of 1080p: 6.5 s of processor time here, 6.1 s by the programme).
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

import av
from av.container import InputContainer

from workers.media.analysis import Analysis, Track
from workers.media.av_describe import open_media
from workers.media.measured_picture import MeasuredPicture
from workers.media.measured_sound import MeasuredSound
from workers.media.sanitise import clean
from workers.media.stretches import Faults
from workers.media.telling import tell
from workers.media.timeline import Timeline

ANEW = frozenset({"mpegts", "mpegps", "mpegvideo", "dhav"})
"""Containers whose clock may start anew in the middle."""
CIRCLES = 4
"""Times the file's size that may be read of it; a broken index may lead round and round."""
PATIENCE, PATIENCE_EACH = 600.0, 40.0
"""Seconds a recording may take at all, and for each second of it."""
LONGEST = 14 * 86_400.0
"""Seconds a recording may reach: no recorder runs so long, and a file that says so leads round and round."""
_BROKEN = (av.error.FFmpegError, ValueError, OSError, OverflowError)


@dataclass(slots=True)
class _Reading:
    """A recording while it is decoded."""

    picture: MeasuredPicture | None
    sound: MeasuredSound | None
    faults: dict[int, Faults] = field(default_factory=dict)
    reached: float = 0.0
    stopped: str = ""

    def parts(self) -> list[MeasuredPicture | MeasuredSound]:
        """Both tracks, as far as there are any."""
        return [part for part in (self.picture, self.sound) if part is not None]


def measure(
    *,
    path: str,
    container: str,
    video: int | None,
    audio: int | None,
    stated: float | None,
    safer: bool,
    threads: int,
) -> dict[str, Any]:
    """Measure the recording; `video` and `audio` are its tracks' numbers, `stated` the header's running time.

    Answers `Analysis` as JSON values. Raises av.error.FFmpegError, OSError, ValueError when it cannot be opened.
    """
    logging.disable(logging.CRITICAL)
    with open_media(path, container) as source:
        begin = source.start_time / av.time_base if source.start_time else 0.0
        picture = sound = None
        if video is not None and video < len(source.streams):
            film = source.streams[video]
            _prepare(film, 1 if safer else threads)
            picture = MeasuredPicture(video, _timeline("video", film, begin, container), looking=not safer)
        if audio is not None and audio < len(source.streams):
            track = source.streams[audio]
            _prepare(track, 1)
            sound = MeasuredSound(audio, _timeline("audio", track, begin, container))
        reading = _Reading(picture, sound)
        _decode(source, reading)
        return asdict(_answer(reading, stated, safer))


def _prepare(stream: Any, threads: int) -> None:
    stream.thread_type = "AUTO" if threads > 1 else "NONE"
    stream.codec_context.thread_count = threads


def _timeline(track: Track, stream: Any, begin: float, container: str) -> Timeline:
    rate = stream.average_rate or stream.guessed_rate if track == "video" else None
    step = 1 / float(rate) if rate and 0.01 < float(rate) < 1000 else 0.04 if track == "video" else 0.0
    return Timeline(track, begin, step, folds=container in ANEW)


def _decode(source: InputContainer, reading: _Reading) -> None:
    parts = {part.stream: part for part in reading.parts()}
    faults = reading.faults
    faults |= {part.stream: Faults(part.timeline.track) for part in parts.values()}
    began, read, work = time.monotonic(), 0, 0
    allowed = CIRCLES * source.size + (1 << 20)
    for packet in _packets(source, list(parts), reading):
        part = parts[packet.stream.index]  # a flushing packet has no number of its own
        read += packet.size
        work += 1
        damaged = packet.is_corrupt
        try:
            frames = packet.decode()
        except _BROKEN:
            frames, damaged = [], True
        for frame in frames:
            try:
                at = part.add(frame)
            except _BROKEN:
                damaged = True
                continue
            reading.reached = max(reading.reached, at)
            work += 1
            if frame.is_corrupt:
                faults[part.stream].add(at)
                damaged = False
        if damaged:
            faults[part.stream].add(_near(packet, part))
        tell(work, reading.reached)
        if read > allowed or reading.reached > LONGEST:
            reading.stopped = "circles"
        elif time.monotonic() - began > PATIENCE + PATIENCE_EACH * reading.reached:
            reading.stopped = "slow"
        if reading.stopped:
            return


def _packets(source: InputContainer, streams: list[int], reading: _Reading) -> Iterator[Any]:
    """All packets; what breaks off is put down. A reader that stumbles once is asked on: the next packet may be sound."""
    stumbled = 0
    stream = source.demux([source.streams[i] for i in streams])
    while True:
        try:
            packet = next(stream)
        except StopIteration:
            return
        except _BROKEN:
            stumbled += 1
            reading.stopped = "unreadable" if stumbled > 1 else ""
            if stumbled > 1:
                return
            stream = source.demux([source.streams[i] for i in streams])
            for part in reading.parts():
                reading.faults[part.stream].add(part.timeline.end)
            continue
        yield packet


def _near(packet: Any, part: MeasuredPicture | MeasuredSound) -> float:
    """Where a piece that could not be decoded stands: by its own time where that is sensible, else where we are."""
    end = part.timeline.end
    stamp = packet.pts if packet.pts is not None else packet.dts
    if stamp is None or packet.time_base is None:
        return end
    at = float(stamp * packet.time_base) - part.timeline.begin
    return at if abs(at - end) < 60.0 and at >= 0 else end


def _answer(reading: _Reading, stated: float | None, safer: bool) -> Analysis:
    picture = reading.picture.result() if reading.picture is not None else None
    sound = reading.sound.result() if reading.sound is not None else None
    ends = [part.begins + part.seconds for part in (picture, sound) if part is not None]
    seconds = round(max(ends), 3) if ends else None
    whole = not reading.stopped
    faults = list(reading.faults.values())
    missing = None
    if stated is not None and whole and seconds is not None:
        missing = round(max(0.0, stated - seconds), 3)
    jumps = [jump for part in reading.parts() for jump in part.timeline.jumps]
    versions = ".".join(str(n) for n in av.library_versions["libavcodec"])
    return Analysis(
        seconds=seconds,
        whole=whole,
        stopped=reading.stopped,
        picture=picture,
        sound=sound,
        faults=tuple(sorted((f for each in faults for f in each.listed()), key=lambda f: f.start)),
        fault_count=sum(each.count for each in faults),
        jumps=tuple(sorted(jumps, key=lambda j: j.at)),
        jump_count=sum(part.timeline.jump_count for part in reading.parts()),
        stated_seconds=stated,
        missing_tail=missing,
        safer=safer,
        tool=clean(f"PyAV {av.__version__} (libavcodec {versions})", 100),
    )
