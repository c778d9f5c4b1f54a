"""What holds a clip whatever its date: facts that the lock rule reads. Who may know the reason is decided elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class HeldBy:
    """A hold or a seal that stands on a clip."""

    reason: str
    """A stable word: reconsideration, litigation, compensation, police, discipline, audit, court, complaint,
    interference; or seal."""
    since: datetime
