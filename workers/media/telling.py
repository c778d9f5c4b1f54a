"""How a job in the sandboxed child says that it goes on: one short line each time, before its answer."""

from __future__ import annotations

import os
import time

EVERY = 0.5
"""Seconds between two lines at least."""
_to: list[int] = []
_last = 0.0


def tell_to(descriptor: int) -> None:
    """Say it there from now on; the child's entry calls this."""
    _to[:] = [descriptor]


def tell(work: int, seconds: float) -> None:
    """Say how much was done: `work`, a number that only grows while anything moves, and the seconds reached."""
    global _last  # noqa: PLW0603 - one job, one process
    now = time.monotonic()
    if _to and now - _last >= EVERY:
        _last = now
        os.write(_to[0], b"%d %.3f\n" % (work, seconds))
