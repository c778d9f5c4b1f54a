"""When a film is encoded anew: at once, or in the bureau's night. Pure rules; times are aware."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta, tzinfo

BYTES_A_SECOND = 1_000_000
"""A film of unknown running time is taken for as long as a recorder at 8 Mbit/s would need for its bytes."""


@dataclass(frozen=True, slots=True)
class Night:
    """The hours in which long films are encoded, on the bureau's clock; `start` equal to `end` means: at any hour."""

    start: int
    """Hour 0…23 at which they begin."""
    end: int
    """Hour 0…23 at which no further one is begun; what is under way goes on."""
    zone: tzinfo

    def holds(self, moment: datetime) -> bool:
        """Answer whether `moment` lies in the night."""
        hour = moment.astimezone(self.zone).hour
        if self.start == self.end:
            return True
        if self.start < self.end:
            return self.start <= hour < self.end
        return hour >= self.start or hour < self.end

    def begins_after(self, moment: datetime) -> datetime:
        """Answer when the next night begins, after `moment`."""
        local = moment.astimezone(self.zone)
        evening = datetime.combine(local.date(), time(self.start), self.zone)
        return evening if evening > local else datetime.combine(
            local.date() + timedelta(days=1), time(self.start), self.zone
        )  # fmt: skip


def material(seconds: float | None, size: int) -> float:
    """Answer how many seconds of film are to be encoded, as far as is known beforehand."""
    return seconds if seconds is not None else size / BYTES_A_SECOND


def put_off_until(
    seconds: float, *, by_day: float, wanted: bool, night: Night, now: datetime
) -> datetime | None:
    """Answer until when encoding `seconds` of film waits; None: it is done now.

    `by_day` is the running time up to which a film is encoded at any hour. What a person asked for never waits.
    """
    if wanted or seconds <= by_day or night.holds(now):
        return None
    return night.begins_after(now)
