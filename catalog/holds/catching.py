"""Letting standing holds catch what comes later: received, described, attributed or attached after they were set.

Called in the transaction of whatever changed. What is caught for certain is noted, so that naming another officer, or
moving the clip to another case, does not let it go; what may be caught is asked about anew each time.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.holds.reach import AT_ONCE, clips_and_cases, note_caught, officer_holds, recorded, take_turn
from catalog.models import Hold
from catalog.retention.due import locks_due
from catalog.rules.officer_hold import caught


def catch_by_officer(session: Session, clips: Collection[UUID], now: datetime) -> None:
    """Let holds on officers and a span catch clips whose time, officer or receipt was just written."""
    if not clips:
        return
    session.flush()
    take_turn(session, setting=False)
    standing = officer_holds(session)
    if not standing:
        return
    ids = sorted(set(clips))
    for at in range(0, len(ids), AT_ONCE):
        known = recorded(session, ids[at : at + AT_ONCE])
        for hold in standing:
            sure = [clip for clip, facts in known.items() if caught(hold.span, facts) == "surely"]
            note_caught(session, hold.id, sure, now)
    locks_due(session, ids, now)


def catch_by_case(session: Session, clips: Collection[UUID], now: datetime) -> None:
    """Let holds on cases catch clips that were just attached to one."""
    if not clips:
        return
    session.flush()
    take_turn(session, setting=False)
    found = session.execute(clips_and_cases(clips)).all()
    standing = dict(
        session.execute(
            select(Hold.id, Hold.case_id).where(
                Hold.case_id.in_({row.case for row in found}), Hold.lifted_at.is_(None)
            )
        ).all()
    )
    if not standing:
        return
    for hold, case in standing.items():
        note_caught(session, hold, {row.clip for row in found if row.case == case and row.off is None}, now)
    locks_due(session, clips, now)
