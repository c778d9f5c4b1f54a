"""Which clips a person may find at all. The one place where that is decided; `catalog.finding.visible` says it in SQL."""

from __future__ import annotations

from uuid import UUID

from catalog.actors import Actor


def may_find(actor: Actor | None, *, restricted: bool, clip: UUID | None = None) -> bool:
    """Answer whether a clip may show to `actor` anywhere: in results, counts, pictures, suggestions (invariant 11).

    What a role may do with clips at all is a permission of the route; here it is about this clip. A restricted clip
    shows to those who were named for it in its seal, and to nobody else; without `clip` it shows to nobody.
    """
    return not restricted or (actor is not None and clip is not None and clip in actor.named)
