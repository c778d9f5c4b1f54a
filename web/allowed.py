"""What the reader of a page may do, by the names that templates ask for."""

from __future__ import annotations

from catalog.permissions import Permission, may
from catalog.rules.scopes import finds
from web.actor import signed_in_person


def allowed_here() -> frozenset[str]:
    """Answer the names of the reader's permissions; `CLIP_FIND` is his who finds recordings in lists."""
    actor = signed_in_person()
    allowed = {permission.name for permission in Permission if may(actor, permission)}
    if "CLIP_READ" in allowed and actor is not None and finds(actor.roles):
        # Lists of other offices lead to a recording only for those who find recordings.
        allowed.add("CLIP_FIND")
    return frozenset(allowed)
