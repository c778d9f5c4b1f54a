"""Keeping what was read of a clip: everything as found, and apart from it what we conclude and from what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from catalog.actors import system
from catalog.custody.log import add_entry
from catalog.models import Clip, Officer, Rendition
from catalog.rules.recorded_time import StatedTime, choose_recorded_time

KEPT_FLAGS = frozenset({"partial", "unregistered-recorder"})
"""Flags that intake set; describing again does not touch them."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a clip's file says, reduced to what the catalog concludes from; `facts` is all of it, as found."""

    facts: Mapping[str, Any]
    kind: str
    shown_as: str
    duration: float | None = None
    duration_source: str | None = None
    width: int | None = None
    height: int | None = None
    latitude: float | None = None
    longitude: float | None = None
    place_source: str | None = None
    officer_number: str = ""
    times: Sequence[StatedTime] = field(default_factory=tuple)
    warnings: Sequence[str] = field(default_factory=tuple)


def keep_description(session: Session, clip_id: UUID, found: Found, *, zone: tzinfo, now: datetime) -> None:
    """Write what was found and concluded; doing it again replaces it."""
    clip = session.get_one(Clip, clip_id)
    clip.facts = dict(found.facts)
    clip.kind, clip.shown_as = found.kind, found.shown_as
    clip.duration, clip.duration_source = found.duration, found.duration_source
    clip.width, clip.height = found.width, found.height
    clip.latitude, clip.longitude, clip.place_source = found.latitude, found.longitude, found.place_source
    chosen = choose_recorded_time(found.times, zone, clip.received_at)
    clip.recorded_at = chosen.at if chosen else None
    clip.recorded_at_source = chosen.origin if chosen else None
    clip.flags = [f for f in clip.flags if f in KEPT_FLAGS] + sorted(set(found.warnings))
    if found.officer_number:
        # Whom the recorder itself names was holding it then; who holds it at docking may be somebody else.
        named = session.scalar(select(Officer.id).where(Officer.number == found.officer_number))
        if named is not None:
            clip.officer_id, clip.officer_source = named, "file-name"
    add_entry(
        session,
        actor=system("describe"),
        action="clip.described",
        subjects={"clip": clip_id},
        facts={"kind": found.kind, "shown_as": found.shown_as, "warnings": sorted(set(found.warnings))},
        now=now,
    )


@dataclass(frozen=True, slots=True)
class NewRendition:
    """A derived file that lies in storage now."""

    kind: str
    bucket: str
    key: str
    size: int
    sha256: str
    content_type: str
    recipe: Mapping[str, Any]
    complete: bool
    note: str


def keep_renditions(
    session: Session, clip_id: UUID, renditions: Sequence[NewRendition], now: datetime
) -> None:
    """Replace a clip's renditions by these. Renditions are disposable; the original is not touched."""
    clip = session.get_one(Clip, clip_id)
    session.execute(delete(Rendition).where(Rendition.clip_id == clip_id))
    session.add_all(
        Rendition(
            clip_id=clip_id,
            kind=r.kind,
            bucket=r.bucket,
            key=r.key,
            size=r.size,
            sha256=r.sha256,
            content_type=r.content_type,
            source_sha256=clip.sha256,
            recipe=dict(r.recipe),
            complete=r.complete,
            note=r.note,
            created_at=now,
        )
        for r in renditions
    )
    add_entry(
        session,
        actor=system("render"),
        action="clip.rendered",
        subjects={"clip": clip_id},
        facts={"kinds": {r.kind: r.sha256 for r in renditions}},
        now=now,
    )
