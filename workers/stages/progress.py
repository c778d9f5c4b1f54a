"""How far a stage is: told by whoever does the work, read by the thread that keeps its lease alive."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(slots=True)
class Progress:
    """Of one attempt."""

    fraction: float | None = None
    """0…1; None while nothing can be said."""
    taken_over: bool = False
    """The lease ran out and somebody else has the stage: what is done here is of no use any more."""


class TakenOver(Exception):
    """Somebody else has the stage."""


_CURRENT: ContextVar[Progress | None] = ContextVar("progress", default=None)


@contextmanager
def followed() -> Iterator[Progress]:
    """Answer what is told within the context."""
    progress = Progress()
    token = _CURRENT.set(progress)
    try:
        yield progress
    finally:
        _CURRENT.reset(token)


def tell(fraction: float) -> None:
    """Say how far the stage at work in this context is, 0…1. Raises TakenOver when it is to stop."""
    progress = _CURRENT.get()
    if progress is not None:
        if progress.taken_over:
            raise TakenOver
        progress.fraction = min(1.0, max(0.0, fraction))
