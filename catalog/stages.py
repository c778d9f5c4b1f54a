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

from sqlalchemy import ColumnElement, exists, false, or_, select, update
from sqlalchemy.orm import Session

from catalog.models import Seal, Stage
from catalog.rules.seals import SEALED_STAGES
from catalog.stage_runs import note_run

STAGES = ("verify", "timestamp", "describe", "render", "encode", "analyse", "reread")
"""In the order they are shown. `timestamp` is added when a copy is verified. `render` (pictures, waveform, what is copied or
is sound only) and `analyse` use what `describe` found and are added when that is done; `encode` (films encoded anew) where
it is needed; `reread` when a station wants to clear and the delay is over."""
BATCHED = frozenset({"timestamp"})
"""Done for many clips at once by a standing job that finds them here; never sent to a queue one by one."""
AT_RECEIPT = ("verify", "describe")
QUEUES = {
    "verify": "intake",
    "describe": "intake",
    "render": "pictures",
    "encode": "encode",
    "analyse": "analyse",
    "reread": "upkeep",
}
"""Which queue each stage waits on. What accepts an original has one of its own, and so have quick pictures: neither
stands behind what takes hours."""
WANTED_QUEUE = "media"
"""Where an encoding waits that a person wants now: ahead of those that nobody asked for."""
ALL_QUEUES = ("chores", "intake", "pictures", "upkeep", "media", "encode", "analyse", "disposal")
"""Every queue of the system, also those that carry no stages but standing jobs."""

LEASE = timedelta(seconds=60)
SEND_AGAIN_AFTER = timedelta(seconds=60)
MAX_ATTEMPTS = 5
SEALED = "sealed"
"""State of a stage that is not done because its clip is sealed; it is done when the seal is lifted."""


class ContentSealed(Exception):
    """The clip was sealed while its content was worked on: nothing of that is kept."""


@dataclass(frozen=True, slots=True)
class Due:
    """A stage to be put on a queue."""

    clip: UUID
    stage: str
    wanted: bool = False
    """A person waits for it."""

    @property
    def queue(self) -> str:
        """Name of the queue it belongs on."""
        return WANTED_QUEUE if self.wanted and self.stage == "encode" else QUEUES[self.stage]


def add_stages(
    session: Session, clip: UUID, stages: Sequence[str], now: datetime, *, sent: bool = True
) -> list[Due]:
    """Add pending stages that are not there yet; answer what is to be sent once the transaction is committed.

    A batched stage is added and never answered: its standing job finds it. Where the caller has no queue to send them to
    (`sent` False), the next sweep does.
    """
    known = set(session.scalars(select(Stage.stage).where(Stage.clip_id == clip)))
    new = [stage for stage in stages if stage not in known]
    kept_back = set(SEALED_STAGES) & set(new) if new and is_sealed(session, clip) else set()
    due = now + SEND_AGAIN_AFTER if sent else now
    session.add_all(
        Stage(
            clip_id=clip,
            stage=stage,
            state=SEALED if stage in kept_back else "pending",
            due_at=due,
            updated_at=now,
        )
        for stage in new
    )
    return [Due(clip, stage) for stage in new if stage not in BATCHED and stage not in kept_back]


def is_sealed(session: Session, clip: UUID) -> bool:
    """Answer whether a clip is sealed: its content is then worked on by nobody."""
    return bool(session.scalar(select(_sealed(clip))))


def refuse_if_sealed(session: Session, clip: UUID) -> None:
    """Raise ContentSealed where a clip is sealed; call with its row locked."""
    if is_sealed(session, clip):
        raise ContentSealed("it was sealed while it was worked on")


def _sealed(clip: UUID) -> ColumnElement[bool]:
    return exists().where(Seal.clip_id == clip, Seal.state == "standing")


def claim(session: Session, clip: UUID, stage: str, now: datetime) -> int | None:
    """Claim a stage for working on it; answer the claim's number, or None when there is nothing to do.

    The number is never given twice for a stage: attempts are counted anew when a person asks for it again, claims are not,
    so that a worker whose lease ran out cannot be taken for the one that works now.

    Nothing to do: unknown, done, given up, leased by a live worker, or work on the content of a sealed clip.
    """
    if stage in SEALED_STAGES and is_sealed(session, clip):
        return None
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
            claims=Stage.claims + 1,
            lease_until=now + LEASE,
            due_at=now + LEASE,
            started_at=now,
            progress=None,
            updated_at=now,
        )
    )
    if not result.rowcount:  # type: ignore[attr-defined]
        return None
    return session.scalar(select(Stage.claims).where(Stage.clip_id == clip, Stage.stage == stage))


def renew_lease(
    session: Session, clip: UUID, stage: str, claimed: int, now: datetime, *, progress: float | None = None
) -> bool:
    """Prolong the lease of claim number `claimed`; False when somebody else has taken the stage over.

    `progress` is how far it is, 0…1, where it can tell.
    """
    result = session.execute(
        update(Stage)
        .where(Stage.clip_id == clip, Stage.stage == stage, Stage.state == "running", Stage.claims == claimed)
        .values(lease_until=now + LEASE, due_at=now + LEASE, progress=progress, updated_at=now)
    )
    return bool(result.rowcount)  # type: ignore[attr-defined]


def finish(session: Session, clip: UUID, stage: str, claimed: int, now: datetime) -> bool:
    """Mark a stage done under claim number `claimed`; False when somebody else has taken the stage over."""
    row = _mine(session, clip, stage, claimed)
    if row is None:
        return False
    note_run(session, row, "done", now)
    row.state, row.error, row.lease_until, row.updated_at = "done", "", None, now
    row.progress = row.wanted_at = None
    return True


