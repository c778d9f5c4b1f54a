"""Recorders in the pages: the way from fault to return, who may do what, hostile words, papers."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from openpyxl import Workbook
from pypdf import PdfReader
from sqlalchemy import select, update

from catalog.actors import system
from catalog.demo import ZONE
from catalog.holdings import hand_over
from catalog.maintenance.faults import reject_fault
from catalog.maintenance.officers import terms_of
from catalog.models import (
    Account,
    Clip,
    CustodyEntry,
    Docking,
    Officer,
    Recorder,
    RecorderCheck,
    RecorderFault,
    RecorderRepair,
    Sighting,
)
from catalog.people import person
from catalog.permissions import ROLES, Permission
from tests.catalog import world
from tests.web.conftest import HOSTILE, NEEDED, Site, csrf
from tests.web.test_routes import PEOPLE


class Desk:
    """Somebody at a browser, who sends the forms that the pages show."""

    def __init__(self, site: Site, who: str, language: str = "en") -> None:
        self.site, self.client = site, site.client(who, language)
        self.token = csrf(self.client.get("/account"))

    def get(self, path: str) -> str:
        answer = self.client.get(path)
        assert answer.status_code == 200, (path, answer.status_code)
        return answer.text

    def post(self, path: str, **form: Any) -> str:
        """Send a form; answer the page it leads to."""
        answer = self.client.post(path, data={"csrf_token": self.token, **form}, follow_redirects=True)
        assert answer.status_code == 200, (path, answer.status_code, answer.text[:300])
        return answer.text


@pytest.fixture
def later(site: Site) -> Callable[..., datetime]:
    site.moment.append(datetime.now(UTC) + timedelta(minutes=5))

    def move(**more: float) -> datetime:
        site.moment[0] += timedelta(**(more or {"minutes": 1}))
        return site.moment[0]

    return move


def recorder_id(site: Site) -> UUID:
    with site.database.read() as session:
        return world.recorder(session).id


def state(site: Site) -> str:
    with site.database.read() as session:
        return world.recorder(session).state


def only(site: Site, model: Any) -> Any:
    with site.database.read() as session:
        return session.scalars(select(model).order_by(model.id.desc())).first()


def dock(site: Site, now: datetime) -> UUID:
    """The recorder is docked, and brings one verified recording."""
    with site.database.write() as session:
        station = session.get_one(Docking, site.docking).station
        docking = world.add_docking(session, station, now, state="safe")
        docking.ended_at, docking.end_reason = now, "done"
        return world.add_clip(session, now, f"{uuid4()}.MP4", docking=docking, recorded=now, duration=9.0).id


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


def papers(desk: Desk, page: str, paper: str) -> str:
    answer = desk.client.post(f"{page}/papers", data={"csrf_token": desk.token, "paper": paper, **NEEDED})
    assert answer.status_code == 200
    assert answer.mimetype == "application/pdf"
    return "".join(one.extract_text() for one in PdfReader(io.BytesIO(answer.data)).pages)


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


def moment_of(at: datetime) -> str:
    """A time as papers of this bureau say it."""
    return at.astimezone(ZONE).strftime("%Y-%m-%d %H:%M")


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


OFFICERS = "人员编号,姓名,所在单位,在编,执法证号,有效期起,有效期至\n"
ROWS = (
    "200001,赵一,城西分局,是,ZF-1,2024/1/1,2028-12-31\n"
    "200002,钱二,城西分局,协管,,,\n"
    "200003,,城西分局,是,,,\n"
    "200004,孙四,城西分局,也许,,,\n"
    "200001,重复,,是,,,\n"
)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_officers_from_a_table(site: Site, later: Callable[..., datetime], encoding: str) -> None:
    admin = Desk(site, "admin")
    table = (io.BytesIO((OFFICERS + ROWS).encode(encoding)), "officers.csv")
    tried = admin.client.post(
        "/officers/import", data={"csrf_token": admin.token, "table": table},
        content_type="multipart/form-data",
    ).text  # fmt: skip
    assert "nothing is yet" in tried
    assert "The name is missing." in tried
    assert "Where yes or no is asked" in tried
    with site.database.read() as session:
        assert session.scalar(select(Officer).where(Officer.number == "200001")) is None
    kept = tried.split('name="kept" value="')[1].split('"')[0]
    assert "What was entered" in admin.post("/officers/import", kept=kept, enter="1")
    with site.database.read() as session:
        one, two = session.scalars(
            select(Officer).where(Officer.number.in_(("200001", "200002"))).order_by(Officer.number)
        )
        assert (one.name, one.certificate_number, one.on_establishment) == ("赵一", "ZF-1", True)
        assert (two.name, two.on_establishment) == ("钱二", False)
    later()
    again = admin.post("/officers/import", kept=kept, enter="1")
    assert "the same as before 2" in again
    assert "赵一" in admin.get("/officers")


def test_what_a_table_of_officers_has_no_column_for_stays(site: Site, later: Callable[..., datetime]) -> None:
    admin = Desk(site, "admin")

    def enter(table: str) -> str:
        kept = base64.b64encode(table.encode()).decode()
        return admin.post("/officers/import", kept=kept, enter="1")

    enter("人员编号,姓名,所属机构,执法证号,有效期止,在编\n300001,孙三,市局,ZF-3,2030-01-01,否\n")
    later()
    assert "changed 1" in enter("编号,单位\n300001,城西分局\n")
    with site.database.read() as session:
        officer = session.scalars(select(Officer).where(Officer.number == "300001")).one()
        assert (officer.certificate_number, officer.on_establishment) == ("ZF-3", False)
        assert officer.unit is not None
        assert officer.unit.name == "城西分局"
        assert terms_of(session, officer.id)[-1].agency == "市局"
    enter("编号,执法证号,有效期止\n300001,,\n")
    with site.database.read() as session:
        cleared = session.scalars(select(Officer.certificate_number).where(Officer.number == "300001")).one()
    assert cleared is None, "an empty cell of a column that is there"


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


def test_recorders_from_a_sheet(site: Site, later: Callable[..., datetime]) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["序列号", "名称", "资产编号", "类别", "购置日期", "备注"])
    sheet.append(["X-1", "一号", 4711, "执法记录仪", date(2025, 3, 1), "=1+1"])
    sheet.append(["X-2", "二号", "4711", "照相机", "昨天", None])
    sheet.append([None, "三号", None, None, None, None])
    body = io.BytesIO()
    book.save(body)
    admin = Desk(site, "admin")
    tried = admin.client.post(
        "/recorders/import",
        data={"csrf_token": admin.token, "table": (io.BytesIO(body.getvalue()), "r.xlsx")},
        content_type="multipart/form-data",
    ).text
    kept = tried.split('name="kept" value="')[1].split('"')[0]
    entered = admin.post("/recorders/import", kept=kept, enter="1")
    assert "left out 2" in entered
    with site.database.read() as session:
        found = session.scalars(select(Recorder).where(Recorder.serial.in_(("X-1", "X-2")))).one()
        assert (found.label, found.asset_number, found.kind) == ("一号", "4711", "recorder")
        assert found.purchased_on is not None


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"PK\x03\x04garbage", "no CSV or .xlsx"),
        ("姓名\n赵一\n".encode(), "is missing"),
        ("人员编号,编号\n1,2\n".encode(), "Two columns"),
        (b"\xff\xff\xff,1\n", "neither UTF-8"),
        (b"number\n" + b"1\n" * 100_000, "too large"),
    ],
)
def test_tables_that_cannot_be_read(
    site: Site, later: Callable[..., datetime], content: bytes, said: str
) -> None:
    admin = Desk(site, "admin")
    answer = admin.client.post(
        "/officers/import", data={"csrf_token": admin.token, "table": (io.BytesIO(content), "x.csv")},
        content_type="multipart/form-data",
    )  # fmt: skip
    assert answer.status_code == 200
    assert said in answer.text


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
