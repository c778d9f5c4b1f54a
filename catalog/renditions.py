"""Renditions in storage that no row names any more: of an earlier making, or of one whose worker was killed."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import exists, select

from catalog.database import Database
from catalog.models import Clip, Rendition, Stage
from catalog.ports import DerivedStore

PREFIX = "renditions/"
KEPT_FOR = timedelta(days=1)
"""Addresses given out live for minutes, and a worker at work may be about to name what it has just written."""
MAKERS = ("render", "encode")


def clear_unnamed(database: Database, store: DerivedStore, now: datetime) -> int:
    """Remove renditions that no row names and that are older than a day; answer how many. Originals lie elsewhere.

    Those of a clip that is being rendered are left alone: what is made again under the same name must not vanish. So are
    those of clips that this catalog does not know: it may have been put back from an older backup.
    Raises the store's errors; what was removed until then stays removed.
    """
    removed = 0
    for listed in store.list_versions(PREFIX):
        if listed.marker or listed.modified > now - KEPT_FOR:
            continue
        clip = _clip_of(listed.key)
        if clip is None:
            continue
        with database.read() as session:
            named = exists().where(Rendition.bucket == store.bucket, Rendition.key == listed.key)
            at_work = exists().where(
                Stage.clip_id == clip, Stage.stage.in_(MAKERS), Stage.state.in_(("pending", "running"))
            )
            if session.get(Clip, clip) is None or session.scalar(select(named | at_work)):
                continue
        store.delete(listed.key)
        removed += 1
    return removed


def _clip_of(key: str) -> UUID | None:
    try:
        return UUID(key.removeprefix(PREFIX).split("/", 1)[0])
    except ValueError:
        return None
