"""数据异常告警: what does not add up. Opened by the system, resolved by people with a note, never deleted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from catalog.actors import Actor
from catalog.custody.log import add_entry
from catalog.finding.visible import unsealed_to
from catalog.models import Account, Clip, Incident, Officer
from catalog.rules.free_text import spoken

NOTE_LIMIT = 2000


class NoNote(Exception):
    """An incident is not resolved without saying how."""


class ResolvedAlready(Exception):
    """Somebody resolved it first; their note stays."""


@dataclass(frozen=True, slots=True)
class IncidentLine:
    """An incident as listed."""

    incident: Incident
    clip: Clip | None
    resolved_by: str
    """What the person is called who resolved it; empty while it is open."""


def open_incident(
    session: Session,
    *,
    actor: Actor,
    kind: str,
    what: str,
    now: datetime,
    clip: UUID | None = None,
    details: Mapping[str, Any] | None = None,
) -> Incident:
    """Open an incident, or answer the open one of the same kind about the same clip."""
    if clip is not None:
        known = session.scalar(
            select(Incident).where(
                Incident.kind == kind, Incident.clip_id == clip, Incident.resolved_at.is_(None)
            )
        )
        if known is not None:
            return known
    incident = Incident(kind=kind, what=what, clip_id=clip, details=dict(details or {}), opened_at=now)
    session.add(incident)
    session.flush()
    add_entry(
        session,
        actor=actor,
        action="incident.opened",
        subjects={"incident": incident.id, **({"clip": clip} if clip else {})},
        facts={"kind": kind},
        private={"what": what},
        now=now,
    )
    return incident


def list_incidents(
    session: Session,
    *,
    resolved: bool,
    before: UUID | None = None,
    limit: int = 60,
    actor: Actor | None = None,
) -> tuple[list[IncidentLine], UUID | None]:
    """Answer incidents, newest first, open ones or resolved ones, and the id the next page begins after.

    An incident of a clip that `actor` may not find shows without the clip.
    """
    query = (
        select(
            Incident,
            Clip,
            func.coalesce(Officer.name, func.nullif(Account.display_name, ""), Account.username, ""),
        )
        .outerjoin(Clip, and_(Clip.id == Incident.clip_id, unsealed_to(actor)))
        .outerjoin(Account, Account.id == Incident.resolved_by)
        .outerjoin(Officer, Officer.id == Account.officer_id)
        .where(Incident.resolved_at.is_not(None) if resolved else Incident.resolved_at.is_(None))
    )
    if before is not None:
        query = query.where(Incident.id < before)
    rows = session.execute(query.order_by(Incident.id.desc()).limit(limit + 1)).all()
    lines = [IncidentLine(incident, clip, name) for incident, clip, name in rows[:limit]]
    return lines, lines[-1].incident.id if len(rows) > limit else None


def open_count(session: Session) -> int:
    """Answer how many incidents wait for somebody."""
    return session.scalar(select(func.count()).where(Incident.resolved_at.is_(None))) or 0


def resolve(session: Session, *, actor: Actor, incident: UUID, note: str, now: datetime) -> Incident:
    """Close an incident with a note that says what was found. Raises NoNote, ResolvedAlready, KeyError."""
    note = spoken(note)[:NOTE_LIMIT]
    if not note:
        raise NoNote
    found = session.get(Incident, incident, with_for_update=True)
    if found is None:
        raise KeyError(incident)
    if found.resolved_at is not None:
        raise ResolvedAlready
    found.resolved_at, found.resolved_by, found.note = now, actor.id, note
    add_entry(
        session,
        actor=actor,
        action="incident.resolved",
        subjects={"incident": incident, **({"clip": found.clip_id} if found.clip_id else {})},
        facts={"kind": found.kind, "before": {"resolved": False}, "after": {"resolved": True}},
        private={"note": note},
        now=now,
    )
    return found
