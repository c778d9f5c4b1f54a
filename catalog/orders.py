"""What the office asks of stations. An order is handed out until the station says how it ended; doing it twice is harmless."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.actors import Actor
from catalog.custody.log import add_entry
from catalog.models import Docking, Sighting, Station, StationOrder

AT_ONCE = 200
"""Orders in one answer to a station."""


def order_retry(session: Session, *, actor: Actor, sighting: UUID, now: datetime) -> StationOrder:
    """Order another try of one failed file; an order that is still open is answered instead of a second one.

    Raises LookupError when there is no such file.
    """
    file = session.get(Sighting, sighting)
    if file is None:
        raise LookupError(sighting)
    docking = session.get_one(Docking, file.docking_id)
    session.get(Station, docking.station_id, with_for_update=True)  # two presses at once make one order
    known = session.scalar(
        select(StationOrder).where(
            StationOrder.docking_id == docking.id,
            StationOrder.path == file.path,
            StationOrder.done_at.is_(None),
        )
    )
    if known is not None:
        return known
    order = StationOrder(
        station_id=docking.station_id,
        kind="retry",
        docking_id=docking.id,
        path=file.path,
        ordered_by=actor.id if actor.kind == "person" else None,
        ordered_at=now,
    )
    session.add(order)
    session.flush()
    add_entry(
        session,
        actor=actor,
        action="station.retry-ordered",
        subjects={"station": docking.station_id, "docking": docking.id},
        facts={"order": str(order.id)},
        private={"file": file.shown},
        now=now,
    )
    return order


def open_orders(session: Session, station: UUID) -> list[StationOrder]:
    """Answer what a station has not answered yet, the oldest first."""
    return list(
        session.scalars(
            select(StationOrder)
            .where(StationOrder.station_id == station, StationOrder.done_at.is_(None))
            .order_by(StationOrder.ordered_at, StationOrder.id)
            .limit(AT_ONCE)
        )
    )


def note_done(session: Session, *, actor: Actor, done: Iterable[tuple[UUID, str]], now: datetime) -> None:
    """Keep how a station's own orders ended; others, and what was said before, are passed over. The last word counts."""
    for number, result in done:
        order = session.get(StationOrder, number)
        if order is None or order.station_id != actor.id or (order.done_at and order.result == result):
            continue
        order.done_at, order.result = now, result
        add_entry(
            session,
            actor=actor,
            action="station.order-done",
            subjects={"station": order.station_id, "docking": order.docking_id},
            facts={"order": str(order.id), "result": result},
            now=now,
        )
