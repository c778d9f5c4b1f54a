"""Keeping what was rendered: into storage first, then all of it into the catalog in one transaction."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

from catalog.describing import NewRendition, keep_renditions
from storage.keys import rendition_key
from workers.media.renditions import Failure, Rendered
from workers.runtime import Runtime


class SomeNotMade(Exception):
    """Some renditions could not be made; the others are kept and shown. Trying again would not help."""

    def __init__(self, failures: Sequence[Failure]) -> None:
        super().__init__("; ".join(f"{f.kind}: {f.reason}" for f in failures))


def keep(runtime: Runtime, clip_id: UUID, made: Rendered, kinds: Collection[str]) -> None:
    """Keep renditions in the place of earlier ones of `kinds`; of a kind that failed the earlier one stays.

    A worker killed anywhere in here leaves objects that no row names (removed at night), never a row without its
    object, and never another object under a row's key: the key names the bytes.
    """
    kept = []
    for one in made.renditions:
        key = rendition_key(clip_id, one.kind, one.sha256)
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
    failed = {f.kind for f in made.failures}
    with runtime.database.write() as session:
        keep_renditions(session, clip_id, kept, runtime.now(), instead_of=set(kinds) - failed)
