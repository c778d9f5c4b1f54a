"""Finding clips, and everything a clip's page shows. Reading only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import ColumnElement, String, and_, cast, exists, or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from catalog.models import Attachment, Clip, Docking, Incident, Sighting, Stage, Step

KINDS = ("video", "audio", "photo", "document", "unknown")
STATES = ("verified", "waiting", "attention")
PAGE = 48
"""Clips on one page of a list."""

OrderBy = Literal["received", "recorded"]


@dataclass(frozen=True, slots=True)
class ClipFilter:
    """What is looked for; None and empty mean: whatever. Times are UTC, `since` included, `until` not."""

    order: OrderBy = "received"
    """Which time counts, for the range as for the order: receipt is always known, recording is a claim."""
    since: datetime | None = None
    until: datetime | None = None
    officer: UUID | None = None
    recorder: UUID | None = None
    kind: str | None = None
    state: str | None = None
    """verified, waiting (received, not yet read back), attention (damaged, flagged, or a stage failed)."""
    unattached: bool = False
    words: str = ""
    """Substring of the file name."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page of a list ends: the key of its last clip."""

    at: datetime
    clip: UUID


@dataclass(frozen=True, slots=True)
class ClipList:
    """One page, newest first, and where the next one begins."""

    clips: Sequence[Clip]
    next: Place | None


def list_clips(
    session: Session, wanted: ClipFilter, after: Place | None = None, limit: int = PAGE
) -> ClipList:
    """Answer clips by key, newest first.

    Ordered by recording time, clips without a known one are left out: `count_undated` says how many.
    """
    column = Clip.recorded_at if wanted.order == "recorded" else Clip.received_at
    query = select(Clip).where(*_conditions(wanted))
    if wanted.order == "recorded":
        query = query.where(column.is_not(None))
    if wanted.since is not None:
        query = query.where(column >= wanted.since)
    if wanted.until is not None:
        query = query.where(column < wanted.until)
    if after is not None:
        query = query.where(or_(column < after.at, and_(column == after.at, Clip.id < after.clip)))
    rows = session.scalars(
        query.order_by(column.desc(), Clip.id.desc())
        .limit(limit + 1)
        .options(
            joinedload(Clip.officer),
            joinedload(Clip.recorder),
            selectinload(Clip.renditions),
            selectinload(Clip.stages),
        )
    ).all()
    page = rows[:limit]
    if len(rows) <= limit:
        return ClipList(page, None)
    last = page[-1]
    at = last.recorded_at if wanted.order == "recorded" else last.received_at
    assert at is not None  # noqa: S101 - clips without it were left out
    return ClipList(page, Place(at, last.id))


def some_undated(session: Session, wanted: ClipFilter) -> bool:
    """Answer whether clips without a known recording time fit the filter otherwise."""
    return bool(session.scalar(select(exists().where(Clip.recorded_at.is_(None), *_conditions(wanted)))))


def _conditions(wanted: ClipFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.officer is not None:
        found.append(Clip.officer_id == wanted.officer)
    if wanted.recorder is not None:
        found.append(Clip.recorder_id == wanted.recorder)
    if wanted.kind:
        found.append(Clip.kind == wanted.kind)
    if wanted.unattached:
        found.append(~exists().where(Attachment.clip_id == Clip.id))
    if wanted.words:
        found.append(Clip.name.icontains(wanted.words, autoescape=True))
    if wanted.state == "verified":
        found.append(Clip.verified_at.is_not(None))
    elif wanted.state == "waiting":
        found.append(Clip.verified_at.is_(None))
    elif wanted.state == "attention":
        found.append(
            or_(
                cast(Clip.flags, String) != "[]",
                exists().where(Stage.clip_id == Clip.id, Stage.state == "failed"),
            )
        )
    return found


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


def view_clip(session: Session, clip_id: UUID) -> ClipView | None:
    """Answer a clip with its recorder, officer, copies, renditions, stages, sightings, attachments and incidents."""
    clip = session.scalar(
        select(Clip)
        .where(Clip.id == clip_id)
        .options(
            joinedload(Clip.recorder),
            joinedload(Clip.officer),
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
