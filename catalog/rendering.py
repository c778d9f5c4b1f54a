"""Asking for renditions again: which clips, which stages make them, and what is missing. Renditions are disposable."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from catalog.actors import Actor
from catalog.custody.log import add_entry
from catalog.database import Database
from catalog.models import Clip, Stage
from catalog.ports import DerivedStore
from catalog.stages import Due, add_stages, request_again

KINDS: dict[str, frozenset[str]] = {
    "player": frozenset({"video", "audio"}),
    "preview": frozenset({"photo"}),
    "poster": frozenset({"video"}),
    "thumb": frozenset({"video", "photo"}),
    "sprite": frozenset({"video"}),
    "thumbnails": frozenset({"video"}),
    "waveform": frozenset({"video", "audio"}),
    "frames": frozenset({"video"}),
}
"""Every kind of rendition, and the kinds of clips that may have one."""
OF_THE_COPY = frozenset({"player", "frames"})
"""Kinds that come with the copy for playing."""
COPIED = frozenset({"remux", "transcode", "audio"})
"""Ways of showing that need a copy for playing."""
AT_ONCE = 200


def clips_to_render(
    database: Database, *, only: Collection[UUID] | None = None, kind: str | None = None
) -> Iterator[Sequence[Clip]]:
    """Answer the clips that have renditions, or of these `only` some, in pages by key, with stages and renditions."""
    after: UUID | None = None
    while True:
        query = select(Clip).where(
            Clip.shown_as.is_not(None), Clip.shown_as != "none", Clip.destroyed_at.is_(None)
        )
        if only is not None:
            query = query.where(Clip.id.in_(only))
        if kind is not None:
            query = query.where(Clip.kind.in_(KINDS[kind]))
            if kind in OF_THE_COPY:
                query = query.where(Clip.shown_as.in_(COPIED))
        if after is not None:
            query = query.where(Clip.id > after)
        with database.read() as session:
            page = session.scalars(
                query.order_by(Clip.id)
                .limit(AT_ONCE)
                .options(selectinload(Clip.renditions), selectinload(Clip.stages))
            ).all()
        if not page:
            return
        yield page
        after = page[-1].id


def stages_for(clip: Clip, kind: str | None = None) -> tuple[str, ...]:
    """Answer the stages that make this clip's renditions, or the one of a `kind`."""
    encoded = clip.shown_as == "transcode" or any(s.stage == "encode" for s in clip.stages)
    if kind is None:
        return ("render", "encode") if encoded else ("render",)
    return ("encode",) if kind in OF_THE_COPY and encoded else ("render",)


def stages_lacking(clip: Clip, store: DerivedStore, kind: str | None = None) -> tuple[str, ...]:
    """Answer those of `stages_for` that are not done or whose renditions are not in storage as recorded.

    Raises the store's errors.
    """
    states = {s.stage: s.state for s in clip.stages}
    lacking = []
    for stage in stages_for(clip, kind):
        made = [
            r
            for r in clip.renditions
            if (r.kind in OF_THE_COPY and "encode" in states) == (stage == "encode")
        ]
        if states.get(stage) != "done" or any(_is_gone(store, r.key, r.size) for r in made):
            lacking.append(stage)
    return tuple(lacking)


def _is_gone(store: DerivedStore, key: str, size: int) -> bool:
    found = store.newest(key)
    return found is None or found.size != size


def ask_again(
    session: Session, *, actor: Actor, clip: UUID, stages: Sequence[str], now: datetime, wanted: bool = False
) -> list[Due]:
    """Ask for stages of a clip anew; answer what is to be sent. What is under way is left alone."""
    due: list[Due] = []
    if session.scalar(select(Clip.destroyed_at).where(Clip.id == clip)) is not None:
        return due
    for stage in stages:
        if session.get(Stage, (clip, stage)) is None:
            add_stages(session, clip, [stage], now)
            session.flush()
        one = request_again(session, clip, stage, now, wanted=wanted)
        if one is not None:
            due.append(one)
            add_entry(
                session,
                actor=actor,
                action="clip.stage-requested",
                subjects={"clip": clip},
                facts={"stage": stage},
                now=now,
            )
    return due
