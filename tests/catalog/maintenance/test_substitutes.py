"""Substitutes and parts: another person approves, and for this fault only (R2.15)."""

from __future__ import annotations

from catalog.holdings import give_back
from catalog.maintenance.faults import report_fault
from catalog.maintenance.repairs import (
    bring_back,
    return_to_service,
)
from catalog.maintenance.substitutes import ask_substitute, decide_substitute
from tests.catalog.maintenance.acts import give_out, report, send
from tests.catalog.maintenance.bureau import ZONE, Bureau


def test_a_part_needs_the_word_of_two(bureau: Bureau) -> None:
    report(bureau)
    bureau.dock()
    order = send(bureau)
    back = {"repair_id": order, "result": "repaired", "work": "new battery", "parts": ["电池 B-77"]}
    assert bureau.refused(bring_back, **back) == "part-not-approved"
    wish = {"recorder_id": bureau.recorder, "substitute_id": None, "part": "电池 B-77", "reason": "worn"}
    asked = bureau.act(ask_substitute, **wish).id
    assert bureau.refused(bring_back, **back) == "part-not-approved"
    decision = {"substitute_id": asked, "approved": True, "note": ""}
    assert bureau.refused(decide_substitute, **decision) == "same-person"
    bureau.act(decide_substitute, "sun", **decision)
    assert bureau.refused(decide_substitute, "admin2", **decision) == "decided-already"
    assert bureau.refused(bring_back, **back) == "done"


def test_a_substitute_recorder(bureau: Bureau) -> None:
    with bureau.database.write() as session:
        other = bureau.new_recorder(session, "DSJ-2")
    values = {"recorder_id": bureau.recorder, "part": "", "reason": "in repair"}
    assert bureau.refused(ask_substitute, substitute_id=bureau.recorder, **values) == "same-recorder"
    asked = bureau.act(ask_substitute, substitute_id=other, **values).id
    decision = {"substitute_id": asked, "approved": False}
    assert bureau.refused(decide_substitute, "sun", note="", **decision) == "no-reason"
    assert bureau.act(decide_substitute, "sun", note="not today", **decision).approved is False
    bureau.act(report_fault, recorder_id=other, kind="card")
    assert bureau.refused(ask_substitute, substitute_id=other, **values) == "wrong-state"


def test_whoever_has_a_faulty_one_gets_another_only_as_approved_substitute(bureau: Bureau) -> None:
    with bureau.database.write() as session:
        other, third = (bureau.new_recorder(session, serial) for serial in ("DSJ-2", "DSJ-3"))
    assert give_out(bureau, bureau.recorder) == "done"
    assert give_out(bureau, other, "李晓梅") == "done"
    bureau.act(give_back, recorder=other, at=bureau.now, zone=ZONE)
    report(bureau)
    assert give_out(bureau, other) == "substitute-not-approved"
    assert give_out(bureau, other, "李晓梅") == "done", "hers is not out of use"
    bureau.act(give_back, recorder=other, at=bureau.now, zone=ZONE)
    bureau.act(give_back, recorder=bureau.recorder, at=bureau.now, zone=ZONE)
    assert give_out(bureau, other) == "substitute-not-approved", "giving it back mends nothing"
    values = {"recorder_id": bureau.recorder, "substitute_id": other, "part": "", "reason": "in repair"}
    asked = bureau.act(ask_substitute, **values).id
    assert give_out(bureau, other) == "substitute-not-approved"
    bureau.act(decide_substitute, "sun", substitute_id=asked, approved=True, note="")
    assert give_out(bureau, third) == "substitute-not-approved", "that other one was approved"
    assert give_out(bureau, other) == "done"


def test_an_approved_substitute_stands_in_for_this_fault_and_not_for_the_next(bureau: Bureau) -> None:
    with bureau.database.write() as session:
        other = bureau.new_recorder(session, "DSJ-2")

    def approve() -> None:
        values = {"recorder_id": bureau.recorder, "substitute_id": other, "part": "", "reason": "in repair"}
        asked = bureau.act(ask_substitute, **values).id
        bureau.act(decide_substitute, "sun", substitute_id=asked, approved=True, note="")

    assert give_out(bureau, bureau.recorder) == "done"
    report(bureau)
    approve()
    bureau.dock()
    order = send(bureau)
    report(bureau, "no-sound")
    assert give_out(bureau, other) == "done", "a fault found later leaves the approval of the first as it is"
    bureau.act(bring_back, repair_id=order, result="not-repaired", work="looked at")
    bureau.act(give_back, recorder=other, at=bureau.now, zone=ZONE)
    assert give_out(bureau, other) == "done", "it is not mended yet"
    bureau.dock()
    order = send(bureau)
    bureau.act(bring_back, repair_id=order, result="repaired", work="new board")
    bureau.later()
    bureau.act(return_to_service, repair_id=order, test_clip=bureau.clip(bureau.dock(), bureau.now))
    bureau.act(give_back, recorder=other, at=bureau.now, zone=ZONE)
    report(bureau)
    assert give_out(bureau, other) == "substitute-not-approved", "that was for a fault that is mended"
    approve()
    assert give_out(bureau, other) == "done"
