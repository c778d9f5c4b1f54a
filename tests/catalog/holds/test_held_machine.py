"""Random histories: a clip is held if and only if, by brute force over all that happened, some hold stands on it."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import make_url, select

from catalog.actors import system
from catalog.case_files.attaching import CannotAttach, Wish, attach
from catalog.database import Database
from catalog.holds.acts import CannotHold, HoldWish, lift_hold, set_hold
from catalog.holds.catching import catch_by_officer
from catalog.holds.seals import (
    CannotSeal,
    SealWish,
    confirm_lift,
    confirm_seal,
    propose_lift,
    propose_seal,
    withdraw_seal,
)
from catalog.holds.standing import holds_on
from catalog.models import Attachment, Clip, LockDue
from tests.catalog.conftest import _run
from tests.catalog.holds.people import Office, open_office
from tests.catalog.world import add_clip

START = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
DAY = timedelta(days=1)
CLIPS, CASES, OFFICERS = 4, 2, 2


@dataclass
class Known:
    """What the model knows of a hold."""

    setter: str
    about: tuple[Any, ...]
    at: datetime
    lifted: bool = False
    caught: set[int] = field(default_factory=set)
    """Clips caught for certain while it stood."""


@dataclass
class Fact:
    """What the model knows of a clip, in days from the start."""

    officer: int | None
    recorded: int | None
    on: list[list[Any]] = field(default_factory=list)
    """Attachments: case, when it was confirmed as detached."""
    seal: str = ""
    sealed: datetime = START
    """When the seal was proposed."""


class Histories(RuleBasedStateMachine):
    """Clips come, are described, attributed, attached and detached, while holds and seals come and go."""

    database: Database
    office: Office
    fresh: Callable[[], tuple[Database, Office]]

    @initialize()
    def begin(self) -> None:
        self.database, self.office = type(self).fresh()
        self.now = START
        self.ids: list[UUID] = []
        self.facts: list[Fact] = []
        self.holds: dict[UUID, Known] = {}
        self.seals: dict[int, UUID] = {}
        self.was: list[list[tuple[datetime, str]]] = []
        self.turns: dict[UUID, int] = {}
        for n in range(CLIPS):
            self.receive(n % OFFICERS, n - 1)

    def tick(self) -> datetime:
        self.now += timedelta(hours=1)
        return self.now

    def receive(self, officer: int | None, recorded: int | None) -> None:
        with self.database.write() as session:
            clip = add_clip(
                session, self.tick(), f"{len(self.ids)}.MP4", duration=60.0,
                recorded=None if recorded is None else START + recorded * DAY,
                officer_id=None if officer is None else self.office.officers[officer],
            )  # fmt: skip
            catch_by_officer(session, [clip.id], self.now)
            self.ids.append(clip.id)
        self.facts.append(Fact(officer, recorded))
        self.was.append([])
        self.model_catches(len(self.ids) - 1)

    def model_catches(self, clip: int) -> None:
        """As the rule is told in words: named officer, known time, within a day of the span."""
        fact = self.facts[clip]
        for hold in self.holds.values():
            if hold.lifted or hold.about[0] != "officers":
                continue
            _, officers, since, until = hold.about
            if (
                fact.officer in officers
                and fact.recorded is not None
                and since - 1 <= fact.recorded < until + 1
            ):
                hold.caught.add(clip)

    @rule(officer=st.none() | st.integers(0, OFFICERS - 1), recorded=st.none() | st.integers(-9, 0))
    def a_clip_comes(self, officer: int | None, recorded: int | None) -> None:
        if len(self.ids) < 7:
            self.receive(officer, recorded)

    @rule(
        clip=st.integers(0, 6),
        officer=st.none() | st.integers(0, OFFICERS - 1),
        recorded=st.none() | st.integers(-9, 0),
    )
    def it_turns_out(self, clip: int, officer: int | None, recorded: int | None) -> None:
        self.it_is_described(clip % len(self.ids), officer, recorded)

    def it_is_described(self, clip: int, officer: int | None, recorded: int | None) -> None:
        with self.database.write() as session:
            row = session.get_one(Clip, self.ids[clip])
            row.officer_id = None if officer is None else self.office.officers[officer]
            row.recorded_at = None if recorded is None else START + recorded * DAY
            catch_by_officer(session, [row.id], self.tick())
        self.facts[clip].officer, self.facts[clip].recorded = officer, recorded
        self.model_catches(clip)

    @rule(
        n=st.integers(0, 20),
        officer=st.none() | st.integers(0, OFFICERS - 1),
        recorded=st.none() | st.integers(-9, 0),
    )
    def what_was_caught_is_said_to_be_anothers(
        self, n: int, officer: int | None, recorded: int | None
    ) -> None:
        caught = sorted({clip for hold in self.holds.values() if not hold.lifted for clip in hold.caught})
        if caught:
            self.it_is_described(caught[n % len(caught)], officer, recorded)

    @rule(clip=st.integers(0, 6), case=st.integers(0, CASES - 1))
    def it_is_attached(self, clip: int, case: int) -> None:
        clip %= len(self.ids)
        try:
            with self.database.write() as session:
                attach(
                    session, actor=system("test"), clip_id=self.ids[clip], step_id=self.office.steps[case],
                    wish=Wish("process", "main"), now=self.tick(),
                )  # fmt: skip
        except CannotAttach as refusal:
            sealed = self.facts[clip].seal in {"standing", "lifting"}
            again = any(one[0] == case for one in self.facts[clip].on)
            if not (
                (refusal.why == "unknown-clip" and sealed) or (refusal.why == "already-attached" and again)
            ):
                raise
            return
        assert self.facts[clip].seal not in {"standing", "lifting"}
        self.facts[clip].on.append([case, None])

    @rule(clip=st.integers(0, 6), case=st.integers(0, CASES - 1), confirmed=st.booleans())
    def it_is_detached(self, clip: int, case: int, confirmed: bool) -> None:
        clip %= len(self.ids)
        now = self.tick()
        with self.database.write() as session:
            for row in session.scalars(
                select(Attachment).where(
                    Attachment.clip_id == self.ids[clip], Attachment.step_id == self.office.steps[case]
                )
            ):
                row.detached_at = row.detached_at or now
                if confirmed:
                    row.detach_confirmed_at = row.detach_confirmed_at or now
        for one in self.facts[clip].on:
            if one[0] == case and confirmed:
                one[1] = one[1] or now

    @rule(
        what=st.sampled_from(["clip", "case", "officers"]), n=st.integers(0, 6), since=st.integers(-9, -1),
        days=st.integers(1, 4), by=st.sampled_from(["legal", "legal2", "personnel"]), both=st.booleans(),
    )  # fmt: skip
    def a_hold_is_set(self, what: str, n: int, since: int, days: int, by: str, both: bool) -> None:
        reason = "complaint" if by == "personnel" else "litigation"
        officers = frozenset(range(OFFICERS)) if both else frozenset({n % OFFICERS})
        about: tuple[Any, ...] = {
            "clip": ("clip", n % len(self.ids)),
            "case": ("case", n % CASES),
            "officers": ("officers", officers, since, since + days),
        }[what]
        wish = HoldWish(
            what, reason, f"{len(self.holds)}",
            clip=self.ids[n % len(self.ids)], case=self.office.cases[n % CASES],
            officers=frozenset(self.office.officers[o] for o in officers) if what == "officers" else frozenset(),
            since=START + since * DAY, until=START + (since + days) * DAY,
        )  # fmt: skip
        try:
            with self.database.write() as session:
                hold = set_hold(session, actor=self.office[by], wish=wish, now=self.tick())
        except CannotHold as refusal:  # sealed: there is no such clip
            told = (refusal.why, what, self.facts[n % len(self.ids)].seal in {"standing", "lifting"})
            if told != ("unknown-clip", "clip", True):
                raise
            return
        assert (what, self.facts[n % len(self.ids)].seal) not in {("clip", "standing"), ("clip", "lifting")}
        self.holds[hold.id] = Known(by, about, self.now)
        for clip in range(len(self.ids)):
            self.model_catches(clip)

    @rule(n=st.integers(0, 20), by=st.sampled_from(["legal", "legal2", "personnel2", "archivist"]))
    def a_hold_is_lifted(self, n: int, by: str) -> None:
        if not self.holds:
            return
        hold_id = list(self.holds)[n % len(self.holds)]
        hold = self.holds[hold_id]
        theirs = by == "personnel2" if hold.setter == "personnel" else by in {"legal", "legal2"}
        expected = not hold.lifted and theirs and by != hold.setter
        try:
            with self.database.write() as session:
                lift_hold(session, actor=self.office[by], hold_id=hold_id, reason="x", now=self.tick())
        except CannotHold:
            assert not expected
        else:
            assert expected
            hold.lifted = True

    @rule(clip=st.integers(0, 6), goes_on=st.booleans(), undo=st.booleans())
    def a_seal_goes_on(self, clip: int, goes_on: bool, undo: bool) -> None:
        clip %= len(self.ids)
        fact, now = self.facts[clip], self.tick()
        try:
            with self.database.write() as session:
                if fact.seal == "":
                    wish = SealWish(self.ids[clip], "secret", "x")
                    self.seals[clip] = propose_seal(
                        session, actor=self.office["legal"], wish=wish, now=now
                    ).id
                    fact.seal, fact.sealed = "proposed", now
                elif fact.seal == "proposed" and undo:
                    withdraw_seal(session, actor=self.office["legal"], seal_id=self.seals[clip], now=now)
                    fact.seal = ""
                elif fact.seal == "proposed" and goes_on:
                    confirm_seal(session, actor=self.office["archivist"], seal_id=self.seals[clip], now=now)
                    fact.seal = "standing"
                elif fact.seal == "standing" and goes_on:
                    propose_lift(
                        session, actor=self.office["legal"], seal_id=self.seals[clip], reason="x", now=now
                    )
                    fact.seal = "lifting"
                elif fact.seal == "lifting" and goes_on:
                    confirm_lift(session, actor=self.office["archivist"], seal_id=self.seals[clip], now=now)
                    fact.seal = ""
        except CannotSeal as refusal:
            raise AssertionError(refusal.why) from refusal

    def brute_force(self, clip: int) -> list[tuple[datetime, str]]:
        """Since when, and why."""
        fact = self.facts[clip]
        found = [(fact.sealed, "seal")] if fact.seal else []
        found += [
            (hold.at, "complaint" if hold.setter == "personnel" else "litigation")
            for hold in self.holds.values()
            if not hold.lifted and self.stands(hold, clip, fact)
        ]
        return sorted(found)

    @staticmethod
    def stands(hold: Known, clip: int, fact: Fact) -> bool:
        if hold.about[0] == "clip":
            return bool(hold.about[1] == clip)
        if hold.about[0] == "case":
            return any(case == hold.about[1] and (off is None or off >= hold.at) for case, off in fact.on)
        _, officers, since, until = hold.about
        if clip in hold.caught:
            return True
        if fact.officer is not None and fact.officer not in officers:
            return False
        return fact.recorded is None or since - 1 <= fact.recorded < until + 1

    @invariant()
    def held_if_and_only_if_something_stands(self) -> None:
        if not hasattr(self, "ids"):
            return
        with self.database.read() as session:
            found = holds_on(session, self.ids)
            turns = {due.clip_id: due.turn for due in session.scalars(select(LockDue))}
        for clip, identity in enumerate(self.ids):
            expected = self.brute_force(clip)
            held = sorted((one.since, one.reason) for one in found.get(identity, ()))
            assert held == expected, clip
            if expected != self.was[clip]:
                grown = turns.get(identity, 0) > self.turns.get(identity, 0)
                assert grown, "what holds it changed, and nobody said that its lock is due"
            self.was[clip] = expected
        self.turns = turns

    def teardown(self) -> None:
        if hasattr(self, "ids"):
            self.database.close()


def furnish(url: str) -> Office:
    opened = Database.open(url)
    with opened.write() as session:
        office = open_office(session, START)
    opened.close()
    return office


@pytest.fixture
def sqlite_world(sqlite_template: Path, tmp_path: Path) -> tuple[Callable[[], str], Office]:
    template = tmp_path / "furnished.sqlite3"
    shutil.copy(sqlite_template, template)
    office = furnish(f"sqlite:///{template}")  # closed, it is one file

    def fresh() -> str:
        path = Path(tempfile.mkdtemp(dir=tmp_path)) / "catalog.sqlite3"
        shutil.copy(template, path)
        return f"sqlite:///{path}"

    return fresh, office


@pytest.fixture
def postgres_world(postgres_url: str, postgres_template: str) -> Iterator[tuple[Callable[[], str], Office]]:
    server = make_url(postgres_url)
    made: list[str] = []

    def copy_of(template: str) -> str:
        made.append(f"test_{uuid4().hex}")
        _run(postgres_url, f"CREATE DATABASE {made[-1]} TEMPLATE {template}")
        return server.set(database=made[-1]).render_as_string(hide_password=False)

    office = furnish(copy_of(postgres_template))
    furnished = made[0]
    yield lambda: copy_of(furnished), office
    for name in made:
        _run(postgres_url, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@pytest.mark.parametrize(("world", "histories"), [("sqlite_world", 60), ("postgres_world", 15)])
def test_held_by_brute_force(world: str, histories: int, request: pytest.FixtureRequest) -> None:
    fresh, office = request.getfixturevalue(world)
    Histories.fresh = staticmethod(lambda: (Database.open(fresh()), office))  # type: ignore[method-assign]
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        Histories,
        settings=settings(
            max_examples=histories,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
