"""Who sets and lifts in these tests: two of each role, with accounts, and what they hold."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.actors import Actor, system
from catalog.demo import seed
from catalog.models import Account, Docking, Officer, Step
from catalog.people import create_account, person
from catalog.permissions import ROLES
from tests.catalog.world import add_docking, add_station


@dataclass
class Office:
    """Two accounts of every role, two officers, a case with a step, a docking."""

    people: dict[str, Actor] = field(default_factory=dict)
    """By role, and by role with a 2 behind it."""
    officers: list[UUID] = field(default_factory=list)
    cases: list[UUID] = field(default_factory=list)
    steps: list[UUID] = field(default_factory=list)
    docking: UUID | None = None

    def __getitem__(self, name: str) -> Actor:
        return self.people[name]


def open_office(session: Session, now: datetime) -> Office:
    facts = seed(session, now)
    office = Office(cases=list(facts.cases))
    for role in ROLES:
        for n in ("", "2"):
            account = create_account(
                session,
                actor=system("test"),
                username=f"{role}{n}",
                email=f"{role}{n}@example.test",
                roles=[role],
                officer=None,
                now=now,
            )
            office.people[f"{role}{n}"] = person(account, "192.0.2.7")
    session.flush()
    assert session.scalar(select(Account.id).where(Account.username == "legal2")) == office["legal2"].id
    office.officers = list(session.scalars(select(Officer.id).order_by(Officer.number)))
    office.steps = [
        session.scalars(select(Step.id).where(Step.case_id == case).order_by(Step.position)).first()  # type: ignore[misc]
        for case in office.cases
    ]
    docking: Docking = add_docking(session, add_station(session, now), now)
    office.docking = docking.id
    return office
