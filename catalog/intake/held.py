"""What a station may be told is held already: only what that same station brought.

A question by digest or fingerprint must not tell a station whether the bureau holds a recording it never had.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

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


def brought_before(session: Session, station: UUID, digests: Sequence[str]) -> dict[str, UUID]:
    """Answer clip ids by whole SHA-256, of those this station brought."""
    rows = session.execute(
        select(Clip.sha256, Clip.id)
        .join(Sighting, Sighting.clip_id == Clip.id)
        .join(Docking, Docking.id == Sighting.docking_id)
        .where(Docking.station_id == station, Clip.sha256.in_(digests))
        .distinct()
    )
    return {digest: clip for digest, clip in rows}  # noqa: C416 - dict() of rows does not type


def recognise(session: Session, docking: Docking, marks: Sequence[Marks], now: datetime) -> dict[bytes, UUID]:
    """Answer clip ids by path for files this station brought from this very recorder, and keep a sighting of each.

    All marks must agree: path, size, modification time, head and tail digest. Never grounds for clearing.
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
                sha256=before.sha256,
                end="held already",
                reason="recognised by its fingerprint; not read again",
                bad_ranges=[],
                clip_id=before.clip_id,
                seen_at=now,
            )
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
