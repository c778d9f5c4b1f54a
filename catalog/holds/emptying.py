"""Removing what was derived of sealed clips from storage: repeated until nothing is left, and looked at again after."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from catalog.actors import system
from catalog.custody.log import add_entry
from catalog.database import Database
from catalog.holds.seals import close_stages
from catalog.models import Rendition, Seal
from catalog.ports import DerivedStore
from catalog.renditions import MAKERS, PREFIX
from catalog.stages import request_again

WATCHED = timedelta(days=1)
"""After a confirmation: a worker that was at it may still write what nobody names. Later, once a night."""


def empty_sealed(
    database: Database,
    store: DerivedStore,
    now: datetime,
    *,
    only: Collection[UUID] | None = None,
    everything: bool = False,
) -> int:
    """Remove what storage holds of sealed clips; answer how many objects were removed.

    Asked for are seals whose clip was not seen empty yet and those of the last day, or of all time with `everything`.
    Killed anywhere, it begins where it was: a seal is done only when a listing shows nothing. Originals lie in another
    bucket. Raises the store's errors; what was removed until then stays removed.
    """
    query = select(Seal.id, Seal.clip_id).where(Seal.state == "standing")
    if not everything:
        query = query.where(or_(Seal.emptied_at.is_(None), Seal.confirmed_at > now - WATCHED))
    if only is not None:
        query = query.where(Seal.id.in_(only))
    with database.read() as session:
        standing = session.execute(query.order_by(Seal.confirmed_at)).all()
    removed = 0
    for seal, clip in standing:
        removed += _empty(database, store, seal, clip, now)
    return removed


def _empty(database: Database, store: DerivedStore, seal_id: UUID, clip: UUID, now: datetime) -> int:
    prefix = f"{PREFIX}{clip}/"
    removed = 0
    for key in sorted({listed.key for listed in store.list_versions(prefix) if not listed.marker}):
        with database.read() as session:
            standing = session.scalar(select(Seal.id).where(Seal.id == seal_id, Seal.state == "standing"))
        if standing is None:
            break
        store.delete(key)
        removed += 1
    left = any(not listed.marker for listed in store.list_versions(prefix))
    with database.write() as session:
        seal = session.scalars(select(Seal).where(Seal.id == seal_id).with_for_update()).one()
        if seal.state != "standing":
            if removed:  # it was opened meanwhile: what was taken from under it is made once more
                _make_again(session, clip, now)
            return removed
        session.execute(delete(Rendition).where(Rendition.clip_id == clip))
        close_stages(session, clip, now)
        if not left and (removed or seal.emptied_at is None):
            seal.emptied_at = now
            add_entry(
                session,
                actor=system("empty-sealed"),
                action="clip.renditions-removed",
                subjects={"clip": clip},
                facts={"removed": removed},
                now=now,
            )
    return removed


def _make_again(session: Session, clip: UUID, now: datetime) -> None:
    for stage in MAKERS:
        request_again(session, clip, stage, now)
