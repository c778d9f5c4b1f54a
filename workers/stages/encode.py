"""Stage `encode`: the copy for playing of a film that browsers cannot play and that must be encoded anew.

It takes a fraction of the film's running time on all processors, so long films wait for the bureau's night, unless a
person asks for one.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from catalog.models import Clip, Stage
from catalog.rules.encoding_time import Night, material, put_off_until
from workers.media.describe import from_json
from workers.media.render import encode_film, most_bytes
from workers.runtime import Runtime
from workers.stages import progress
from workers.stages.keeping import SomeNotMade, keep
from workers.stages.original import fetched


class NotNow(Exception):
    """It is put off: it would take long, and nobody is waiting."""

    def __init__(self, until: datetime) -> None:
        super().__init__(f"put off until {until.isoformat()}")
        self.until = until


def encode(runtime: Runtime, clip_id: UUID) -> None:
    """Encode one film. Raises NotNow, and SomeNotMade when it cannot be done."""
    until = _until(runtime, clip_id)
    if until is not None:
        raise NotNow(until)
    with (
        fetched(runtime, clip_id) as original,
        runtime.renders.scratch(clip_id, most_bytes(original.path.stat().st_size)) as (scratch, room),
    ):
        facts = {k: v for k, v in original.facts.items() if k != "showing"}
        made = encode_film(
            original.path,
            from_json(facts),
            scratch,
            room=room,
            progress=lambda _kind, part: progress.tell(part),
        )
        keep(runtime, clip_id, made, {"player", "frames"})
    if made.failures:
        raise SomeNotMade(made.failures)


def _until(runtime: Runtime, clip_id: UUID) -> datetime | None:
    settings = runtime.settings
    with runtime.database.read() as session:
        clip, stage = session.get_one(Clip, clip_id), session.get_one(Stage, (clip_id, "encode"))
        return put_off_until(
            material(clip.duration, clip.size),
            by_day=settings.encode_by_day_minutes * 60,
            wanted=stage.wanted_at is not None,
            night=Night(settings.night_from, settings.night_until, runtime.zone),
            now=runtime.now(),
        )
