"""What lies on the sample card: names, times, people and places of one recorder's working day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Literal

BEIJING = timezone(timedelta(hours=8))
RECIPE = 4
"""Raise when the card's content changes: cached cards of another recipe are made anew."""
CLOCK_OFFSET = 96
"""Seconds by which this recorder's clock runs ahead: nobody has set it since spring."""
VENDOR, MODEL = "Zhongyuan", "DSJ-4K9"

Form = Literal["h264", "h265", "avi", "wav", "photo", "cut", "no-index", "empty"]


@dataclass(frozen=True, slots=True)
class Take:
    """One file to make. `start` is aware, by the recorder's own clock."""

    form: Form
    path: str
    what: str
    start: datetime
    seconds: float
    device: str
    officer: str
    scene: int
    place: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """A whole card."""

    serial: str
    device: str
    officers: tuple[tuple[str, str], ...]
    """Officer numbers and names; the second takes over in the afternoon."""
    takes: tuple[Take, ...]


_OFFICERS = (("010237", "王建国"), ("010415", "李秀兰"))
_PLACES = ((34.746610, 113.625368), (34.721553, 113.708112), (34.802140, 113.541977))


def plan_of(scale: float, seed: int) -> Plan:
    """The card for this seed; running times times `scale`, two seconds at least."""
    device = f"DSJ{412 + seed - 1:04d}"
    day = datetime(2026, 11, 16 + (seed - 1) % 5, tzinfo=BEIJING)
    first, second = _OFFICERS[0][0], _OFFICERS[1][0]
    table: tuple[tuple[Form, str, str, tuple[int, int, int], float, str, int, int | None], ...] = (
        ("h264", "MP4", "roadside check of a lorry, long", (8, 30, 15), 600, first, 0, 0),
        ("h264", "MP4", "loading yard, second officer, long", (14, 6, 40), 300, second, 1, 1),
        ("h265", "MP4", "H.265: browsers show no picture of it", (9, 2, 3), 20, first, 0, 0),
        ("avi", "AVI", "MPEG-4 in AVI, an older recorder's way", (9, 15, 47), 20, first, 1, None),
        ("wav", "WAV", "sound only", (9, 31, 22), 30, first, 0, None),
        ("photo", "JPG", "photo with place", (9, 40, 10), 0, first, 0, 0),
        ("photo", "JPG", "photo taken upright, turned by its EXIF", (14, 20, 58), 0, second, 1, 2),
        ("cut", "MP4", "cut off in the middle: the first part plays", (15, 1, 30), 60, second, 1, None),
        ("no-index", "MP4", "flat battery: the index was never written", (15, 44, 12), 20, second, 1, None),
        ("empty", "MP4", "no bytes: the recorder died at the first moment", (15, 52, 9), 0, second, 1, None),
    )
    takes = tuple(
        Take(
            form=form,
            path=f"DCIM/{'100PHOTO' if form == 'photo' else '100MEDIA'}/"
            f"{device}_{officer}_{(start := day.replace(hour=at[0], minute=at[1], second=at[2])):%Y%m%d%H%M%S}_{number:04d}.{ending}",
            what=what,
            start=start,
            seconds=max(2.0, seconds * scale) if seconds else 0.0,
            device=device,
            officer=officer,
            scene=scene,
            place=None if place is None else _PLACES[place],
        )
        for number, (form, ending, what, at, seconds, officer, scene, place) in enumerate(
            sorted(table, key=lambda row: row[3]), 1
        )
    )
    return Plan(f"ZY4K9-2406{17 + seed:05d}", device, _OFFICERS, takes)
