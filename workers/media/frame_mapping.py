"""The map between a copy for playing and the frames of its original, made once the copy is whole."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

from catalog.rules.frame_map import FrameMap, map_frames, to_json, without_second_fields
from workers.media import sandbox
from workers.media.facts import Description
from workers.media.sandbox import Limits, SandboxError

LIMITS = Limits(memory=3 << 30, cpu=600, wall=900.0, output=64 << 20)


def make_map(original: Path, description: Description, copy: Path) -> FrameMap | None:
    """Answer the map; None when the stamps of one of them cannot be read, or the two do not fit together."""
    film = description.video
    if film is None:
        return None
    job: dict[str, object] = {
        "films": [
            {"path": str(original.absolute()), "container": description.container, "stream": film.index},
            {"path": str(copy.absolute()), "container": "mp4", "stream": 0},
        ],
        "budget": LIMITS.wall * 0.8,
    }
    try:
        answer: Any = sandbox.run("workers.media.stamps_job:read_stamps", job, LIMITS)
    except SandboxError:
        return None
    if not isinstance(answer, list) or len(answer) != 2 or not all(one.get("stamps") for one in answer):
        return None
    there, here = ((one["stamps"], Fraction(*one["unit"])) for one in answer)
    frames = map_frames(there[0], there[1], here[0], here[1])
    return without_second_fields(frames) if frames is not None and film.interlaced else frames


def as_text(frames: FrameMap) -> str:
    """The map in as few bytes as JSON allows."""
    return json.dumps(to_json(frames), separators=(",", ":"))
