"""Stations, recorders, officers and dockings that sheets and originals name: found, or made again as far as known."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.actors import system
from catalog.custody.log import add_entry
from catalog.ids import new_id
from catalog.models import Docking, Officer, Recorder, Station
from catalog.rebuilding.marks import Marks
from catalog.rebuilding.report import Rebuilt
from catalog.stations import BUILT_IN, HISTORY, token_digest

ACTOR = system("rebuild")
UNKNOWN_STATION = "unknown-station"
"""Stands for the station of dockings that nothing in storage names."""


def station_of(session: Session, code: str, rebuilt: Rebuilt) -> Station:
    """Answer the station called `code`; one made here has no credential until it is enrolled again."""
    code = code or UNKNOWN_STATION
    found = session.scalar(select(Station).where(Station.code == code))
    if found is None:
        found = Station(
            code=code,
            name=code,
            token_digest=token_digest(secrets.token_urlsafe(32)),  # nobody has it
            revoked_at=rebuilt.now if code == HISTORY else None,
            created_at=rebuilt.now,
        )
        session.add(found)
        session.flush()
        add_entry(
            session,
            actor=ACTOR,
            action="station.registered",
            subjects={"station": found.id},
            facts={"code": code, "from": "storage"},
            now=rebuilt.now,
        )
        if code not in {BUILT_IN, HISTORY, UNKNOWN_STATION}:
            rebuilt.stations.append(code)
    return found


def recorder_of(session: Session, identity: Mapping[str, Any], now: datetime) -> Recorder:
    """Answer the recorder of this identity, as sheets describe it; unregistered when it is made here."""
    serial = str(identity.get("serial") or "unknown")[:128]
    found = session.scalar(select(Recorder).where(Recorder.serial == serial))
    if found is None:
        found = Recorder(
            serial=serial,
            serial_source=str(identity.get("serial_source", "marker"))[:16],
            label=serial[:64],
            vendor=str(identity.get("vendor", ""))[:128],
            model=str(identity.get("model", ""))[:128],
            kind=str(identity.get("kind", "card"))[:16],
            registered=False,
            created_at=now,
        )
        session.add(found)
        session.flush()
    return found


def officer_of(session: Session, number: str, now: datetime) -> Officer:
    """Answer the officer of this number; the storage knows no names, so one made here is called by the number."""
    found = session.scalar(select(Officer).where(Officer.number == number[:64]))
    if found is None:
        found = Officer(number=number[:64], name=number[:64], created_at=now)
        session.add(found)
        session.flush()
    return found


def docking_of_sheet(
    session: Session, frame: Mapping[str, Any], received: datetime, rebuilt: Rebuilt
) -> Docking:
    """Answer the docking a sheet is of."""
    docking = UUID(str(frame["docking"]))
    found = session.get(Docking, docking)
    if found is not None:
        if found.ended_at is None:  # as of a back-up made while the recorder was docked
            found.ended_at, found.state = _moment(frame["ended"], received), "gone"
            found.end_reason = str(frame["end_reason"])[:16]
        return found
    found = Docking(
        id=docking,
        station_id=station_of(session, str(frame["station"])[:64], rebuilt).id,
        recorder_id=recorder_of(session, frame["recorder"], rebuilt.now).id,
        slot=str(frame["slot"])[:64],
        started_at=_moment(frame["started"], received),
        opened_at=_moment(frame["started"], received),
        ended_at=_moment(frame["ended"], received),
        end_reason=str(frame["end_reason"])[:16],
        recorder_facts=dict(frame["recorder"]),
        state="gone",
        progress={},
    )
    session.add(found)
    session.flush()
    return found


def docking_of_marks(session: Session, marks: Marks, received: datetime, rebuilt: Rebuilt) -> Docking:
    """Answer the docking an original names, where no sheet says more of it."""
    found = session.get(Docking, marks.docking) if marks.docking is not None else None
    if found is None:
        found = Docking(
            id=marks.docking or new_id(),
            station_id=station_of(session, marks.station, rebuilt).id,
            recorder_id=recorder_of(session, {"serial": marks.recorder}, rebuilt.now).id,
            slot="",
            started_at=received,
            opened_at=received,
            ended_at=received,
            end_reason=None,
            recorder_facts={"serial": marks.recorder},
            state="gone",
            progress={},
        )
        session.add(found)
        session.flush()
    return found


def _moment(text: Any, otherwise: datetime) -> datetime:
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError:
        return otherwise
    return found.astimezone(UTC) if found.tzinfo else otherwise
