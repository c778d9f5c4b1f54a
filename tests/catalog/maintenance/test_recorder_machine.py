"""Whatever people do in whatever order: no faulty recorder is given out, no fault is closed without its ground."""

from __future__ import annotations

import shutil
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import select

from catalog.database import Database
from catalog.holdings import HandOverRefused, give_back, hand_over
from catalog.maintenance.checks import check_recorder
from catalog.maintenance.faults import reject_fault, report_fault
from catalog.maintenance.log import CannotMaintain
from catalog.maintenance.repairs import bring_back, give_up, retire, return_to_service, send_to_repair
from catalog.models import Clip, Recorder, RecorderFault, RecorderRepair
from catalog.rules.recorder_state import FAULTS, ITEMS, MOVES, RESULTS, STATES, after, moves_from
from tests.catalog.maintenance.bureau import REPAIRER, ZONE, Bureau

PEOPLE = st.sampled_from(["wang", "li", "admin", "admin2", "sun"])
ALLOWED = {
    ("in-service", "out-of-service"),
    ("out-of-service", "in-service"),
    ("out-of-service", "in-repair"),
    ("in-repair", "out-of-service"),
    ("in-repair", "in-service"),
    *((state, "retired") for state in STATES if state != "retired"),
}


def test_the_moves_are_those_and_no_others() -> None:
    found = {(state, after(state, name)) for state in STATES for name in MOVES if after(state, name)}
    assert found == ALLOWED
    assert moves_from("retired") == ()


