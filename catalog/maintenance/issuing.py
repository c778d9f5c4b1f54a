"""领用: giving a recorder out after its check (R2.14, R2.15)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, tzinfo
from uuid import UUID

from sqlalchemy.orm import Session

from catalog.actors import Actor
from catalog.holdings import hand_over
from catalog.maintenance.checks import check_recorder
from catalog.maintenance.log import CannotMaintain, locked_recorder
from catalog.models import Officer
from catalog.rules.recorder_state import ISSUABLE

ALWAYS_CHECKED = frozenset({"battery", "memory"})


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

    Answers False when the check found a fault: check and fault are kept, and nothing is given out. Raises CannotMaintain.
    """
    recorder = locked_recorder(session, recorder_id)
    if recorder.state not in ISSUABLE:
        raise CannotMaintain("not-issuable")
    if officer is None or session.get(Officer, officer) is None:
        raise CannotMaintain("unknown-officer")
    if not {item for item, result in results.items() if result != "not-checked"} >= ALWAYS_CHECKED:
        raise CannotMaintain("check-first")
    check_recorder(
        session, actor=actor, recorder_id=recorder_id, occasion="issue", results=results, note=note, now=now
    )
    if recorder.state not in ISSUABLE:
        return False
    hand_over(session, actor=actor, recorder=recorder_id, officer=officer, at=now, zone=zone, now=now)
    return True
