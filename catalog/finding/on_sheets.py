"""Which lines of a sheet tell of recordings that somebody may not find."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from catalog.actors import Actor
from catalog.finding.visible import not_so, told_to
from catalog.models import Clip
from catalog.permissions import Permission


def hidden_lines(session: Session, entries: Sequence[Mapping[str, Any]], actor: Actor | None) -> set[int]:
    """Answer the places in `entries` (files of a sheet) of those whose clip `actor` may not find.

    Known by clip or by digest: what was held already has no clip of its own on the sheet, and a further copy is listed
    under the id of its object.
    """
    clips = {UUID(entry["clip"]) for entry in entries if entry.get("clip")}
    digests = {str(entry["sha256"]) for entry in entries if entry.get("sha256")}
    hidden: set[UUID | str] = set()
    for clip, digest in session.execute(
        select(Clip.id, Clip.sha256).where(
            not_so(told_to(actor, Permission.DOCKING_READ)), or_(Clip.id.in_(clips), Clip.sha256.in_(digests))
        )
    ):
        hidden |= {clip, digest}
    return {
        place
        for place, entry in enumerate(entries)
        if entry.get("sha256") in hidden or (entry.get("clip") and UUID(entry["clip"]) in hidden)
    }
