"""The stages of a clip: what is to be done, by whom it is being done, and what became of it.

The state lives here, the queue only carries hints (invariant 10): a worker claims a stage with a lease, renews it
while it works, and finishes it; a lease that ran out means the worker is lost, and the sweeper sends the stage
again. Doing a stage twice changes nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from catalog.models import Stage

STAGES = ("verify", "describe", "render")
"""In the order they are shown; `render` uses what `describe` found, so it is added when that is done."""
AT_RECEIPT = ("verify", "describe")
QUEUES = {"verify": "intake", "describe": "intake", "render": "media"}

LEASE = timedelta(seconds=60)
SEND_AGAIN_AFTER = timedelta(seconds=60)
MAX_ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class Due:
    """A stage to be put on a queue."""

    clip: UUID
    stage: str

    @property
    def queue(self) -> str:
        """Name of the queue it belongs on."""
        return QUEUES[self.stage]


def add_stages(session: Session, clip: UUID, stages: Sequence[str], now: datetime) -> list[Due]:
    """Add pending stages that are not there yet; answer what is to be sent once the transaction is committed."""
    known = set(session.scalars(select(Stage.stage).where(Stage.clip_id == clip)))
    due = [Due(clip, stage) for stage in stages if stage not in known]
    session.add_all(
        Stage(clip_id=d.clip, stage=d.stage, state="pending", due_at=now + SEND_AGAIN_AFTER, updated_at=now)
        for d in due
    )
    return due


def claim(session: Session, clip: UUID, stage: str, now: datetime) -> int | None:
    """Claim a stage for working on it; answer the attempt's number, or None when there is nothing to do.

    Nothing to do: unknown, done, given up, or leased by a live worker.
    """
    result = session.execute(
        update(Stage)
        .where(
            Stage.clip_id == clip,
            Stage.stage == stage,
            or_(
                Stage.state == "pending",
                (Stage.state == "running") & (Stage.lease_until < now) & (Stage.attempts < MAX_ATTEMPTS),
            ),
        )
        .values(
            state="running",
            attempts=Stage.attempts + 1,
            lease_until=now + LEASE,
            due_at=now + LEASE,
            updated_at=now,
        )
    )
    if not result.rowcount:  # type: ignore[attr-defined]
        return None
    return session.scalar(select(Stage.attempts).where(Stage.clip_id == clip, Stage.stage == stage))


def renew_lease(session: Session, clip: UUID, stage: str, attempt: int, now: datetime) -> bool:
    """Prolong the lease of attempt number `attempt`; False when somebody else has taken the stage over."""
    result = session.execute(
        update(Stage)
        .where(
            Stage.clip_id == clip, Stage.stage == stage, Stage.state == "running", Stage.attempts == attempt
        )
        .values(lease_until=now + LEASE, due_at=now + LEASE, updated_at=now)
    )
    return bool(result.rowcount)  # type: ignore[attr-defined]


def finish(session: Session, clip: UUID, stage: str, attempt: int, now: datetime) -> bool:
    """Mark a stage done by attempt number `attempt`; False when somebody else has taken the stage over."""
    result = session.execute(
        update(Stage)
        .where(
            Stage.clip_id == clip, Stage.stage == stage, Stage.state == "running", Stage.attempts == attempt
        )
        .values(state="done", error="", lease_until=None, updated_at=now)
    )
    return bool(result.rowcount)  # type: ignore[attr-defined]


def _mine(session: Session, clip: UUID, stage: str, attempt: int) -> Stage | None:
    """Answer the stage if attempt number `attempt` still has it; a worker that was taken for lost changes nothing."""
    return session.scalar(
        select(Stage)
        .where(
            Stage.clip_id == clip, Stage.stage == stage, Stage.state == "running", Stage.attempts == attempt
        )
        .with_for_update()
    )


def fail(
    session: Session, clip: UUID, stage: str, attempt: int, *, reason: str, final: bool, now: datetime
) -> str | None:
    """Record a failed attempt in plain words; answer the new state, None when the attempt was overtaken.

    It is tried again with growing pauses until MAX_ATTEMPTS, unless `final` says that trying again cannot help.
    """
    row = _mine(session, clip, stage, attempt)
    if row is None:
        return None
    given_up = final or row.attempts >= MAX_ATTEMPTS
    row.state = "failed" if given_up else "pending"
    row.error = reason[:2000]
    row.lease_until = None
    row.due_at = now + timedelta(seconds=10 * 4 ** min(row.attempts, 5))
    row.updated_at = now
    return row.state


def put_off(
    session: Session, clip: UUID, stage: str, attempt: int, *, reason: str, delay: timedelta, now: datetime
) -> None:
    """Give a claimed stage back without counting the attempt: what it needs (the storage, say) is out of reach."""
    row = _mine(session, clip, stage, attempt)
    if row is None:
        return
    row.state, row.error, row.lease_until = "pending", reason[:2000], None
    row.attempts = max(0, row.attempts - 1)
    row.due_at, row.updated_at = now + delay, now


def request_again(session: Session, clip: UUID, stage: str, now: datetime) -> Due | None:
    """Ask for a stage once more, by a person's wish; None while it is running or when it never existed."""
    row = session.get(Stage, (clip, stage))
    if row is None or (row.state == "running" and row.lease_until is not None and row.lease_until > now):
        return None
    row.state, row.attempts, row.error, row.lease_until = "pending", 0, "", None
    row.due_at, row.updated_at = now + SEND_AGAIN_AFTER, now
    return Due(clip, stage)


def sweep(
    session: Session, now: datetime, *, queues: Collection[str] = ("intake", "media"), limit: int = 1000
) -> list[Due]:
    """Answer stages that should be on a queue but may have been lost, and put their next due time ahead.

    A stage whose worker was lost MAX_ATTEMPTS times is given up: it would only take further workers down.
    `queues` are the ones that stand empty: what still waits on a queue is not lost and need not be sent again.
    """
    rows = session.scalars(
        select(Stage)
        .where(
            Stage.due_at <= now,
            Stage.stage.in_([stage for stage, queue in QUEUES.items() if queue in queues]),
            or_(Stage.state == "pending", (Stage.state == "running") & (Stage.lease_until < now)),
        )
        .order_by(Stage.due_at)
        .limit(limit)
    ).all()
    due = []
    for row in rows:
        if row.state == "running" and row.attempts >= MAX_ATTEMPTS:
            row.state, row.lease_until, row.updated_at = "failed", None, now
            row.error = f"the worker was lost {row.attempts} times while working on this"
            continue
        row.due_at = now + SEND_AGAIN_AFTER
        due.append(Due(row.clip_id, row.stage))
    return due
