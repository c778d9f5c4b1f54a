"""Loudness and silence of a sound track, by FFmpeg's own filters. Runs inside the sandboxed child."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import av
import av.filter

from workers.media.analysis import SILENCE_DB, SILENCE_SECONDS, Sound
from workers.media.stretches import Levels, Stretches
from workers.media.timeline import Timeline

GATE = -70.0
"""LUFS; EBU R128's absolute gate: an integrated loudness of exactly this means that nothing was louder."""
_FLOOR = -100.0


@dataclass(slots=True)
class MeasuredSound:
    """What is known of a sound track so far."""

    stream: int
    timeline: Timeline
    loudness: float | None = None
    loudness_range: float | None = None
    peak: float = 0.0
    """Linear, 1 is full scale."""
    samples: int = 0
    silence: Stretches = field(default_factory=lambda: Stretches(SILENCE_SECONDS))
    levels: Levels = field(default_factory=Levels)
    _graph: Any = None
    _shape: tuple[Any, ...] = ()

    def add(self, frame: Any) -> float:
        """Take one frame of samples; answer where it begins, in seconds."""
        stamp = float(frame.pts * frame.time_base) if frame.pts is not None and frame.time_base else None
        rate = frame.sample_rate
        at = self.timeline.place(stamp, frame.samples / rate if rate else None)
        self.samples += frame.samples
        if rate and at >= 0:
            self._listen(frame, at)
        return at

    def _listen(self, frame: Any, at: float) -> None:
        shape = (frame.sample_rate, frame.format.name, frame.layout.name)
        if shape != self._shape:
            self.silence.close(at)
            self._graph, self._shape = _graph(frame), shape
        frame.pts, frame.time_base = round(at * frame.sample_rate), Fraction(1, frame.sample_rate)
        try:
            self._graph.push(frame)
            for heard in _pulled(self._graph):
                self._read(heard.metadata, float(heard.pts * heard.time_base))
        except (av.error.FFmpegError, ValueError):
            self.silence.close(at)
            self._graph, self._shape = None, ()

    def _read(self, found: dict[str, str], at: float) -> None:
        if "lavfi.silence_start" in found:  # told when it has lasted long enough
            self.silence.open(max(0.0, float(found["lavfi.silence_start"])))
        if "lavfi.silence_end" in found:
            self.silence.close(float(found["lavfi.silence_end"]))
        momentary = found.get("lavfi.r128.M")
        if momentary is not None and at >= 0:
            level = _number(momentary)  # none of pure zeros
            self.levels.add(at, 10 ** (level / 10) if level is not None else 0.0)
        whole = _number(found.get("lavfi.r128.I"))
        if whole is not None:
            self.loudness = whole
        self.loudness_range = _number(found.get("lavfi.r128.LRA")) or self.loudness_range
        self.peak = max(self.peak, _number(found.get("lavfi.r128.sample_peak")) or 0.0)

    def result(self) -> Sound | None:
        """Everything, after the last frame; None when there was none."""
        if not self.samples or self.timeline.first is None:
            return None
        self.silence.close(self.timeline.end)
        heard = self.loudness is not None and self.loudness > GATE
        return Sound(
            stream=self.stream,
            seconds=round(self.timeline.end - self.timeline.first, 3),
            begins=round(self.timeline.first, 3),
            loudness=round(self.loudness, 1) if heard and self.loudness is not None else None,
            loudness_range=self._range() if heard else None,
            peak=round(20 * math.log10(self.peak), 1) if self.peak > 0 else None,
            level_seconds=self.levels.step,
            levels=tuple(_decibels(power) for power in self.levels.means()),
            silence=self.silence.listed(),
            silence_seconds=round(self.silence.seconds, 3),
        )

    def _range(self) -> float | None:
        """EBU Tech 3342: of a minute and less it says nothing."""
        return round(self.loudness_range, 1) if self.loudness_range and self.timeline.end >= 60 else None


def _decibels(power: float | None) -> float | None:
    level = 10 * math.log10(power) if power else _FLOOR
    return round(level, 1) if level > _FLOOR else None


def _number(text: str | None) -> float | None:
    try:
        value = float(text) if text is not None else math.nan
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _graph(frame: Any) -> Any:
    graph = av.filter.Graph()
    graph.threads = 1
    chain = [
        graph.add_abuffer(
            sample_rate=frame.sample_rate,
            format=frame.format,
            layout=frame.layout,
            time_base=Fraction(1, frame.sample_rate),
        ),
        graph.add(
            "ebur128", "metadata=1:peak=sample"
        ),  # first: it cuts frames anew, and what they carry is lost
        graph.add("silencedetect", f"n={SILENCE_DB}dB:d={SILENCE_SECONDS}"),
        graph.add("abuffersink"),
    ]
    graph.link_nodes(*chain).configure()
    return graph


def _pulled(graph: Any) -> Iterator[Any]:
    with contextlib.suppress(BlockingIOError, EOFError):
        while True:
            yield graph.pull()
