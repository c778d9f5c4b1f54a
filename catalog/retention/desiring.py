"""Working out what clips' locks and holds should be, and writing it down with its reason.

Only the catalog is changed here; `catalog.retention.applying` brings the storage to it. What is due is found in
`lock_dues`; the standing job of `catalog.retention.reconciling` works out every clip anew, due or not.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from catalog.actors import system
from catalog.custody.log import add_entry
from catalog.custody.record import utc_text
from catalog.database import Database
from catalog.models import Clip, LockDue
from catalog.retention.due import applies_due
from catalog.retention.facts import gather, schedule_in_force
from catalog.rules.desired_lock import Desired, desire, met

AT_ONCE = 200
"""Clips in one transaction."""
ACTOR = system("apply-locks")


def work_out_dues(database: Database, zone: ZoneInfo, now: datetime, limit: int = AT_ONCE) -> int:
    """Work out the clips that have been due longest, at most `limit`; answer how many it were."""
    with database.write() as session:
        dues = session.execute(
            select(LockDue.clip_id, LockDue.turn)
            .order_by(LockDue.since, LockDue.clip_id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        ).all()
        work_out(session, [clip for clip, _ in dues], zone, now)
        for clip, turn in dues:
            # Whatever changed meanwhile has raised the turn: its clip stays due.
            session.execute(delete(LockDue).where(LockDue.clip_id == clip, LockDue.turn == turn))
    return len(dues)


def work_out(session: Session, clips: Collection[UUID], zone: ZoneInfo, now: datetime) -> int:
    """Write what these clips' locks and holds should be where that changed; answer how many it were.

    In the caller's transaction. Nothing is ever shortened (`catalog.rules.desired_lock`), and what was destroyed by
    the procedure for that is left alone.
    """
    rows = session.scalars(
        select(Clip)
        .where(Clip.id.in_(clips), Clip.destroyed_at.is_(None))
        .order_by(Clip.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    facts = gather(session, rows, schedule_in_force(session))
    changed = 0
    apply = []
    for clip in rows:
        wanted = desire(facts[clip.id], zone, now)
        if (clip.lock_desired, clip.hold_desired, clip.lock_reason) != (
            wanted.lock_until,
            wanted.hold,
            wanted.reason,
        ):
            changed += 1
            _write(session, clip, wanted, now)
        if not met(facts[clip.id].copies, wanted.lock_until, wanted.hold, now):
            apply.append(clip.id)
    applies_due(session, apply, now)
    return changed


def _write(session: Session, clip: Clip, wanted: Desired, now: datetime) -> None:
    before = (clip.lock_desired, clip.hold_desired, _told(clip.lock_reason))
    clip.lock_desired, clip.hold_desired = wanted.lock_until, wanted.hold
    clip.lock_reason = dict(wanted.reason)
    told = _told(wanted.reason)
    if before[1:] == (wanted.hold, told) and told["rule"] != "period":
        return  # rolled forward: that is told when it is read back
    if before == (wanted.lock_until, wanted.hold, told):
        return
    add_entry(
        session,
        actor=ACTOR,
        action="clip.lock-decided",
        subjects={"clip": clip.id, **({"case": UUID(told["case"])} if told["case"] else {})},
        facts={
            "hold": wanted.hold,
            "before": {"lock_until": utc_text(before[0]), "hold": before[1]},
            "after": {"lock_until": utc_text(wanted.lock_until), "hold": wanted.hold},
            **{name: value for name, value in told.items() if name != "case" and value is not None},
        },
        now=now,
    )


def _told(reason: Mapping[str, Any]) -> dict[str, Any]:
    """What an entry says of a reason: nothing of holds, whose reasons are not for everybody."""
    rule = reason.get("rule", {})
    return {
        "rule": rule.get("kind"),
        "case": rule.get("case"),
        "schedule": rule.get("schedule"),
        "row": rule.get("row"),
        "stands": "stands" in reason,
    }
