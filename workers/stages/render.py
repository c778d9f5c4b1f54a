"""Stage `render`: what a browser needs: a playable copy where the original is not, pictures, the waveform."""

from __future__ import annotations

import tempfile
from pathlib import Path
from uuid import UUID

from catalog.describing import NewRendition, keep_renditions
from storage.keys import rendition_key
from workers.media.describe import from_json
from workers.media.render import render as make
from workers.media.renditions import Rendered
from workers.runtime import Runtime
from workers.stages.original import fetched


class SomeNotMade(Exception):
    """Some renditions could not be made; the others are kept and shown. Trying again would not help."""


def render(runtime: Runtime, clip_id: UUID) -> None:
    """Render one clip. Raises SomeNotMade after keeping what could be made."""
    folder = runtime.settings.scratch_folder / "renders"
    folder.mkdir(parents=True, exist_ok=True)
    with (
        fetched(runtime, clip_id) as original,
        tempfile.TemporaryDirectory(dir=folder, prefix=f"{clip_id}-") as scratch,
    ):
        facts = {k: v for k, v in original.facts.items() if k != "showing"}
        made = make(original.path, from_json(facts), Path(scratch))
        _keep(runtime, clip_id, made)
    if made.failures:
        raise SomeNotMade("; ".join(f"{f.kind}: {f.reason}" for f in made.failures))


def _keep(runtime: Runtime, clip_id: UUID, made: Rendered) -> None:
    kept = []
    for one in made.renditions:
        key = rendition_key(clip_id, one.kind)
        runtime.derived.put_file(key, one.path, content_type=one.content_type)
        kept.append(
            NewRendition(
                kind=one.kind,
                bucket=runtime.derived.bucket,
                key=key,
                size=one.size,
                sha256=one.sha256,
                content_type=one.content_type,
                recipe={
                    "tool": one.recipe.tool,
                    "version": one.recipe.version,
                    "arguments": list(one.recipe.arguments),
                    "width": one.width,
                    "height": one.height,
                    "seconds": one.seconds,
                },
                complete=one.complete,
                note=one.note,
            )
        )
    with runtime.database.write() as session:
        keep_renditions(session, clip_id, kept, runtime.now())
