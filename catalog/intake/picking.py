"""Who recorded, as somebody at the station says: names to pick from, and the pick."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, tzinfo
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.orm import Session, aliased

from catalog.actors import Actor
from catalog.attribution import clips_of_docking, hold_still, settle_clips, shown
from catalog.custody.log import add_entry
from catalog.intake.dockings import docking_of
from catalog.models import Docking, Officer, OfficerTerm
from catalog.rules.docking_notes import DockedFacts, DockingNote, docking_notes
from catalog.rules.holder import stated

MOST_NAMES = 500


class UnknownOfficer(LookupError):
    """There is no officer of this number."""


def notes_of(docking: Docking) -> list[DockingNote]:
    """Answer what a person must be told of the recorder that was docked."""
    recorder = docking.recorder
    return docking_notes(
        DockedFacts(
            registered=recorder.registered,
            state=recorder.state,
            sealed=recorder.sealed_at is not None,
            same_serial=docking.recorder_facts.get("same_serial") is True,
            pool=recorder.pool,
            holder=recorder.holder.number if recorder.holder else None,
            named=_named(docking),
        )
    )


def officers_to_pick(session: Session, docking: Docking, today: date | None = None) -> list[Officer]:
    """Answer the names to pick from by number, none when somebody is known to have the recorder or stands in its names."""
    if docking.holder_id is not None or docking.recorder.holder_id is not None:
        return []
    named = [number for number in _named(docking) if stated(number)]
    if named and session.scalar(select(Officer.id).where(Officer.number.in_(named)).limit(1)) is not None:
        return []
    return officers_known(session, today)


def officers_known(session: Session, today: date | None = None) -> list[Officer]:
    """Answer the names of the register by number, as many as a station offers; without those who left by `today`."""
    asked = select(Officer).order_by(Officer.number).limit(MOST_NAMES)
    if today is not None:
        asked = asked.where(~_left_by(today))
    return list(session.scalars(asked))


def _left_by(today: date) -> ColumnElement[bool]:
    """The row that holds on a day says that the officer has left."""
    later = aliased(OfficerTerm)
    overruled = exists().where(
        later.officer_id == OfficerTerm.officer_id,
        later.since <= today,
        or_(
            later.since > OfficerTerm.since,
            and_(later.since == OfficerTerm.since, later.noted_at > OfficerTerm.noted_at),
        ),
    )
    return exists().where(
        OfficerTerm.officer_id == Officer.id, OfficerTerm.has_left, OfficerTerm.since <= today, ~overruled
    )


def pick_officer(
    session: Session,
    *,
    actor: Actor,
    docking: UUID,
    number: str,
    picked_at: datetime,
    zone: tzinfo | None,
    now: datetime,
) -> None:
    """Keep who was picked at the station; the last pick counts, repeating one changes nothing.

    Clips of the docking whose officer nothing better names are settled by it. Raises UnknownDocking, NotThisStation,
    UnknownOfficer.
    """
    visit = docking_of(session, actor, docking)
    officer = session.scalar(select(Officer).where(Officer.number == number.strip()))
    if officer is None:
        raise UnknownOfficer(number)
    hold_still(session, visit.recorder_id, changing=True)
    if visit.picked_id == officer.id:
        return
    before, visit.picked_id = visit.picked_id, officer.id
    session.flush()
    add_entry(
        session,
        actor=actor,
        action="docking.officer-picked",
        subjects={
            "docking": docking,
            "recorder": visit.recorder_id,
            "officer": [officer.id, *([before] if before else [])],
        },
        facts={"picked_at": picked_at.isoformat()},
        private={"from": shown(session, before), "to": shown(session, officer.id)},
        now=now,
    )
    settle_clips(session, clips_of_docking(session, docking), actor=actor, zone=zone, now=now)


def _named(docking: Docking) -> Collection[str]:
    named = docking.recorder_facts.get("officer_numbers")
    return [str(number) for number in named] if isinstance(named, list) else []
