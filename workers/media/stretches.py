"""Stretches of a recording as they open and close while it is decoded, kept few however many there are. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field

from workers.media.analysis import Fault, Stretch, Track

MOST = 300
"""Stretches of one kind that are listed; the longest stay, the sum counts all."""


@dataclass(slots=True)
class Stretches:
    """Stretches of one kind, of at least `shortest` seconds each."""

    shortest: float
    seconds: float = 0.0
    """All of them together, the unlisted too."""
    opened: float | None = None
    _kept: list[Stretch] = field(default_factory=list)

    def open(self, at: float) -> None:
        """One begins, unless one is open."""
        if self.opened is None:
            self.opened = at

    def close(self, at: float) -> None:
        """The open one ends; too short a one is forgotten."""
        if self.opened is None:
            return
        start, self.opened = self.opened, None
        if at - start < self.shortest - 1e-6:
            return
        self.seconds += at - start
        self._kept.append(Stretch(round(start, 3), round(at, 3)))
        if len(self._kept) > 2 * MOST:
            self._kept = self._longest()

    def listed(self) -> tuple[Stretch, ...]:
        """The longest, in the order of time."""
        return tuple(self._longest())

    def _longest(self) -> list[Stretch]:
        longest = sorted(self._kept, key=lambda s: s.start - s.end)[:MOST]
        return sorted(longest, key=lambda s: s.start)


@dataclass(slots=True)
class Faults:
    """Places of one track that could not be decoded; what lies within `near` seconds of the last is one place."""

    track: Track
    near: float = 1.0
    count: int = 0
    _kept: list[Fault] = field(default_factory=list)

    def add(self, at: float) -> None:
        """Something at this place could not be decoded."""
        self.count += 1
        at = round(at, 3)
        last = self._kept[-1] if self._kept else None
        if last is not None and (abs(at - last.end) <= self.near or len(self._kept) >= MOST):
            self._kept[-1] = Fault(self.track, last.start, max(last.end, at), last.count + 1)
        else:
            self._kept.append(Fault(self.track, at, at, 1))

    def listed(self) -> tuple[Fault, ...]:
        """The places, in the order they were met; past the most, the last one takes up what follows."""
        return tuple(self._kept)


@dataclass(slots=True)
class Levels:
    """Mean power over equal stretches; when they become too many, two and two are put together."""

    step: float = 5.0
    """Seconds each stretch lasts."""
    most: int = 720
    _sums: list[float] = field(default_factory=list)
    _counts: list[int] = field(default_factory=list)

    def add(self, at: float, power: float) -> None:
        """Power (linear) measured at this time, seconds."""
        place = int(at / self.step)
        while place >= self.most:
            self._halve()
            place = int(at / self.step)
        missing = place + 1 - len(self._sums)
        if missing > 0:
            self._sums += [0.0] * missing
            self._counts += [0] * missing
        self._sums[place] += power
        self._counts[place] += 1

    def means(self) -> list[float | None]:
        """Mean power of each stretch; None where nothing was measured."""
        return [s / n if n else None for s, n in zip(self._sums, self._counts, strict=True)]

    def _halve(self) -> None:
        self.step *= 2
        if len(self._sums) % 2:
            self._sums.append(0.0)
            self._counts.append(0)
        self._sums = [a + b for a, b in zip(self._sums[::2], self._sums[1::2], strict=True)]
        self._counts = [a + b for a, b in zip(self._counts[::2], self._counts[1::2], strict=True)]
