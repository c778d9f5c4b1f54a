"""Recall: exact lists against brute force, the cases touched, verdicts and their flag."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update

from catalog.actors import system
from catalog.case_files.attaching import Wish, attach
from catalog.case_files.cases import add_step, create_case
from catalog.case_files.detaching import confirm_detachment, detach
from catalog.maintenance.checks import check_docking, check_recorder
from catalog.maintenance.faults import reject_fault, report_fault
from catalog.maintenance.recall import Recall, judge, open_recall, recall_of
from catalog.maintenance.repairs import bring_back, return_to_service, send_to_repair
from catalog.maintenance.verdicts import verdicts_of
from catalog.models import Attachment, Clip, Docking
from catalog.rules.holder import Taken
from catalog.rules.recall import Made, Window, touched
from catalog.rules.recorder_readings import Limits
from tests.catalog.maintenance.bureau import ALL_GOOD, HOUR, REPAIRER, Bureau

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
MINUTES = st.integers(-600, 600)


def at(minutes: int) -> datetime:
    return NOW + timedelta(minutes=minutes)


@given(MINUTES, st.integers(0, 90), st.integers(0, 30), MINUTES, st.integers(0, 300), st.booleans())
def test_in_when_any_moment_of_it_may_be_in(
    start: int, length: int, error: int, since: int, lasts: int, trusted: bool
) -> None:
    made = Made(
        Taken(at(start), at(start + length), timedelta(minutes=error)), at(start - 700), at(start + 700)
    )
    window = Window(at(since), at(since + lasts))
    low, high = (start - error, start + length + error) if trusted else (start - 700, start + 700)
    brute = any(since <= minute <= since + lasts for minute in range(low, high + 1))
    assert touched(made, window, clock_trusted=trusted) is brute


def test_without_a_time_its_dockings_place_it() -> None:
    window = Window(at(0), at(60))
    assert touched(Made(None, None, at(30)), window, clock_trusted=True)
    assert touched(Made(None, at(50), at(500)), window, clock_trusted=True)
    assert not touched(Made(None, at(61), at(500)), window, clock_trusted=True)
    assert not touched(Made(None, None, at(-1)), window, clock_trusted=True)
    assert touched(Made(None, None, at(-1)), Window(None, at(60)), clock_trusted=True)


def recall(bureau: Bureau, fault: UUID, who: str = "li") -> Recall:
    with bureau.database.read() as session:
        return recall_of(session, fault, actor=bureau.people[who], now=bureau.now)


def clips_of(found: Recall) -> set[UUID]:
    return {line.clip.id for line in found.lines}


def check(bureau: Bureau) -> datetime:
    bureau.act(check_recorder, recorder_id=bureau.recorder, occasion="planned", results=ALL_GOOD)
    return bureau.now


def fault_of(bureau: Bureau, kind: str = "no-picture") -> UUID:
    found: UUID = bureau.act(report_fault, recorder_id=bureau.recorder, kind=kind).id
    return found


@pytest.mark.parametrize("seed", range(6))
def test_seeded_faults_give_exact_lists(bureau: Bureau, seed: int) -> None:
    """Dockings with clocks measured or not, clips with and without time, cases; then both lists are counted by hand.

    Every other fault is repaired, and the recorder used on.
    """
    chance = random.Random(seed)
    facts: dict[UUID, tuple[datetime | None, float, float, datetime | None, datetime]] = {}
    checks: list[datetime] = []
    docked: list[datetime] = []

    def visit(around: datetime | None) -> None:
        """A docking with four recordings; but for the error of their clock, one ended before `around`, one began after."""
        measured = chance.random() < 0.5
        offset, error = (chance.uniform(-900, 900), chance.uniform(0, 20)) if measured else (0.0, 295.0)
        docking = bureau.dock(clock={"offset_seconds": offset, "error_seconds": error} if measured else {})
        with bureau.database.read() as session:
            opened = session.get_one(Docking, docking).opened_at
        before = docked[-1] if docked else None
        for n in range(4):
            true = bureau.now - timedelta(minutes=chance.randint(1, 900))
            timed = chance.random() < 0.75
            if n < 2 and around is not None:
                near = timedelta(seconds=(error + 5) / 2)
                true, timed = around + near if n else around - near - timedelta(seconds=60), True
            stated = true + timedelta(seconds=offset) if timed else None
            clip = bureau.clip(docking, stated, duration=60.0)
            facts[clip] = (true if timed else None, 60.0, error + 5, before, opened)
        docked.append(opened)

    for _ in range(8):
        bureau.later(timedelta(minutes=chance.randint(30, 600)))
        if chance.random() < 0.4:
            checks.append(check(bureau))
            bureau.later(timedelta(minutes=chance.randint(1, 120)))
        visit(checks[-1] if checks else None)
    bureau.later()
    fault = fault_of(bureau)
    since = checks[-1] if checks else None
    visit(None)
    if seed % 2:
        until = mend(bureau)
        with bureau.database.read() as session:
            docked.append(session.scalars(select(Docking.opened_at).order_by(Docking.opened_at)).all()[-1])
        for _ in range(3):
            bureau.later(timedelta(minutes=chance.randint(30, 600)))
            visit(until)
    else:
        until = bureau.now
    expected = set()
    for clip, (true, length, error, after, before) in facts.items():
        low = true - timedelta(seconds=error) if true else after
        high = true + timedelta(seconds=length + error) if true else before
        if (since is None or high >= since) and (low is None or low <= until):
            expected.add(clip)
    assert len(expected) > 0
    if since is not None:
        assert len(expected) < len(facts)
    used: dict[UUID, set[UUID]] = {}
    for clip in chance.sample(list(facts), 8):
        used[case_with(bureau, clip, f"案{len(used)}")] = {clip}
    found = recall(bureau, fault)
    assert clips_of(found) == expected
    assert {case.id: count for case, count in found.cases} == {
        case: len(clips & expected) for case, clips in used.items() if clips & expected
    }


def mend(bureau: Bureau) -> datetime:
    """Have the recorder repaired and returned; answer when it came back."""
    order = bureau.act(
        send_to_repair, recorder_id=bureau.recorder, repairer=REPAIRER, data_safe="docked",
        data_removal="removed",
    ).id  # fmt: skip
    bureau.act(bring_back, repair_id=order, result="repaired", work="done")
    back = bureau.now
    bureau.later(HOUR)
    test = bureau.clip(bureau.dock(), bureau.now, duration=1.0)
    bureau.act(return_to_service, repair_id=order, test_clip=test)
    return back


def test_the_window_ends_with_the_repair(bureau: Bureau) -> None:
    since = check(bureau)
    bureau.later(2 * HOUR)
    inside = bureau.clip(bureau.dock(), bureau.now - HOUR, duration=60.0)
    fault = fault_of(bureau)
    assert recall(bureau, fault).window.since == since
    bureau.later(HOUR)
    bureau.dock()
    after = bureau.clip(bureau.dock(), bureau.now, duration=60.0)
    assert clips_of(recall(bureau, fault)) == {inside, after}
    back = mend(bureau)
    found = recall(bureau, fault)
    assert (found.window.until, clips_of(found)) == (back, {inside, after})


def test_a_check_of_the_wrong_thing_vouches_for_nothing(bureau: Bureau) -> None:
    good = check(bureau)
    bureau.later()
    bureau.act(
        check_recorder, recorder_id=bureau.recorder, occasion="issue",
        results={"battery": "good", "memory": "good"},
    )  # fmt: skip
    only_two = bureau.now
    assert bureau.fault(fault_of(bureau, "no-picture")).recall_since == good
    assert bureau.fault(fault_of(bureau, "card")).recall_since == only_two
    assert bureau.fault(fault_of(bureau, "other")).recall_since == good


@pytest.mark.parametrize(
    ("ended", "ends"),
    [("unplugged", ()), ("failed", ("received",)), ("done", ("received", "refused/unreadable"))],
)
def test_a_docking_that_did_not_read_the_memory_does_not_shorten_a_recall(
    bureau: Bureau, ended: str, ends: tuple[str, ...]
) -> None:
    def close(ended: str = "done", ends: tuple[str, ...] = ("received",)) -> tuple[UUID, datetime]:
        docking = bureau.dock(ended=ended, ends=ends)
        with bureau.database.write() as session:
            visit = session.get_one(Docking, docking)
            check_docking(session, docking=visit, limits=Limits(), now=bureau.now)
        return docking, bureau.now

    _, good = close()
    bureau.later(2 * HOUR)
    early = bureau.clip(bureau.dock(), bureau.now - HOUR, duration=60.0)
    bureau.later(HOUR)
    close(ended, ends)
    bureau.later(2 * HOUR)
    late = bureau.clip(bureau.dock(), bureau.now - HOUR, duration=60.0)
    found = recall(bureau, fault_of(bureau, "card"))
    assert (found.window.since, clips_of(found)) == (good, {early, late})


def test_a_wrong_clock_is_not_asked_for_the_time(bureau: Bureau) -> None:
    check(bureau)
    bureau.later(2 * HOUR)
    years_off = bureau.clip(bureau.dock(), bureau.now - timedelta(days=900), duration=60.0)
    assert clips_of(recall(bureau, fault_of(bureau, "clock"))) == {years_off}
    assert clips_of(recall(bureau, fault_of(bureau, "no-sound"))) == set()


def case_with(bureau: Bureau, clip: UUID, title: str) -> UUID:
    with bureau.database.write() as session:
        case = create_case(
            session, actor=system("test"), title=title, case_type="inspection", number=title, party="",
            unit=None, handler=None, second_handler=None, now=bureau.now,
        )  # fmt: skip
        step = add_step(
            session, actor=system("test"), case=case, stage="investigation", activity="investigation",
            title="现场检查", place="", started=None, ended=None, now=bureau.now,
        )  # fmt: skip
        attach(
            session, actor=bureau.people["li"], clip_id=clip, step_id=step.id,
            wish=Wish(role="process", volume="main"), now=bureau.now,
        )  # fmt: skip
        return case.id


def test_cases_touched_and_what_nobody_may_find(bureau: Bureau) -> None:
    check(bureau)
    bureau.later(2 * HOUR)
    docking = bureau.dock()
    one, other = (bureau.clip(docking, bureau.now - HOUR, duration=60.0) for _ in range(2))
    first, _ = case_with(bureau, one, "甲案"), case_with(bureau, other, "乙案")
    fault = fault_of(bureau)
    assert {case.title: count for case, count in recall(bureau, fault).cases} == {"甲案": 1, "乙案": 1}
    with bureau.database.write() as session:
        session.execute(update(Clip).where(Clip.id == other).values(restricted=True))
    found = recall(bureau, fault)
    assert clips_of(found) == {one}
    assert [case.id for case, _ in found.cases] == [first]
    values = {"fault_id": fault, "clip_id": other, "verdict": "usable", "note": ""}
    assert bureau.refused(judge, "li", **values) == "unknown-clip"


def test_a_case_is_touched_until_a_detachment_is_confirmed(bureau: Bureau) -> None:
    check(bureau)
    bureau.later(2 * HOUR)
    clip = bureau.clip(bureau.dock(), bureau.now - HOUR, duration=60.0)
    case = case_with(bureau, clip, "甲案")
    fault = fault_of(bureau)
    with bureau.database.read() as session:
        attachment = session.scalars(select(Attachment.id).where(Attachment.clip_id == clip)).one()
    bureau.act(detach, "li", attachment_id=attachment, reason="附错案件")
    assert [one.id for one, _ in recall(bureau, fault).cases] == [case], "the legal section has not spoken"
    bureau.act(confirm_detachment, "zhou", attachment_id=attachment)
    assert recall(bureau, fault).cases == []
    assert clips_of(recall(bureau, fault)) == {clip}


def test_verdicts(bureau: Bureau) -> None:
    check(bureau)
    bureau.later(2 * HOUR)
    clip = bureau.clip(bureau.dock(), bureau.now - HOUR, duration=60.0)
    old = bureau.clip(bureau.dock(), bureau.now - timedelta(days=9), duration=60.0)
    fault, second = fault_of(bureau), fault_of(bureau, "no-sound")
    values = {"fault_id": fault, "clip_id": clip}
    assert bureau.refused(judge, "li", verdict="fine", note="x", **values) == "no-verdict"
    assert bureau.refused(judge, "li", verdict="not-to-be-relied-on", note=" ", **values) == "no-note"
    wrong = {"fault_id": fault, "clip_id": old, "verdict": "usable", "note": ""}
    assert bureau.refused(judge, "li", **wrong) == "not-in-recall"
    bureau.act(judge, "li", verdict="not-to-be-relied-on", note="画面缺失", **values)
    assert bureau.flags(clip) == ["not-to-be-relied-on"]
    bureau.act(judge, "zhou", fault_id=second, clip_id=clip, verdict="usable", note="")
    assert bureau.flags(clip) == ["not-to-be-relied-on"], "the other recall stands"
    bureau.act(judge, "zhou", verdict="usable-with-explanation", note="声音完整", **values)
    assert bureau.flags(clip) == []
    found = recall(bureau, fault)
    assert (found.judged, len(found.lines)) == (1, 1)
    with bureau.database.read() as session:
        assert {v.verdict for v in verdicts_of(session, clip)} == {"usable", "usable-with-explanation"}
        assert session.scalar(select(Clip.flags).where(Clip.id == clip)) == []


def test_a_fault_rejected_after_its_verdicts_leaves_no_flag(bureau: Bureau) -> None:
    check(bureau)
    bureau.later(2 * HOUR)
    clip = bureau.clip(bureau.dock(), bureau.now - HOUR, duration=60.0)
    fault, second = fault_of(bureau), fault_of(bureau, "no-sound")
    doubt = {"clip_id": clip, "verdict": "not-to-be-relied-on", "note": "画面缺失"}
    bureau.act(judge, "li", fault_id=fault, **doubt)
    bureau.act(judge, "li", fault_id=second, **doubt)
    bureau.act(reject_fault, "admin2", fault_id=fault, reason="lens cap")
    assert bureau.flags(clip) == ["not-to-be-relied-on"], "the other recall stands"
    bureau.act(reject_fault, "admin2", fault_id=second, reason="microphone was covered")
    assert bureau.flags(clip) == []
    with bureau.database.read() as session:
        assert verdicts_of(session, clip) == []


def test_a_rejected_fault_recalls_nothing(bureau: Bureau) -> None:
    fault = fault_of(bureau)
    bureau.act(open_recall, fault_id=fault)
    bureau.act(reject_fault, "admin2", fault_id=fault, reason="lens cap")
    assert bureau.refused(open_recall, fault_id=fault) == "rejected-fault"
