"""Entering cases and leads, changing their facts, their steps and their handlers."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from sqlalchemy import delete, select

from catalog.case_files.entering import (
    WHY,
    CannotEdit,
    CaseFacts,
    edit_case,
    enter_case,
    mark_of,
)
from catalog.case_files.handling import CannotHandOn, change_handlers, handlers_of
from catalog.case_files.life import MoveFacts, move_case
from catalog.case_files.steps import StepFacts, edit_step, enter_step, remove_step
from catalog.custody.log import private_of
from catalog.ids import new_id
from catalog.models import Attachment, Case, CaseHandler, CustodyEntry, LockDue, Step
from catalog.rules.case_life import CHANGEABLE, STATES
from catalog.rules.major_decision import ProposedDecision
from tests.catalog.case_files.bureau import NAMES, NOW, TODAY, Bureau
from tests.catalog.world import entries

FACTS = CaseFacts("某某食品店案", "penalty-general", "城市监罚〔2026〕8 号", "某某食品店")


def enter(bureau: Bureau, facts: CaseFacts = FACTS, who: str = "handler", *, lead: bool = False) -> UUID:
    with bureau.database.write() as session:
        return enter_case(
            session, actor=bureau.people[who], facts=facts, handlers=(bureau.officers[0], None), lead=lead,
            today=TODAY, now=NOW,
        ).id  # fmt: skip


def edit(bureau: Bureau, case: UUID, facts: CaseFacts, who: str = "handler", seen: str | None = None) -> None:
    with bureau.database.write() as session:
        edit_case(
            session, actor=bureau.people[who], case_id=case, facts=facts,
            seen=mark_of(session.get_one(Case, case)) if seen is None else seen, today=TODAY, now=NOW,
        )  # fmt: skip


def why_not(
    bureau: Bureau, case: UUID, facts: CaseFacts, who: str = "handler", seen: str | None = None
) -> str:
    before = mark_of(bureau.look(case))
    with pytest.raises(CannotEdit) as caught:
        edit(bureau, case, facts, who, seen)
    assert mark_of(bureau.look(case)) == before
    assert caught.value.why in WHY
    return caught.value.why


def dues(bureau: Bureau) -> set[UUID]:
    with bureau.database.read() as session:
        return set(session.scalars(select(LockDue.clip_id)))


def forget_dues(bureau: Bureau) -> None:
    with bureau.database.write() as session:
        session.execute(delete(LockDue))


def test_a_case_and_a_lead(bureau: Bureau) -> None:
    case = bureau.look(enter(bureau))
    assert (case.state, case.number, case.filed_on) == ("open", FACTS.number, TODAY)
    lead = bureau.look(enter(bureau, replace(FACTS, type="inspection"), lead=True))
    assert (lead.state, lead.number, lead.filed_on) == ("lead", None, None)
    with bureau.database.read() as session:
        assert [(r.place, o.name) for r, o in handlers_of(session, case.id)] == [(1, "李晓梅")]
        entry = session.get_one(CustodyEntry, entries(session, "case.created")[0])
        assert "食品店" not in entry.record, "names of parties are private"


def test_a_lead_becomes_a_case_and_keeps_all(bureau: Bureau) -> None:
    lead = enter(bureau, replace(FACTS, number=""), lead=True)
    step = bureau.step(lead)
    clip = bureau.clip(step)
    forget_dues(bureau)
    with bureau.database.write() as session:
        move_case(
            session, actor=bureau.people["handler"], case_id=lead, move="file",
            facts=MoveFacts(number="城市监罚〔2026〕9 号"), today=TODAY, now=NOW,
        )  # fmt: skip
    case = bureau.look(lead)
    assert (case.state, case.number, case.filed_on) == ("open", "城市监罚〔2026〕9 号", TODAY)
    with bureau.database.read() as session:
        assert session.scalars(select(Attachment.clip_id).where(Attachment.step_id == step)).all() == [clip]
    assert dues(bureau) == {clip}


@pytest.mark.parametrize("who", sorted(set(NAMES) - {"handler", "section-head"}))
def test_others_enter_nothing(bureau: Bureau, who: str) -> None:
    with pytest.raises(CannotEdit, match="not-yours"):
        enter(bureau, who=who)
    assert why_not(bureau, bureau.case(), FACTS, who) == "not-yours"


def test_changes_are_kept_with_before_and_after(bureau: Bureau) -> None:
    case = enter(bureau)
    clip = bureau.clip(bureau.step(case))
    forget_dues(bureau)
    proposed = ProposedDecision("person", Decimal(12000), None, frozenset({"closure"}))
    edit(
        bureau, case,
        replace(
            FACTS, filed_on=TODAY, party="另一食品店", coercion=True, coercion_from=TODAY,
            coercion_until=TODAY + timedelta(days=30), proposed=proposed,
        ),
    )  # fmt: skip
    assert dues(bureau) == {clip}
    with bureau.database.read() as session:
        entry = session.get_one(CustodyEntry, entries(session, "case.changed")[0])
        assert json.loads(entry.record)["facts"]["fields"] == [
            "coercion", "coercion_from", "coercion_until", "decision_facts", "party",
        ]  # fmt: skip
        assert "食品店" not in entry.record
        private = private_of(session, [entry.id])[entry.id]
        assert json.loads(private["before"])["party"] == "某某食品店"
        assert json.loads(private["after"])["party"] == "另一食品店"
        assert session.get_one(Case, case).decision_facts == {
            "on": "person", "fine": "12000.00", "marks": ["closure"],
        }  # fmt: skip
    edit(bureau, case, replace(FACTS, filed_on=TODAY, party="另一食品店", coercion=True, coercion_from=TODAY,
                               coercion_until=TODAY + timedelta(days=30), proposed=proposed))  # fmt: skip
    with bureau.database.read() as session:
        assert len(entries(session, "case.changed")) == 1, "nothing changed, nothing entered"


@pytest.mark.parametrize("state", sorted(set(STATES) - CHANGEABLE))
def test_nothing_changes_after_the_file_was_passed(bureau: Bureau, state: str) -> None:
    case = bureau.case()
    step = bureau.step(case)
    bureau.put(case, state)
    for facts in (replace(FACTS, type="inspection"), replace(FACTS, closed_on=date(2020, 1, 1)), FACTS):
        assert why_not(bureau, case, facts) == "file-closed"
    for act in (
        lambda s: enter_step(
            s,
            actor=bureau.people["handler"],
            case_id=case,
            facts=StepFacts("decision", "other", "x"),
            now=NOW,
        ),
        lambda s: edit_step(
            s,
            actor=bureau.people["handler"],
            step_id=step,
            facts=StepFacts("decision", "other", "x"),
            now=NOW,
        ),
        lambda s: remove_step(s, actor=bureau.people["handler"], step_id=step, now=NOW),
    ):
        with pytest.raises(CannotEdit, match="file-closed"), bureau.database.write() as session:
            act(session)


FUTURE = TODAY + timedelta(days=1)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"title": " \u202e "}, "title-missing"),
        ({"title": "x" * 256}, "text-too-long"),
        ({"party": "x" * 256}, "text-too-long"),
        ({"number": "x" * 129}, "text-too-long"),
        ({"number": "\0 "}, "number-missing"),
        ({"type": "coercion"}, "bad-type"),
        ({"unit_id": UUID(int=5)}, "unknown-unit"),
        ({"filed_on": FUTURE}, "date-in-future"),
        ({"closed_on": date(1979, 1, 1)}, "date-wrong"),
        ({"filed_on": TODAY, "closed_on": TODAY - timedelta(days=1)}, "dates-crossed"),
        ({"decided_on": TODAY, "executed_on": TODAY - timedelta(days=1)}, "dates-crossed"),
        ({"coercion_from": TODAY}, "coercion-dates"),
        ({"coercion": True, "coercion_until": TODAY}, "coercion-dates"),
        ({"coercion": True, "coercion_from": TODAY, "coercion_until": date(2020, 1, 1)}, "coercion-dates"),
    ],
)
def test_what_cannot_be(bureau: Bureau, change: dict[str, object], why: str) -> None:
    case = enter(bureau)
    assert why_not(bureau, case, replace(FACTS, **change)) == why  # type: ignore[arg-type]


def test_numbers_are_of_one_case(bureau: Bureau) -> None:
    bureau.case("1 号")
    other = bureau.case("2 号")
    assert why_not(bureau, other, replace(FACTS, number="1 号")) == "number-taken"
    with pytest.raises(CannotEdit, match="number-taken"):
        enter(bureau, replace(FACTS, number="1 号"))


def test_who_comes_second_is_told(bureau: Bureau) -> None:
    case = enter(bureau)
    seen = mark_of(bureau.look(case))
    edit(bureau, case, replace(FACTS, filed_on=TODAY, party="甲"), seen=seen)
    assert why_not(bureau, case, replace(FACTS, filed_on=TODAY, party="乙"), seen=seen) == "changed-meanwhile"


def test_steps(bureau: Bureau) -> None:
    case = bureau.case()
    step = bureau.step(case)
    clip = bureau.clip(step)
    forget_dues(bureau)
    facts = StepFacts(
        "investigation", "coercion", "查封", "东风路 18 号", NOW - timedelta(days=1), NOW - timedelta(hours=2),
        NOW - timedelta(hours=1), ("李晓梅", "王建国", "", "李晓梅"),
    )  # fmt: skip
    with bureau.database.write() as session:
        edit_step(session, actor=bureau.people["handler"], step_id=step, facts=facts, now=NOW)
    with bureau.database.read() as session:
        row = session.get_one(Step, step)
        assert (row.activity, row.people) == ("coercion", ["李晓梅", "王建国"])
        entry = session.get_one(CustodyEntry, entries(session, "step.changed")[0])
        assert "李晓梅" not in entry.record
    assert dues(bureau) == {clip}


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        (StepFacts("trial", "other", "x"), "bad-stage"),
        (StepFacts("decision", "party", "x"), "bad-activity"),
        (StepFacts("decision", "other", " "), "title-missing"),
        (StepFacts("decision", "other", "x", "y" * 256), "text-too-long"),
        (StepFacts("decision", "other", "x", people=("z" * 65,)), "text-too-long"),
        (StepFacts("decision", "other", "x", people=tuple(map(str, range(41)))), "too-many-people"),
        (StepFacts("decision", "other", "x", ended=NOW), "times-crossed"),
        (StepFacts("decision", "other", "x", started=NOW, ended=NOW - timedelta(1)), "times-crossed"),
    ],
)
def test_what_no_step_is(bureau: Bureau, facts: StepFacts, why: str) -> None:
    case = bureau.case()
    with pytest.raises(CannotEdit) as caught, bureau.database.write() as session:
        enter_step(session, actor=bureau.people["handler"], case_id=case, facts=facts, now=NOW)
    assert caught.value.why == why


def test_a_step_goes_only_when_nothing_ever_hung_on_it(bureau: Bureau) -> None:
    case = bureau.case()
    empty, used = bureau.step(case, "空"), bureau.step(case, "用")
    clip = bureau.clip(used)
    with bureau.database.write() as session:
        remove_step(session, actor=bureau.people["handler"], step_id=empty, now=NOW)
    with pytest.raises(CannotEdit, match="step-used"), bureau.database.write() as session:
        remove_step(session, actor=bureau.people["handler"], step_id=used, now=NOW)
    with bureau.database.write() as session:  # moved away, as a split does
        session.execute(delete(Attachment).where(Attachment.clip_id == clip))
    with pytest.raises(CannotEdit, match="step-used"), bureau.database.write() as session:
        remove_step(session, actor=bureau.people["handler"], step_id=used, now=NOW)
    with pytest.raises(CannotEdit, match="unknown-step"), bureau.database.write() as session:
        remove_step(session, actor=bureau.people["handler"], step_id=empty, now=NOW)


def hand_on(bureau: Bureau, case: UUID, first: UUID | None, second: UUID | None, who: str = "section-head",
            reason: str = "调岗", seen: tuple[UUID | None, UUID | None] | None = None) -> str:  # fmt: skip
    row = bureau.look(case)
    try:
        with bureau.database.write() as session:
            change_handlers(
                session, actor=bureau.people[who], case_id=case, first=first, second=second,
                seen=(row.handler_id, row.second_handler_id) if seen is None else seen, reason=reason,
                now=NOW + timedelta(days=3),
            )  # fmt: skip
    except CannotHandOn as refusal:
        assert bureau.look(case).handler_id == row.handler_id
        return refusal.why
    return "done"


def test_handlers_over_time(bureau: Bureau) -> None:
    case = bureau.case()
    one, two, three = bureau.officers
    assert hand_on(bureau, case, three, two) == "done"
    with bureau.database.read() as session:
        rows = handlers_of(session, case)
        assert [(r.place, o.name, r.until is not None) for r, o in rows] == [
            (1, "李晓梅", True), (2, "王建国", False), (1, "陈立", False),
        ]  # fmt: skip
        assert rows[2][0].reason == "调岗"
        assert len(entries(session, "case.handlers-changed")) == 1
    assert hand_on(bureau, case, one, two, seen=(one, two)) == "changed-meanwhile"


def test_handlers_are_not_changed_by_anybody(bureau: Bureau) -> None:
    case, lead = bureau.case(), bureau.case(None)
    one, two, three = bureau.officers
    for who in set(NAMES) - {"section-head", "legal"}:
        assert hand_on(bureau, case, three, two, who) == "not-yours"
    assert hand_on(bureau, lead, three, two, "legal") == "not-yours", "a lead is the section's own"
    assert hand_on(bureau, case, three, two, "legal") == "done"
    assert hand_on(bureau, case, three, three) == "same-handler"
    assert hand_on(bureau, case, None, two) == "handler-missing"
    assert hand_on(bureau, case, three, two) == "nothing-changed"
    assert hand_on(bureau, case, one, two, reason=" ") == "reason-missing"
    assert hand_on(bureau, case, one, two, reason="x" * 501) == "reason-too-long"
    assert hand_on(bureau, case, new_id(), two) == "unknown-officer"
    bureau.put(case, "archived")
    assert hand_on(bureau, case, one, two) == "wrong-state"


def test_cases_from_before_have_handlers_over_time_too(bureau: Bureau) -> None:
    case = bureau.case()
    with bureau.database.write() as session:
        session.execute(delete(CaseHandler))
    assert hand_on(bureau, case, bureau.officers[2], bureau.officers[1]) == "done"
    with bureau.database.read() as session:
        first = handlers_of(session, case)[0]
        assert (first[1].name, first[0].since, first[0].until) == (
            "李晓梅", NOW, datetime(2026, 11, 26, 10, tzinfo=UTC),
        )  # fmt: skip
