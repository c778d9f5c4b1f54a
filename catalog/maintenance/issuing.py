"""领用: giving a recorder out after its check (R2.14, R2.15)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, tzinfo
from uuid import UUID

from sqlalchemy import exists, func, or_, select
from sqlalchemy.orm import Session

from catalog.actors import Actor
from catalog.holdings import hand_over
from catalog.maintenance.checks import check_recorder
from catalog.maintenance.log import CannotMaintain, locked_recorder
from catalog.models import Holding, Officer, Recorder, RecorderFault, RecorderRepair, RecorderSubstitute
from catalog.rules.recorder_state import ISSUABLE

ALWAYS_CHECKED = frozenset({"battery", "memory"})
OUT_OF_USE = frozenset({"out-of-service", "in-repair"})
"""Whoever had such a one waits for it, or has an approved substitute; in place of a retired one a new one is given."""


def issue(
    session: Session,
    *,
    actor: Actor,
    recorder_id: UUID,
    officer: UUID | None,
    results: Mapping[str, str],
    note: str = "",
    zone: tzinfo | None,
    now: datetime,
) -> bool:
    """Give a recorder to an officer now, after a check of battery and memory at least.

    Whoever has a recorder of their own that is not in service gets another one only as its approved substitute. Answers False when the check found a fault: check and fault are kept, and nothing is given out. Raises CannotMaintain.
    """
    recorder = locked_recorder(session, recorder_id)
    if recorder.state not in ISSUABLE:
        raise CannotMaintain("not-issuable")
    if officer is None or session.get(Officer, officer) is None:
        raise CannotMaintain("unknown-officer")
    ensure_may_be_given(session, recorder, officer)
    if not {item for item, result in results.items() if result != "not-checked"} >= ALWAYS_CHECKED:
        raise CannotMaintain("check-first")
    check_recorder(
        session, actor=actor, recorder_id=recorder_id, occasion="issue", results=results, note=note, now=now
    )
    if recorder.state not in ISSUABLE:
        return False
    hand_over(session, actor=actor, recorder=recorder_id, officer=officer, at=now, zone=zone, now=now)
    return True


def ensure_may_be_given(session: Session, recorder: Recorder, officer: UUID) -> None:
    """Make sure that a recorder is no sealed carrier, and stands in for none of the officer's without approval (R2.15).

    Raises CannotMaintain.
    """
    if _kept_as_carrier(session, recorder):
        raise CannotMaintain("carrier-sealed")
    if not _may_stand_in(session, recorder, officer):
        raise CannotMaintain("substitute-not-approved")


def _kept_as_carrier(session: Session, recorder: Recorder) -> bool:
    """Whether it holds what is sealed as original carrier: until a repair sent it away without that card."""
    if recorder.sealed_at is None:
        return False
    without = select(RecorderRepair.id).where(
        RecorderRepair.recorder_id == recorder.id,
        RecorderRepair.data_removal == "card-kept",
        RecorderRepair.sent_at >= recorder.sealed_at,
    )
    return session.scalar(without.limit(1)) is None


def _may_stand_in(session: Session, recorder: Recorder, officer: UUID) -> bool:
    """Whether an officer may be given it beside what they have: each of those that is out of use must be stood in for.

    What they gave back when it was faulty already counts as theirs until it is mended (R2.15: nobody swaps on their own).
    An approval ends with the faults it was given for: what was decided before the oldest one still open counts no more.
    """
    while_faulty = (
        select(Holding.recorder_id)
        .join(RecorderFault, RecorderFault.recorder_id == Holding.recorder_id)
        .where(
            Holding.officer_id == officer,
            RecorderFault.closed_at.is_(None),
            Holding.from_at <= RecorderFault.reported_at,
            or_(Holding.until_at.is_(None), Holding.until_at > RecorderFault.reported_at),
        )
    )
    broken_since = (
        select(func.min(RecorderFault.reported_at))
        .where(RecorderFault.recorder_id == Recorder.id, RecorderFault.closed_at.is_(None))
        .correlate(Recorder)
        .scalar_subquery()
    )
    stood_in = exists().where(
        RecorderSubstitute.recorder_id == Recorder.id,
        RecorderSubstitute.substitute_id == recorder.id,
        RecorderSubstitute.approved.is_(True),
        or_(RecorderSubstitute.decided_at >= broken_since, broken_since.is_(None)),
    )
    lacking = select(Recorder.id).where(
        Recorder.id != recorder.id,
        Recorder.pool.is_(False),
        Recorder.state.in_(OUT_OF_USE),
        or_(Recorder.holder_id == officer, Recorder.id.in_(while_faulty)),
        ~stood_in,
    )
    return session.scalar(lacking.limit(1)) is None
