"""Suggestions: best first, with reasons; declined ones stay away; restricted ones show nowhere."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from catalog.case_files.attaching import CannotAttach
from catalog.case_files.cases import find_step, steps_of
from catalog.case_files.suggesting import (
    count_for_cases,
    dismiss,
    suggest_for_case,
    suggest_for_step,
    suggest_steps,
)
from catalog.case_files.unattached import declare_unrelated
from catalog.database import Database
from catalog.ids import new_id
from catalog.models import Case, Clip
from catalog.rules.suggesting import REASONS, ClipFacts, StepFacts, best_first, fit
from tests.catalog.case_files.desk import Desk, open_desk

NOON = datetime(2026, 11, 23, 4, tzinfo=UTC)
HANDLER, SECOND, OTHER = uuid4(), uuid4(), uuid4()
STEP = StepFacts(
    NOON,
    NOON + timedelta(hours=1),
    HANDLER,
    SECOND,
    people=["赵 强"],
    place="东风路 18 号",
    point=(26.5846, 104.8331),
    activity="service",
)
MINUTE = timedelta(minutes=1)


def clip(minutes: float = 0, officer: UUID | None = HANDLER, **more: object) -> ClipFacts:
    start = NOON + minutes * MINUTE
    return ClipFacts(start, start + MINUTE, officer=officer, **more)  # type: ignore[arg-type]


def reasons(step: StepFacts, facts: ClipFacts) -> tuple[str, ...] | None:
    found = fit(step, facts)
    return found.reasons if found is not None else None


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        (clip(10), ("handler", "during")),
        (clip(10, SECOND), ("second-handler", "during")),
        (clip(90), ("handler", "near-time")),
        (clip(-30, SECOND), ("second-handler", "near-time")),
        (clip(400), ("handler", "same-day")),
        (clip(1000), None),
        (clip(10, OTHER), None),
        (clip(10, OTHER, officer_name="赵 强"), ("named-at-step", "during")),
        (clip(10, None, recorder_holder=SECOND), ("recorder-holder", "during")),
        (clip(10, None, recorder_holder=OTHER), None),
        (clip(10, None), ("during",)),
        (clip(90, None), None),
        (clip(62, error=5 * MINUTE), ("handler", "during-by-error")),
        (clip(62), ("handler", "near-time")),
        (clip(10, OTHER, point=(26.5846, 104.8332)), ("during", "at-place")),
        (clip(10, OTHER, point=(26.5900, 104.8331)), ("during", "near-place")),
        (clip(10, OTHER, point=(26.7, 104.8331)), None),
        (clip(10, OTHER, notes=["到达东风路18号门口"]), ("during", "place-named")),
        (clip(10, OTHER, notes=["到达解放街"]), None),
        (clip(10, OTHER, marks=["left-in-place"]), ("during", "marks-fit")),
        (clip(10, OTHER, marks=["signed"]), None),
        (clip(400, OTHER, point=(26.5846, 104.8332)), None),
        (ClipFacts(None, officer=HANDLER), None),
    ],
)
def test_why_a_clip_fits_a_step(facts: ClipFacts, said: tuple[str, ...] | None) -> None:
    assert reasons(STEP, facts) == said


def test_a_step_without_a_time_gets_none() -> None:
    assert fit(StepFacts(None, handler=HANDLER), clip(0)) is None


def test_what_fits_better_comes_first_and_the_order_never_jumps() -> None:
    ids = [UUID(int=n) for n in range(5)]
    fits = [clip(400), clip(90), clip(10), clip(80), clip(10)]
    weighed = [(one, found) for one, facts in zip(ids, fits, strict=True) if (found := fit(STEP, facts))]
    assert [one.int for one, _ in best_first(weighed)] == [2, 4, 3, 1, 0]
    assert best_first(reversed(weighed)) == best_first(weighed)


def test_reasons_are_said_in_one_order() -> None:
    found = fit(STEP, clip(10, marks=["left-in-place"], notes=["东风路18号"], point=STEP.point))
    assert found is not None
    assert list(found.reasons) == sorted(found.reasons, key=REASONS.index)
    assert found.reasons == ("handler", "during", "at-place", "place-named", "marks-fit")


@pytest.fixture
def desk(database: Database, now: datetime) -> Desk:
    return open_desk(database, now)


def suggested(desk: Desk, step: UUID | None = None) -> list[UUID]:
    with desk.database.read() as session:
        found = find_step(session, step or desk.step)
        assert found is not None
        return [s.clip.id for s in suggest_for_step(session, found, desk.people["li"])]


def test_for_a_step(desk: Desk) -> None:
    later, next_day = desk.add("L.MP4", minutes=80), desk.add("N.MP4", minutes=60 * 30)
    assert suggested(desk) == [desk.clip, later]
    assert next_day not in suggested(desk)
    desk.attach()
    assert suggested(desk) == [later]


def test_for_a_case_each_clip_once(desk: Desk) -> None:
    with desk.database.read() as session:
        case = session.get_one(Case, desk.case)
        found = suggest_for_case(session, case, steps_of(session, desk.case), desk.people["li"])
        assert [(s.clip.id, s.step.id) for s in found] == [(desk.clip, desk.step)]
    desk.set_state("archived")
    with desk.database.read() as session:
        case = session.get_one(Case, desk.case)
        assert suggest_for_case(session, case, steps_of(session, desk.case), desk.people["li"]) == []


def test_steps_for_a_clip(desk: Desk) -> None:
    with desk.database.read() as session:
        found = suggest_steps(session, session.get_one(Clip, desk.clip), desk.people["li"])
        assert found[0].step.id == desk.step
        assert found[0].fit.reasons == ("handler", "during")
    desk.attach()
    with desk.database.read() as session:
        found = suggest_steps(session, session.get_one(Clip, desk.clip), desk.people["li"])
        assert desk.step not in {s.step.id for s in found}
    desk.set_state("archived")
    with desk.database.read() as session:
        found = suggest_steps(session, session.get_one(Clip, desk.clip), desk.people["li"])
        assert desk.case not in {s.step.case_id for s in found}


def test_declined_it_does_not_come_back_for_that_step(desk: Desk) -> None:
    for _ in range(2):
        desk.do(dismiss, "li", step_id=desk.step, clip_id=desk.clip)
    assert suggested(desk) == []
    with desk.database.read() as session:
        other = [s.id for s in steps_of(session, desk.case) if s.started_at and s.id != desk.step]
    assert any(desk.clip in suggested(desk, step) for step in other)
    with pytest.raises(CannotAttach):
        desk.do(dismiss, "li", step_id=new_id(), clip_id=desk.clip)


def test_declared_unrelated_it_is_not_suggested(desk: Desk) -> None:
    desk.do(declare_unrelated, "wang", clips=[desk.clip], reason="设备测试")
    assert suggested(desk) == []


def test_restricted_it_is_suggested_to_nobody(desk: Desk) -> None:
    desk.restrict(desk.clip)
    assert suggested(desk) == []
    with desk.database.read() as session:
        assert suggest_steps(session, session.get_one(Clip, desk.clip), desk.people["li"]) == []
        cases = list(session.scalars(select(Case)))
        assert count_for_cases(session, cases, desk.people["li"]) == {}
    with pytest.raises(CannotAttach):
        desk.do(dismiss, "li", step_id=desk.step, clip_id=desk.clip)


def test_counted_for_cases(desk: Desk) -> None:
    desk.add("L.MP4", minutes=10)
    with desk.database.read() as session:
        cases = list(session.scalars(select(Case)))
        assert count_for_cases(session, cases, desk.people["li"])[desk.case] == 2
