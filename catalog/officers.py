"""Officers and units: entering them."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.actors import Actor
from catalog.custody.log import add_entry
from catalog.models import Officer, Unit


def enter_unit(session: Session, name: str) -> Unit:
    """Answer the unit of that name, entering it when it is new."""
    unit = session.scalar(select(Unit).where(Unit.name == name))
    if unit is None:
        unit = Unit(name=name)
        session.add(unit)
        session.flush()
    return unit


def enter_officer(
    session: Session,
    *,
    actor: Actor,
    number: str,
    name: str,
    unit: Unit | None,
    now: datetime,
    certificate: tuple[str, date, date] | None = None,
) -> Officer:
    """Answer the officer of that number, entering him when he is new (R1.3, R2.7).

    `number` is the one recorders print in file names; `certificate` is its number, first and last day.
    """
    officer = session.scalar(select(Officer).where(Officer.number == number))
    if officer is not None:
        return officer
    officer = Officer(number=number, name=name, unit_id=unit.id if unit else None, created_at=now)
    if certificate is not None:
        officer.certificate_number, officer.certificate_from, officer.certificate_until = certificate
    session.add(officer)
    session.flush()
    add_entry(
        session,
        actor=actor,
        action="officer.entered",
        subjects={"officer": officer.id},
        private={"number": number, "name": name},
        now=now,
    )
    return officer
