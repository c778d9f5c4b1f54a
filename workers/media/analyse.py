"""Decode a whole recording and measure it: `analyse`. The decoding happens in a sandboxed child process."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from workers.media import sandbox
from workers.media.analysis import Analysis
from workers.media.facts import Description
from workers.media.sandbox import Limits, SandboxError

STALL_SECONDS = 60.0
"""No packet read and no frame decoded for so long: ended."""
LIMITS = Limits(memory=3 << 30, cpu=7 * 86_400, stall=STALL_SECONDS, output=4 << 20)
THREADS = min(4, os.cpu_count() or 1)

_ADAPTER = TypeAdapter(Analysis)


class NotMeasured(Exception):
    """The recording could not be decoded, in the safer way neither; the text says why, in words for people."""


def analyse(
    path: Path,
    description: Description,
    *,
    progress: Callable[[float], None] | None = None,
    limits: Limits = LIMITS,
) -> Analysis | None:
    """Decode and measure `path`; None where there is no picture and no sound to be measured.

    Watched by its progress: a reader that stands still is ended. When it ends badly it is tried once more in a safer
    way: one thread, and the picture is not looked at. `progress` gets the seconds reached, about twice a second;
    what it raises ends the work and passes on. Raises NotMeasured.
    """
    film = description.video if description.kind != "photo" else None
    sound = description.audio
    tracks = [track for track in (film, sound) if track is not None and track.codec]
    if not tracks:
        return None
    arguments: dict[str, Any] = {
        "path": str(path.absolute()),
        "container": description.container,
        "video": film.index if film is not None and film.codec else None,
        "audio": sound.index if sound is not None and sound.codec else None,
        "stated": stated_seconds(description),
        "threads": THREADS,
    }
    trouble: SandboxError | ValidationError | None = None
    for safer in (False, True):
        try:
            answer = sandbox.run(
                "workers.media.measure:measure", arguments | {"safer": safer}, limits, progress=progress
            )
            return from_json(answer)
        except (SandboxError, ValidationError) as error:
            trouble = error
    raise NotMeasured(_why(trouble)) from trouble


def stated_seconds(description: Description) -> float | None:
    """The running time the header claims, whatever `describe` made of it; None where it claims none."""
    if description.header_seconds is not None:
        return description.header_seconds
    return description.seconds if description.seconds_source == "header" else None


def to_json(analysis: Analysis) -> dict[str, Any]:
    """The analysis as plain JSON values, for the catalog."""
    answer: dict[str, Any] = _ADAPTER.dump_python(analysis, mode="json")
    return answer


def from_json(value: object) -> Analysis:
    """The analysis back from `to_json`'s answer. Raises pydantic.ValidationError."""
    return _ADAPTER.validate_python(value)


def _why(error: SandboxError | ValidationError | None) -> str:
    why = error.why if isinstance(error, SandboxError) else "error"
    return {
        "still": f"the reader made no progress for {STALL_SECONDS:g} seconds and was ended",
        "time": "the reader took too long and was ended",
        "memory": "it needs more memory than a reader may use",
        "output": "the reader's answer was too large",
        "crash": "the reader crashed on this file",
        "error": "the recording could not be opened for decoding",
    }[why]
