"""What a restored back-up does to approvals: it may be older than their undoing, and than holds set since.

Nothing that was approved before is destroyed after a restore. People look again, and a new list is made.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.actors import system
from catalog.custody.log import add_entry
from catalog.disposal.appraisals import drop
from catalog.disposal.refusals import enter
from catalog.models import Appraisal
from catalog.retention.due import locks_due
from catalog.rules.disposal import UNDOABLE

ACTOR = system("restore")
SAID = "The catalog was restored from a back-up: what was undone or held after it was made is not known here."


def end_approved(session: Session, now: datetime) -> int:
    """End what is approved and not carried out in a catalog just restored; answer how many lists it was.

    A list that was being carried out keeps what it destroyed, and gets its register; what is left of it is let go, and
    what may be half deleted is said to have failed.
    """
    found = session.scalars(
        select(Appraisal).where(Appraisal.state.in_([*UNDOABLE, "executing"])).order_by(Appraisal.number)
    ).all()
    for appraisal in found:
        for item in appraisal.items:
            if item.state == "due":
                drop(session, appraisal, item, "restored", actor=ACTOR, now=now)
            elif item.state == "deleting":
                item.state, item.why, item.said = "failed", "restored", SAID
                item.active_clip_id, item.changed_at = None, now
                session.flush()
                locks_due(session, [item.clip_id], now)
                add_entry(
                    session,
                    actor=ACTOR,
                    action="disposal.failed",
                    subjects={"appraisal": appraisal.id, "clip": item.clip_id},
                    facts={"number": appraisal.number, "why": "restored"},
                    now=now,
                )
        appraisal.lease_until = None
        if appraisal.state != "executing":
            before, appraisal.state = appraisal.state, "undone"
            appraisal.ended_at, appraisal.end_reason = now, SAID
            private = {"reason": SAID}
            enter(session, ACTOR, appraisal, "disposal.undone", before=before, now=now, private=private)
    return len(found)
