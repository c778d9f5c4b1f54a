"""Officers and recorders from tables, as offices keep them."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from datetime import date, datetime

import pytest
from openpyxl import Workbook
from sqlalchemy import select

from catalog.maintenance.officers import terms_of
from catalog.models import (
    Officer,
    Recorder,
)
from tests.web.conftest import Site
from tests.web.maintenance.desk import Desk
from tests.web.maintenance.ways import WAYS, Cell, as_kept

OFFICERS: tuple[tuple[Cell, ...], ...] = (
    ("人员编号", "姓名", "所在单位", "在编", "执法证号", "有效期起", "有效期至"),
    ("200001", "赵一䶮", "城西分局", "是", "00520100", date(2024, 1, 1), date(2028, 12, 31)),
    ("200002", "钱二", "城西分局", "协管", None, None, None),
    ("200003", None, "城西分局", "是", None, None, None),
    ("200004", "孙四", "城西分局", "也许", None, None, None),
    ("200001", "重复", None, "是", None, None, None),
)
"""With a rare character, days, and a number that begins with noughts."""
RECORDERS: tuple[tuple[Cell, ...], ...] = (
    ("序列号", "名称", "资产编号", "类别", "购置日期", "备注"),
    ("0X-1", "一号", 4711, "执法记录仪", date(2025, 3, 1), "=1+1"),
    ("X-2", "二号", "4711", "照相机", "昨天", None),
    (None, "三号", None, None, None, None),
    ("0007", "四号", "00815", "录音笔", "2025.3.9", None),
)
every_way = pytest.mark.parametrize("way", WAYS)


def tried(desk: Desk, path: str, content: bytes) -> tuple[str, str]:
    """The page of a trial, and what it keeps for entering."""
    page = desk.client.post(
        path, data={"csrf_token": desk.token, "table": (io.BytesIO(content), "table")},
        content_type="multipart/form-data",
    ).text  # fmt: skip
    return page, page.split('name="kept" value="')[1].split('"')[0]


@every_way
def test_officers_from_a_table(site: Site, later: Callable[..., datetime], way: str) -> None:
    admin = Desk(site, "admin")
    page, kept = tried(admin, "/officers/import", as_kept(way, *OFFICERS))
    assert "nothing is yet" in page
    assert "The name is missing." in page
    assert "Where yes or no is asked" in page
    with site.database.read() as session:
        assert session.scalar(select(Officer).where(Officer.number == "200001")) is None
    assert "What was entered" in admin.post("/officers/import", kept=kept, enter="1")
    with site.database.read() as session:
        one, two = session.scalars(
            select(Officer).where(Officer.number.in_(("200001", "200002"))).order_by(Officer.number)
        )
        assert (one.name, one.certificate_number, one.on_establishment) == ("赵一䶮", "00520100", True)
        assert (one.certificate_from, one.certificate_until) == (date(2024, 1, 1), date(2028, 12, 31))
        assert one.unit is not None
        assert one.unit.name == "城西分局"
        assert (two.name, two.on_establishment) == ("钱二", False)
    later()
    again = admin.post("/officers/import", kept=kept, enter="1")
    assert "the same as before 2" in again
    assert "赵一䶮" in admin.get("/officers")


@every_way
def test_what_a_table_of_officers_has_no_column_for_stays(
    site: Site, later: Callable[..., datetime], way: str
) -> None:
    admin = Desk(site, "admin")

    def enter(*rows: tuple[Cell, ...]) -> str:
        kept = base64.b64encode(as_kept(way, *rows)).decode()
        return admin.post("/officers/import", kept=kept, enter="1")

    enter(
        ("人员编号", "姓名", "所属机构", "执法证号", "有效期止", "在编"),
        ("300001", "孙三", "市局", "003", date(2030, 1, 1), "否"),
    )
    later()
    assert "changed 1" in enter(("编号", "单位"), ("300001", "城西分局"))
    with site.database.read() as session:
        officer = session.scalars(select(Officer).where(Officer.number == "300001")).one()
        assert (officer.certificate_number, officer.on_establishment) == ("003", False)
        assert officer.unit is not None
        assert officer.unit.name == "城西分局"
        assert terms_of(session, officer.id)[-1].agency == "市局"
    enter(("编号", "执法证号", "有效期止"), ("300001", None, None))
    with site.database.read() as session:
        cleared = session.scalars(select(Officer.certificate_number).where(Officer.number == "300001")).one()
    assert cleared is None, "an empty cell of a column that is there"


@every_way
def test_recorders_from_a_table(site: Site, later: Callable[..., datetime], way: str) -> None:
    admin = Desk(site, "admin")
    _page, kept = tried(admin, "/recorders/import", as_kept(way, *RECORDERS))
    entered = admin.post("/recorders/import", kept=kept, enter="1")
    assert "left out 2" in entered
    with site.database.read() as session:
        query = select(Recorder).where(Recorder.serial.in_(("0X-1", "X-2", "0007"))).order_by(Recorder.label)
        one, four = session.scalars(query)
        assert (one.label, one.asset_number, one.kind) == ("一号", "4711", "recorder")
        assert one.purchased_on == date(2025, 3, 1)
        assert (four.serial, four.asset_number, four.kind) == ("0007", "00815", "voice")
        assert four.purchased_on == date(2025, 3, 9)
    later()
    assert "the same as before 2" in admin.post("/recorders/import", kept=kept, enter="1")


@pytest.mark.parametrize("way", ["shown with noughts in a sheet", "written as a text of a formula"])
def test_noughts_that_a_program_only_shows_or_keeps_in_its_own_way(
    site: Site, later: Callable[..., datetime], way: str
) -> None:
    """A sheet keeps 815 and shows 00815; exports write ="00815" so that a sheet does not take the noughts away."""
    if way.startswith("shown"):
        book, body = Workbook(), io.BytesIO()
        sheet = book.active
        assert sheet is not None
        sheet.append(["序列号", "名称", "资产编号"])
        sheet.append(["N-1", "一号", 815])
        sheet["C2"].number_format = "00000"
        book.save(body)
        content = body.getvalue()
    else:
        content = as_kept("gb18030", ("序列号", "名称", "资产编号"), ("N-1", "一号", '="00815"'))
    admin = Desk(site, "admin")
    _page, kept = tried(admin, "/recorders/import", content)
    admin.post("/recorders/import", kept=kept, enter="1")
    with site.database.read() as session:
        found = session.scalars(select(Recorder.asset_number).where(Recorder.serial == "N-1")).one()
    assert found == "00815"


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
