"""The state of a recorder beside its clips; what a recorder out of service brings; who is offered at stations."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from catalog.actors import system
from catalog.database import Database
from catalog.describing import Found, keep_description
from catalog.intake.picking import officers_known
from catalog.maintenance.checks import check_recorder
from catalog.maintenance.faults import enter_fault, reject_fault, report_fault
from catalog.maintenance.officers import Stated, keep_officer
from catalog.maintenance.register import Particulars, keep_particulars, note_work
from catalog.maintenance.repairs import bring_back, return_to_service, send_to_repair
from catalog.maintenance.then import MaintenanceThen, maintenance_then
from catalog.models import Clip, Recorder
from tests.catalog.intake_desk import Intake
from tests.catalog.maintenance.bureau import ALL_GOOD, HOUR, REPAIRER, ZONE, Bureau


def then(bureau: Bureau, at: datetime, clip: UUID) -> MaintenanceThen:
    with bureau.database.read() as session:
        device = session.get_one(Recorder, bureau.recorder)
        return maintenance_then(session, device, at=at, known=True, clip_id=clip)


def test_the_state_at_every_moment(bureau: Bureau) -> None:
    begin = bureau.now
    bureau.act(check_recorder, recorder_id=bureau.recorder, occasion="planned", results=ALL_GOOD)
    bureau.later(HOUR)
    bureau.act(
        note_work, recorder_id=bureau.recorder, work="firmware-updated", firmware="2.0", note="upgrade"
    )
    sound = bureau.later(HOUR)
    bureau.later(HOUR)
    wrong = bureau.act(report_fault, recorder_id=bureau.recorder, kind="clock").id
    bureau.act(reject_fault, "admin2", fault_id=wrong, reason="set the wrong zone")
    bureau.act(report_fault, recorder_id=bureau.recorder, kind="no-picture")
    given = Particulars(firmware="2.1")
    bureau.act(keep_particulars, serial="DSJ-1", given=given)
    broken = bureau.later(HOUR)
    clip = bureau.clip(bureau.dock(), broken)
    order = bureau.act(
        send_to_repair, recorder_id=bureau.recorder, repairer=REPAIRER, data_safe="docked",
        data_removal="removed",
    ).id  # fmt: skip
    away = bureau.later(HOUR)
    bureau.act(bring_back, repair_id=order, result="repaired", work="done")
    bureau.later(HOUR)
    test = bureau.clip(bureau.dock(), bureau.now)
    bureau.act(return_to_service, repair_id=order, test_clip=test)
    healed = bureau.later(HOUR)

    found = {name: then(bureau, at, clip) for name, at in (
        ("begin", begin), ("sound", sound), ("broken", broken), ("away", away), ("healed", healed),
    )}  # fmt: skip
    assert {name: one.state for name, one in found.items()} == {
        "begin": "in-service", "sound": "in-service", "broken": "out-of-service", "away": "in-repair",
        "healed": "in-service",
    }  # fmt: skip
    assert [f.kind for f in found["broken"].faults] == ["no-picture"], "the rejected one was none"
    assert [f.kind for f in found["healed"].faults] == []
    assert found["begin"].checked is None
    assert found["sound"].checked is not None
    assert (found["begin"].firmware, found["sound"].firmware) == ("", "2.0")
    assert found["broken"].firmware == "2.1", "entered in the register"
    assert {name: one.repair.id if one.repair else None for name, one in found.items()} == {
        "begin": order, "sound": order, "broken": order, "away": order, "healed": None,
    }  # fmt: skip


@pytest.mark.parametrize("faulty", [False, True])
def test_what_it_brings_while_it_is_out_of_service_is_taken_in_and_says_so(
    intake: Intake, faulty: bool
) -> None:
    if faulty:
        with intake.database.write() as session:
            device = session.scalars(select(Recorder)).one()
            enter_fault(session, device, actor=system("test"), kind="card", source="check", now=intake.now)
    taken = intake.take(b"what was recorded").clip

    def flags() -> list[str]:
        with intake.database.read() as session:
            return list(session.get_one(Clip, taken).flags)

    assert ("recorder-faulty" in flags()) is faulty
    with intake.database.write() as session:
        keep_description(
            session, taken, Found({}, "video", "original"), zone=ZoneInfo("Asia/Shanghai"), now=intake.now
        )
    assert ("recorder-faulty" in flags()) is faulty, "describing leaves it"


def test_who_left_is_offered_at_no_station(bureau: Bureau, database: Database) -> None:
    today = bureau.now.astimezone(ZONE).date()

    def offered(day: timedelta = timedelta()) -> set[str]:
        with database.read() as session:
            return {officer.number for officer in officers_known(session, today + day)}

    def keep(left: bool, since: timedelta) -> None:
        bureau.act(
            keep_officer, number="100388", name="", since=today + since, stated=Stated(left=left), zone=ZONE,
            today=today,
        )  # fmt: skip

    assert offered() == {"100412", "100388"}
    keep(True, timedelta(days=1))
    assert offered() == {"100412", "100388"}
    assert offered(timedelta(days=1)) == {"100412"}
    keep(False, timedelta(days=5))
    assert offered(timedelta(days=4)) == {"100412"}
    assert offered(timedelta(days=5)) == {"100412", "100388"}
