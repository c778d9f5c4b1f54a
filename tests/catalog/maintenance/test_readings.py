"""What dockings say of a recorder: questions for people, and the three failures that stop it by themselves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from catalog.maintenance.checks import (
    check_docking,
    check_files,
    check_recorder,
    checks_due,
    open_doubts,
    resolve_doubt,
)
from catalog.maintenance.faults import report_fault
from catalog.maintenance.waiting import count_recorders_waiting
from catalog.models import Docking, Recorder, RecorderCheck
from catalog.rules.check_due import holder_told
from catalog.rules.recorder_readings import (
    ClockReading,
    Limits,
    Readings,
    findings,
    findings_of_files,
    results,
    seconds_per_day,
)
from tests.catalog.maintenance.bureau import ALL_GOOD, DAY, Bureau

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
LIMITS = Limits()


def clock(days: float, offset: float, error: float = 0.5, *, set_now: bool = False) -> ClockReading:
    return ClockReading(NOW + timedelta(days=days), offset, error, set_now)


@pytest.mark.parametrize(
    ("before", "now", "drift"),
    [
        (clock(0, 0), clock(1, 4), 3.0),
        (clock(0, 0), clock(1, 4.5), 3.5),
        (clock(0, 100), clock(2, 92), 3.5),  # it loses time: seconds a day count either way
        (clock(0, 60, set_now=True), clock(1, 5), 4.0),  # set at the docking before: from zero
        (clock(0, 0, 30), clock(1, 40, 30), None),  # coarse readings prove nothing
        (clock(0, 0), clock(0, 9), None),
    ],
)
def test_only_proven_drift_counts(before: ClockReading, now: ClockReading, drift: float | None) -> None:
    assert seconds_per_day([before, now]) == (pytest.approx(drift) if drift is not None else None)
    raised = [f.kind for f in findings(Readings(clocks=[before, now]), LIMITS)]
    assert raised == (["clock-drift"] if drift is not None and drift > 3 else [])


@pytest.mark.parametrize(
    ("batteries", "raised"),
    [
        ([90, 70, 55], True),
        ([90, 70, 61], False),
        ([90, 95, 20], False),
        ([90, 40], False),
        ([10, 90, 70, 55], True),
    ],
)
def test_a_falling_battery(batteries: list[int], raised: bool) -> None:
    found = [f.kind for f in findings(Readings(batteries=batteries), LIMITS)]
    assert found == (["battery-falling"] if raised else [])


def test_what_stops_by_itself_is_reading_card_and_picture() -> None:
    everything = Readings(
        clocks=[clock(0, 0), clock(1, 60)], batteries=[90, 50, 10], unreadable=True, lost_ranges=2
    )
    found = findings(everything, LIMITS) + findings_of_files(
        [["truncated"], ["undecodable", "empty"]], LIMITS
    )
    assert {f.kind for f in found if f.stops} == {"reading", "card", "no-picture"}
    assert {f.kind for f in found if not f.stops} == {"clock-drift", "battery-falling", "broken-files"}
    assert findings_of_files([["truncated"], ["silent"]], LIMITS) == []


def test_a_docking_says_what_it_saw_and_no_more() -> None:
    assert results(Readings(), LIMITS) == {}
    full = results(Readings(clocks=[clock(0, 0), clock(1, 1)], batteries=[12], complete=True), LIMITS)
    assert full == {"battery": "watch", "memory": "good", "clock": "good"}
    assert results(Readings(unreadable_files=1), LIMITS) == {"memory": "watch"}
    assert results(Readings(unreadable=True), LIMITS) == {"memory": "failed"}
    assert results(Readings(lost_ranges=1, complete=True), LIMITS) == {"memory": "failed"}


@pytest.mark.parametrize(
    ("ended", "ends", "memory"),
    [
        ("done", ("received", "held already", "refused/link"), "good"),
        ("unplugged", ("received", "found/unplugged"), None),
        ("unplugged", (), None),
        ("failed", ("received",), None),
        ("done", ("received", "changed while read/changed"), None),
        ("done", ("received", "vanished/vanished"), None),
        ("done", ("received", "refused/folder-circle"), None),
        ("done", ("received", "refused/may-not-mount: sdb2"), None),
        ("done", ("received", "refused/unreadable"), "watch"),
        ("done", ("received", "refused/unreadable-folder"), "failed"),
        ("done", ("received", "partial"), "failed"),
    ],
)
def test_a_docking_vouches_only_for_a_memory_that_it_read(
    bureau: Bureau, ended: str, ends: tuple[str, ...], memory: str | None
) -> None:
    docking = close(bureau, ended, ends)
    with bureau.database.read() as session:
        kept = session.scalars(select(RecorderCheck).where(RecorderCheck.docking_id == docking)).all()
    assert [check.results for check in kept] == ([{"memory": memory}] if memory else [])


def close(bureau: Bureau, ended: str = "done", ends: tuple[str, ...] = ("received",), **facts: Any) -> UUID:
    docking = bureau.dock(ended=ended, ends=ends, **facts)
    with bureau.database.write() as session:
        check_docking(session, docking=session.get_one(Docking, docking), limits=LIMITS, now=bureau.now)
        check_docking(session, docking=session.get_one(Docking, docking), limits=LIMITS, now=bureau.now)
    return docking


def doubts(bureau: Bureau) -> list[tuple[UUID, str]]:
    with bureau.database.read() as session:
        return [(d.id, d.kind) for d in open_doubts(session)]


def reading(offset: float) -> dict[str, Any]:
    return {"recorder": "x", "offset_seconds": offset, "error_seconds": 0.5, "method": "driver"}


def test_drift_between_two_dockings_asks_a_person(bureau: Bureau) -> None:
    close(bureau, clock=reading(0), battery=80)
    bureau.later(DAY)
    close(bureau, clock=reading(10))
    ((doubt, kind),) = doubts(bureau)
    assert (kind, bureau.state()) == ("clock-drift", "in-service")
    bureau.later(DAY)
    close(bureau, clock=reading(20))
    assert len(doubts(bureau)) == 1, "one question, however often it is raised"
    answer = {"doubt_id": doubt, "faulty": False}
    assert bureau.refused(resolve_doubt, reason="", **answer) == "no-reason"
    bureau.act(resolve_doubt, reason="校时后观察", **answer)
    assert bureau.refused(resolve_doubt, reason="again", **answer) == "closed-already"
    assert (doubts(bureau), bureau.state()) == ([], "in-service")


def test_a_person_may_find_a_fault_in_it(bureau: Bureau) -> None:
    for battery in (90, 60, 30):
        close(bureau, battery=battery)
    ((doubt, kind),) = doubts(bureau)
    assert kind == "battery-falling"
    bureau.act(resolve_doubt, doubt_id=doubt, faulty=True, reason="电池鼓包")
    (fault,) = bureau.all_faults()
    assert (fault.kind, fault.source, bureau.state()) == ("battery", "reading", "out-of-service")


@pytest.mark.parametrize(
    ("ended", "ends", "kind"),
    [
        ("done", ("refused/unreadable-folder: Input-output error",), "reading"),
        ("done", ("received", "refused/medium-unreadable: sdb2"), "reading"),
        ("done", ("received", "refused/filesystem-damaged: vfat"), "reading"),
        ("done", ("received", "refused/filesystem-unknown: sdb1"), "reading"),
        ("failed", ("found/spool-full", "refused/unreadable-folder"), "reading"),
        ("done", ("received", "partial"), "card"),
    ],
)
def test_what_cannot_be_read_is_stopped_at_once(
    bureau: Bureau, ended: str, ends: tuple[str, ...], kind: str
) -> None:
    close(bureau, ended, ends)
    (fault,) = bureau.all_faults()
    assert (fault.kind, fault.reported_by, bureau.state()) == (kind, None, "out-of-service")
    close(bureau)
    assert bureau.state() == "out-of-service", "a later good docking does not heal it"


@pytest.mark.parametrize(
    ("ended", "ends"),
    [
        ("failed", ()),  # interrupted, or ended by an error of its own, before anything was listed
        ("failed", ("received", "found/spool-full")),
        ("failed", ("found/spool-failed",)),
        ("failed", ("found/interrupted",)),
        ("unplugged", ("received", "found/unplugged")),
        ("done", ("received", "refused/may-not-mount: sdb2")),
        ("done", ("received", "refused/filesystem-not-known-here: exfat")),
        ("done", ("received", "refused/link", "refused/partition-blank: sdb2")),
    ],
)
def test_what_the_station_itself_could_not_do_says_nothing_of_the_recorder(
    bureau: Bureau, ended: str, ends: tuple[str, ...]
) -> None:
    close(bureau, ended, ends)
    assert (bureau.all_faults(), doubts(bureau), bureau.state()) == ([], [], "in-service")


def test_a_single_file_that_cannot_be_read_asks_a_person(bureau: Bureau) -> None:
    docking = close(bureau, ends=("received", "refused/unreadable: Input-output error"))
    ((doubt, kind),) = doubts(bureau)
    assert (kind, bureau.state()) == ("broken-files", "in-service")
    clips = [bureau.clip(docking, flags=["truncated"]) for _ in range(2)]
    with bureau.database.write() as session:
        check_files(session, clip_id=clips[0], limits=LIMITS, now=bureau.now)
    assert len(doubts(bureau)) == 1, "one question of one docking"
    bureau.act(resolve_doubt, doubt_id=doubt, faulty=True, reason="存储卡有坏块")
    (fault,) = bureau.all_faults()
    assert (fault.kind, bureau.state()) == ("card", "out-of-service")


def test_recordings_without_picture_stop_it_and_broken_ones_ask(bureau: Bureau) -> None:
    docking = bureau.dock()
    clips = [bureau.clip(docking, flags=["truncated"]) for _ in range(2)]
    with bureau.database.write() as session:
        check_files(session, clip_id=clips[0], limits=LIMITS, now=bureau.now)
        check_files(session, clip_id=clips[1], limits=LIMITS, now=bureau.now)
    assert [kind for _, kind in doubts(bureau)] == ["broken-files"]
    assert bureau.state() == "in-service"
    black = bureau.clip(docking, flags=["undecodable"])
    for _ in range(2):
        with bureau.database.write() as session:
            check_files(session, clip_id=black, limits=LIMITS, now=bureau.now)
    assert [f.kind for f in bureau.all_faults()] == ["no-picture"]
    assert bureau.state() == "out-of-service"


def test_checks_fall_due(bureau: Bureau) -> None:
    def due() -> tuple[timedelta, bool]:
        with bureau.database.read() as session:
            (one,) = checks_due(session, limits=LIMITS, now=bureau.now)
            return one.due - bureau.now, one.overdue

    assert due() == (90 * DAY, False)
    bureau.later(91 * DAY)
    assert due() == (-DAY, True)
    close(bureau)
    assert due()[1], "a docking looks at battery, memory and clock only"
    values = {"recorder_id": bureau.recorder, "occasion": "planned"}
    bureau.act(check_recorder, results={"battery": "good"}, **values)
    assert due()[1], "half a check is none"
    bureau.act(check_recorder, results=ALL_GOOD, **values)
    assert due() == (90 * DAY, False)


def test_only_the_holders_checks_are_asked_for(bureau: Bureau) -> None:
    with bureau.database.write() as session:
        other = bureau.new_recorder(session, "DSJ-2")
        session.get_one(Recorder, other).holder_id = bureau.officers["王建国"]
    bureau.act(check_recorder, recorder_id=other, occasion="planned", results=ALL_GOOD)
    with bureau.database.read() as session:
        (one,) = checks_due(session, limits=LIMITS, now=bureau.now, holder=bureau.officers["王建国"])
        assert (one.recorder.id, one.last) == (other, bureau.now)
        assert not checks_due(session, limits=LIMITS, now=bureau.now, holder=bureau.officers["李晓梅"])


@pytest.mark.parametrize(
    ("days_left", "every", "told"),
    [(15, 90, False), (14, 90, True), (-5, 90, True), (7, 12, False), (4, 12, True), (1, 1, False)],
)
def test_the_holder_is_told_shortly_before(days_left: int, every: int, told: bool) -> None:
    now = datetime(2026, 11, 27, 9, tzinfo=UTC)
    assert holder_told(now + days_left * DAY, every, now) is told


def waiting(bureau: Bureau) -> int:
    with bureau.database.read() as session:
        return count_recorders_waiting(session, limits=LIMITS, now=bureau.now)


def test_an_overdue_check_waits_until_it_is_whole(bureau: Bureau) -> None:
    bureau.later(90 * DAY)
    assert waiting(bureau) == 0
    bureau.later(timedelta(seconds=1))
    assert waiting(bureau) == 1
    close(bureau, battery=80)
    values = {"recorder_id": bureau.recorder, "occasion": "planned"}
    bureau.act(check_recorder, results={**ALL_GOOD, "sound": "not-checked"}, **values)
    bureau.act(check_recorder, results={"battery": "good"}, **values)
    assert waiting(bureau) == 1, "neither a docking nor half a check is a whole one"
    bureau.act(check_recorder, results=ALL_GOOD, **values)
    assert waiting(bureau) == 0
    with bureau.database.write() as session:
        session.get_one(Recorder, bureau.recorder).registered = False
    bureau.later(91 * DAY)
    assert waiting(bureau) == 0, "what is not registered has no plan"


def test_a_recorder_waits_once_whatever_waits_of_it(bureau: Bureau) -> None:
    with bureau.database.write() as session:
        bureau.new_recorder(session, "DSJ-2")
    for percent in (90, 70, 50, 30):
        close(bureau, battery=percent)
    assert [kind for _, kind in doubts(bureau)] == ["battery-falling"]
    assert waiting(bureau) == 1
    fault = bureau.act(report_fault, recorder_id=bureau.recorder, kind="card").id
    bureau.act(report_fault, recorder_id=bureau.recorder, kind="no-sound")
    assert waiting(bureau) == 1
    bureau.act(resolve_doubt, doubt_id=doubts(bureau)[0][0], faulty=False, reason="it was cold")
    assert waiting(bureau) == 1, "its faults wait"
    with bureau.database.write() as session:
        session.get_one(Recorder, bureau.recorder).state = "retired"
    assert waiting(bureau) == 0, "a retired recorder's faults wait for nobody"
    assert bureau.fault(fault).closed_at is None