def _mine(session: Session, clip: UUID, stage: str, claimed: int) -> Stage | None:
    """Answer the stage if claim number `claimed` still holds; a worker that was taken for lost changes nothing."""
    return session.scalar(
        select(Stage)
        .where(Stage.clip_id == clip, Stage.stage == stage, Stage.state == "running", Stage.claims == claimed)
        .with_for_update()
    )


def fail(
    session: Session, clip: UUID, stage: str, claimed: int, *, reason: str, final: bool, now: datetime
) -> str | None:
    """Record a failed attempt in plain words; answer the new state, None when the attempt was overtaken.

    It is tried again with growing pauses until MAX_ATTEMPTS, unless `final` says that trying again cannot help.
    """
    row = _mine(session, clip, stage, claimed)
    if row is None:
        return None
    note_run(session, row, "failed", now)
    given_up = final or row.attempts >= MAX_ATTEMPTS
    row.progress = None
    row.state = "failed" if given_up else "pending"
    row.error = reason[:2000]
    row.lease_until = None
    row.due_at = now + timedelta(seconds=10 * 4 ** min(row.attempts, 5))
    row.updated_at = now
    return row.state


def put_off(
    session: Session, clip: UUID, stage: str, claimed: int, *, reason: str, delay: timedelta, now: datetime
) -> None:
    """Give a claimed stage back without counting the attempt: what it needs (the storage, say) is out of reach."""
    row = _mine(session, clip, stage, claimed)
    if row is None:
        return
    note_run(session, row, "put-off", now)
    row.state, row.error, row.lease_until, row.progress = "pending", reason[:2000], None, None
    row.attempts = max(0, row.attempts - 1)
    row.due_at, row.updated_at = now + delay, now


def defer(session: Session, clip: UUID, stage: str, claimed: int, *, until: datetime, now: datetime) -> None:
    """Give a claimed stage back until a time, without counting the attempt: nobody is waiting, and it would take long."""
    row = _mine(session, clip, stage, claimed)
    if row is None:
        return
    row.state, row.error, row.lease_until, row.started_at = "deferred", "", None, None
    row.attempts = max(0, row.attempts - 1)
    row.due_at, row.updated_at = until, now


def want_now(session: Session, clip: UUID, stage: str, now: datetime) -> Due | None:
    """Do not let a stage wait for the night; None when it does not wait for it."""
    row = session.scalar(
        select(Stage)
        .where(Stage.clip_id == clip, Stage.stage == stage, Stage.state == "deferred")
        .with_for_update()
    )
    if row is None:
        return None
    row.state, row.wanted_at, row.due_at, row.updated_at = "pending", now, now + SEND_AGAIN_AFTER, now
    return Due(clip, stage, wanted=True)


def request_again(
    session: Session, clip: UUID, stage: str, now: datetime, *, wanted: bool = False
) -> Due | None:
    """Ask for a stage once more; None while it is running or when it never existed.

    `wanted`: a person waits for it, so it is not put off until the night.
    """
    row = session.get(Stage, (clip, stage), with_for_update=True)
    if row is None or (row.state == "running" and row.lease_until is not None and row.lease_until > now):
        return None
    if stage in SEALED_STAGES and is_sealed(session, clip):
        return None
    row.state, row.attempts, row.error, row.lease_until = "pending", 0, "", None
    row.wanted_at = now if wanted else None
    row.progress = None
    row.due_at, row.updated_at = now + SEND_AGAIN_AFTER, now
    return Due(clip, stage, wanted)


def sweep(
    session: Session, now: datetime, *, queues: Collection[str] = ALL_QUEUES, limit: int = 1000
) -> list[Due]:
    """Answer stages that should be on a queue but may have been lost, and put their next due time ahead.

    A stage whose worker was lost MAX_ATTEMPTS times is given up: it would only take further workers down. One that was
    put off is sent when its time has come. `queues` are the ones that stand empty: what still waits on a queue is not
    lost and need not be sent again.
    """
    plain = [stage for stage, queue in QUEUES.items() if queue in queues and stage != "encode"]
    films = []
    if QUEUES["encode"] in queues:
        films.append(Stage.wanted_at.is_(None))
    if WANTED_QUEUE in queues:
        films.append(Stage.wanted_at.is_not(None))
    on_them = or_(Stage.stage.in_(plain), (Stage.stage == "encode") & or_(false(), *films))
    rows = session.scalars(
        select(Stage)
        .where(
            Stage.due_at <= now,
            on_them,
            or_(
                Stage.state.in_(("pending", "deferred")),
                (Stage.state == "running") & (Stage.lease_until < now),
            ),
        )
        .order_by(Stage.due_at)
        .limit(limit)
    ).all()
    due = []
    for row in rows:
        one = Due(row.clip_id, row.stage, row.wanted_at is not None)
        if row.state == "running":
            note_run(session, row, "lost", now)
            row.lease_until, row.progress, row.updated_at = None, None, now
            if row.attempts >= MAX_ATTEMPTS:
                row.state = "failed"
                row.error = f"the worker was lost {row.attempts} times while working on this"
                continue
            row.state, row.error = (
                "pending",
                "the worker was lost while working on this; it is tried again by itself",
            )
        elif row.state == "deferred":
            row.state, row.updated_at = "pending", now
        row.due_at = now + SEND_AGAIN_AFTER
        due.append(one)
    return due
