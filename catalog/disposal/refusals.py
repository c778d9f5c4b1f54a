"""What all acts of the disposal procedure share: why one is refused, the row they lock, the entry they make."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.actors import Actor
from catalog.custody.log import add_entry
from catalog.models import Appraisal, CustodyEntry
from catalog.refused import Refused
from catalog.rules.disposal import CLOCK_SLACK


class CannotDispose(Refused):
    """An act was refused; `why` is a stable word, and nothing was changed."""

    def __init__(self, why: str, *, reason: str = "", name: str = "") -> None:
        super().__init__(why)
        self.reason = reason
        """With `not-expired`: the word of `catalog.rules.expired.REASONS`."""
        self.name = name
        """With `not-expired`: the file's name, where the person may know it."""


WHY = (
    "unknown-appraisal",
    "unknown-clip",
    "wrong-state",
    "not-yours",
    "nothing-picked",
    "too-many",
    "not-expired",
    "bad-proposal",
    "bad-years",
    "two-parts",
    "not-your-section",
    "opinion-missing",
    "nothing-left",
    "note-missing",
    "sign-in-again",
    "clock-behind",
    "list-changed",
    "own-proposal",
    "approval-number-missing",
    "approval-number-used",
    "still-cooling",
    "approved-it",
    "appraised-it",
    "schedule-coming",
    "witnesses-missing",
    "number-differs",
    "case-attached",
)


def the_appraisal(session: Session, appraisal_id: UUID) -> Appraisal:
    """Answer an appraisal, its row locked: of two acts at once the second sees what the first did."""
    found = session.scalar(
        select(Appraisal)
        .where(Appraisal.id == appraisal_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise CannotDispose("unknown-appraisal")
    return found


def require(appraisal: Appraisal, actor: Actor, states: str, roles: str) -> None:
    """Refuse whoever has none of `roles`, and whatever is not in one of `states`; both parted by spaces."""
    if actor.kind != "person" or actor.id is None or not actor.roles & set(roles.split()):
        raise CannotDispose("not-yours")
    if appraisal.state not in states.split():
        raise CannotDispose("wrong-state")


def refuse_wrong_clock(session: Session, now: datetime) -> None:
    """Refuse what periods hang on while the server's clock is behind what was already entered into the log.

    A clock set back for an approval would let the cooling period begin before it does.
    """
    newest = session.scalar(select(CustodyEntry.at).order_by(CustodyEntry.at.desc()).limit(1))
    if newest is not None and newest > now + CLOCK_SLACK:
        raise CannotDispose("clock-behind")


def enter(
    session: Session,
    actor: Actor,
    appraisal: Appraisal,
    action: str,
    facts: Mapping[str, Any] | None = None,
    *,
    now: datetime,
    before: str = "",
    private: Mapping[str, Any] | None = None,
) -> None:
    """Enter an act about an appraisal; `before` is the state it was in, where the act moved it."""
    session.flush()
    moved = {"before": {"state": before}, "after": {"state": appraisal.state}} if before else {}
    add_entry(
        session,
        actor=actor,
        action=action,
        subjects={"appraisal": appraisal.id},
        facts={"number": appraisal.number, **moved, **(facts or {})},
        private=private,
        now=now,
    )
