"""Every way to a restricted clip is shut (invariant 11): nothing that shows clips shows it, or that it is there."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, update

from catalog.actors import Actor, system
from catalog.board import files_of, recent_dockings, shift_of, view_docking
from catalog.case_files.attaching import CannotAttach, Wish, attach, candidates_for
from catalog.case_files.cases import find_step, list_cases, view_case
from catalog.clips import list_clips, some_without, view_clip
from catalog.database import Database
from catalog.demo import seed
from catalog.finding.on_sheets import hidden_lines
from catalog.finding.search import find
from catalog.finding.suggesting import suggest_cases, suggest_officers, suggest_recorders
from catalog.finding.visible import visible_to
from catalog.finding.wanted import ORDERS, STATES, ClipFilter
from catalog.looking import picture_addresses
from catalog.models import Clip, Docking, Officer, Step
from catalog.permissions import ROLES
from catalog.recorders import list_recorders
from catalog.rules.places import Circle
from catalog.rules.visible import may_find
from tests.catalog.sheet_maker import entry
from tests.catalog.world import add_clip, add_docking, add_station

EVERYBODY = [
    None,
    *(Actor(kind="person", id=None, name=role, roles=frozenset({role})) for role in sorted(ROLES)),
    Actor(kind="person", id=None, name="all", roles=frozenset(ROLES)),
    Actor(kind="station", id=None, name="ST-02"),
]


def told_of_all(actor: Actor | None) -> bool:
    """Whether a docking's page names every recording that is not sealed, although none of these people has any own."""
    roles = frozenset() if actor is None else actor.roles
    return (
        actor is None
        or actor.kind != "person"
        or bool(roles & {"legal", "archivist", "administrator", "auditor"})
    )


EVERYBODY_IDS = ["nobody", *sorted(ROLES), "all roles", "station"]


@pytest.fixture
def hidden(database: Database, now: datetime) -> UUID:
    """A clip that fits every question below, restricted after it was attached; its officer and recorder have no other."""
    with database.write() as session:
        seed(session, now)
        docking = add_docking(session, add_station(session, now), now)
        clip = add_clip(
            session, now, "密.MP4", docking=docking, recorded=now, flags=["partial"], renditions=("thumb",), duration=9.0,
            latitude=26.5, longitude=104.8,
        )  # fmt: skip
        step = session.scalars(select(Step).where(Step.activity == "patrol")).first()
        assert step is not None
        wish = Wish("evidence", "main", proves="密")
        attach(session, actor=system("test"), clip_id=clip.id, step_id=step.id, wish=wish, now=now)
        add_clip(session, now, "密2.MP4", docking=docking, recorded=step.started_at)
        session.execute(update(Clip).values(restricted=True))
        return clip.id


@pytest.mark.parametrize("actor", EVERYBODY, ids=EVERYBODY_IDS)
def test_every_way_is_shut(database: Database, hidden: UUID, now: datetime, actor: Actor | None) -> None:
    assert not may_find(actor, restricted=True)
    with database.read() as session:
        assert session.scalars(select(Clip.id).where(visible_to(actor))).all() == []
        clip = session.get_one(Clip, hidden)
        step = session.scalars(select(Step).where(Step.activity == "patrol")).first()
        assert step is not None
        questions: list[dict[str, Any]] = [
            *({"order": order} for order in ORDERS), *({"state": state} for state in STATES),
            {"words": "密"}, {"words": "4"}, {"officer": clip.officer_id}, {"recorder": clip.recorder_id}, {"kind": "video"},
            {"case": "112"}, {"place": Circle(26.5, 104.8, 1000)}, {"unattached": True}, {"stage": step.stage},
        ]  # fmt: skip
        for question in questions:
            for way in (1, 1000):
                hits = find(session, ClipFilter(**question), actor, limit=10, stretch=way)
                assert (hits.clips, hits.count, hits.next) == ([], 0, None), question
        assert list_clips(session, ClipFilter(), actor=actor).clips == []
        assert not some_without(session, ClipFilter(order="duration"), actor)
        assert view_clip(session, hidden, actor) is None
        assert suggest_officers(session, actor, "") == []
        assert suggest_recorders(session, actor, "") == []
        assert suggest_cases(session, actor, "") == []
        assert sum(line.clips for line in list_cases(session, actor=actor)) == 0
        view = view_case(session, step.case_id, actor)
        assert view is not None
        assert view.clips == []
        assert all(s.attachments == [] for s in view.case.steps)
        of_step = find_step(session, step.id)
        assert of_step is not None
        found = candidates_for(session, of_step, actor=actor)
        assert [*found.near, *found.others] == []
        assert clip.officer_id is not None
        assert shift_of(session, clip.officer_id, now - timedelta(days=1), now, actor=actor).clips == []
        assert sum(line.clips for line in list_recorders(session, actor=actor)) == 0


