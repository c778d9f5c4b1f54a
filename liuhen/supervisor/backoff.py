"""How long to wait before a part that died is started again. Pure arithmetic; seconds on any steady clock."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Backoff:
    """Doubles the wait with each death in a row; a part that stayed ready for `steady` seconds starts afresh."""

    first: float = 0.5
    longest: float = 30.0
    steady: float = 60.0
    loop_after: int = 5
    deaths: int = 0
    """Deaths in a row."""
    total: int = 0
    """Deaths since the supervisor began: the count a person sees."""

    def died(self, ready_for: float) -> float:
        """Count a death of a part that had been ready for `ready_for` seconds; answer the seconds to wait."""
        if ready_for >= self.steady:
            self.deaths = 0
        self.deaths += 1
        self.total += 1
        return min(self.longest, self.first * 2.0 ** min(self.deaths - 1, 30))

    @property
    def looping(self) -> bool:
        """Whether the part dies again and again, so that waiting alone will hardly help."""
        return self.deaths >= self.loop_after
