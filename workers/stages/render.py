"""Stage `render`: what a browser needs and is made quickly: pictures, waveform, copies without a new encoding of a film.

A film that must be encoded anew is left to the stage `encode`.
"""

from __future__ import annotations

from uuid import UUID

from workers.media.describe import from_json
from workers.media.render import QUICK, most_bytes, render_quick
from workers.runtime import Runtime
from workers.stages.keeping import SomeNotMade, keep
from workers.stages.original import fetched


def render(runtime: Runtime, clip_id: UUID) -> tuple[str, ...]:
    """Render one clip; answer the stage that follows, if any. Raises SomeNotMade after keeping what could be made."""
    with (
        fetched(runtime, clip_id) as original,
        runtime.renders.scratch(clip_id, most_bytes(original.path.stat().st_size)) as (scratch, room),
    ):
        facts = {k: v for k, v in original.facts.items() if k != "showing"}
        made = render_quick(original.path, from_json(facts), scratch, room=room)
        keep(runtime, clip_id, made, QUICK if not made.to_encode else QUICK - {"player", "frames"})
    if made.failures:
        raise SomeNotMade(made.failures)
    return ("encode",) if made.to_encode else ()
