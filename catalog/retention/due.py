"""Saying that clips' locks and holds must be worked out anew, in the transaction of whatever changed, or applied."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from catalog.models import Attachment, LockApply, LockDue, Step

AT_ONCE = 500
"""Rows in one statement."""


def locks_due(session: Session, clips: Collection[UUID], now: datetime) -> None:
    """Note that the locks of `clips` are due. Repeating it is harmless; what is being worked out is due once more."""
    _note(session, LockDue, clips, now)


def applies_due(session: Session, clips: Collection[UUID], now: datetime) -> None:
    """Note that what is desired of `clips` is to be brought to the storage; whoever is at one does it once more."""
    _note(session, LockApply, clips, now)


def _note(session: Session, table: type[LockDue | LockApply], clips: Collection[UUID], now: datetime) -> None:
    ids = sorted(
        set(clips)
    )  # in one order everywhere: two that note the same do not wait for each other in a circle
    on = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    for at in range(0, len(ids), AT_ONCE):
        rows = [{"clip_id": clip, "since": now, "turn": 1} for clip in ids[at : at + AT_ONCE]]
        statement = on(table).values(rows)
        session.execute(
            statement.on_conflict_do_update(index_elements=["clip_id"], set_={"turn": table.turn + 1})
        )


def locks_of_case_due(session: Session, case_id: UUID, now: datetime) -> None:
    """Note that the locks of all that is or was on a case are due; what was detached follows it until confirmed."""
    clips = session.scalars(
        select(Attachment.clip_id).join(Step, Step.id == Attachment.step_id).where(Step.case_id == case_id)
    ).all()
    locks_due(session, clips, now)
