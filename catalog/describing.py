"""Keeping what was read of a clip: everything as found, and apart from it what we conclude and from what."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from catalog.actors import system
from catalog.attribution import settle
from catalog.custody.log import add_entry
from catalog.holds.catching import catch_by_officer
from catalog.measuring import conclude_running_time, held_still
from catalog.models import Analysis, Clip, Rendition
from catalog.rules.measured import FLAGS as MEASURED_FLAGS
from catalog.rules.measured import RunningTime
from catalog.rules.recorded_time import StatedTime, choose_recorded_time
from catalog.stages import refuse_if_sealed

KEPT_FLAGS = frozenset(
    {
        "partial",
        "provenance-unproven",
        "unregistered-recorder",
        "recorder-faulty",
        "test-recording",
        "not-to-be-relied-on",
    }
)
"""Flags that intake and people set; describing again does not touch them."""


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
    times: Sequence[StatedTime] = field(default_factory=tuple)
    warnings: Sequence[str] = field(default_factory=tuple)


def keep_description(session: Session, clip_id: UUID, found: Found, *, zone: tzinfo, now: datetime) -> None:
    """Write what was found and concluded; doing it again replaces it. Who recorded is settled anew by it."""
    clip = held_still(session, clip_id)
    clip.facts = dict(found.facts)
    clip.kind, clip.shown_as = found.kind, found.shown_as
    conclude_running_time(
        clip, RunningTime(found.duration, found.duration_source), session.get(Analysis, clip_id)
    )
    clip.width, clip.height = found.width, found.height
    clip.latitude, clip.longitude, clip.place_source = found.latitude, found.longitude, found.place_source
    chosen = choose_recorded_time(found.times, zone, clip.received_at)
    clip.recorded_at = chosen.at if chosen else None
    clip.recorded_at_source = chosen.origin if chosen else None
    clip.flags = [f for f in clip.flags if f in KEPT_FLAGS or f in MEASURED_FLAGS] + sorted(
        set(found.warnings)
    )
    add_entry(
        session,
        actor=system("describe"),
        action="clip.described",
        subjects={"clip": clip_id},
        facts={"kind": found.kind, "shown_as": found.shown_as, "warnings": sorted(set(found.warnings))},
        now=now,
    )
    session.flush()
    if not settle(session, clip, actor=system("describe"), zone=zone, now=now):  # the time is known now
        catch_by_officer(session, [clip_id], now)


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
    session: Session,
    clip_id: UUID,
    renditions: Sequence[NewRendition],
    now: datetime,
    *,
    instead_of: Collection[str],
) -> None:
    """Put these renditions in the place of a clip's earlier ones of the kinds `instead_of`; the others stay.

    A kind that could not be made this time is not to be named: the earlier rendition, whole and of the same original,
    goes on being shown. Renditions are disposable; the original is not touched. Raises ContentSealed.
    """
    clip = session.scalars(
        select(Clip).where(Clip.id == clip_id).with_for_update().execution_options(populate_existing=True)
    ).one()
    refuse_if_sealed(session, clip_id)
    replaced = {*instead_of, *(r.kind for r in renditions)}
    session.execute(delete(Rendition).where(Rendition.clip_id == clip_id, Rendition.kind.in_(replaced)))
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
