"""What a sheet comes to: counted while its entries are read one by one. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

GAPS_SHOWN = 200


@dataclass(slots=True)
class Tally:
    """Counts of a sheet's list; `add` each entry."""

    files: int = 0
    bytes: int = 0
    new: int = 0
    held: int = 0
    ends: Counter[str] = field(default_factory=Counter)
    important: int = 0

    def add(self, entry: Mapping[str, Any]) -> None:
        """Count one entry of the list."""
        self.files += 1
        self.bytes += entry.get("size") or 0
        self.ends[entry["end"]] += 1
        self.new += entry.get("new") is True
        self.held += entry.get("new") is False
        self.important += bool(entry.get("important"))


def summary_of(frame: Mapping[str, Any], tally: Tally) -> dict[str, Any]:
    """Answer what pages say of a sheet without reading its list."""
    recorder: Mapping[str, Any] = frame.get("recorder") or {}
    summary = {
        **{
            name: frame.get(name)
            for name in (
                "slot",
                "started",
                "ended",
                "end_reason",
                "made",
                "maker",
                "method",
                "software",
                "station_clock",
            )
        },
        **{name: recorder.get(name) for name in ("clock", "battery", "free_bytes", "profile", "driver")},
        "ends": dict(sorted(tally.ends.items())),
        "new": tally.new,
        "held": tally.held,
        "important": tally.important,
        "gaps": list(frame["gaps"][:GAPS_SHOWN]),
        "gaps_total": len(frame["gaps"]),
    }
    return {name: _storable(value) for name, value in summary.items()}


def _storable(value: Any) -> Any:
    """Leave out NUL characters, which PostgreSQL cannot keep; the sheet itself has them."""
    if isinstance(value, str):
        return value.replace("\x00", "")
    if isinstance(value, Mapping):
        return {str(_storable(name)): _storable(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_storable(one) for one in value]
    return value
