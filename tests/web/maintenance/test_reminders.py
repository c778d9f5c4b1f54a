"""Whom the pages remind of recorders: a number for whoever manages them, a line for whoever has one to be checked."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from catalog.models import Recorder, RecorderDoubt
from tests.catalog import world
from tests.web.conftest import Site
from tests.web.maintenance.desk import Desk, only, recorder_id

WHOLE = dict.fromkeys(("battery", "memory", "clock", "housing", "picture", "sound"), "good")
MONTHS = 100
"""Days after which every check is overdue."""


def badge(desk: Desk, part: str = "/recorders") -> str:
    """What a line of the navigation says besides its name, as it is read out."""
    line = re.search(rf'<a href="{part}"[^>]*>(.*?)</a>', desk.get("/account"))
    assert line is not None
    said = re.sub(r"<[^>]+>", "", line.group(1))
    return said.removeprefix("Recorders").removeprefix("设备台账").strip()


def check(desk: Desk, recorder: UUID) -> None:
    desk.post(f"/recorders/{recorder}/check", recorder=str(recorder), occasion="planned", **WHOLE)


def raise_doubt(site: Site, recorder: UUID) -> UUID:
    with site.database.write() as session:
        doubt = RecorderDoubt(
            recorder_id=recorder, kind="clock-drift", facts={"seconds_per_day": 9}, raised_at=site.moment[0]
        )
        session.add(doubt)
        session.flush()
        return doubt.id


def test_the_number_of_recorders_of_which_something_waits(site: Site, later: Callable[..., datetime]) -> None:
    admin, one = Desk(site, "admin"), recorder_id(site)
    assert badge(admin) == "", "nothing waits"
    for serial in ("NEW-1", "NEW-2"):
        admin.post("/recorders", serial=serial, label=serial, kind="recorder")
    two = only(site, Recorder).id
    admin.post(f"/recorders/{one}/fault", kind="battery")
    assert badge(admin) == "1 waits for you"
    raise_doubt(site, one)
    assert badge(admin) == "1 waits for you", "it counts recorders, not what waits of each"
    doubt = raise_doubt(site, two)
    assert badge(admin) == "2 wait for you"
    admin.post(f"/doubts/{doubt}", reason="set right", faulty="0")
    assert badge(admin) == "1 waits for you"
    later(days=MONTHS)
    admin = Desk(site, "admin")
    assert badge(admin) == "3 wait for you", "two overdue, and the faulty one once"
    check(admin, two)
    assert badge(admin) == "2 wait for you"


def test_a_fault_with_its_order_waits_for_the_repairer(site: Site, later: Callable[..., datetime]) -> None:
    admin, one = Desk(site, "admin", "zh_Hans_CN"), recorder_id(site)
    admin.post(f"/recorders/{one}/fault", kind="battery")
    assert badge(admin) == "1 项待您处理"
    later()
    with site.database.write() as session:
        station = world.add_station(session, later(), "ST-09")
        visit = world.add_docking(session, station, site.moment[0], state="safe")
        visit.ended_at, visit.end_reason = site.moment[0], "done"
    later()
    form = {"name": "Zhang", "company": "Repairs", "data_safe": "docked", "data_removal": "card-kept"}
    admin.post(f"/recorders/{one}/repair", recorder=str(one), **form)
    assert badge(admin) == ""


@pytest.mark.parametrize("who", ["wang", "li", "sun"])
def test_who_does_not_manage_recorders_is_not_counted_for(
    site: Site, later: Callable[..., datetime], who: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    later(days=MONTHS)

    def counted(*_: Any, **__: Any) -> int:
        raise AssertionError("counted for somebody who does not manage recorders")

    monkeypatch.setattr("web.templating.count_recorders_waiting", counted)
    desk = Desk(site, who)
    line = re.search(r'<a href="/recorders"[^>]*>(.*?)</a>', desk.get("/account"))
    assert line is None or line.group(1) == "Recorders"


def test_the_holder_is_told_of_the_check(site: Site, later: Callable[..., datetime]) -> None:
    one = recorder_id(site)
    with site.database.read() as session:
        entered = session.get_one(Recorder, one).created_at
    due = (
        (entered + timedelta(days=90))
        .astimezone(ZoneInfo(site.components.settings.time_zone))
        .strftime("%Y-%m-%d")
    )
    words = f"Bring it to the recorder administrator by {due}."

    def told() -> list[bool]:
        wang = Desk(site, "wang")
        return [words in wang.get(path) for path in ("/my-recorder", "/")]

    later(days=75)
    assert told() == [False, False], "more than two weeks before"
    later(days=2)
    assert told() == [True, True]
    assert "to the recorder administrator" not in Desk(site, "li").get("/"), "she has no recorder"
    later(days=20)
    overdue = Desk(site, "wang", "zh_Hans_CN").get("/my-recorder")
    assert "检查逾期" in overdue
    assert f"应于 {due} 前检查，请立即送交设备管理员检查。" in overdue
    check(Desk(site, "admin"), one)
    assert "设备管理员检查" not in Desk(site, "wang", "zh_Hans_CN").get("/my-recorder")
    assert told() == [False, False]


def test_a_recorder_out_of_service_is_not_asked_for_its_check(
    site: Site, later: Callable[..., datetime]
) -> None:
    later(days=MONTHS)
    wang = Desk(site, "wang")
    assert "Check overdue" in wang.get("/my-recorder")
    wang.post(f"/recorders/{recorder_id(site)}/fault", kind="battery", to="mine")
    assert "Check overdue" not in wang.get("/my-recorder")
