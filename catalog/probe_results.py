"""What the lock probe found, and whether intake is open: it is only after a probe has passed (invariant 7)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.actors import system
from catalog.custody.log import add_entry
from catalog.models import Incident, ProbeResult

STALE_AFTER = timedelta(hours=48)
"""The probe runs nightly; two missed nights close intake."""


@dataclass(frozen=True, slots=True)
class IntakeState:
    """Whether originals are accepted, and if not, why."""

    open: bool
    reason: str = ""


def record_probe(session: Session, passed: bool, report: dict[str, Any], now: datetime) -> ProbeResult:
    """Keep a probe's result; a failed one is an incident."""
    result = ProbeResult(at=now, passed=passed, report=report)
    session.add(result)
    session.flush()
    if not passed:
        session.add(
            Incident(
                kind="storage-lock-broken",
                what="The lock probe got through: the storage does not protect originals as it must.",
                details={"probe": str(result.id)},
                opened_at=now,
            )
        )
    add_entry(
        session,
        actor=system("lock-probe"),
        action="storage.probed",
        subjects={"probe": result.id},
        facts={"passed": passed},
        now=now,
    )
    return result


def intake_state(session: Session, now: datetime) -> IntakeState:
    """Answer whether originals may be accepted now, judged by the newest probe."""
    newest = session.scalar(select(ProbeResult).order_by(ProbeResult.at.desc()).limit(1))
    if newest is None:
        return IntakeState(False, "the lock probe has not run yet")
    if not newest.passed:
        return IntakeState(False, "the last lock probe got through: the storage does not protect originals")
    if now - newest.at > STALE_AFTER:
        return IntakeState(False, f"the last lock probe is older than {STALE_AFTER.days * 24} hours")
    return IntakeState(True)
