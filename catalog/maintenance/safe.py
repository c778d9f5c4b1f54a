"""Whether everything a recorder recorded is taken in, before it leaves the house or is retired (R2.15)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from catalog.maintenance.faults import open_faults
from catalog.maintenance.log import CannotMaintain
from catalog.models import Clip, Docking, Holding, Recorder, RecorderRepair, Sighting
from catalog.rules.failed_file import TAKEN, is_owed

SAFE = ("docked", "sealed")
"""全部采集, 存储卡封存."""
REMOVALS = ("removed", "card-kept", "none")
"""已清除, 取出存储卡留存, 无内置存储."""


def ensure_safe(session: Session, recorder: Recorder, *, safe: str, removal: str) -> Docking | None:
    """Make sure that nothing is lost when the recorder leaves; answer the docking that vouches for it.

    `docked`: the last docking was complete and lies after the fault (the recorder records nothing for the office from
    then on), or found it; without a fault, after it was last given back; and in any case after it last came back from a
    repairer. `sealed`: its card is kept as original carrier, and is still the one in it. Emptied (`removed`) it may be
    only when every recording seen on it was verified (invariant 1). Raises CannotMaintain.
    """
    if safe not in SAFE or removal not in REMOVALS:
        raise CannotMaintain("bad-kind")
    if safe == "sealed":
        if recorder.sealed_at is None:
            raise CannotMaintain("not-sealed")
        if removal != "card-kept":
            raise CannotMaintain("carrier-sealed")
        if _sealed_card_is_out(session, recorder, recorder.sealed_at):
            raise CannotMaintain("sealed-card-out")
        return None
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


def _sealed_card_is_out(session: Session, recorder: Recorder, sealed_at: datetime) -> bool:
    """Whether it came back from a repairer, to whom it went without its card, after the seal: its card is another now."""
    back = select(RecorderRepair.id).where(
        RecorderRepair.recorder_id == recorder.id,
        RecorderRepair.data_removal == "card-kept",
        RecorderRepair.back_at >= sealed_at,
    )
    return session.scalar(back.limit(1)) is not None


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
