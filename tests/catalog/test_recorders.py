"""The register of recorders."""

from __future__ import annotations

from datetime import datetime, timedelta

from catalog.database import Database
from catalog.demo import SERIAL, seed
from catalog.models import Recorder
from catalog.recorders import list_recorders
from tests.catalog.world import add_clip, add_docking, add_station


def test_unregistered_first_with_counts_and_last_docking(database: Database, now: datetime) -> None:
    with database.write() as session:
        seed(session, now)
        station = add_station(session, now)
        add_docking(session, station, now - timedelta(days=1))
        last = add_docking(session, station, now)
        add_clip(session, now, "A.MP4", docking=last)
        session.add(Recorder(serial="X-99", serial_source="usb", label="X-99", created_at=now))
    with database.read() as session:
        unknown, known = list_recorders(session)
    assert (unknown.recorder.serial, unknown.dockings, unknown.clips, unknown.last_docked) == (
        "X-99",
        0,
        0,
        None,
    )
    assert (known.recorder.serial, known.dockings, known.clips) == (SERIAL, 2, 1)
    assert (known.last_docked, known.last_docking) == (now, last.id)
