"""The maintenance log of a recorder: a line of it and a custody entry for everything that happens (R2.14, R2.15)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.actors import Actor
from catalog.custody.log import add_entry
from catalog.models import Account, MaintenanceEntry, Recorder
from catalog.refused import Refused
from catalog.rules.free_text import seen_in, spoken
from catalog.rules.recorder_state import after

NOTE_LIMIT = 2000
FEWEST_LETTERS = 2
"""Of a reason."""


class CannotMaintain(Refused):
    """An act on a recorder was refused; `why` is a stable word, and nothing was changed."""


WHY = (
    "unknown-recorder",
    "unknown-fault",
    "unknown-doubt",
    "unknown-repair",
    "unknown-clip",
    "unknown-substitute",
    "retired",
    "wrong-state",
    "bad-kind",
    "nothing-checked",
    "no-reason",
    "not-yours",
    "own-report",
    "closed-already",
    "in-repair-order",
    "no-fault-open",
    "other-fault-open",
    "no-repairer",
    "not-docked",
    "not-all-taken-in",
    "not-verified-yet",
    "not-sealed",
    "carrier-sealed",
    "sealed-card-out",
    "may-hold-a-card",
    "part-not-approved",
    "no-work",
    "not-a-test",
    "test-attached",
    "still-held",
    "same-person",
    "same-recorder",
    "decided-already",
    "no-verdict",
    "no-note",
    "not-in-recall",
    "rejected-fault",
    "bad-value",
    "asset-taken",
    "twice",
    "not-issuable",
    "check-first",
    "substitute-not-approved",
    "unknown-officer",
    "recorder-to-your-unit",
    "registered-already",
    "twin-serial",
)


def locked_recorder(session: Session, recorder_id: UUID) -> Recorder:
    """Answer a recorder that nobody else moves until this transaction ends. Raises CannotMaintain."""
    asked = select(Recorder).where(Recorder.id == recorder_id).with_for_update(of=Recorder)
    found = session.scalar(asked.execution_options(populate_existing=True))
    if found is None:
        raise CannotMaintain("unknown-recorder")
    return found


def move(recorder: Recorder, name: str) -> str:
    """Make a move of `catalog.rules.recorder_state`; answer the new state. Raises CannotMaintain."""
    target = after(recorder.state, name)
    if target is None:
        raise CannotMaintain("retired" if recorder.state == "retired" else "wrong-state")
    recorder.state = target
    return target


def note_down(
    session: Session,
    *,
    actor: Actor,
    recorder: Recorder,
    action: str,
    now: datetime,
    to_state: str | None = None,
    subjects: Mapping[str, UUID] | None = None,
    facts: Mapping[str, Any] | None = None,
    named: Mapping[str, str] | None = None,
    private: Mapping[str, Any] | None = None,
    note: str = "",
) -> MaintenanceEntry:
    """Add a line to the maintenance log and the entry of the same action to the custody log, in the caller's transaction.

    `action` reads `recorder.what-happened`; `to_state` where the recorder's state changed by it. `named`
    is kept by both like `facts`, in the custody log not in the open; `private` by the custody log alone: what stood
    before and after.
    """
    moved = (
        {"state": to_state, "before": {"state": _last_state(session, recorder)}, "after": {"state": to_state}}
        if to_state
        else {}
    )
    line = MaintenanceEntry(
        recorder_id=recorder.id,
        kind=action.removeprefix("recorder."),
        at=now,
        by_id=account_of(actor),
        by_name=_called(session, actor),
        to_state=to_state,
        facts={**(facts or {}), **(named or {})},
        note=note,
    )
    session.add(line)
    session.flush()
    add_entry(
        session,
        actor=actor,
        action=action,
        subjects={"recorder": recorder.id, **(subjects or {})},
        facts={**(facts or {}), **moved},
        private={"note": note or None, **(named or {}), **(private or {})},
        now=now,
    )
    return line


def _last_state(session: Session, recorder: Recorder) -> str:
    """Answer the state that the newest line of its log left a recorder in; the first move leads out of service."""
    newest = (
        select(MaintenanceEntry.to_state)
        .where(MaintenanceEntry.recorder_id == recorder.id, MaintenanceEntry.to_state.is_not(None))
        .order_by(MaintenanceEntry.at.desc(), MaintenanceEntry.id.desc())
    )
    return session.scalar(newest.limit(1)) or "in-service"


def state_at(session: Session, recorder: Recorder, at: datetime) -> str:
    """Answer the state a recorder was in at a moment, by its log."""
    line = session.scalar(
        select(MaintenanceEntry)
        .where(
            MaintenanceEntry.recorder_id == recorder.id,
            MaintenanceEntry.to_state.is_not(None),
            MaintenanceEntry.at <= at,
        )
        .order_by(MaintenanceEntry.at.desc(), MaintenanceEntry.id.desc())
        .limit(1)
    )
    if line is not None and line.to_state is not None:
        return line.to_state
    ever = select(MaintenanceEntry.id).where(
        MaintenanceEntry.recorder_id == recorder.id, MaintenanceEntry.to_state.is_not(None)
    )
    return "in-service" if session.scalar(ever.limit(1)) is not None else recorder.state


def account_of(actor: Actor) -> UUID | None:
    """Answer the account of a person who acts; stations and jobs have none."""
    return actor.id if actor.kind == "person" else None


def reason_of(text: str, why: str = "no-reason") -> str:
    """Answer a reason as it is kept. Raises CannotMaintain where there is none."""
    said = spoken(text)[:NOTE_LIMIT]
    if seen_in(said) < FEWEST_LETTERS:
        raise CannotMaintain(why)
    return said


def line_of(text: str, limit: int) -> str:
    """Answer one line of text as it is kept. Raises CannotMaintain where it does not fit."""
    said = " ".join(spoken(text).split())
    if len(said) > limit:
        raise CannotMaintain("bad-value")
    return said


def _called(session: Session, actor: Actor) -> str:
    account = session.get(Account, actor.id) if actor.kind == "person" and actor.id else None
    return account.called if account is not None else actor.name
