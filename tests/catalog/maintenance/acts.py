"""Acts that many tests of recorders begin with."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from catalog.holdings import hand_over
from catalog.maintenance.faults import report_fault
from catalog.maintenance.issuing import issue as give_out_checked
from catalog.maintenance.repairs import (
    send_to_repair,
)
from tests.catalog.maintenance.bureau import ALL_GOOD, REPAIRER, ZONE, Bureau


def report(bureau: Bureau, kind: str = "no-picture", who: str = "admin") -> UUID:
    fault: UUID = bureau.act(report_fault, who, recorder_id=bureau.recorder, kind=kind).id
    return fault


def send(bureau: Bureau, safe: str = "docked", removal: str = "removed") -> UUID:
    order: UUID = bureau.act(
        send_to_repair, recorder_id=bureau.recorder, repairer=REPAIRER, data_safe=safe, data_removal=removal
    ).id
    return order


def issue(bureau: Bureau, name: str = "王建国", ago: timedelta = timedelta()) -> None:
    bureau.act(
        hand_over, recorder=bureau.recorder, officer=bureau.officers[name], at=bureau.now - ago, zone=ZONE
    )


def give_out(bureau: Bureau, recorder: UUID, name: str = "王建国") -> str:
    values = {"recorder_id": recorder, "officer": bureau.officers[name], "results": ALL_GOOD, "zone": ZONE}
    return bureau.refused(give_out_checked, **values)
