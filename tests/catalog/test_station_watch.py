"""What the office sees of stations, on both databases: queues, failed files with their orders, overdue recorders."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from catalog.actors import Actor
from catalog.database import Database
from catalog.demo import seed
from catalog.intake.dockings import note_progress
from catalog.models import CustodyEntry, Docking, Holding, Officer, Recorder, Sighting, Station, StationOrder
from catalog.orders import note_done, open_orders, order_retry
from catalog.station_watch import (
    failed_files,
    note_queue,
    overdue_recorders,
    station_lines,
    unregistered_recorders,
)
from catalog.stations import actor_of
from tests.catalog import world

HOUR = timedelta(hours=1)
ADMIN = Actor(kind="person", id=None, name="admin")


@pytest.fixture
def station(database: Database, now: datetime) -> Station:
    with database.write() as session:
        seed(session, now)
        return world.add_station(session, now)


def _file(
    session: Session, docking: Docking, path: bytes, now: datetime, reason: str = "unreadable", **more: Any
) -> Sighting:
    values = {"end": "refused", "shown": path.decode(), "bad_ranges": [], "seen_at": now, **more}
    sighting = Sighting(docking_id=docking.id, path=path, reason=reason, **values)
    session.add(sighting)
    session.flush()
    return sighting


def _line(database: Database, now: datetime, code: str = "ST-02") -> Any:
    with database.read() as session:
        lines = station_lines(session, now, now.replace(hour=0), "liuhen 2")
    return next(line for line in lines if line.station.code == code)


def test_a_station_says_how_it_stands_and_is_judged_by_it(
    database: Database, station: Station, now: datetime
) -> None:
    assert _line(database, now).words == []
    queue = {
        "files": 3,
        "bytes": 900,
        "oldest": (now - 2 * HOUR).isoformat(),
        "failed": 2,
        "spool_free": 10,
        "spool_full": True,
        "trouble": "server: x",
        "software": "liuhen 1",
        "clock": {"read_at": now.isoformat(), "synchronised": False, "max_error_seconds": 1.5},
    }
    with database.write() as session:
        note_queue(session, station=station.id, queue=queue, now=now)
    line = _line(database, now)
    assert line.words == ["spool-full", "stuck", "failed-files", "clock-loose", "other-software"]
    assert (line.files, line.bytes, line.waiting, line.failed) == (3, 900, 2 * HOUR, 2)
    assert (line.spool_free, line.clock_error, line.connected) == (10, 1.5, True)
    assert "silent" in _line(database, now + HOUR).words


@pytest.mark.parametrize(
    "nonsense", [{}, {"oldest": "yesterday"}, {"oldest": 7, "clock": None}, {"clock": {"read_at": "x"}}]
)
def test_a_queue_that_makes_no_sense_is_no_error(
    database: Database, station: Station, now: datetime, nonsense: dict[str, Any]
) -> None:
    with database.write() as session:
        note_queue(session, station=station.id, queue=nonsense, now=now)
    assert _line(database, now).waiting is None


def test_a_slot_that_speaks_but_does_not_move_is_found(
    database: Database, station: Station, now: datetime
) -> None:
    with database.write() as session:
        docking = world.add_docking(session, station, now, bytes_copied=5).id
        docking_row = session.get_one(Docking, docking)
        note_progress(
            session, docking=docking_row, sequence=2, state="copying", progress={"bytes_copied": 6}, now=now
        )
    later = now + HOUR + timedelta(minutes=1)
    with database.write() as session:
        row = session.get_one(Docking, docking)
        note_progress(
            session, docking=row, sequence=3, state="copying", progress={"bytes_copied": 6}, now=later
        )
        session.get_one(Station, station.id).last_seen_at = later
    assert _line(database, later).words == ["slot-still"]
    with database.write() as session:
        row = session.get_one(Docking, docking)
        note_progress(
            session, docking=row, sequence=4, state="copying", progress={"bytes_copied": 7}, now=later
        )
    assert _line(database, later).words == []


def test_failed_files_of_all_stations_newest_first_without_what_came_in_later(
    database: Database, station: Station, now: datetime
) -> None:
    with database.write() as session:
        other = world.add_station(session, now, "ST-07")
        first = world.add_docking(session, station, now - 5 * HOUR)
        second = world.add_docking(session, other, now)
        _file(session, first, b"a", now - 5 * HOUR, "bytes-refused: 400", end="checked")
        _file(session, first, b"b", now - 5 * HOUR, "unplugged", end="found")
        _file(session, second, b"c", now, "changed", end="changed while read")
        _file(session, second, b"link", now, "link")
        _file(session, second, b"fine", now, "", end="copied")
        session.flush()
        # seen again later on the same recorder: that one counts
        _file(session, second, b"b", now, "", end="copied")
    with database.read() as session:
        found, more = failed_files(session)
        assert [(f.sighting.path, f.docking.station.code) for f in found] == [
            (b"c", "ST-07"),
            (b"a", "ST-02"),
        ]
        assert not more
        found, more = failed_files(session, limit=1)
        assert len(found) == 1
        assert more


def _count(database: Database, action: str) -> int:
    with database.read() as session:
        query = select(func.count()).select_from(CustodyEntry).where(CustodyEntry.action == action)
        return session.scalar(query) or 0


def test_an_order_is_given_once_handed_out_until_answered_and_may_be_given_again(
    database: Database, station: Station, now: datetime
) -> None:
    with database.write() as session:
        docking = world.add_docking(session, station, now)
        sighting = _file(session, docking, b"a", now, "bytes-refused").id
        other = actor_of(world.add_station(session, now, "ST-07"), None)
    me = actor_of(station, None)
    for _ in range(2):
        with database.write() as session:
            order = order_retry(session, actor=ADMIN, sighting=sighting, now=now).id
    assert _count(database, "station.retry-ordered") == 1
    with database.read() as session:
        assert [o.id for o in open_orders(session, station.id)] == [order]
        assert open_orders(session, other.id or uuid4()) == []
        assert failed_files(session)[0][0].order is not None
    with database.write() as session:
        note_done(session, actor=other, done=[(order, "done")], now=now)  # not its own
        note_done(session, actor=me, done=[(uuid4(), "done")], now=now)
    with database.read() as session:
        assert session.get_one(StationOrder, order).done_at is None
    for _ in range(2):
        with database.write() as session:
            note_done(session, actor=me, done=[(order, "recorder needed")], now=now)
    assert _count(database, "station.order-done") == 1
    with database.read() as session:
        assert open_orders(session, station.id) == []
    with database.write() as session:
        note_done(session, actor=me, done=[(order, "done")], now=now)
        again = order_retry(session, actor=ADMIN, sighting=sighting, now=now + HOUR).id
    assert again != order
    with database.read() as session:
        assert session.get_one(StationOrder, order).result == "done"
        latest = failed_files(session)[0][0].order
        assert latest is not None
        assert latest.id == again
    with database.write() as session, pytest.raises(LookupError):
        order_retry(session, actor=ADMIN, sighting=uuid4(), now=now)


def test_recorders_that_should_have_been_docked(database: Database, station: Station, now: datetime) -> None:
    del station
    with database.write() as session:
        officer = session.scalars(select(Officer)).first()
        assert officer is not None
        session.query(Recorder).update({"holder_id": None})
        made = {}
        for name, hand_overs, docked in (
            ("kept", [(now - 30 * HOUR, None)], None),
            ("kept-docked", [(now - 30 * HOUR, None)], now - 20 * HOUR),
            ("back", [(now - 50 * HOUR, now - 26 * HOUR)], now - 40 * HOUR),
            ("back-docked", [(now - 50 * HOUR, now - 26 * HOUR)], now - 27 * HOUR),
            ("taken-again", [(now - 90 * HOUR, now - 80 * HOUR), (now - 2 * HOUR, None)], None),
            ("nobody", [], now - 900 * HOUR),
        ):
            recorder = Recorder(serial=name, serial_source="usb", label=name, registered=True, created_at=now)
            session.add(recorder)
            session.flush()
            made[name] = recorder.id
            for start, end in hand_overs:
                session.add(
                    Holding(
                        recorder_id=recorder.id,
                        officer_id=officer.id,
                        from_at=start,
                        until_at=end,
                        noted_at=start,
                    )
                )
            if docked is not None:
                visit = world.add_docking(session, _any_station(session), docked)
                visit.recorder_id = recorder.id
    with database.read() as session:
        late = overdue_recorders(session, timedelta(hours=24), now)
        assert [(o.recorder.label, o.held) for o in late] == [("kept", True), ("back", False)]
        assert late[0].due == now - 6 * HOUR
        assert late[0].who is not None
        assert overdue_recorders(session, timedelta(hours=48), now) == []


def test_assigned_for_good_without_a_hand_over_counts_from_its_entry(
    database: Database, station: Station, now: datetime
) -> None:
    del station
    with database.read() as session:
        assigned = session.scalar(
            select(func.count()).select_from(Recorder).where(Recorder.holder_id.is_not(None))
        )
        later = now + timedelta(days=3)
        assert assigned
        assert len(overdue_recorders(session, timedelta(hours=24), later)) == assigned


def test_unregistered_recorders_are_listed(database: Database, station: Station, now: datetime) -> None:
    del station
    with database.write() as session:
        session.add(Recorder(serial="X1", serial_source="usb", label="X1", registered=False, created_at=now))
    with database.read() as session:
        assert [r.serial for r, _ in unregistered_recorders(session)] == ["X1"]


def _any_station(session: Session) -> Station:
    return session.scalars(select(Station)).one()


def test_two_presses_at_the_same_instant_are_one_order(
    database: Database, station: Station, now: datetime
) -> None:
    with database.write() as session:
        sighting = _file(session, world.add_docking(session, station, now), b"a", now).id

    def press(_: int) -> Any:
        with database.write() as session:
            return order_retry(session, actor=ADMIN, sighting=sighting, now=now).id

    with ThreadPoolExecutor(4) as threads:
        assert len(set(threads.map(press, range(4)))) == 1
    assert _count(database, "station.retry-ordered") == 1
