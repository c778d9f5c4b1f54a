"""Recorders in the pages: the way from fault to return, who may do what, hostile words, papers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import uuid4

import pytest
from sqlalchemy import select, update

from catalog.models import (
    Account,
    Clip,
    Docking,
    Officer,
    Recorder,
    RecorderCheck,
    RecorderFault,
    RecorderRepair,
    Sighting,
)
from catalog.permissions import ROLES, Permission
from tests.catalog import world
from tests.web.conftest import HOSTILE, NEEDED, Site
from tests.web.maintenance.desk import Desk, asked_of, dock, only, recorder_id, state
from tests.web.test_routes import PEOPLE


def test_from_fault_to_return(site: Site, later: Callable[..., datetime]) -> None:
    page = f"/recorders/{recorder_id(site)}"
    officer, admin = Desk(site, "wang"), Desk(site, "admin")
    assert "in service" in officer.get("/my-recorder")
    said = officer.post(f"{page}/fault", kind="no-picture", note=HOSTILE, to="mine")
    assert "out of service" in said
    assert "Do not record with it" in said
    later()
    dock(site, later())
    board = admin.get("/recorders/board")
    assert "no picture" in board
    assert HOSTILE not in board, "what people type is shown, never run"
    form = {"name": "Zhang", "company": "Repairs Ltd", "data_safe": "docked", "data_removal": "removed"}
    assert "The repair order is made" in admin.post(f"{page}/repair", recorder=recorder_id(site), **form)
    assert state(site) == "in-repair"
    order = only(site, RecorderRepair)
    later()
    said = admin.post(
        f"/repairs/{order.id}/back", recorder=recorder_id(site), result="repaired", work="new lens", parts=""
    )
    assert "Make a short test recording" in said
    assert "Return it to service" not in said, "there is no test recording to choose"
    later()
    test = dock(site, later())
    assert str(test) in admin.get(page)
    said = admin.post(f"/repairs/{order.id}/return", recorder=recorder_id(site), test=str(test))
    assert "back in service" in said
    assert state(site) == "in-service"
    assert "It is a test recording" in Desk(site, "li").get(f"/clips/{test}")


def test_the_reporter_cannot_reject_and_another_can(site: Site, later: Callable[..., datetime]) -> None:
    officer, admin = Desk(site, "wang"), Desk(site, "admin")
    page = f"/recorders/{recorder_id(site)}"
    admin.post(f"{page}/fault", kind="battery")
    fault = only(site, RecorderFault).id
    assert "cannot reject it" in admin.post(f"/faults/{fault}/reject", reason="it works")
    assert state(site) == "out-of-service"
    denied = officer.client.post(
        f"/faults/{fault}/reject", data={"csrf_token": officer.token, "reason": "mine is fine"}
    )
    assert denied.status_code == 403
    later()


def test_a_faulty_recorder_is_not_given_out_by_page(site: Site, later: Callable[..., datetime]) -> None:
    admin, page = Desk(site, "admin"), f"/recorders/{recorder_id(site)}"
    with site.database.read() as session:
        officer = session.scalars(select(Officer.id).where(Officer.number == "100388")).one()
    form = {"recorder": recorder_id(site), "officer": str(officer)}
    assert "Check battery and memory" in admin.post(f"{page}/hand-over", battery="good", **form)
    said = admin.post(f"{page}/hand-over", battery="failed", memory="good", **form)
    assert "The check found a fault" in said
    assert state(site) == "out-of-service"
    later()
    said = admin.post(f"{page}/hand-over", battery="good", memory="good", **form)
    assert "nobody is given it" in said
    with site.database.read() as session:
        assert world.recorder(session).holder_id != officer


def test_giving_out_and_back(site: Site, later: Callable[..., datetime]) -> None:
    admin, page = Desk(site, "admin"), f"/recorders/{recorder_id(site)}"
    with site.database.read() as session:
        officer = session.scalars(select(Officer.id).where(Officer.number == "100388")).one()
    form = {"recorder": recorder_id(site), "officer": str(officer), "battery": "good", "memory": "good"}
    assert "Given out, with its check." in admin.post(f"{page}/hand-over", **form)
    later()
    assert "Given back." in admin.post(f"{page}/give-back", recorder=recorder_id(site))
    later()
    assert "Nobody has this recorder." in admin.post(f"{page}/give-back", recorder=recorder_id(site))


def test_what_a_faulty_recorder_brought_says_so(site: Site, later: Callable[..., datetime]) -> None:
    with site.database.write() as session:
        session.execute(update(Clip).where(Clip.id == site.clip).values(flags=["recorder-faulty"]))
    assert "out of service; its maintenance log says why" in Desk(site, "li").get(f"/clips/{site.clip}")


def test_recall_by_hand(site: Site, later: Callable[..., datetime]) -> None:
    admin, li = Desk(site, "admin"), Desk(site, "li")
    admin.post(f"/recorders/{recorder_id(site)}/fault", kind="no-sound")
    later()
    fault = only(site, RecorderFault).id
    listed = admin.post(f"/recalls/{fault}")
    assert "0 of 2 have their verdict" in listed
    with site.database.read() as session:
        clip = session.get_one(Clip, site.clip)
    assert clip.name not in listed, "an administrator sees no evidence, not even its name"
    assert clip.sha256[:12] in listed
    assert clip.name in li.get(f"/recalls/{fault}")
    form = {"clip": str(site.clip), "verdict": "not-to-be-relied-on"}
    assert "needs a note" in li.post(f"/recalls/{fault}/verdict", note="", **form)
    said = li.post(f"/recalls/{fault}/verdict", note=HOSTILE, **form)
    assert "1 of 2 have their verdict" in said
    assert HOSTILE not in said
    shown = li.get(f"/clips/{site.clip}")
    assert "found not to be relied on" in shown
    assert HOSTILE not in shown
    denied = admin.client.post(f"/recalls/{fault}/verdict", data={"csrf_token": admin.token, **form})
    assert denied.status_code == 403


def test_a_restricted_recording_is_in_no_recall(site: Site, later: Callable[..., datetime]) -> None:
    admin, li = Desk(site, "admin"), Desk(site, "li")
    admin.post(f"/recorders/{recorder_id(site)}/fault", kind="no-sound")
    fault = only(site, RecorderFault).id
    with site.database.write() as session:
        session.execute(update(Clip).where(Clip.id == site.clip).values(restricted=True))
    later()
    assert "0 of 1 have their verdict" in li.get(f"/recalls/{fault}")
    form = {"clip": str(site.clip), "verdict": "usable", "note": ""}
    assert "no such recording" in li.post(f"/recalls/{fault}/verdict", **form)


def test_register_and_checks_due(site: Site, later: Callable[..., datetime]) -> None:
    admin = Desk(site, "admin")
    said = admin.post("/recorders", serial="NEW-1", label="七号", kind="recorder")
    assert "七号" in said
    with site.database.read() as session:
        new = session.scalars(select(Recorder).where(Recorder.serial == "NEW-1")).one()
    form = {"serial": "NEW-1", "recorder": str(new.id), "purchased_on": "not a day"}
    assert "no day such as" in admin.post("/recorders", **form)
    said = admin.post("/recorders", **{**form, "purchased_on": "2026-01-05", "unit": "城东分局"})
    assert "2026-01-05" in said
    later(days=100)
    admin = Desk(site, "admin")
    assert "Overdue" in admin.get("/recorders/checks")
    assert "check overdue" in admin.get("/recorders")
    checked = dict.fromkeys(("battery", "memory", "clock", "housing", "picture", "sound"), "good")
    admin.post(f"/recorders/{new.id}/check", recorder=str(new.id), occasion="planned", **checked)
    assert "by the plan" in admin.get(f"/recorders/{new.id}")


def test_every_act_says_who_may(site: Site) -> None:
    """Each act of these pages, by each role, on things that do not exist: 403 for the wrong ones, never an error."""
    nothing = uuid4()
    acts: dict[str, Permission] = {
        f"/recorders/{nothing}/fault": Permission.FAULT_REPORT,
        f"/faults/{nothing}/reject": Permission.RECORDER_MANAGE,
        f"/doubts/{nothing}": Permission.RECORDER_MANAGE,
        f"/recorders/{nothing}/check": Permission.RECORDER_MANAGE,
        f"/recorders/{nothing}/work": Permission.RECORDER_MANAGE,
        f"/recorders/{nothing}/repair": Permission.RECORDER_MANAGE,
        f"/repairs/{nothing}/back": Permission.RECORDER_MANAGE,
        f"/repairs/{nothing}/failed": Permission.RECORDER_MANAGE,
        f"/repairs/{nothing}/return": Permission.RECORDER_MANAGE,
        f"/recorders/{nothing}/substitute": Permission.RECORDER_MANAGE,
        f"/substitutes/{nothing}": Permission.RECORDER_APPROVE,
        f"/recorders/{nothing}/hand-over": Permission.RECORDER_MANAGE,
        f"/recorders/{nothing}/give-back": Permission.RECORDER_MANAGE,
        f"/recorders/{nothing}/papers": Permission.RECORDER_READ,
        f"/recalls/{nothing}": Permission.RECORDER_MANAGE,
        f"/recalls/{nothing}/verdict": Permission.RECALL_JUDGE,
    }
    for username, role in PEOPLE.items():
        desk = Desk(site, username)
        for path, needed in acts.items():
            status = desk.client.post(path, data={"csrf_token": desk.token, **NEEDED}).status_code
            assert status == (404 if needed in ROLES[role] else 403), (path, username)
            assert desk.client.post(path).status_code == 400, "no form token"


def test_a_restricted_file_is_in_no_count_of_ones_own_dockings(
    site: Site, later: Callable[..., datetime]
) -> None:
    with site.database.write() as session:
        visit = session.get_one(Docking, site.docking)
        account = session.scalars(select(Account).where(Account.username == "wang")).one()
        visit.picked_id, whose = account.officer_id, account.officer_id
        seen = session.scalars(select(Sighting).where(Sighting.docking_id == site.docking)).all()
        assert any(one.clip_id == site.clip for one in seen)
        session.get_one(Recorder, visit.recorder_id).holder_id = whose
    wang = Desk(site, "wang")

    def counted() -> str:
        return (
            wang.get("/my-recorder").split("My last dockings")[1].split('<td class="num">')[1].split("<")[0]
        )

    before = int(counted())
    with site.database.write() as session:
        session.execute(update(Clip).where(Clip.id == site.clip).values(restricted=True))
    assert int(counted()) == before - sum(one.clip_id == site.clip for one in seen)


def test_an_officer_over_time(site: Site, later: Callable[..., datetime]) -> None:
    wu = Desk(site, "wu")
    with site.database.read() as session:
        officer = session.scalars(select(Officer).where(Officer.number == "100205")).one()
    form = {"number": "100205", "name": officer.name, "since": "2026-01-01", "on_establishment": "0"}
    said = wu.post(
        "/officers", **form, certificate_number="ZF-9", certificate_until="2027-01-01", unit="执法队"
    )
    assert "auxiliary" in said
    assert "the beginning" in said
    assert "执法队" in wu.get("/officers")
    assert "ends before it begins" in wu.post(
        "/officers",
        **form,
        certificate_number="1",
        certificate_from="2027-01-01",
        certificate_until="2020-01-01",
    )
    assert "no day such as" in wu.post("/officers", **{**form, "since": "someday"})


def test_substitutes_by_two(site: Site, later: Callable[..., datetime]) -> None:
    admin, head = Desk(site, "admin"), Desk(site, "sun")
    page = f"/recorders/{recorder_id(site)}"
    admin.post(f"{page}/substitute", recorder=recorder_id(site), part="电池 B-77", reason="worn out")
    board = head.get("/recorders/board")
    assert "电池 B-77" in board
    asked = board.split('action="/substitutes/')[1].split('"')[0]
    assert "another person decides" in admin.post(f"/substitutes/{asked}", approved="1", note="")
    assert "Your decision is on record." in head.post(f"/substitutes/{asked}", approved="1", note="")
    assert "approved" in admin.get(page)


@pytest.mark.parametrize(("reason", "stops"), [("done", False), ("failed", False)])
def test_a_closed_docking_is_a_check(site: Site, reason: str, stops: bool) -> None:
    station = site.client()
    body = {"ended": site.components.clock().isoformat(), "files_total": 2, "reason": reason}
    for _ in range(2):
        answer = station.post(
            f"/api/v1/dockings/{site.docking}/close", json=body,
            headers={"Authorization": "Bearer token-ST-02"},
        )  # fmt: skip
        assert answer.status_code < 300, answer.text
    with site.database.read() as session:
        (check,) = session.scalars(select(RecorderCheck)).all()
    assert (check.occasion, check.docking_id, check.results["battery"]) == ("docking", site.docking, "good")
    assert (state(site) == "out-of-service") is stops, "files were listed, so it could be read"


def test_the_seal_is_no_part_of_what_is_asked_for_every_second(site: Site) -> None:
    with site.database.write() as session:
        session.execute(
            update(Recorder)
            .where(Recorder.id == recorder_id(site))
            .values(sealed_at=site.components.clock(), sealed_place="柜 3")
        )
    admin = Desk(site, "admin")

    def repairs(path: str) -> int:
        with asked_of(site) as asked:
            admin.get(path)
        return sum("FROM recorder_repairs" in one for one in asked)

    assert repairs(f"/dockings/{site.docking}") > 0
    assert repairs(f"/dockings/{site.docking}/files") == 0
