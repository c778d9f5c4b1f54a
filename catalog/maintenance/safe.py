"""Whether everything a recorder recorded is taken in, before it leaves the house or is retired (R2.15)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from catalog.maintenance.faults import open_faults
from catalog.maintenance.log import CannotMaintain
from catalog.models import Clip, Docking, Holding, MaintenanceEntry, Recorder, RecorderRepair, Sighting
from catalog.rules.failed_file import TAKEN, is_owed
from catalog.sealing import sealed_card_is_out

SAFE = ("docked", "sealed", "no-card")
"""全部采集, 存储卡封存, 返修后无存储卡."""
REMOVALS = ("removed", "card-kept", "none")
"""已清除, 取出存储卡留存, 无内置存储."""


def ensure_safe(session: Session, recorder: Recorder, *, safe: str, removal: str) -> Docking | None:
    """Make sure that nothing is lost when the recorder leaves; answer the docking that vouches for it.

    `docked`: the last docking was complete and lies after the fault (the recorder records nothing for the office from
    then on), or found it; without a fault, after it was last given back; and in any case after it last came back from a
    repairer. Emptied (`removed`) it may be only when every recording seen on it was verified (invariant 1).
    `sealed`: its card is kept as original carrier, and is still the one in it; where that was taken out for a repair,
    the next one is sealed by itself (`catalog.sealing`).
    `no-card`: somebody says that it came back without the card with which it did not go to its repairer, and it was
    neither docked nor in service since; that card was seen to before it was sent. Raises CannotMaintain.
    """
    if safe not in SAFE or removal not in REMOVALS:
        raise CannotMaintain("bad-kind")
    if safe == "docked":
        return _ensure_taken_in(session, recorder, removal)
    if safe == "sealed" and recorder.sealed_at is None:
        raise CannotMaintain("not-sealed")
    if removal != "card-kept":
        raise CannotMaintain("carrier-sealed" if safe == "sealed" else "bad-kind")
    if safe == "sealed" and sealed_card_is_out(session, recorder):
        raise CannotMaintain("sealed-card-out")
    if safe == "no-card" and _may_hold_a_card(session, recorder):
        raise CannotMaintain("may-hold-a-card")
    return None


def _ensure_taken_in(session: Session, recorder: Recorder, removal: str) -> Docking:
    if recorder.sealed_at is not None and removal != "card-kept":
        raise CannotMaintain("carrier-sealed")
    last = session.scalar(
        select(Docking)
        .where(Docking.recorder_id == recorder.id)
        .order_by(Docking.opened_at.desc(), Docking.id.desc())
        .limit(1)
    )
    if last is None or last.ended_at is None or not _late_enough(session, recorder, last):
        raise CannotMaintain("not-docked")
    if last.end_reason != "done" or _is_something_owed(session, last):
        raise CannotMaintain("not-all-taken-in")
    unverified = (
        select(Clip.id)
        .join(Sighting, Sighting.clip_id == Clip.id)
        .where(Sighting.docking_id == last.id, Clip.verified_at.is_(None))
    )
    if removal == "removed" and session.scalar(unverified.limit(1)) is not None:
        raise CannotMaintain("not-verified-yet")
    return last


def _is_something_owed(session: Session, docking: Docking) -> bool:
    rows = session.execute(
        select(Sighting.end, Sighting.reason, Sighting.clip_id).where(
            Sighting.docking_id == docking.id, Sighting.end.not_in(TAKEN), Sighting.cleared_at.is_(None)
        )
    )
    return any(is_owed(end=end, reason=reason, held=clip is not None) for end, reason, clip in rows)


def _may_hold_a_card(session: Session, recorder: Recorder) -> bool:
    """Whether it may have a card in it: it did not come back without one, or it was docked, in service or given out since.

    Whose it was all the while, by the register, had it no more than the repairer: that alone says nothing.
    """
    last = session.scalar(
        select(RecorderRepair)
        .where(RecorderRepair.recorder_id == recorder.id)
        .order_by(RecorderRepair.sent_at.desc(), RecorderRepair.id.desc())
        .limit(1)
    )
    if last is None or last.back_at is None or last.data_removal != "card-kept":
        return True
    since = (
        select(Docking.id).where(Docking.recorder_id == recorder.id, Docking.opened_at >= last.back_at),
        select(Holding.id).where(Holding.recorder_id == recorder.id, Holding.from_at >= last.back_at),
        select(MaintenanceEntry.id).where(
            MaintenanceEntry.recorder_id == recorder.id,
            MaintenanceEntry.to_state == "in-service",
            MaintenanceEntry.at >= last.back_at,
        ),
    )
    return any(session.scalar(one.limit(1)) is not None for one in since)


def _late_enough(session: Session, recorder: Recorder, last: Docking) -> bool:
    # At the repairer's it was tried, and after it for a test recording: whatever the fault, that is newer.
    back = session.scalar(
        select(func.max(RecorderRepair.back_at)).where(RecorderRepair.recorder_id == recorder.id)
    )
    return all(
        since is None or last.opened_at >= since
        for since in (_nothing_new_since(session, recorder, last), back)
    )


def _nothing_new_since(session: Session, recorder: Recorder, last: Docking) -> datetime | None:
    """Answer the moment after which a docking has everything; None where nobody was given the recorder."""
    faults = open_faults(session, recorder.id)
    if faults:
        # The docking that found a fault has seen what there is.
        return None if faults[0].docking_id == last.id else faults[0].reported_at
    held = session.scalar(
        select(Holding).where(Holding.recorder_id == recorder.id).order_by(Holding.from_at.desc()).limit(1)
    )
    return None if held is None else held.until_at or held.from_at  # until it was given back it recorded
