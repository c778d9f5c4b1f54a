"""What `render` answers with: files made from an original, each with the recipe that made it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

RenditionKind = Literal[
    "player", "preview", "poster", "thumb", "sprite", "thumbnails", "waveform", "frames", "track"
]
"""
player     what the browser plays when the original is not playable (MP4 or M4A)
preview    photo, upright, at most 1600 px (JPEG)
poster     video, one telling frame, at most 1280 px (JPEG)
thumb      photo or video, at most 400 px (JPEG), for lists
sprite     video, one sheet of small frames (JPEG)
thumbnails WebVTT for the sprite; its cues point at `sprite#xywh=…`, a sibling address
frames     video with a player's copy: which frame of the original shows at which of its times (catalog.rules.frame_map)
waveform   sound: peaks as JSON {"seconds", "points_per_second", "peaks": [min, max, …] in -128…127}
track      where the recorder went by its satellite receiver, as JSON {"version": 1, "origin": "gpmf" or "nmea",
           "points": [[seconds, latitude, longitude, altitude or null], …], "speeds": [m/s or null, …]}
"""


@dataclass(frozen=True, slots=True)
class Recipe:
    """What made a rendition, so that anybody can make it again."""

    tool: str
    version: str
    arguments: tuple[str, ...]
    """Command line with `{input}` and `{output}` in place of paths."""


@dataclass(frozen=True, slots=True)
class Rendition:
    """One derived file in the scratch folder."""

    kind: RenditionKind
    path: Path
    content_type: str
    recipe: Recipe
    sha256: str
    """64 lower-case hexadecimal digits."""
    size: int
    """Bytes."""
    width: int | None = None
    height: int | None = None
    seconds: float | None = None
    """Running time covered."""
    complete: bool = True
    """False: made from a damaged original, covers only what could be read; `note` says what."""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Failure:
    """A rendition that could not be made, and why, in words for people."""

    kind: RenditionKind
    reason: str
    detail: str = ""
    """The last lines the tool said, for the maintainer."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """All of one clip. Failures leave the others standing: never half a success in silence."""

    renditions: tuple[Rendition, ...]
    failures: tuple[Failure, ...]
    to_encode: bool = False
    """The copy for playing was left to `encode_film`."""
