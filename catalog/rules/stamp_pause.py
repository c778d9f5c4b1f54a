"""How long to leave a time-stamping authority alone after it failed. Pure."""

from __future__ import annotations

from datetime import timedelta

FIRST = timedelta(seconds=30)
LONGEST = timedelta(minutes=10)


def pause_after(attempts: int) -> timedelta:
    """Answer the pause after the given number of failed attempts: doubled each time, ten minutes at most."""
    return min(LONGEST, FIRST * (1 << min(max(attempts, 1) - 1, 10)))
