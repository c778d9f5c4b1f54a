"""By which way a recording came, and what follows from that for its page."""

from __future__ import annotations

from catalog.models import Docking
from catalog.stations import HISTORY


def origin_of(docking: Docking | None) -> tuple[str, list[str]]:
    """Answer `Clip.origin` and the flags that go with it; `docking` is None where nobody knows any."""
    flags = [] if docking is not None and docking.recorder.registered else ["unregistered-recorder"]
    if docking is not None and docking.station.code == HISTORY:
        return "import", [*flags, "provenance-unproven"]
    return "recorder", flags
