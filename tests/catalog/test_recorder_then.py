"""What the page says of the recorder at the time of a clip."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from catalog.actors import system
from catalog.clips import view_clip
from catalog.database import Database
from catalog.demo import seed
from catalog.holdings import hand_over
from catalog.models import Docking, Officer
from catalog.recorder_then import RecorderThen, recorder_then
from tests.catalog.world import add_clip, add_docking, add_station, recorder


@dataclass
class World:
    database: Database
    now: datetime
    docking: UUID
    officers: list[UUID]

    def give(self, officer: int, hours_ago: float) -> None:
        with self.database.write() as session:
            hand_over(
                session,
                actor=system("test"),
                recorder=recorder(session).id,
                officer=self.officers[officer],
                at=self.now - timedelta(hours=hours_ago),
                zone=None,
                now=self.now,
            )

    def then(self, *, hours_ago: float | None = 2.0, clock: dict[str, Any] | None = None) -> RecorderThen:
        recorded = None if hours_ago is None else self.now - timedelta(hours=hours_ago)
        with self.database.write() as session:
            docking = session.get_one(Docking, self.docking)
            docking.recorder_facts = {"clock": clock} if clock is not None else {}
            clip = add_clip(session, self.now, "A.MP4", docking=docking, recorded=recorded, duration=60.0)
        with self.database.read() as session:
            view = view_clip(session, clip.id)
            assert view is not None
            found = recorder_then(session, view.clip, view.sightings)
        assert found is not None
        return found


@pytest.fixture
def world(database: Database, now: datetime) -> World:
    with database.write() as session:
        seed(session, now)
        docking = add_docking(session, add_station(session, now), now)
        officers = [o.id for o in session.scalars(select(Officer).order_by(Officer.number))]
        return World(database, now, docking.id, officers)


def test_the_register_says_who_had_it(world: World) -> None:
    world.give(0, 5)
    world.give(1, 1)
    found = world.then(hours_ago=2.0)
    assert found.holding is not None
    assert found.holding.officer_id == world.officers[0]
    assert found.others == ()
    assert found.between == timedelta(hours=2, seconds=-60)


def test_a_clip_close_to_a_hand_over_names_both(world: World) -> None:
    world.give(0, 5)
    world.give(1, 2)
    found = world.then(hours_ago=2.0)
    assert found.holding is None
    assert {o.id for o in found.others} == set(world.officers[:2])


def test_a_measured_clock_tells_them_apart(world: World) -> None:
    world.give(0, 5)
    world.give(1, 2)
    clock = {"recorder": "x", "offset_seconds": 120.0, "error_seconds": 1.0}
    found = world.then(hours_ago=2.0, clock=clock)  # two minutes fast: recorded two minutes before
    assert found.holding is not None
    assert found.holding.officer_id == world.officers[0]
    assert found.clock["offset_seconds"] == 120.0


def test_nothing_is_made_up(world: World) -> None:
    found = world.then()
    assert found.holding is None
    assert found.others == ()
    assert found.docking is not None
    assert found.clock == {}
    undated = world.then(hours_ago=None)
    assert undated.between is None


def test_a_clip_of_no_recorder(world: World) -> None:
    with world.database.write() as session:
        clip = add_clip(session, world.now, "B.MP4")
    with world.database.read() as session:
        view = view_clip(session, clip.id)
        assert view is not None
        assert recorder_then(session, view.clip, view.sightings) is None
