"""What a person may find, as a condition: everything that shows clips asks here, nowhere else."""

from __future__ import annotations

from sqlalchemy import ColumnElement, or_

from catalog.actors import Actor
from catalog.models import Clip, ClipIndex


def visible_to(actor: Actor | None, where: type[Clip | ClipIndex] = Clip) -> ColumnElement[bool]:
    """Answer the condition under which a clip may show to `actor`: `catalog.rules.visible.may_find`, said in SQL."""
    open_ = where.restricted.is_(False)
    if actor is None or not actor.named:
        return open_
    clip = ClipIndex.clip_id if where is ClipIndex else Clip.id
    return or_(open_, clip.in_(sorted(actor.named)))
