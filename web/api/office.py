"""What a station says of itself when it asks for statements, and what the office wants of it."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable

from catalog.actors import Actor
from catalog.intake.picking import officers_known
from catalog.models import Officer
from catalog.orders import AT_ONCE, note_done, open_orders
from catalog.station_watch import note_queue
from ingest import protocol as p
from web.api.messages import today_of
from web.components import Components


def hear(here: Components, station: Actor, message: p.AskStatements) -> list[p.Order]:
    """Keep what the station says of itself and of earlier orders; answer the orders it has not answered."""
    assert station.id is not None  # noqa: S101 - stations have ids
    now = here.clock()
    if message.queue is not None or message.done:
        with here.database.write() as session:
            if message.queue is not None:
                note_queue(session, station=station.id, queue=message.queue.model_dump(mode="json"), now=now)
            note_done(session, actor=station, done=[(d.id, d.result) for d in message.done], now=now)
    with here.database.read() as session:
        orders = open_orders(session, station.id)
    return [
        p.Order(
            id=order.id, kind="retry", docking=order.docking_id, path=base64.b64encode(order.path).decode()
        )
        for order in orders[:AT_ONCE]
    ]


def names(officers: Iterable[Officer]) -> list[p.OfficerName]:
    """Answer what a station may offer of these people."""
    return [p.OfficerName(number=officer.number, name=officer.name) for officer in officers]


def names_unless(here: Components, message: p.AskStatements) -> tuple[list[p.OfficerName] | None, str]:
    """Answer the names a station offers while the server is away, and their mark.

    None and an empty mark when it has them, or when it is no station that says how it stands (docking by hand).
    """
    if message.queue is None:
        return None, ""
    with here.database.read() as session:
        known = names(officers_known(session, today_of(here)))
    plain = json.dumps([one.model_dump() for one in known], sort_keys=True, separators=(",", ":"))
    mark = hashlib.sha256(plain.encode()).hexdigest()[:32]
    return (None, "") if mark == message.officers_mark else (known, mark)
