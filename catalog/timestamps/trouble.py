"""Incidents about time stamps: late ones, answers that are no tokens, and stamps that no longer prove."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from catalog.actors import system
from catalog.incidents import open_incident
from catalog.models import Incident, TimestampBatch, TimestampToken
from catalog.timestamps.token import TokenRefused

JOB = "timestamps"
LATE, REFUSED, UNPROVEN = "timestamp-late", "timestamp-refused", "timestamp-unproven"


def refused(session: Session, authority: str, batch: UUID, error: TokenRefused, now: datetime) -> None:
    """Open an incident about an authority that answered with something that is no good token, unless one is open."""
    _open_once(
        session,
        REFUSED,
        f"Time-stamping authority {authority} gave an answer that is no good token: {error}",
        about={"authority": authority},
        more={"batch": str(batch), "trouble": error.trouble},
        now=now,
    )


def unproven(session: Session, batch: UUID, authority: str, what: str, now: datetime) -> None:
    """Open an incident about a kept stamp that does not prove, unless one is open."""
    _open_once(
        session,
        UNPROVEN,
        f"A time stamp that was kept does not prove what it should: {what}",
        about={"batch": str(batch), "authority": authority},
        more={},
        now=now,
    )


def watch_late(session: Session, now: datetime, *, late: timedelta) -> int:
    """Open an incident for each authority whose token is overdue, unless one is open; answer how many are late."""
    overdue = session.execute(
        select(TimestampToken.authority, func.min(TimestampBatch.made_at), func.sum(TimestampBatch.size))
        .join(TimestampBatch, TimestampBatch.id == TimestampToken.batch_id)
        .where(TimestampToken.state.in_(("pending", "answered")), TimestampBatch.made_at < now - late)
        .group_by(TimestampToken.authority)
    ).all()
    for authority, _since, clips in overdue:
        reason = session.scalar(
            select(TimestampToken.error)
            .where(TimestampToken.authority == authority, TimestampToken.error != "")
            .order_by(TimestampToken.due_at.desc())
            .limit(1)
        )
        _open_once(
            session,
            LATE,
            f"No time stamp from authority {authority} for longer than {late.total_seconds() / 60:g} minutes; "
            f"it is asked again by itself. {reason or ''}".strip(),
            about={"authority": authority},
            more={"clips": int(clips)},
            now=now,
        )
    return len(overdue)


def _open_once(
    session: Session,
    kind: str,
    what: str,
    *,
    about: Mapping[str, str],
    more: Mapping[str, Any],
    now: datetime,
) -> None:
    for known in session.scalars(
        select(Incident).where(Incident.kind == kind, Incident.resolved_at.is_(None))
    ):
        if all(known.details.get(name) == value for name, value in about.items()):
            return
    open_incident(session, actor=system(JOB), kind=kind, what=what, details={**about, **more}, now=now)
