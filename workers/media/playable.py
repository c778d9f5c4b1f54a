"""How a browser gets to see a clip: a pure function of its description."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from workers.media.facts import Description

How = Literal["original", "remux", "transcode", "audio", "image", "none"]
"""
original   as it is: the original is served by range requests
remux      video copied into MP4, sound copied or encoded to AAC
transcode  video encoded to H.264
audio      sound encoded to AAC in M4A
image      photo converted to an upright JPEG preview
none       nothing can be shown; `reason` says why
"""


@dataclass(frozen=True, slots=True)
class Showing:
    """The way, and why, in words for people."""

    how: How
    reason: str
    mime: str = ""
    """What the browser will be given."""
    partial: bool = False
    """Only what could be read of a damaged original will show."""


def how_to_show(description: Description) -> Showing:
    """Answer how this clip is shown."""
    raise NotImplementedError
