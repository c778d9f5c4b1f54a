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
