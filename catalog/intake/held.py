"""What a station may be told is held already: only what that same station brought.

A question by digest or fingerprint must not tell a station whether the bureau holds a recording it never had.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from catalog.actors import Actor
from catalog.custody.log import add_entry
from catalog.intake.content import Content, content_of_clip
from catalog.intake.dockings import FINAL
from catalog.models import Clip, Docking, Sighting


@dataclass(frozen=True, slots=True)
class Marks:
    """A file's cheap fingerprint; digests are hexadecimal SHA-256 of the first and last 64 KiB."""

    path: bytes
    size: int
    modified_ns: int
    head: str
    tail: str


def brought_before(session: Session, station: UUID, contents: Collection[Content]) -> dict[Content, UUID]:
    """Answer clip ids by content, of those this station brought."""
    clips = session.scalars(
        select(Clip)
        .join(Sighting, Sighting.clip_id == Clip.id)
        .join(Docking, Docking.id == Sighting.docking_id)
        .where(Docking.station_id == station, Clip.sha256.in_({c.sha256 for c in contents}))
        .where(Clip.destroyed_at.is_(None))
        .distinct()
    )
    found = {content_of_clip(clip): clip.id for clip in clips}
    return {content: clip for content, clip in found.items() if content in contents}


def recognise(
    session: Session, docking: Docking, marks: Sequence[Marks], *, actor: Actor, now: datetime
) -> dict[bytes, UUID]:
    """Answer clip ids by path for files this station brought from this very recorder, and keep a sighting of each.

    All marks must agree: path, size, modification time, head and tail digest. The file was not read, so its sighting
    has no digest of its own, and none of this is grounds for clearing.
    """
    if not marks:
        return {}
    rows = session.execute(
        select(Sighting)
        .join(Docking, Docking.id == Sighting.docking_id)
        .where(
            Docking.station_id == docking.station_id,
            Docking.recorder_id == docking.recorder_id,
            Sighting.clip_id.is_not(None),
            Sighting.clip_id.not_in(select(Clip.id).where(Clip.destroyed_at.is_not(None))),
            Sighting.end.in_(FINAL),
            or_(*(and_(Sighting.head == m.head, Sighting.tail == m.tail) for m in marks)),
        )
    ).scalars()
    earlier = {
        (s.path, s.size, s.modified_ns, s.head, s.tail): s
        for s in rows
        if s.clip_id is not None and not s.bad_ranges
    }
    here = {
        s.path: s
        for s in session.scalars(
            select(Sighting).where(
                Sighting.docking_id == docking.id, Sighting.path.in_([m.path for m in marks])
            )
        )
    }
    found: dict[bytes, UUID] = {}
    for mark in marks:
        before = earlier.get((mark.path, mark.size, mark.modified_ns, mark.head, mark.tail))
        if before is None or before.clip_id is None:
            continue
        found[mark.path] = before.clip_id
        if mark.path in here:
            continue
        session.add(
            Sighting(
                docking_id=docking.id,
                path=mark.path,
                shown=before.shown,
                size=mark.size,
                modified_ns=mark.modified_ns,
                head=mark.head,
                tail=mark.tail,
                end="held already",
                reason="recognised by its fingerprint; not read again",
                bad_ranges=[],
                named=before.named,
                important=before.important,
                clip_id=before.clip_id,
                seen_at=now,
            )
        )
    if found:
        add_entry(
            session,
            actor=actor,
            action="docking.recognised",
            subjects={"docking": docking.id, "clip": sorted(set(found.values()))},
            facts={"files": len(found), "by": "fingerprint"},
            now=now,
        )
    return found


def brought_clips(session: Session, station: UUID, clips: Sequence[UUID]) -> list[UUID]:
    """Answer those of `clips` this station brought."""
    return list(
        session.scalars(
            select(Sighting.clip_id)
            .join(Docking, Docking.id == Sighting.docking_id)
            .where(Docking.station_id == station, Sighting.clip_id.in_(clips))
            .distinct()
        )
    )
