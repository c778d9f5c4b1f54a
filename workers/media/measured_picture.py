"""Black and still stretches of a film, by FFmpeg's own filters on a small grey picture. Runs inside the sandboxed child."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import av
import av.filter

from workers.media.analysis import (
    BLACK_PIXEL,
    BLACK_SECONDS,
    BLACK_SHARE,
    FROZEN_DB,
    FROZEN_SECONDS,
    Picture,
)
from workers.media.stretches import Stretches
from workers.media.timeline import Timeline

WIDTH = 480
"""Pixels the picture is brought to. Points are picked, not averaged: noise, which tells a live picture, stays."""
_TICK = Fraction(1, 1000)


@dataclass(slots=True)
class MeasuredPicture:
    """What is known of a film so far; `looking` is off in the safer way."""

    stream: int
    timeline: Timeline
    looking: bool
    frames: int = 0
    black: Stretches = field(default_factory=lambda: Stretches(BLACK_SECONDS))
    frozen: Stretches = field(default_factory=lambda: Stretches(FROZEN_SECONDS))
    _graph: Any = None
    _shape: tuple[Any, ...] = ()

    def add(self, frame: Any) -> float:
        """Take one frame; answer where it stands, in seconds."""
        stamp = float(frame.pts * frame.time_base) if frame.pts is not None and frame.time_base else None
        length = float(frame.duration * frame.time_base) if frame.duration and frame.time_base else None
        at = self.timeline.place(stamp, length)
        self.frames += 1
        if self.looking and at >= 0:
            self._look(frame, at)
        return at

    def _look(self, frame: Any, at: float) -> None:
        shape = (frame.width, frame.height, frame.format.name)
        if shape != self._shape:  # a filter takes one size only
            self._end_open(at)
            self._graph, self._shape = _graph(frame), shape
        frame.pts, frame.time_base = round(at * 1000), _TICK
        try:
            self._graph.vpush(frame)
            for looked in _pulled(self._graph):
                self._read(looked.metadata, looked.pts / 1000)
        except (av.error.FFmpegError, ValueError):
            self._end_open(at)
            self._graph, self._shape = None, ()

    def _read(self, found: dict[str, str], at: float) -> None:
        if "lavfi.black_start" in found:
            self.black.open(at)
        if "lavfi.black_end" in found:
            self.black.close(at)
        if "lavfi.freezedetect.freeze_start" in found:  # told when it has lasted long enough
            self.frozen.open(float(found["lavfi.freezedetect.freeze_start"]))
        if "lavfi.freezedetect.freeze_end" in found:
            self.frozen.close(float(found["lavfi.freezedetect.freeze_end"]))

    def _end_open(self, at: float) -> None:
        self.black.close(at)
        self.frozen.close(at)

    def result(self) -> Picture | None:
        """Everything, after the last frame; None when there was none."""
        if not self.frames or self.timeline.first is None:
            return None
        self._end_open(self.timeline.end)
        rate, kind, shortest, longest = self.timeline.rate()
        return Picture(
            stream=self.stream,
            frames=self.frames,
            seconds=round(self.timeline.end - self.timeline.first, 3),
            begins=round(self.timeline.first, 3),
            rate=rate,
            rate_kind=kind,
            shortest=shortest,
            longest=longest,
            black=self.black.listed(),
            black_seconds=round(self.black.seconds, 3),
            frozen=self.frozen.listed(),
            frozen_seconds=round(self.frozen.seconds, 3),
        )


def _graph(frame: Any) -> Any:
    graph = av.filter.Graph()
    graph.threads = 1
    chain = [
        graph.add_buffer(width=frame.width, height=frame.height, format=frame.format, time_base=_TICK),
        graph.add("scale", f"w='min({WIDTH},iw)':h='max(1,trunc(ow/a))':flags=neighbor"),
        graph.add("format", "gray"),
        graph.add("blackdetect", f"d=0.1:pic_th={BLACK_SHARE}:pix_th={BLACK_PIXEL}"),
        graph.add("freezedetect", f"n={FROZEN_DB}dB:d={FROZEN_SECONDS}"),
        graph.add("buffersink"),
    ]
    graph.link_nodes(*chain).configure()
    return graph


def _pulled(graph: Any) -> Iterator[Any]:
    with contextlib.suppress(BlockingIOError, EOFError):
        while True:
            yield graph.vpull()
