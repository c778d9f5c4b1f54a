"""Nothing that was recorded leaves the house with a recorder, nor is it retired away (R2.15)."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from catalog.holdings import NotIssuable, give_back
from catalog.maintenance.faults import reject_fault, report_fault
from catalog.maintenance.repairs import (
    bring_back,
    give_up,
    retire,
    send_to_repair,
)
from catalog.models import MaintenanceEntry, Recorder, RecorderRepair
from catalog.sealing import CannotSeal, seal_carrier, seal_of
from tests.catalog.maintenance.acts import issue, report, send
from tests.catalog.maintenance.bureau import REPAIRER, ZONE, Bureau


@pytest.mark.parametrize(
    ("ended", "ends", "why"),
    [
        (None, (), "not-docked"),
        ("unplugged", ("received",), "not-all-taken-in"),
        ("done", ("received", "copied"), "not-all-taken-in"),
        ("done", ("partial",), "not-all-taken-in"),
        ("done", ("changed while read",), "not-all-taken-in"),
        ("done", ("received", "refused/unreadable: Input-output error"), "not-all-taken-in"),
        ("done", ("received", "refused/unreadable-folder: Input-output error"), "not-all-taken-in"),
        ("done", ("received", "refused/medium-unreadable: sdb2"), "not-all-taken-in"),
        ("done", ("received", "refused/too-large-here"), "not-all-taken-in"),
    ],
)
def test_nothing_leaves_the_house_undocked(
    bureau: Bureau, ended: str | None, ends: tuple[str, ...], why: str
) -> None:
    values = {
        "recorder_id": bureau.recorder, "repairer": REPAIRER, "data_safe": "docked",
        "data_removal": "removed",
    }  # fmt: skip
    bureau.dock(ends=("received",))
    report(bureau)
    assert bureau.refused(send_to_repair, **values) == "not-docked", "it was docked before the fault"
    bureau.dock(ended=ended, ends=ends)
    assert bureau.refused(send_to_repair, **values) == why
    assert bureau.state() == "out-of-service"
    assert bureau.refused(send_to_repair, **{**values, "data_safe": "sealed"}) == "not-sealed"
    bureau.act(seal_carrier, recorder_id=bureau.recorder, place="柜 3", note="")
    assert bureau.refused(send_to_repair, **{**values, "data_safe": "sealed"}) == "carrier-sealed"
    assert send(bureau, "sealed", "card-kept")


def test_what_never_was_a_recording_keeps_nothing_in_the_house(bureau: Bureau) -> None:
    report(bureau)
    bureau.dock(ends=("received", "refused/link", "refused/partition-blank: sdb2"))
    assert send(bureau)


def test_what_cannot_be_read_is_not_retired_away(bureau: Bureau) -> None:
    bureau.dock(ends=("received", "refused/unreadable"))
    values = {
        "recorder_id": bureau.recorder, "reason": "old", "data_safe": "docked", "data_removal": "removed",
    }  # fmt: skip
    assert bureau.refused(retire, **values) == "not-all-taken-in"
    assert bureau.state() == "in-service"


@pytest.mark.parametrize("given_up", [False, True])
def test_a_docking_of_before_a_repair_vouches_for_nothing_after_it(bureau: Bureau, given_up: bool) -> None:
    values = {
        "recorder_id": bureau.recorder, "repairer": REPAIRER, "data_safe": "docked",
        "data_removal": "removed",
    }  # fmt: skip
    report(bureau)
    bureau.dock(ends=("received",))
    order = send(bureau)
    if given_up:
        bureau.act(bring_back, repair_id=order, result="repaired", work="done")
        bureau.act(give_up, repair_id=order, reason="black again")
    else:
        bureau.act(bring_back, repair_id=order, result="not-repaired", work="no parts")
    assert bureau.refused(send_to_repair, **values) == "not-docked"
    bureau.dock(ends=("received",))
    assert bureau.refused(send_to_repair, **values) == "done"


def test_what_came_back_is_retired_only_when_its_test_recordings_are_safe(bureau: Bureau) -> None:
    values = {
        "recorder_id": bureau.recorder, "reason": "old", "data_safe": "docked", "data_removal": "removed",
    }  # fmt: skip
    report(bureau)
    bureau.dock(ends=("received",))
    order = send(bureau, removal="card-kept")
    bureau.act(bring_back, repair_id=order, result="repaired", work="new card")
    assert bureau.refused(retire, **values) == "not-docked"
    bureau.dock(ends=("received", "copied"))
    assert bureau.refused(retire, **values) == "not-all-taken-in"
    bureau.dock(ends=("received",))
    assert bureau.refused(retire, **values) == "done"
    with bureau.database.read() as session:
        kept = session.scalars(select(MaintenanceEntry).order_by(MaintenanceEntry.at.desc())).first()
        assert kept is not None
        assert kept.facts["data_removal"] == "removed", "as it was this time, not when it was sent away"


def test_what_is_at_the_repairers_was_made_safe_before_it_left(bureau: Bureau) -> None:
    report(bureau)
    bureau.dock(ends=("received",))
    send(bureau, removal="card-kept")
    bureau.act(
        retire, recorder_id=bureau.recorder, reason="beyond repair", data_safe="docked",
        data_removal="removed",
    )  # fmt: skip
    with bureau.database.read() as session:
        (order,) = session.scalars(select(RecorderRepair)).all()
        kept = session.scalars(select(MaintenanceEntry).order_by(MaintenanceEntry.at.desc())).first()
        assert kept is not None
        assert (order.state, order.result, kept.facts["data_removal"]) == (
            "closed", "beyond-repair", "card-kept",
        )  # fmt: skip


@pytest.mark.parametrize("result", ["repaired", "not-repaired"])
def test_a_seal_vouches_for_its_own_card_only(bureau: Bureau, result: str) -> None:
    sealed = {"recorder_id": bureau.recorder, "data_safe": "sealed", "data_removal": "card-kept"}
    report(bureau)
    bureau.act(seal_carrier, recorder_id=bureau.recorder, place="柜 3", note="")
    order = send(bureau, "sealed", "card-kept")
    bureau.act(bring_back, repair_id=order, result=result, work="new card")
    assert bureau.refused(retire, reason="old", **sealed) == "sealed-card-out"
    if result == "repaired":
        bureau.act(give_up, repair_id=order, reason="black again")
    assert bureau.refused(send_to_repair, repairer=REPAIRER, **sealed) == "sealed-card-out"
    bureau.dock(ends=("received",))
    assert send(bureau, "docked", "card-kept")


def test_the_card_of_a_later_seal_may_stay_here(bureau: Bureau) -> None:
    report(bureau)
    bureau.dock(ends=("received",))
    order = send(bureau, "docked", "card-kept")
    bureau.act(bring_back, repair_id=order, result="not-repaired", work="no parts")
    bureau.act(seal_carrier, recorder_id=bureau.recorder, place="柜 3", note="")
    assert send(bureau, "sealed", "card-kept")


@pytest.mark.parametrize("result", ["repaired", "not-repaired"])
def test_the_card_that_came_back_is_sealed_by_itself(bureau: Bureau, result: str) -> None:
    """It cannot be docked any more: the first seal speaks for the card that was taken out, a second for this one."""
    sealed = {"recorder_id": bureau.recorder, "data_safe": "sealed", "data_removal": "card-kept"}
    report(bureau)
    seal = {"recorder_id": bureau.recorder, "note": "换回的存储卡"}
    bureau.act(seal_carrier, place="柜 3", **seal)
    with pytest.raises(CannotSeal, match="sealed-already"):
        bureau.act(seal_carrier, place="柜 5", **seal)
    order = send(bureau, "sealed", "card-kept")
    with pytest.raises(CannotSeal, match="sealed-already"):
        bureau.act(seal_carrier, place="柜 5", **seal)
    bureau.act(bring_back, repair_id=order, result=result, work="new card")
    assert bureau.refused(retire, reason="old", **sealed) == "sealed-card-out", (
        "the old seal is of another card"
    )
    with pytest.raises(CannotSeal, match="no-reason"):
        bureau.act(seal_carrier, recorder_id=bureau.recorder, place="柜 5 封条 0021", note=" ")
    bureau.act(seal_carrier, place="柜 5 封条 0021", **seal)
    with pytest.raises(CannotSeal, match="sealed-already"):
        bureau.act(seal_carrier, place="柜 9", **seal)
    assert bureau.refused(retire, reason="old", **{**sealed, "data_removal": "removed"}) == "carrier-sealed"
    with bureau.database.read() as session:
        line = session.scalars(select(MaintenanceEntry).order_by(MaintenanceEntry.at.desc())).first()
        assert line is not None
        assert (line.kind, line.facts["earlier_place"], line.note) == ("sealed-anew", "柜 3", "换回的存储卡")
        assert session.get_one(Recorder, bureau.recorder).sealed_place == "柜 5 封条 0021"
    assert bureau.actions().count("recorder.sealed") == 1, "both seals stand in the log"
    assert bureau.actions().count("recorder.sealed-anew") == 1
    if result == "repaired":
        bureau.act(give_up, repair_id=order, reason="black again")
    again = send(bureau, "sealed", "card-kept")
    bureau.act(bring_back, repair_id=again, result="not-repaired", work="no parts")
    assert bureau.refused(retire, reason="old", **sealed) == "sealed-card-out", (
        "the second seal ends likewise"
    )
    bureau.act(seal_carrier, place="柜 7", **seal)
    assert bureau.refused(retire, reason="old", **sealed) == "done"


def test_each_seal_speaks_for_its_own_card(bureau: Bureau) -> None:
    """What was docked of a card says of its own seal, whatever was sealed after it in the same recorder."""

    def seals(*moments: datetime) -> list[str | None]:
        with bureau.database.read() as session:
            device = session.get_one(Recorder, bureau.recorder)
            found = [seal_of(session, device, at) for at in moments]
        assert all(seal is None or seal.at == sealed_at[seal.place] for seal in found)
        return [seal.place if seal is not None else None for seal in found]

    seal = {"recorder_id": bureau.recorder, "note": "换回的存储卡"}
    sealed_at: dict[str, datetime] = {}
    first = bureau.later()
    report(bureau)
    assert seals(first) == [None]
    bureau.act(seal_carrier, place="柜 3", **seal)
    sealed_at["柜 3"] = bureau.now
    assert seals(first, bureau.later()) == ["柜 3", "柜 3"]
    order = send(bureau, "sealed", "card-kept")
    away = bureau.later()
    assert seals(first, away) == ["柜 3", None]
    bureau.act(bring_back, repair_id=order, result="not-repaired", work="no parts")
    second = bureau.later()
    assert seals(first, away, second) == ["柜 3", None, None], "the second card is not sealed"
    bureau.dock(ends=("received",))
    order = send(bureau, "docked", "card-kept")
    bureau.act(bring_back, repair_id=order, result="not-repaired", work="no parts")
    third = bureau.later()
    bureau.act(seal_carrier, place="柜 5", **seal)
    sealed_at["柜 5"] = bureau.now
    assert seals(first, away, second, third, bureau.later()) == ["柜 3", None, None, "柜 5", "柜 5"]
    order = send(bureau, "sealed", "card-kept")
    bureau.act(bring_back, repair_id=order, result="not-repaired", work="no parts")
    bureau.act(seal_carrier, place="柜 7", **seal)
    sealed_at["柜 7"] = bureau.now
    assert seals(first, second, third, bureau.later()) == ["柜 3", None, "柜 5", "柜 7"]


def test_what_came_back_without_a_card_needs_none(bureau: Bureau) -> None:
    empty = {"recorder_id": bureau.recorder, "data_safe": "no-card", "data_removal": "card-kept"}
    report(bureau)
    assert bureau.refused(retire, reason="old", **empty) == "may-hold-a-card", "it never was away"
    bureau.act(seal_carrier, recorder_id=bureau.recorder, place="柜 3", note="")
    order = send(bureau, "sealed", "card-kept")
    bureau.act(bring_back, repair_id=order, result="not-repaired", work="no parts")
    values = {**empty, "repairer": REPAIRER}
    assert bureau.refused(send_to_repair, **values) == "no-reason"
    assert bureau.refused(send_to_repair, **{**values, "data_removal": "none"}, note="空槽") == "bad-kind"
    assert bureau.refused(send_to_repair, **values, note="返回时无存储卡") == "done"
    with bureau.database.read() as session:
        kept = session.scalars(select(MaintenanceEntry).order_by(MaintenanceEntry.at.desc())).first()
        assert kept is not None
        assert (kept.facts["data_safe"], kept.note) == ("no-card", "返回时无存储卡")
        order = session.scalars(select(RecorderRepair.id).where(RecorderRepair.state == "sent")).one()
    bureau.act(bring_back, repair_id=order, result="beyond-repair", work="no parts")
    assert bureau.refused(retire, reason="", **empty) == "no-reason"
    assert bureau.refused(retire, reason="返回时无存储卡", **empty) == "done"


@pytest.mark.parametrize("way", ["docked", "in service", "with its card"])
def test_what_may_have_had_a_card_since_is_not_without_one(bureau: Bureau, way: str) -> None:
    empty = {"recorder_id": bureau.recorder, "data_safe": "no-card", "data_removal": "card-kept"}
    fault = report(bureau)
    bureau.dock(ends=("received",))
    order = send(bureau, removal="none" if way == "with its card" else "card-kept")
    assert bureau.state() == "in-repair"
    bureau.act(bring_back, repair_id=order, result="not-repaired", work="no parts")
    if way == "docked":
        bureau.dock(ended="unplugged", ends=("copied",))
    elif way == "in service":
        bureau.act(reject_fault, "admin2", fault_id=fault, reason="it works")
        issue(bureau)
        bureau.act(give_back, recorder=bureau.recorder, at=bureau.now, zone=ZONE)
    assert bureau.refused(retire, reason="old", **empty) == "may-hold-a-card"
    assert bureau.state() != "retired"


def test_what_is_not_verified_is_not_removed(bureau: Bureau) -> None:
    report(bureau)
    bureau.clip(bureau.dock(), bureau.now, verified=False)
    values = {"recorder_id": bureau.recorder, "repairer": REPAIRER, "data_safe": "docked"}
    assert bureau.refused(send_to_repair, data_removal="removed", **values) == "not-verified-yet"
    assert bureau.refused(send_to_repair, data_removal="card-kept", **values) == "done"


def test_a_retired_recorder_stays_so(bureau: Bureau) -> None:
    issue(bureau)
    values = {"recorder_id": bureau.recorder, "data_safe": "docked", "data_removal": "removed"}
    assert bureau.refused(retire, reason="old", **values) == "still-held"
    bureau.act(give_back, recorder=bureau.recorder, at=bureau.now, zone=ZONE)
    assert bureau.refused(retire, reason="old", **values) == "not-docked"
    bureau.dock(ends=("received",))
    issue(bureau)  # it came back after that docking with what was recorded since
    bureau.dock(ends=("received",))
    bureau.later()
    bureau.act(give_back, recorder=bureau.recorder, at=bureau.now, zone=ZONE)
    assert bureau.refused(retire, reason="old", **values) == "not-docked", "used until it was given back"
    bureau.dock(ends=("received",))
    assert bureau.refused(retire, reason="", **values) == "no-reason"
    bureau.act(retire, reason="超过使用年限", **values)
    assert bureau.state() == "retired"
    assert bureau.refused(report_fault, recorder_id=bureau.recorder, kind="battery") == "retired"
    assert bureau.refused(retire, reason="again", **values) == "retired"
    with pytest.raises(NotIssuable):
        issue(bureau, ago=-timedelta(minutes=1))


def test_retired_at_the_repairers(bureau: Bureau) -> None:
    fault = report(bureau)
    bureau.dock()
    order = send(bureau)
    bureau.act(
        retire, recorder_id=bureau.recorder, reason="无法修复", data_safe="docked", data_removal="removed"
    )
    assert bureau.state() == "retired"
    assert bureau.fault(fault).closed_at is None, "nobody repaired it"
    assert bureau.refused(bring_back, repair_id=order, result="repaired", work="late") == "closed-already"
