"""Merging and splitting cases: nothing is lost, nobody else may, and of two at once one wins."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import date
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select, update

from catalog.case_files.cases import view_case
from catalog.case_files.joining import CannotJoin, Parting, merge_cases, split_case
from catalog.case_files.life import CannotMove, MoveFacts, move_case
from catalog.ids import new_id
from catalog.models import Attachment, Case, CaseMove, CustodyEntry, LockDue, Step
from catalog.rules.case_life import CHANGEABLE, STATES
from tests.catalog.case_files.bureau import NAMES, NOW, TODAY, Bureau
from tests.catalog.world import entries


def merge(bureau: Bureau, case: UUID, into: UUID, who: str = "section-head", seen: str = "open",
          reason: str = "同一当事人") -> str:  # fmt: skip
    try:
        with bureau.database.write() as session:
            merge_cases(
                session,
                actor=bureau.people[who],
                case_id=case,
                into_id=into,
                seen=seen,
                reason=reason,
                now=NOW,
            )
    except CannotJoin as refusal:
        return refusal.why
    return "done"


def split(bureau: Bureau, case: UUID, part: Parting, who: str = "section-head") -> str | UUID:
    try:
        with bureau.database.write() as session:
            return split_case(
                session, actor=bureau.people[who], case_id=case, part=part, today=TODAY, now=NOW
            ).id
    except CannotJoin as refusal:
        return refusal.why


def part(steps: tuple[UUID, ...] = (), attachments: tuple[UUID, ...] = (), **more: str) -> Parting:
    return Parting(
        frozenset(steps), frozenset(attachments), **{"title": "另案", "reason": "另案处理", **more}
    )


def clips_of(bureau: Bureau, case: UUID) -> list[UUID]:
    with bureau.database.read() as session:
        return sorted(
            session.scalars(
                select(Attachment.clip_id)
                .join(Step, Step.id == Attachment.step_id)
                .where(Step.case_id == case)
            )
        )


def attachments_of(bureau: Bureau, step: UUID) -> list[UUID]:
    with bureau.database.read() as session:
        return list(session.scalars(select(Attachment.id).where(Attachment.step_id == step)))


def fresh_dues(bureau: Bureau) -> Callable[[], set[UUID]]:
    with bureau.database.write() as session:
        session.execute(delete(LockDue))

    def dues() -> set[UUID]:
        with bureau.database.read() as session:
            return set(session.scalars(select(LockDue.clip_id)))

    return dues


def test_a_merged_case_says_where_it_went(bureau: Bureau) -> None:
    one, two = bureau.case("1 号"), bureau.case("2 号")
    step, other = bureau.step(one), bureau.step(two)
    clip, hidden, there = bureau.clip(step), bureau.clip(step, restricted=True), bureau.clip(other)
    dues = fresh_dues(bureau)
    assert merge(bureau, one, two) == "done"
    assert clips_of(bureau, one) == []
    assert clips_of(bureau, two) == sorted([clip, hidden, there])
    assert dues() == {clip, hidden, there}
    gone = bureau.look(one)
    assert (gone.state, gone.merged_into_id, gone.number) == ("merged", two, "1 号")
    with bureau.database.read() as session:
        view = view_case(session, two)
        assert view is not None
        assert [s.id for s in view.case.steps] == [other, step]
        assert [
            (m.case_id, m.move)
            for m in session.scalars(select(CaseMove).where(CaseMove.move != "enter").order_by(CaseMove.id))
        ] == [(one, "merge"), (two, "take-in")]
        assert "同一当事人" not in session.get_one(CustodyEntry, entries(session, "case.merged")[0]).record
    assert merge(bureau, one, two) == "wrong-state"
    assert merge(bureau, two, one) == "target-closed"


def test_coercion_and_type_are_not_weakened(bureau: Bureau) -> None:
    coercive = bureau.case(
        "1 号", coercion=True, coercion_from=date(2026, 10, 1), coercion_until=date(2026, 12, 1)
    )
    plain = bureau.case("2 号", coercion=True, coercion_from=date(2026, 11, 1))
    assert merge(bureau, coercive, plain) == "done"
    row = bureau.look(plain)
    assert (row.coercion, row.coercion_from, row.coercion_until) == (
        True,
        date(2026, 10, 1),
        date(2026, 12, 1),
    )
    inspection = bureau.case("3 号", type="inspection")
    assert merge(bureau, plain, inspection) == "weaker-type"
    assert merge(bureau, inspection, plain) == "done"


@pytest.mark.parametrize("state", sorted(set(STATES) - {"open"}))
def test_only_while_the_file_may_be_changed(bureau: Bureau, state: str) -> None:
    one, two = bureau.case("1 号"), bureau.case("2 号")
    step = bureau.step(one)
    bureau.step(one)
    bureau.put(one, state)
    if state in CHANGEABLE:
        assert isinstance(split(bureau, one, part((step,))), UUID)
        assert merge(bureau, two, one) == ("target-lead" if state == "lead" else "done")
    else:
        assert split(bureau, one, part((step,))) == "wrong-state"
        assert merge(bureau, one, two, seen=state) == "wrong-state"
        assert merge(bureau, two, one) == "target-closed"


def test_who_may(bureau: Bureau) -> None:
    one, two, lead = bureau.case("1 号"), bureau.case("2 号"), bureau.case(None)
    step = bureau.step(one)
    bureau.step(one)
    for who in set(NAMES) - {"section-head", "legal"}:
        assert merge(bureau, one, two, who) == "not-yours"
        assert split(bureau, one, part((step,)), who) == "not-yours"
    assert merge(bureau, lead, two, "legal", seen="lead") == "not-yours"
    assert merge(bureau, lead, two, seen="lead") == "done"
    assert isinstance(split(bureau, one, part((step,)), "legal"), UUID)


def test_what_a_merge_asks_for(bureau: Bureau) -> None:
    one, two = bureau.case("1 号"), bureau.case("2 号")
    assert merge(bureau, one, one) == "same-case"
    assert merge(bureau, one, new_id()) == "unknown-target"
    assert merge(bureau, new_id(), two) == "unknown-case"
    assert merge(bureau, one, two, reason=" \0") == "reason-missing"
    assert merge(bureau, one, two, reason="x" * 501) == "reason-too-long"
    assert merge(bureau, one, two, seen="finished") == "changed-meanwhile"
    assert bureau.look(one).state == "open"


def test_splitting_off_a_step_and_a_single_recording(bureau: Bureau) -> None:
    case = bureau.case(coercion=True, coercion_from=date(2026, 11, 1), party="甲")
    whole, parted, stays = bureau.step(case, "一"), bureau.step(case, "二"), bureau.step(case, "三")
    with bureau.database.write() as session:
        step = session.get_one(Step, parted)
        step.circumstances, step.record_number = ["seizure"], "笔 1"
    a, hidden = bureau.clip(whole), bureau.clip(whole, restricted=True)
    b, c = bureau.clip(parted), bureau.clip(parted, stays)
    [b_row] = [x for x in attachments_of(bureau, parted) if _clip(bureau, x) == b]
    dues = fresh_dues(bureau)
    new = split(bureau, case, part((whole,), (b_row,), number="9 号"))
    assert isinstance(new, UUID)
    assert clips_of(bureau, new) == sorted([a, hidden, b])
    assert clips_of(bureau, case) == sorted([c, c])
    assert dues() == {a, hidden, b, c}
    row = bureau.look(new)
    assert (row.state, row.type, row.coercion, row.split_from_id, row.party) == (
        "open", "penalty-general", True, case, "甲",
    )  # fmt: skip
    with bureau.database.read() as session:
        view = view_case(session, new)
        assert view is not None
        assert [s.title for s in view.case.steps] == ["一", "二"]
        assert [(s.circumstances, s.record_number) for s in view.case.steps] == [
            ([], ""),
            (["seizure"], "笔 1"),
        ]
        assert len(entries(session, "case.split")) == 1


def test_what_was_split_off_a_filed_case_is_not_dropped(bureau: Bureau) -> None:
    """Else a step that lacks its recording could be got rid of without a word."""
    case, into = bureau.case("1 号", filed_on=date(2026, 11, 1)), bureau.case("2 号")
    step = bureau.step(case)
    bureau.step(case)
    new = split(bureau, case, part((step,)))
    assert isinstance(new, UUID)
    assert bureau.look(new).state == "lead"
    with pytest.raises(CannotMove, match="split-off-stays"), bureau.database.write() as session:
        move_case(
            session, actor=bureau.people["section-head"], case_id=new, move="drop", facts=MoveFacts(note="x"),
            today=TODAY, now=NOW,
        )  # fmt: skip
    assert merge(bureau, into, new) == "target-lead"
    assert merge(bureau, new, into, seen="lead") == "done"


def test_what_a_split_asks_for(bureau: Bureau) -> None:
    case, other = bureau.case("1 号"), bureau.case("2 号")
    step, foreign = bureau.step(case), bureau.step(other)
    bureau.step(case)
    bureau.clip(step, restricted=True)
    [hidden] = attachments_of(bureau, step)
    assert split(bureau, case, part()) == "nothing-chosen"
    assert split(bureau, case, part((foreign,))) == "not-of-this-case"
    assert split(bureau, case, part((), (hidden,))) == "not-of-this-case", (
        "what shows nowhere is not chosen alone"
    )
    assert split(bureau, case, part((step,), title=" ")) == "title-missing"
    assert split(bureau, case, part((step,), title="x" * 256)) == "text-too-long"
    assert split(bureau, case, part((step,), number="2 号")) == "number-taken"
    assert split(bureau, case, part((step,), reason="")) == "reason-missing"
    assert split(bureau, other, part((foreign,))) == "everything-chosen"
    assert split(bureau, new_id(), part((step,))) == "unknown-case"
    new = split(bureau, case, part((step,)))
    assert isinstance(new, UUID)
    assert bureau.look(new).state == "lead"


def _clip(bureau: Bureau, attachment: UUID) -> UUID:
    with bureau.database.read() as session:
        return session.get_one(Attachment, attachment).clip_id


def at_once(*acts: Callable[[], object]) -> list[object]:
    found: list[object] = [None] * len(acts)
    gate = threading.Barrier(len(acts))

    def run(n: int) -> None:
        gate.wait()
        found[n] = acts[n]()

    threads = [threading.Thread(target=run, args=(n,)) for n in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return found


def test_two_merges_crossing_each_other(bureau: Bureau) -> None:
    one, two = bureau.case("1 号"), bureau.case("2 号")
    clips = [bureau.clip(bureau.step(one)), bureau.clip(bureau.step(two))]
    said = at_once(lambda: merge(bureau, one, two), lambda: merge(bureau, two, one))
    assert sorted(map(str, said)) in (["done", "target-closed"], ["done", "wrong-state"])
    assert sorted([*clips_of(bureau, one), *clips_of(bureau, two)]) == sorted(clips)


def test_a_step_is_split_off_once(bureau: Bureau) -> None:
    case = bureau.case("1 号")
    step = bureau.step(case)
    bureau.step(case)
    clip = bureau.clip(step)
    said = at_once(*(lambda: split(bureau, case, part((step,))) for _ in range(2)))
    news = [one for one in said if isinstance(one, UUID)]
    assert [one for one in said if isinstance(one, str)] == ["not-of-this-case"]
    assert clips_of(bureau, news[0]) == [clip]


ACTS = st.lists(
    st.tuples(
        st.sampled_from(["merge", "split-step", "split-clip"]),
        st.integers(0, 7), st.integers(0, 7), st.sampled_from(["section-head", "legal"]),
    ),
    min_size=1, max_size=8,
)  # fmt: skip


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ACTS)
def test_no_attachment_is_ever_lost(bureau: Bureau, acts: list[tuple[str, int, int, str]]) -> None:
    """Whatever is merged and split, each clip stays attached as often as before, under some case that is not merged."""
    _empty(bureau)
    cases = [bureau.case(f"{n} 号") for n in range(3)]
    for case in cases:
        first, second = bureau.step(case), bureau.step(case)
        bureau.clip(first, second)
        bureau.clip(first)
    with bureau.database.read() as session:
        before = sorted(session.scalars(select(Attachment.clip_id)))
    dues = fresh_dues(bureau)
    touched: set[UUID] = set()
    for act, a, b, who in acts:
        one, two = cases[a % len(cases)], cases[b % len(cases)]
        held = set(clips_of(bureau, one)) | set(clips_of(bureau, two))
        if act == "merge":
            done = merge(bureau, one, two, who, seen=bureau.look(one).state) == "done"
        else:
            with bureau.database.read() as session:
                steps = session.scalars(
                    select(Step.id).where(Step.case_id == one).order_by(Step.position)
                ).all()
            hung = [x for s in steps for x in attachments_of(bureau, s)]
            chosen = part(
                tuple(steps[:1]) if act == "split-step" else (),
                tuple(hung[:1]) if act == "split-clip" else (),
            )
            new = split(bureau, one, chosen, who)
            done = isinstance(new, UUID)
            held = set(clips_of(bureau, one)) if done else set()
            if isinstance(new, UUID):
                cases.append(new)
                held |= set(clips_of(bureau, new))
        if done:
            touched |= held
    with bureau.database.read() as session:
        rows = session.execute(
            select(Attachment.clip_id, Case.id, Case.state)
            .join(Step, Step.id == Attachment.step_id)
            .join(Case, Case.id == Step.case_id)
        ).all()
        assert sorted(clip for clip, _, _ in rows) == before
        assert all(state != "merged" for _, _, state in rows)
    assert dues() >= touched


def _empty(bureau: Bureau) -> None:
    with bureau.database.write() as session:
        session.execute(delete(LockDue))
        session.execute(delete(Attachment))
        session.execute(delete(Step))
        session.execute(update(Case).values(number=None))
