"""What a person may find, as a condition: everything that shows clips asks here, nowhere else."""

from __future__ import annotations

from sqlalchemy import ColumnElement, false, true

from catalog.actors import Actor
from catalog.models import Clip, ClipIndex
from catalog.rules.visible import may_find


def visible_to(actor: Actor | None, where: type[Clip | ClipIndex] = Clip) -> ColumnElement[bool]:
    """Answer the condition under which a clip may show to `actor`; the rule says it for each kind of clip."""
    closed, open_ = may_find(actor, restricted=True), may_find(actor, restricted=False)
    if closed and open_:
        return true()
    if not closed and not open_:
        return false()
    return where.restricted.is_(closed)
