"""Registers and forms for paper: what they say, and where they are signed."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import datetime
from uuid import UUID

import pytest
from pypdf import PdfReader
from sqlalchemy import select

from catalog.actors import system
from catalog.holdings import hand_over
from catalog.maintenance.faults import reject_fault
from catalog.models import (
    Account,
    CustodyEntry,
    Officer,
    RecorderFault,
    RecorderRepair,
)
from catalog.people import person
from tests.web.conftest import HOSTILE, NEEDED, Site
from tests.web.maintenance.desk import Desk, dock, moment_of, only, papers, recorder_id


def test_papers(site: Site, later: Callable[..., datetime]) -> None:
    admin, page = Desk(site, "admin"), f"/recorders/{recorder_id(site)}"
    admin.post(f"{page}/fault", kind="battery", note=HOSTILE)
    log = papers(admin, page, "log")
    assert "Maintenance log of a recorder" in log
    assert "fault of a recorder reported" in log
    assert "onerror" in log, "as typed, and no markup"
    assert "Recorder administrator" in log
    assert "Given out by" in papers(admin, page, "hand-over")
    refused = admin.client.post(
        f"{page}/papers", data={"csrf_token": admin.token, "paper": "repair", **NEEDED}
    )
    assert refused.status_code == 404, "there is no repair yet"
    with site.database.read() as session:
        printed = session.scalars(select(CustodyEntry).where(CustodyEntry.action == "recorder.printed")).all()
    assert len(printed) == 2


def test_the_log_as_paper_has_all_its_lines(
    site: Site, later: Callable[..., datetime], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.pages.recorder_papers.LINES", 2)
    admin, page = Desk(site, "admin"), f"/recorders/{recorder_id(site)}"
    for n in range(5):
        later()
        admin.post(f"{page}/fault", kind="battery", note=f"swollen {n}")
    log = papers(admin, page, "log")
    assert [f"swollen {n}" in log for n in range(5)] == [True] * 5


NO_CHECK = "No check is on record for this hand-over."


def test_the_hand_over_form_has_the_check_of_this_hand_over_alone(
    site: Site, later: Callable[..., datetime]
) -> None:
    admin, device = Desk(site, "admin"), recorder_id(site)
    page = f"/recorders/{device}"
    with site.database.read() as session:
        one, two = (
            session.scalars(select(Officer.id).where(Officer.number == number)).one()
            for number in ("100388", "100412")
        )

    def form() -> list[str]:
        """The check on the form, and whether it says that there is none."""
        said = papers(admin, page, "hand-over")
        return [word for word in ("good", "failed", NO_CHECK) if word in said]

    def assign(officer: UUID) -> None:
        """As `liuhen recorder assign` notes it: without a check."""
        with site.database.write() as session:
            hand_over(
                session, actor=system("cli"), recorder=device, officer=officer, at=site.moment[0], zone=None,
                now=site.moment[0],
            )  # fmt: skip

    assert form() == [], "nobody was given it: a form to be filled in by hand"
    results = {"battery": "good", "memory": "good"}
    admin.post(f"{page}/hand-over", recorder=device, officer=str(one), **results)
    assert form() == ["good"]
    later()
    assert form() == ["good"], "he has it still"
    assign(two)
    assert form() == [NO_CHECK], "the check of whoever had it before is not theirs"
    later()
    admin.post(f"{page}/give-back", recorder=device)
    later()
    admin.post(f"{page}/check", recorder=device, occasion="issue", **results)
    assert form() == [NO_CHECK], "a check after it was given back is none of that hand-over"
    later()
    assign(one)
    assert form() == ["good"], "checked between giving back and taking"
    later()
    admin.post(f"{page}/give-back", recorder=device)
    later()
    form_of = {"recorder": device, "officer": str(two), "battery": "failed", "memory": "good"}
    admin.post(f"{page}/hand-over", **form_of)
    with site.database.write() as session:
        another = person(session.scalars(select(Account).where(Account.username == "sun")).one(), None)
        fault = session.scalars(select(RecorderFault)).one().id
        reject_fault(session, actor=another, fault_id=fault, reason="it works", now=site.moment[0])
    later()
    assign(two)
    assert form() == [NO_CHECK], "with that check it was given to nobody"


def test_the_repair_form(site: Site, later: Callable[..., datetime]) -> None:
    admin, head, page = Desk(site, "admin"), Desk(site, "sun"), f"/recorders/{recorder_id(site)}"
    admin.post(f"{page}/fault", kind="battery", note="swollen")
    later()
    dock(site, later())
    form = {
        "name": "Zhang San", "company": "Repairs Ltd", "contact": "010-55", "note": "with charger",
        "data_safe": "docked", "data_removal": "removed",
    }  # fmt: skip
    admin.post(f"{page}/repair", recorder=recorder_id(site), **form)
    order = only(site, RecorderRepair)
    sent = papers(admin, page, "repair")
    for said in (
        "Repair form of a recorder", "swollen", str(order.id), "Zhang San · Repairs Ltd · 010-55",
        moment_of(order.sent_at), "with charger",
    ):  # fmt: skip
        assert said in sent, said
    assert "B-77" not in sent
    later()
    admin.post(f"{page}/substitute", recorder=recorder_id(site), part="Battery B-77", reason="swollen")
    wish = head.get("/recorders/board").split('action="/substitutes/')[1].split('"')[0]
    head.post(f"/substitutes/{wish}", approved="1", note="")
    later()
    back = {"result": "repaired", "work": "battery replaced", "parts": "Battery B-77"}
    admin.post(f"/repairs/{order.id}/back", recorder=recorder_id(site), **back)
    came_back = only(site, RecorderRepair).back_at
    later()
    test = dock(site, later())
    admin.post(f"/repairs/{order.id}/return", recorder=recorder_id(site), test=str(test))
    done = papers(admin, page, "repair")
    for said in ("swollen", "repaired", "battery replaced", "Battery B-77", moment_of(came_back), str(test)):
        assert said in done, said
    lines = done[done.index(str(test)) :]
    for signed in ("Sent by", "Repairer", "Accepted by"):
        assert signed in lines, "a line to sign on"
    assert lines.count("日期 Date") == 3
    chinese = papers(Desk(site, "admin", "zh_Hans_CN"), page, "repair")
    for said in ("执法记录设备维修单", "送修人", "维修人员", "更换部件", "验收人", "已修复"):
        assert said in chinese, said


def test_the_register_as_paper(site: Site, later: Callable[..., datetime]) -> None:
    wang = Desk(site, "wang")
    assert "Register as PDF" in wang.get("/recorders")
    answer = wang.client.post("/recorders/papers", data={"csrf_token": wang.token, **NEEDED})
    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    text = "".join(one.extract_text() for one in PdfReader(io.BytesIO(answer.data)).pages)
    assert "Register of recorders" in text
    assert "Recorder administrator" in text
    with site.database.read() as session:
        printed = session.scalars(select(CustodyEntry).where(CustodyEntry.action == "recorder.printed")).all()
    assert len(printed) == 1
