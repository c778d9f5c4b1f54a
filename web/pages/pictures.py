"""Small pictures of a list: addresses of their own for each page shown, one custody entry for all of them."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from catalog.looking import has_picture, picture_addresses
from catalog.models import Clip
from catalog.permissions import Permission, may
from web.actor import the_person
from web.components import components


def pictures_for(clips: Sequence[Clip], where: str) -> dict[UUID, str]:
    """Answer picture addresses by clip, entered in the log before they are answered; none without permission."""
    actor = the_person()
    clips = [clip for clip in clips if has_picture(clip)]  # no queueing with those who write for nothing
    if not clips or not may(actor, Permission.CLIP_READ):
        return {}
    here = components()
    with here.database.write() as session:
        return picture_addresses(
            session, here.derived, actor=actor, clips=clips, where=where, now=here.clock()
        )
