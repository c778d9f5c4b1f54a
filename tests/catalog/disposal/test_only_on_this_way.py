"""Random histories on a real storage whose locks last a second: nothing is destroyed outside the procedure (invariant 2).

Anybody tries anything at any time: each act by each role, clocks that jump, rows that are changed, holds that come and go.
A plain model beside it knows what must have happened before a clip may be gone.
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import select

from catalog.actors import Actor
from catalog.database import Database
from catalog.disposal.appraisals import list_more, open_appraisal, take_off
from catalog.disposal.approving import approve, give_back, order, undo, witness
from catalog.disposal.proposing import opine, propose, report, rework
from catalog.disposal.refusals import CannotDispose
from catalog.models import (
    Appraisal,
    AppraisalItem,
    AppraisalOpinion,
    Clip,
    Copy,
    CustodyEntry,
    DisposalWitness,
)
from catalog.rules.disposal import COOLING, PARTS, Opinion
from storage.settings import StorageSettings
from tests.catalog.disposal.desk import COOLED, NONE, ZONE, Desk

ROLE = st.sampled_from(
    ("archivist", "chief", "section-head", "legal", "office-head", "leader", "bureau-head", "handler")
)
JUMP = st.sampled_from((timedelta(minutes=4), timedelta(hours=3), COOLED, -timedelta(days=3)))


def machine(template: Path, seaweed: StorageSettings) -> type[RuleBasedStateMachine]:
    class Bureau(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self.folder = Path(tempfile.mkdtemp())
            shutil.copy(template, self.folder / "catalog.sqlite3")
            self.database = Database.open(f"sqlite:///{self.folder / 'catalog.sqlite3'}")
            self.desk = Desk(self.database, seaweed)
            self.clips: list[UUID] = []
            self.signed: dict[str, datetime] = {}

        def teardown(self) -> None:
            self.desk.close()
            self.database.close()
            shutil.rmtree(self.folder)

        @initialize()
        def begin(self) -> None:
            self.clips = [self.desk.clip(lock=0), self.desk.clip(lock=0)]
            self.clips.append(self.desk.clip(lock=3600))
            with self.database.read() as session:
                ends = [
                    copy.lock_until
                    for copy in session.scalars(select(Copy).where(Copy.clip_id.in_(self.clips[:2])))
                ]
            pause = (max(ends) - datetime.now(UTC)).total_seconds()
            time.sleep(max(0.0, pause) + 0.2)

        def attempt(self, name: str, act: Callable[[Actor, UUID, datetime], object]) -> None:
            with self.database.read() as session:
                newest = session.scalars(select(Appraisal.id).order_by(Appraisal.number.desc())).first()
            if newest is not None:
                with contextlib.suppress(CannotDispose):
                    act(self.desk.people[name], newest, self.desk.now())

        def tx(self, act: Callable[..., object], **given: object) -> None:
            with self.database.write() as session:
                act(session, **given)

        @rule(name=ROLE, one=st.integers(0, 2))
        def open(self, name: str, one: int) -> None:
            with contextlib.suppress(CannotDispose):
                self.tx(
                    open_appraisal, actor=self.desk.people[name], clips=[self.clips[one]],
                    zone=ZONE, now=self.desk.now(), margin=NONE,
                )  # fmt: skip

        @rule(name=ROLE, one=st.integers(0, 2))
        def add(self, name: str, one: int) -> None:
            self.attempt(
                name,
                lambda who, what, now: self.tx(
                    list_more, actor=who, appraisal_id=what, clips=[self.clips[one]], now=now, margin=NONE
                ),
            )

        @rule(
            names=st.lists(ROLE, min_size=1, max_size=3),
            proposal=st.sampled_from(("destroy", "destroy", "destroy", "for-ever")),
        )
        def speak(self, names: list[str], proposal: str) -> None:
            for name in names:
                self.attempt(
                    name,
                    lambda who, what, now: self.tx(
                        opine, actor=who, appraisal_id=what, items=None, opinion=Opinion(proposal),
                        note="x", now=now,
                    ),
                )  # fmt: skip

        @rule()
        def all_speak(self) -> None:
            self.speak(["archivist", "section-head", "legal"], "destroy")

        @rule(name=ROLE, step=st.sampled_from((propose, report)))
        def step(self, name: str, step: Callable[..., object]) -> None:
            self.attempt(
                name, lambda who, what, now: self.tx(step, actor=who, appraisal_id=what, now=now, margin=NONE)
            )

        @rule(step=st.sampled_from((propose, report)))
        def go_on(self, step: Callable[..., object]) -> None:
            self.step("archivist", step)

        @rule(name=ROLE)
        def open_again(self, name: str) -> None:
            self.attempt(name, lambda who, what, now: self.tx(rework, actor=who, appraisal_id=what, now=now))

        @rule(name=ROLE)
        def sign_in(self, name: str) -> None:
            self.signed[name] = self.desk.now()

        @rule(name=ROLE, number=st.sampled_from(("1", "2", "3")), fresh=st.booleans())
        def approving(self, name: str, number: str, fresh: bool) -> None:
            def act(who: Actor, what: UUID, now: datetime) -> None:
                with self.database.read() as session:
                    digest = session.get_one(Appraisal, what).digest or ""
                self.tx(
                    approve, actor=who, appraisal_id=what, number=number, digest=digest,
                    signed_in_at=now if fresh else self.signed.get(name), cooling_days=0, zone=ZONE,
                    now=now, margin=NONE,
                )  # fmt: skip

            self.attempt(name, act)

        @rule(number=st.sampled_from(("1", "2", "3")))
        def head_approves(self, number: str) -> None:
            self.approving("bureau-head", number, fresh=True)
            self.desk.settled()

        @rule(name=ROLE, act=st.sampled_from((undo, give_back)))
        def back(self, name: str, act: Callable[..., object]) -> None:
            self.attempt(
                name,
                lambda who, what, now: self.tx(act, actor=who, appraisal_id=what, reason="x", now=now),
            )

        @rule(name=ROLE, fresh=st.booleans())
        def witnessing(self, name: str, fresh: bool) -> None:
            self.attempt(
                name,
                lambda who, what, now: self.tx(
                    witness, actor=who, appraisal_id=what, cooling_days=0, now=now,
                    signed_in_at=now if fresh else self.signed.get(name),
                ),
            )  # fmt: skip

        @rule()
        def two_witness(self) -> None:
            for name in ("office-head", "leader"):
                self.witnessing(name, fresh=True)

        @rule(name=ROLE, fresh=st.booleans())
        def ordering(self, name: str, fresh: bool) -> None:
            def act(who: Actor, what: UUID, now: datetime) -> None:
                with self.database.read() as session:
                    number = session.get_one(Appraisal, what).number
                self.tx(
                    order, actor=who, appraisal_id=what, typed=number, cooling_days=0, now=now, margin=NONE,
                    signed_in_at=now if fresh else self.signed.get(name),
                )  # fmt: skip

            self.attempt(name, act)

        @rule()
        def archivist_orders(self) -> None:
            self.ordering("archivist", fresh=True)

        @rule(one=st.integers(0, 2), on=st.booleans())
        def hold(self, one: int, on: bool) -> None:
            with self.database.write() as session:
                session.get_one(Clip, self.clips[one]).hold_desired = on

        @rule()
        def the_way_to_the_report(self) -> None:
            """So that histories reach the later steps often enough."""
            self.open("archivist", 0)
            self.all_speak()
            self.go_on(propose)
            self.go_on(report)

        @rule(jump=JUMP)
        def clock(self, jump: timedelta) -> None:
            self.desk.ahead = max(timedelta(), self.desk.ahead + jump)

        @rule()
        def worker(self) -> None:
            self.desk.settled()
            self.desk.execute()

        @rule(one=st.integers(0, 1), name=ROLE)
        def off(self, one: int, name: str) -> None:
            with self.database.read() as session:
                item = session.scalars(
                    select(AppraisalItem).where(AppraisalItem.active_clip_id == self.clips[one])
                ).first()
            if item is not None:
                self.attempt(
                    name,
                    lambda who, what, now: self.tx(
                        take_off, actor=who, appraisal_id=what, item_id=item.id, now=now
                    ),
                )

        @invariant()
        def what_is_gone_went_on_this_way(self) -> None:
            for clip in self.clips:
                there = self.desk.at_storage(clip)
                with self.database.read() as session:
                    row = session.get_one(Clip, clip)
                    assert bool(there) == (row.destroyed_at is None)
                    if there:
                        continue
                    assert clip != self.clips[2], "its lock stands for an hour"
                    item = session.scalars(
                        select(AppraisalItem).where(
                            AppraisalItem.clip_id == clip, AppraisalItem.state == "destroyed"
                        )
                    ).one()
                    self._had_all(session.get_one(Appraisal, item.appraisal_id), item)

        def _had_all(self, a: Appraisal, item: AppraisalItem) -> None:
            with self.database.read() as session:
                said = session.scalars(
                    select(AppraisalOpinion).where(AppraisalOpinion.item_id == item.id)
                ).all()
                witnesses = session.scalars(
                    select(DisposalWitness.account_id).where(DisposalWitness.appraisal_id == a.id)
                ).all()
                assert session.scalar(
                    select(CustodyEntry.id).where(CustodyEntry.action == "clip.destroyed").limit(1)
                )
            assert {one.part for one in said} == set(PARTS)
            assert {one.proposal for one in said} == {"destroy"}
            assert len({one.by_id for one in said}) == 3
            assert a.approved_by == self.desk.people["bureau-head"].id
            assert a.approved_at is not None
            assert a.ordered_at is not None
            assert a.ordered_at >= a.approved_at + COOLING
            took_part = {
                a.executor_id,
                a.approved_by,
                a.opened_by,
                a.reported_by,
                *(one.by_id for one in said),
            }
            assert len(set(witnesses) - took_part) >= 2
            assert a.digest == a.approved_digest

    return Bureau


def test_random_histories(sqlite_template: Path, seaweed: StorageSettings) -> None:
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        machine(sqlite_template, seaweed),
        settings=settings(
            max_examples=12,
            stateful_step_count=25,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_the_machine_can_destroy(sqlite_template: Path, seaweed: StorageSettings) -> None:
    """The histories above would prove little if none of them could reach the end."""
    bureau = machine(sqlite_template, seaweed)()
    bureau.begin()  # type: ignore[attr-defined]
    bureau.the_way_to_the_report()  # type: ignore[attr-defined]
    bureau.head_approves("1")  # type: ignore[attr-defined]
    bureau.clock(COOLED)  # type: ignore[attr-defined]
    bureau.two_witness()  # type: ignore[attr-defined]
    bureau.archivist_orders()  # type: ignore[attr-defined]
    bureau.worker()  # type: ignore[attr-defined]
    bureau.what_is_gone_went_on_this_way()  # type: ignore[attr-defined]
    assert bureau.desk.at_storage(bureau.clips[0]) == []  # type: ignore[attr-defined]
    bureau.teardown()
