"""个人配发 or 共用: said on the recorder's page and in tables, but by nobody of a recorder he holds."""

from __future__ import annotations

import io

import pytest

from catalog.models import Account, Officer
from tests.catalog import world
from tests.web.conftest import Site
from tests.web.maintenance.desk import Desk, device


def test_on_its_page(site: Site) -> None:
    admin, page = Desk(site, "admin"), f"/recorders/{device(site).id}"
    assert "personal, to one officer" in admin.get(page)
    form = {"serial": device(site).serial, "recorder": device(site).id}
    assert "The register says so now" in admin.post("/recorders", use="shared", **form)
    assert device(site).pool
    assert "shared by several officers" in admin.get("/recorders")
    assert "shared by several officers" in Desk(site, "wang").get("/my-recorder")
    admin.post("/recorders", model="DSJ-X1", **form)
    assert device(site).pool, "a form that does not say leaves it"
    admin.post("/recorders", use="personal", **form)
    assert not device(site).pool
    admin.post("/recorders", use="everybody's", **form)
    assert not device(site).pool


def test_not_of_ones_own(site: Site) -> None:
    """It decides whose the recordings are that nobody else claims."""
    with site.database.write() as session:
        holder = world.recorder(session).holder_id
        account = session.query(Account).filter_by(username="admin").one()
        account.officer_id = holder
        assert session.get(Officer, holder) is not None
    admin = Desk(site, "admin")
    said = admin.post("/recorders", serial=device(site).serial, recorder=device(site).id, use="shared")
    assert "another person who keeps the register does this" in said
    assert not device(site).pool


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_from_a_table(site: Site, encoding: str) -> None:
    admin = Desk(site, "admin")
    table = f"序列号,名称,使用方式\n{device(site).serial},执法仪07,共用\nSN-9,执法仪09,个人配发\nSN-10,执法仪10,随便\n"
    file = (io.BytesIO(table.encode(encoding)), "设备.csv")
    tried = admin.client.post(
        "/recorders/import",
        data={"csrf_token": admin.token, "table": file},
        content_type="multipart/form-data",
    ).text
    assert not device(site).pool, "a trial changes nothing"
    kept = tried.split('name="kept" value="')[1].split('"')[0]
    assert "left out 1" in admin.post("/recorders/import", kept=kept, enter="1")
    assert device(site).pool
