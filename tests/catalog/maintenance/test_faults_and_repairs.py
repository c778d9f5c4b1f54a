"""From fault to return: what each step asks for, who may do it, two at once."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from catalog.actors import system
from catalog.holdings import NotIssuable, give_back, hand_over
from catalog.maintenance.checks import check_recorder
from catalog.maintenance.faults import reject_fault, report_fault
from catalog.maintenance.log import CannotMaintain, state_at
from catalog.maintenance.register import note_work
from catalog.maintenance.repairs import (
    Repairer,
    bring_back,
    choice_of_tests,
    give_up,
    return_to_service,
    send_to_repair,
)
from catalog.maintenance.substitutes import ask_substitute, decide_substitute
from catalog.models import MaintenanceEntry, Officer, Recorder, RecorderRepair
from catalog.people import create_account, person
from catalog.sealing import seal_carrier
from tests.catalog.maintenance.acts import give_out, issue, report, send
from tests.catalog.maintenance.bureau import ALL_GOOD, DAY, HOUR, REPAIRER, ZONE, Bureau

HOSTILE = "<script>alert(1)</script>\x00'; DROP TABLE recorders;--\u202e=cmd|' /C calc'!A0"


def test_a_fault_stops_it_at_once_and_nobody_is_given_it(bureau: Bureau) -> None:
    report(bureau)
    assert bureau.state() == "out-of-service"
    with pytest.raises(NotIssuable, match="out-of-service"):
        issue(bureau, ago=-timedelta(minutes=1))
    issue(bureau, ago=2 * HOUR)  # it was given out before, and that is noted late


def test_the_whole_way_back(bureau: Bureau) -> None:
    fault = report(bureau)
    docking = bureau.dock(ends=("received", "held already"))
    bureau.clip(docking, bureau.now - HOUR)
    order = send(bureau)
    assert bureau.state() == "in-repair"
    assert bureau.refused(reject_fault, "admin2", fault_id=fault, reason="no") == "in-repair-order"
    early = bureau.clip(bureau.dock(), bureau.now)
    bureau.act(bring_back, repair_id=order, result="repaired", work="换了镜头排线")
    assert bureau.refused(return_to_service, repair_id=order, test_clip=early) == "not-a-test"
    bureau.later()
    unverified = bureau.clip(bureau.dock(), bureau.now, verified=False)
    assert bureau.refused(return_to_service, repair_id=order, test_clip=unverified) == "not-a-test"
    test = bureau.clip(bureau.dock(), bureau.now)
    with bureau.database.read() as session:
        found = choice_of_tests(session, session.get_one(RecorderRepair, order), bureau.people["admin"])
        assert [clip.id for clip in found] == [test]
    bureau.act(return_to_service, repair_id=order, test_clip=test)
    assert bureau.state() == "in-service"
    assert bureau.fault(fault).outcome == "repaired"
    assert "test-recording" in bureau.flags(test)
    issue(bureau)
    assert bureau.actions()[-5:] == [
        "recorder.sent-to-repair", "recorder.back-from-repair", "clip.marked-test",
        "recorder.returned-to-service", "recorder.handed-over",
    ]  # fmt: skip


def test_a_test_is_of_this_recorder_and_of_no_case(bureau: Bureau) -> None:
    report(bureau)
    bureau.dock()
    order = send(bureau)
    bureau.act(bring_back, repair_id=order, result="repaired", work="done")
    own, bureau.recorder = bureau.recorder, bureau.recorder
    with bureau.database.write() as session:
        other = bureau.new_recorder(session, "DSJ-2")
    bureau.recorder = other
    bureau.later()
    foreign = bureau.clip(bureau.dock(), bureau.now)
    bureau.recorder = own
    assert bureau.refused(return_to_service, repair_id=order, test_clip=foreign) == "not-a-test"
    assert bureau.refused(return_to_service, repair_id=order, test_clip=own) == "unknown-clip"


def test_a_repair_that_does_not_hold_leaves_the_fault_open(bureau: Bureau) -> None:
    fault = report(bureau)
    bureau.dock()
    order = send(bureau)
    bureau.act(bring_back, repair_id=order, result="not-repaired", work="no parts")
    assert (bureau.state(), bureau.fault(fault).closed_at) == ("out-of-service", None)
    bureau.dock()
    again = send(bureau)
    bureau.act(bring_back, repair_id=again, result="repaired", work="done")
    bureau.act(give_up, repair_id=again, reason="black again")
    assert (bureau.state(), bureau.fault(fault).closed_at) == ("out-of-service", None)
    assert bureau.refused(return_to_service, repair_id=again, test_clip=fault) == "wrong-state"


def test_a_further_fault_is_not_closed_by_the_repair(bureau: Bureau) -> None:
    report(bureau)
    bureau.dock()
    order = send(bureau)
    bureau.act(bring_back, repair_id=order, result="repaired", work="done")
    other = report(bureau, "no-sound")
    assert bureau.state() == "in-repair"
    test = bureau.clip(bureau.dock(), bureau.now)
    assert bureau.refused(return_to_service, repair_id=order, test_clip=test) == "other-fault-open"
    bureau.act(reject_fault, "admin2", fault_id=other, reason="microphone was covered")
    assert bureau.state() == "in-repair"
    bureau.act(return_to_service, repair_id=order, test_clip=test)
    assert bureau.state() == "in-service"


def test_rejecting_needs_another_person_and_a_reason(bureau: Bureau) -> None:
    fault = report(bureau)
    assert bureau.refused(reject_fault, fault_id=fault, reason="it works") == "own-report"
    assert bureau.refused(reject_fault, "admin2", fault_id=fault, reason=" \x00 ") == "no-reason"
    bureau.act(reject_fault, "admin2", fault_id=fault, reason="镜头盖未打开")
    assert bureau.state() == "in-service"
    assert bureau.refused(reject_fault, "admin2", fault_id=fault, reason="again") == "closed-already"
    with bureau.database.read() as session:
        recorder = session.get_one(Recorder, bureau.recorder)
        assert state_at(session, recorder, bureau.fault(fault).reported_at) == "out-of-service"
        assert state_at(session, recorder, bureau.now - DAY) == "in-service"


def test_an_officer_reports_what_they_have(bureau: Bureau) -> None:
    values = {"recorder_id": bureau.recorder, "kind": "battery"}
    assert bureau.refused(report_fault, "wang", **values) == "not-yours"
    issue(bureau)
    first = bureau.act(report_fault, "wang", **values)
    assert bureau.act(report_fault, "wang", **values).id == first.id, "one fault, reported twice"
    assert bureau.refused(report_fault, "wang", **{**values, "kind": "gone"}) == "bad-kind"
    bureau.act(give_back, recorder=bureau.recorder, at=bureau.now, zone=ZONE)
    assert bureau.refused(report_fault, "li", **values) == "not-yours"


def test_whoever_brought_it_last_reports_it_too(bureau: Bureau) -> None:
    issue(bureau)
    bureau.dock()
    bureau.act(give_back, recorder=bureau.recorder, at=bureau.now, zone=ZONE)
    bureau.act(report_fault, "wang", recorder_id=bureau.recorder, kind="no-power")
    assert bureau.state() == "out-of-service"


def test_a_repairer_has_name_and_company(bureau: Bureau) -> None:
    report(bureau)
    bureau.dock()
    values = {"recorder_id": bureau.recorder, "data_safe": "docked", "data_removal": "removed"}
    for repairer in (Repairer("", "公司"), Repairer("张", " \x00")):
        assert bureau.refused(send_to_repair, repairer=repairer, **values) == "no-repairer"
    assert bureau.refused(send_to_repair, repairer=Repairer("张" * 129, "公司"), **values) == "bad-value"


def test_a_sealed_carrier_is_given_to_nobody_until_its_card_is_out(bureau: Bureau) -> None:
    bureau.act(seal_carrier, recorder_id=bureau.recorder, place="柜 3", note="")
    assert give_out(bureau, bureau.recorder) == "carrier-sealed"
    report(bureau)
    order = send(bureau, "sealed", "card-kept")
    bureau.act(bring_back, repair_id=order, result="repaired", work="new card")
    bureau.later()
    bureau.act(return_to_service, repair_id=order, test_clip=bureau.clip(bureau.dock(), bureau.now))
    assert give_out(bureau, bureau.recorder) == "done"


def test_two_accounts_of_one_officer_are_one_person(bureau: Bureau) -> None:
    with bureau.database.write() as session:
        officer = session.get_one(Officer, bureau.officers["王建国"])
        second = create_account(
            session, actor=system("test"), username="wang2", email="w2@x.example", roles=["administrator"],
            officer=officer, now=bureau.now,
        )  # fmt: skip
        bureau.people["wang2"] = person(second, None)
    issue(bureau)
    fault = report(bureau, who="wang")
    assert bureau.refused(reject_fault, "wang2", fault_id=fault, reason="it works") == "own-report"
    wish = {"recorder_id": bureau.recorder, "substitute_id": None, "part": "电池", "reason": "worn"}
    asked = bureau.act(ask_substitute, "wang", **wish).id
    decision = {"substitute_id": asked, "approved": True, "note": ""}
    assert bureau.refused(decide_substitute, "wang2", **decision) == "same-person"


def test_what_is_said_when_it_is_reported_again_is_kept(bureau: Bureau) -> None:
    fault = report(bureau)
    again = bureau.act(report_fault, "sun", recorder_id=bureau.recorder, kind="no-picture", note="也见过黑屏")
    report(bureau)
    assert again.id == fault
    with bureau.database.read() as session:
        lines = session.scalars(
            select(MaintenanceEntry).where(MaintenanceEntry.kind == "fault-reported")
        ).all()
    assert sorted(line.note for line in lines) == ["", "也见过黑屏"]


def test_a_check_by_hand_that_fails_is_a_fault(bureau: Bureau) -> None:
    values = {"recorder_id": bureau.recorder, "occasion": "issue"}
    assert bureau.refused(check_recorder, results={}, **values) == "nothing-checked"
    assert bureau.refused(check_recorder, results={"lens": "good"}, **values) == "bad-kind"
    bureau.act(check_recorder, results=ALL_GOOD, **values)
    assert bureau.state() == "in-service"
    bureau.act(check_recorder, results={**ALL_GOOD, "picture": "failed"}, **values)
    (fault,) = bureau.all_faults()
    assert (fault.kind, fault.source, bureau.state()) == ("no-picture", "check", "out-of-service")
    assert fault.recall_since is not None, "the check before was good"


def test_work_is_noted_and_a_sealed_card_is_left_alone(bureau: Bureau) -> None:
    values = {"recorder_id": bureau.recorder, "note": "例行升级"}
    assert bureau.refused(note_work, work="firmware-updated", firmware=" ", **values) == "bad-value"
    bureau.act(note_work, work="firmware-updated", firmware="2.1", **values)
    assert bureau.refused(note_work, work="dismantled", **values) == "bad-kind"
    bureau.act(seal_carrier, recorder_id=bureau.recorder, place="柜 3", note="")
    assert bureau.refused(note_work, work="card-formatted", **values) == "carrier-sealed"


def test_hostile_words_are_kept_as_words(bureau: Bureau) -> None:
    bureau.act(report_fault, recorder_id=bureau.recorder, kind="other", note=HOSTILE)
    (fault,) = bureau.all_faults()
    assert "\x00" not in fault.note
    assert "\u202e" not in fault.note
    assert "<script>" in fault.note


def test_two_administrators_at_once_make_one_order(bureau: Bureau) -> None:
    report(bureau)
    bureau.dock()
    outcomes: list[str] = []

    def go(who: str) -> None:
        try:
            with bureau.database.write() as session:
                send_to_repair(
                    session, actor=bureau.people[who], recorder_id=bureau.recorder, repairer=REPAIRER,
                    data_safe="docked", data_removal="removed", now=bureau.now,
                )  # fmt: skip
            outcomes.append("sent")
        except CannotMaintain as refusal:
            outcomes.append(refusal.why)

    threads = [threading.Thread(target=go, args=(who,)) for who in ("admin", "admin2")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["sent", "wrong-state"]


def test_fault_and_hand_over_at_once(bureau: Bureau) -> None:
    """Whichever comes first: once the fault stands, nothing later gives the recorder out."""

    def fault() -> None:
        with bureau.database.write() as session:
            report_fault(
                session, actor=bureau.people["admin"], recorder_id=bureau.recorder, kind="card",
                now=bureau.now,
            )  # fmt: skip

    def give() -> None:
        try:
            with bureau.database.write() as session:
                hand_over(
                    session, actor=bureau.people["admin"], recorder=bureau.recorder,
                    officer=bureau.officers["王建国"], at=bureau.now, zone=ZONE, now=bureau.now,
                )  # fmt: skip
        except NotIssuable:
            pass

    threads = [threading.Thread(target=go) for go in (fault, give)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert bureau.state() == "out-of-service"
    actions = [a for a in bureau.actions() if a in {"recorder.handed-over", "recorder.fault-reported"}]
    assert actions in (
        ["recorder.fault-reported"],
        ["recorder.handed-over", "recorder.fault-reported"],
    )


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE maintenance_entries SET note = 'x'",
        "DELETE FROM maintenance_entries",
        "DELETE FROM recorder_faults",
    ],
)
def test_the_log_only_grows(bureau: Bureau, statement: str) -> None:
    report(bureau)
    with pytest.raises(DBAPIError, match="the maintenance log is kept"), bureau.database.write() as session:
        session.execute(text(statement))
    with bureau.database.read() as session:
        assert session.query(MaintenanceEntry).count() == 1