@pytest.mark.parametrize("actor", EVERYBODY[1:], ids=EVERYBODY_IDS[1:])
def test_no_act_reaches_it(database: Database, hidden: UUID, now: datetime, actor: Actor) -> None:
    class NoStore:
        def get_address(self, *_: object, **__: object) -> None:
            raise AssertionError("an address of a restricted clip was made")

    with database.write() as session:
        clip = session.get_one(Clip, hidden)
        step = session.scalars(select(Step)).first()
        assert step is not None
        addresses = picture_addresses(
            session,
            NoStore(),
            actor=actor,
            clips=[clip],
            where="clips",
            now=now,  # type: ignore[arg-type]
        )
        assert addresses == {}
        with pytest.raises(CannotAttach, match="unknown-clip"):
            attach(
                session, actor=actor, clip_id=hidden, step_id=step.id, wish=Wish("process", "main"), now=now
            )


@pytest.mark.parametrize("actor", EVERYBODY, ids=EVERYBODY_IDS)
def test_a_docking_neither_lists_nor_counts_it(
    database: Database, hidden: UUID, now: datetime, actor: Actor | None
) -> None:
    """The station's signed sheet is a record of its own; the page of the docking is not."""
    with database.write() as session:
        docking = session.scalars(select(Docking)).one()
        docking.progress = {"files_total": 3, "files_copied": 3, "bytes_total": 246_913_578 + 5}
        add_clip(session, now, "open.MP4", docking=docking, size=5)
    with database.read() as session:
        named_files = [f.sighting.shown for f in files_of(session, docking.id, actor=actor)]
        assert named_files == (["open.MP4"] if told_of_all(actor) else [])
        view = view_docking(session, docking.id, now, actor)
        assert view is not None
        counted = view.counts
        assert (counted.total, counted.copied, counted.received, counted.verified) == (1, 1, 1, 1)
        assert view.bytes_total == 5
        (recent,) = recent_dockings(session, now, actor=actor)
        assert recent.counts == counted
    named = Actor(kind="person", id=uuid4(), name="named", named=frozenset({hidden}))
    with database.read() as session:
        assert {f.sighting.shown for f in files_of(session, docking.id, actor=named)} == {"密.MP4"}
        view = view_docking(session, docking.id, now, named)
        assert view is not None
        assert (view.counts.total, view.counts.received) == (2, 2)


def test_whoever_is_named_finds_it_and_it_alone(database: Database, hidden: UUID, now: datetime) -> None:
    named = Actor(
        kind="person", id=uuid4(), name="named", roles=frozenset({"legal"}), named=frozenset({hidden})
    )
    assert may_find(named, restricted=True, clip=hidden)
    assert not may_find(named, restricted=True)
    assert not may_find(named, restricted=True, clip=uuid4())
    with database.read() as session:
        assert session.scalars(select(Clip.id).where(visible_to(named))).all() == [hidden]
        for question in ({}, {"words": "密"}, {"kind": "video"}, {"order": "recorded"}):
            for way in (1, 1000):
                hits = find(session, ClipFilter(**question), named, limit=10, stretch=way)  # type: ignore[arg-type]
                assert hits.clips == [hidden]
        step = session.scalars(select(Step).where(Step.activity == "patrol")).one()
        view = view_case(session, step.case_id, named)
        assert view is not None
        assert [clip.id for clip in view.clips] == [hidden]
        assert view_clip(session, hidden, named) is not None
    with database.write() as session, pytest.raises(CannotAttach, match="sealed"):
        attach(session, actor=named, clip_id=hidden, step_id=step.id, wish=Wish("process", "main"), now=now)


@pytest.mark.parametrize("actor", EVERYBODY, ids=EVERYBODY_IDS)
def test_a_sheet_hides_its_line(database: Database, hidden: UUID, actor: Actor | None) -> None:
    with database.read() as session:
        clip = session.get_one(Clip, hidden)
        lines = [
            entry(b"by clip", hidden), entry(b"other", uuid4(), sha256="0" * 64), entry(b"refused", end="refused"),
            entry(b"by digest", end="held already", sha256=clip.sha256),
            entry(b"further copy", uuid4(), sha256=clip.sha256),
        ]  # fmt: skip
        assert hidden_lines(session, lines, actor) == {0, 3, 4}
    with database.write() as session:
        session.execute(update(Clip).values(restricted=False))
    with database.read() as session:
        assert hidden_lines(session, lines, actor) == (set() if told_of_all(actor) else {0, 3, 4})


def test_what_is_not_restricted_is_found(database: Database, hidden: UUID) -> None:
    """The tests above could pass by finding nothing at all."""
    with database.write() as session:
        session.execute(update(Clip).values(restricted=False))
    with database.read() as session:
        assert hidden in find(session, ClipFilter(), EVERYBODY[2], limit=10).clips
        assert view_clip(session, hidden) is not None
        assert suggest_cases(session, None, "112")
        assert suggest_officers(session, None, "")
        assert session.scalars(select(Officer)).first() is not None
