"""数据异常告警: what does not add up. Opened by the system, resolved by people with a note, never deleted."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.actors import Actor
from catalog.custody.log import add_entry
from catalog.models import Incident


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
