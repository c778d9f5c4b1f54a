"""Attaching clips to steps, and which clips are offered for a step."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from catalog.actors import system
from catalog.case_files.attaching import CannotAttach, Wish, attach, candidates_for
from catalog.case_files.cases import STAGES, find_step, list_cases, view_case
from catalog.database import Database
from catalog.demo import seed
from catalog.ids import new_id
from catalog.models import Case, CustodyEntry
from tests.catalog.world import add_clip, add_docking, add_station, entries

EVIDENCE = Wish("evidence", "main", "现场存放超过保质期食品")


@dataclass
class World:
    database: Database
    now: datetime
    case: UUID
    step: UUID
    clip: UUID
    photo: UUID

    def attach(self, wish: Wish = EVIDENCE, clip: UUID | None = None, step: UUID | None = None) -> None:
        with self.database.write() as session:
            attach(
                session,
                actor=system("test"),
                clip_id=clip or self.clip,
                step_id=step or self.step,
                wish=wish,
                now=self.now,
            )

    def refused(self, wish: Wish = EVIDENCE, clip: UUID | None = None, step: UUID | None = None) -> str:
        with pytest.raises(CannotAttach) as caught:
            self.attach(wish, clip, step)
        return caught.value.why


@pytest.fixture
def world(database: Database, now: datetime) -> World:
    with database.write() as session:
        facts = seed(session, now)
        docking = add_docking(session, add_station(session, now), now)
        view = view_case(session, facts.cases[0])
        assert view is not None
        step = view.by_stage["investigation"][0]
        assert step.started_at is not None
        clip = add_clip(session, now, "A.MP4", docking=docking, duration=60.0, recorded=step.started_at)
        photo = add_clip(session, now, "B.JPG", kind="photo", recorded=now - timedelta(days=9))
        return World(database, now, facts.cases[0], step.id, clip.id, photo.id)


def test_attached_and_entered(world: World) -> None:
    world.attach()
    with world.database.read() as session:
        view = view_case(session, world.case)
        assert view is not None
        assert list(view.by_stage) == list(STAGES)
        assert [c.id for c in view.clips] == [world.clip]
        entry = session.get_one(CustodyEntry, entries(session, "clip.attached")[0])
        assert "超过保质期" not in entry.record, "what it proves is free text, so private"
        line = next(line for line in list_cases(session) if line.case.id == world.case)
        assert (line.steps, line.clips) == (6, 1)


def test_a_range_and_the_whole_are_two_attachments(world: World) -> None:
    world.attach()
    world.attach(Wish("process", "sub", "", 2.0, 31.5))
    assert world.refused() == "already-attached"
    assert world.refused(Wish("process", "sub", "", 2.0, 31.5)) == "already-attached"


@pytest.mark.parametrize(
    ("wish", "why"),
    [
        (Wish("judge", "main", "x"), "bad-role"),
        (Wish("evidence", "third", "x"), "bad-volume"),
        (Wish("evidence", "main", "  "), "proves-missing"),
        (Wish("process", "main", "x" * 2001), "proves-too-long"),
        (Wish("process", "main", "", 3.0, None), "range-incomplete"),
        (Wish("process", "main", "", 9.0, 3.0), "range-wrong"),
        (Wish("process", "main", "", -1.0, 3.0), "range-wrong"),
        (Wish("process", "main", "", 0.0, 62.0), "range-wrong"),
        (Wish("process", "main", "", float("nan"), 3.0), "range-wrong"),
        (Wish("process", "main", "", 0.0, float("inf")), "range-wrong"),
    ],
)
def test_refusals(world: World, wish: Wish, why: str) -> None:
    assert world.refused(wish) == why
    with world.database.read() as session:
        assert entries(session, "clip.attached") == []


def test_refused_by_what_it_is_attached_to(world: World) -> None:
    assert world.refused(clip=new_id()) == "unknown-clip"
    assert world.refused(step=new_id()) == "unknown-step"
    assert world.refused(Wish("process", "main", "", 0.0, 1.0), clip=world.photo) == "range-no-time"
    with world.database.write() as session:
        session.get_one(Case, world.case).state = "closed"
    assert world.refused() == "case-closed"


def test_fitting_clips_come_first_and_attached_ones_not_at_all(world: World) -> None:
    with world.database.read() as session:
        step = find_step(session, world.step)
        assert step is not None
        found = candidates_for(session, step)
        assert [c.id for c in found.near] == [world.clip]
        assert [c.id for c in found.others] == [world.photo]
    world.attach()
    with world.database.read() as session:
        step = find_step(session, world.step)
        assert step is not None
        assert list(candidates_for(session, step).near) == []


def test_words_find_cases_by_party_too(world: World) -> None:
    with world.database.read() as session:
        assert [line.case.id for line in list_cases(session, words="食品店")] == [world.case]
        assert list_cases(session, case_type="complaint") == []
        assert list_cases(session, words="_") == []
