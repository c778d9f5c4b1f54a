"""Where a decoded frame stands on the time axis of its recording, and where its time stamps leap. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from workers.media.analysis import Jump, RateKind, Track

MOST_JUMPS = 200
FOLD, NONSENSE = 10.0, 86_400.0
"""Seconds: where containers may start their clock anew, a larger leap is such a start, and no player waits for it.
A leap of more than a day is no gap anywhere: a broken time stamp must not make a recording a year long."""
SOUND_LEAP, PICTURE_LEAP = 0.25, 1.0
"""Seconds by which a track may miss the next expected time before it counts as a leap."""
FEW = 1000
"""Different frame intervals that are counted apart."""


@dataclass(slots=True)
class Timeline:
    """One track's times. `folds`: its container may start its clock anew (transport and programme streams)."""

    track: Track
    begin: float
    """The recording's own start on the track's clock."""
    step: float
    """Seconds that a frame without a time of its own is taken to last."""
    folds: bool = False
    first: float | None = None
    end: float = 0.0
    """End of the latest frame."""
    jumps: list[Jump] = field(default_factory=list)
    jump_count: int = 0
    _intervals: Counter[int] = field(default_factory=Counter)
    """How often each interval was met, by hundredths of milliseconds."""
    _usual: int = 0
    """The one met most often."""
    _counted: int = 0
    _lengths: dict[int, float] = field(default_factory=dict)
    """Exact seconds of all intervals counted under a key."""
    _seconds: float = 0.0
    _last: float | None = None
    _expected: float = 0.0
    _shift: float = 0.0

    def place(self, stamp: float | None, length: float | None) -> float:
        """Where a frame stands: `stamp` is its own time on the track's clock, `length` how long it says it lasts."""
        length = length if length is not None and 0 < length < 3600 else self.step
        at = self._expected if stamp is None else stamp - self.begin + self._shift
        leap = self._leap(at) if stamp is not None else 0.0
        if leap:
            self._note(leap)
        if leap < 0 or leap > (FOLD if self.folds else NONSENSE):
            self._shift -= leap
            at -= leap
        elif not leap and self._last is not None and self.track == "video":
            self._count(at - self._last)
        if self.first is None:
            self.first = at
        self._last, self._expected = at, at + length
        self.end = max(self.end, at + length)
        return at

    def _leap(self, at: float) -> float:
        """Seconds by which the clock leaps here; 0 where it runs on. A track may begin later than the recording."""
        off, last = at - self._expected, self._last
        if last is None:
            return off if abs(off) > NONSENSE else 0.0
        if self.track == "audio":
            return off if abs(off) > SOUND_LEAP else 0.0
        if at - last < -PICTURE_LEAP:
            return off
        usual = self._usual / 1e5 or self.step
        return at - last - usual if at - last > max(PICTURE_LEAP, 3 * usual) else 0.0

    def _note(self, leap: float) -> None:
        self.jump_count += 1
        if len(self.jumps) < MOST_JUMPS:
            self.jumps.append(Jump(self.track, round(self._expected, 3), round(leap, 3)))

    def _count(self, interval: float) -> None:
        key = round(interval * 1e5)
        if key <= 0:
            return
        self._counted += 1
        self._seconds += interval
        if key in self._intervals or len(self._intervals) < FEW:
            self._intervals[key] += 1
            self._lengths[key] = self._lengths.get(key, 0.0) + interval
            if self._intervals[key] > self._intervals[self._usual]:
                self._usual = key

    def rate(self) -> tuple[float | None, RateKind, float | None, float | None]:
        """Average frames per second, whether the rate is constant, shortest and longest interval in seconds.

        Constant: all but the hundredth interval, or but one, within 2 ms or a tenth of the usual one; leaps are no
        intervals, and a constant rate is the one of the usual intervals.
        """
        if self._counted < 2:
            return None, "unknown", None, None
        usual = self._usual / 1e5
        near = {k: n for k, n in self._intervals.items() if abs(k / 1e5 - usual) <= max(0.002, usual / 10)}
        shortest, longest = min(self._intervals) / 1e5, max(self._intervals) / 1e5
        if self._counted - sum(near.values()) <= max(1, self._counted / 100):
            rate = sum(near.values()) / sum(self._lengths[key] for key in near)
            return round(rate, 3), "constant", shortest, longest
        return round(self._counted / self._seconds, 3), "variable", shortest, longest