class Machine(RuleBasedStateMachine):
    template: Path

    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        shutil.copy(self.template, self.folder / "c.sqlite3")
        self.database = Database.open(f"sqlite:///{self.folder / 'c.sqlite3'}")
        self.bureau = Bureau(self.database, datetime(2026, 11, 23, 10, tzinfo=UTC)).furnish()
        self.last_state = "in-service"

    def teardown(self) -> None:
        if hasattr(self, "database"):
            self.database.close()
            shutil.rmtree(self.folder)

    def attempt(self, what: Any, who: str, **values: Any) -> bool:
        try:
            self.bureau.act(what, who, **values)
        except (CannotMaintain, HandOverRefused):
            return False
        finally:
            state = self.bureau.state()
            assert state == self.last_state or (self.last_state, state) in ALLOWED
            self.last_state = state
        return True

    @rule(who=PEOPLE, kind=st.sampled_from(FAULTS))
    def report(self, who: str, kind: str) -> None:
        before = self.bureau.state()
        if self.attempt(report_fault, who, recorder_id=self.bureau.recorder, kind=kind):
            assert self.bureau.state() == ("in-repair" if before == "in-repair" else "out-of-service")

    @rule(results=st.dictionaries(st.sampled_from(ITEMS), st.sampled_from(RESULTS)))
    def check(self, results: dict[str, str]) -> None:
        done = self.attempt(
            check_recorder, "admin", recorder_id=self.bureau.recorder, occasion="planned", results=results
        )
        if done and "failed" in results.values():
            assert self.bureau.state() != "in-service"

    @rule(name=st.sampled_from(["王建国", "李晓梅"]))
    def give_out(self, name: str) -> None:
        before, officer = self.bureau.state(), self.bureau.officers[name]
        with self.database.read() as session:
            has_it = session.get_one(Recorder, self.bureau.recorder).holder_id == officer
        at = self.bureau.now + timedelta(minutes=1)
        done = self.attempt(
            hand_over, "admin", recorder=self.bureau.recorder, officer=officer, at=at, zone=ZONE
        )
        assert not done or has_it or before == "in-service"

    @rule()
    def take_back(self) -> None:
        self.attempt(give_back, "admin", recorder=self.bureau.recorder, at=self.bureau.now, zone=ZONE)

    @rule(complete=st.booleans())
    def dock(self, complete: bool) -> None:
        docking = self.bureau.dock(ends=("received",) if complete else ("copied",))
        self.bureau.clip(docking, self.bureau.now)

    @rule()
    def reach_the_repairer(self) -> None:
        """The usual way, so that what must not happen is tried there as well."""
        if self.bureau.state() in {"in-service", "out-of-service"}:
            self.report("admin", "no-picture")
            self.dock(complete=True)
            self.send("card-kept", "docked")

    @rule(who=PEOPLE)
    def say_it_was_nothing(self, who: str) -> None:
        self.report(who, "battery")
        self.reject(who, "it was nothing", 0)

    @rule(more=st.booleans())
    def come_back(self, more: bool) -> None:
        self.reach_the_repairer()
        self.bring("repaired")
        if more:
            self.report("admin", "no-sound")
        self.bureau.later()
        self.dock(complete=True)

    @rule(who=PEOPLE, reason=st.sampled_from(["", "covered by a coat", "lens cap"]), n=st.integers(0, 3))
    def reject(self, who: str, reason: str, n: int) -> None:
        faults = sorted(self.bureau.all_faults(), key=lambda one: one.closed_at is not None)
        if faults:
            fault = faults[n % len(faults)]
            if self.attempt(reject_fault, who, fault_id=fault.id, reason=reason):
                assert reason
                assert fault.reported_by != self.bureau.people[who].id
                assert fault.repair_id is None

    @rule(removal=st.sampled_from(["removed", "card-kept"]), safe=st.sampled_from(["docked", "sealed"]))
    def send(self, removal: str, safe: str) -> None:
        self.attempt(
            send_to_repair, "admin", recorder_id=self.bureau.recorder, repairer=REPAIRER, data_safe=safe,
            data_removal=removal,
        )  # fmt: skip

    @rule(result=st.sampled_from(["repaired", "repaired", "not-repaired", "beyond-repair"]))
    def bring(self, result: str) -> None:
        for order in self.orders():
            self.attempt(bring_back, "admin", repair_id=order.id, result=result, work="done")

    @rule()
    def fail(self) -> None:
        for order in self.orders():
            self.attempt(give_up, "admin", repair_id=order.id, reason="black again")

    @rule()
    def put_back(self) -> None:
        with self.database.read() as session:
            clips = session.scalars(select(Clip.id).order_by(Clip.received_at).limit(9)).all()
            clips = [*clips[:1], *clips[-1:]]  # one from before, most often, and the newest
        for order in self.orders():
            for clip in clips:
                self.attempt(return_to_service, "admin", repair_id=order.id, test_clip=clip)

    @rule()
    def retire(self) -> None:
        if len(self.bureau.actions()) > 25:
            self.attempt(
                retire, "admin", recorder_id=self.bureau.recorder, reason="old", data_safe="docked",
                data_removal="removed",
            )  # fmt: skip

    def orders(self) -> list[RecorderRepair]:
        with self.database.read() as session:
            return list(session.scalars(select(RecorderRepair)))

    @invariant()
    def an_open_fault_means_out_of_use(self) -> None:
        if hasattr(self, "bureau") and any(f.closed_at is None for f in self.bureau.all_faults()):
            assert self.bureau.state() != "in-service"

    @invariant()
    def a_closed_fault_has_its_ground(self) -> None:
        if not hasattr(self, "bureau"):
            return
        with self.database.read() as session:
            for fault in session.scalars(select(RecorderFault).where(RecorderFault.closed_at.is_not(None))):
                if fault.outcome == "repaired":
                    order = session.get_one(RecorderRepair, fault.repair_id)
                    assert order.result == "repaired"
                    assert order.test_clip_id
                    assert order.back_at
                    clip = session.get_one(Clip, order.test_clip_id)
                    assert clip.received_at > order.back_at
                    assert "test-recording" in clip.flags
                else:
                    assert fault.outcome == "rejected"
                    assert fault.reason
                    assert fault.closed_by is not None
                    assert fault.closed_by != fault.reported_by


@pytest.mark.timeout(600)
def test_no_path_breaks_the_rules(sqlite_template: Path) -> None:
    Machine.template = sqlite_template
    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=60, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
