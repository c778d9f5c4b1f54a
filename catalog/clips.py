"""Finding clips, and everything a clip's page shows. Reading only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from catalog.actors import Actor
from catalog.finding.search import Key, find
from catalog.finding.visible import reachable_by, visible_to
from catalog.finding.wanted import ClipFilter
from catalog.models import Attachment, Clip, Docking, Incident, Sighting, Stage, Step

PAGE = 48
"""Clips on one page of a list."""


@dataclass(frozen=True, slots=True)
class ClipList:
    """One page in its order, and where the next one begins."""

    clips: Sequence[Clip]
    next: Key | None
    count: int | None
    """Hits, up to `catalog.finding.search.COUNTED` + 1; None on a page that is not the first."""


def list_clips(
    session: Session,
    wanted: ClipFilter,
    after: Key | None = None,
    limit: int = PAGE,
    *,
    actor: Actor | None = None,
    counting: bool = True,
) -> ClipList:
    """Answer clips by key, of those that `actor` may find.

    Ordered by recording time or duration, clips without a known one are left out: `some_without` says whether there are.
    """
    hits = find(session, wanted, actor, after=after, limit=limit, counting=counting and after is None)
    rows = session.scalars(
        select(Clip)
        .where(Clip.id.in_(hits.clips), visible_to(actor))
        .options(
            joinedload(Clip.officer),
            joinedload(Clip.recorder),
            selectinload(Clip.renditions),
            selectinload(Clip.stages),
        )
    )
    found = {clip.id: clip for clip in rows}
    return ClipList([found[one] for one in hits.clips if one in found], hits.next, hits.count)


def some_without(session: Session, wanted: ClipFilter, actor: Actor | None = None) -> bool:
    """Answer whether clips fit that are left out because the order's value is not known of them."""
    if wanted.order not in {"recorded", "duration"}:
        return False
    without = replace(wanted, order="received", without=wanted.order)
    if without.timed_by == "recorded" and wanted.order == "recorded":
        without = replace(without, since=None, until=None)
    return bool(find(session, without, actor, limit=1, counting=False).clips)


@dataclass(frozen=True, slots=True)
class ClipView:
    """One clip with all that stands around it."""

    clip: Clip
    sightings: Sequence[Sighting]
    attachments: Sequence[Attachment]
    incidents: Sequence[Incident]

    @property
    def facts(self) -> dict[str, Any]:
        """What describing found, as found."""
        return self.clip.facts

    def rendition(self, kind: str) -> Any:
        """Answer the rendition of this kind, or None."""
        return next((r for r in self.clip.renditions if r.kind == kind), None)

    def stage(self, name: str) -> Stage | None:
        """Answer the stage of this name, or None when it was never asked for."""
        return next((s for s in self.clip.stages if s.stage == name), None)


def reached_clip(session: Session, clip_id: UUID, actor: Actor | None = None) -> Clip | None:
    """Answer a clip alone, for acts: others wait while a transaction writes. None where `actor` may not find it."""
    return session.scalar(select(Clip).where(Clip.id == clip_id, reachable_by(actor)))


def view_clip(session: Session, clip_id: UUID, actor: Actor | None = None) -> ClipView | None:
    """Answer a clip with its recorder, officer, copies, renditions, stages, sightings, attachments and incidents.

    None also where `actor` may not find it: that it exists shows nowhere.
    """
    clip = session.scalar(
        select(Clip)
        .where(Clip.id == clip_id, reachable_by(actor))
        .options(
            joinedload(Clip.recorder),
            joinedload(Clip.officer),
            joinedload(Clip.analysis),
            selectinload(Clip.copies),
            selectinload(Clip.renditions),
            selectinload(Clip.stages),
        )
    )
    if clip is None:
        return None
    sightings = session.scalars(
        select(Sighting)
        .where(Sighting.clip_id == clip_id)
        .order_by(Sighting.seen_at)
        .limit(50)
        .options(
            joinedload(Sighting.docking).options(
                joinedload(Docking.station), joinedload(Docking.recorder), joinedload(Docking.holder)
            )
        )
    ).all()
    attachments = session.scalars(
        select(Attachment)
        .where(Attachment.clip_id == clip_id)
        .order_by(Attachment.attached_at)
        .options(joinedload(Attachment.step).joinedload(Step.case))
    ).all()
    incidents = session.scalars(
        select(Incident).where(Incident.clip_id == clip_id).order_by(Incident.opened_at)
    ).all()
    return ClipView(clip, sightings, attachments, incidents)
