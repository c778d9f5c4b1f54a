"""Stage `analyse`: decode the whole recording and keep what was measured; nothing that headers said is touched."""

from __future__ import annotations

from uuid import UUID

from catalog.measuring import keep_analysis, kind_of
from catalog.rules.measured import Measured
from workers.media.analyse import analyse as measure
from workers.media.analyse import to_json
from workers.media.analysis import Analysis
from workers.media.describe import from_json
from workers.runtime import Runtime
from workers.stages.original import fetched

RUNS = frozenset({"video", "audio"})
"""Kinds of clips that have a running time; nothing of a photo or a document is measured."""


def analyse(runtime: Runtime, clip_id: UUID) -> None:
    """Measure one clip. Raises NotMeasured when its content cannot be decoded."""
    with runtime.database.read() as session:
        if kind_of(session, clip_id) not in RUNS:
            return
    with fetched(runtime, clip_id) as original:
        description = from_json({k: v for k, v in original.facts.items() if k != "showing"})
        found = measure(original.path, description)
    if found is None:
        return
    with runtime.database.write() as session:
        keep_analysis(session, clip_id, to_json(found), measured(found), zone=runtime.zone, now=runtime.now())


def measured(found: Analysis) -> Measured:
    """Reduce an analysis to what the catalog concludes from."""
    picture, sound = found.picture, found.sound
    return Measured(
        seconds=found.seconds,
        whole=found.whole,
        tool=found.tool,
        picture_seconds=picture.seconds if picture else None,
        picture_end=picture.begins + picture.seconds if picture else None,
        black_seconds=picture.black_seconds if picture else 0.0,
        frozen_seconds=picture.frozen_seconds if picture else 0.0,
        sound_seconds=sound.seconds if sound else None,
        sound_end=sound.begins + sound.seconds if sound else None,
        silence_seconds=sound.silence_seconds if sound else 0.0,
        missing_tail=found.missing_tail,
        faults=found.fault_count,
        jumps=found.jump_count,
    )
