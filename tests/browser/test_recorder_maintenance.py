"""An officer reports a fault by two taps; an administrator has it repaired, tries it, and returns it."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from uuid import UUID

import pytest
from sqlalchemy import select, update

from catalog.actors import system
from catalog.holdings import hand_over
from catalog.ids import new_id
from catalog.maintenance.faults import enter_fault
from catalog.models import Account, Clip, Docking, Recorder, Station
from catalog.recorders import register_recorder
from tests.browser.bureau import TABLET, Bureau

SERIAL = "BWC-MAINT-1"


@pytest.fixture(scope="module")
def recorder(bureau: Bureau) -> UUID:
    """A recorder that Wang took this morning."""
    now = datetime.now(UTC)
    with bureau.database() as database, database.write() as session:
        device = register_recorder(
            session, actor=system("test"), serial=SERIAL, label="执法仪 21", kind="recorder", now=now
        )
        wang = session.scalars(select(Account).where(Account.username == "wang")).one()
        assert wang.officer_id is not None
        hand_over(
            session, actor=system("test"), recorder=device.id, officer=wang.officer_id, at=now, zone=None,
            now=now,
        )  # fmt: skip
        return device.id


def dock(bureau: Bureau, recorder: UUID, *, clip: bool = False) -> None:
    """The recorder visits a station, as the catalog sees it."""
    now = datetime.now(UTC)
    with bureau.database() as database, database.write() as session:
        station = session.scalars(select(Station).limit(1)).one()
        session.add(
            Docking(
                id=new_id(), station_id=station.id, recorder_id=recorder, slot="1", started_at=now,
                opened_at=now, ended_at=now, end_reason="done", recorder_facts={}, progress={},
            )
        )  # fmt: skip
        if clip:
            made = new_id()
            digest = hashlib.sha256(made.bytes).hexdigest()
            session.add(
                Clip(
                    id=made, sha256=digest, sm3=digest, checksum=digest, size=1, name="test.MP4", kind="video",
                    recorder_id=recorder, received_at=now, verified_at=now, facts={}, flags=[],
                    lock_desired=now,
                )
            )  # fmt: skip


def fault(bureau: Bureau, recorder: UUID) -> None:
    with bureau.database() as database, database.write() as session:
        device = session.get_one(Recorder, recorder)
        enter_fault(
            session, device, actor=system("test"), kind="no-picture", source="check", now=datetime.now(UTC)
        )


def state(bureau: Bureau, recorder: UUID) -> str:
    with bureau.database() as database, database.read() as session:
        return session.get_one(Recorder, recorder).state


def test_an_officer_reports_a_fault_by_two_taps(bureau: Bureau, recorder: UUID) -> None:
    with bureau.desk("wang", size=TABLET) as desk:
        desk.go("/my-recorder")
        card = desk.page.locator(".card", has_text="执法仪 21").first
        card.get_by_text("报告故障").click()
        card.get_by_role("button", name="没有画面").click()
        desk.page.get_by_role("status").filter(has_text="设备已停用").wait_for()
        verdict = desk.page.locator(".card", has_text="执法仪 21").first.locator(".verdict").inner_text()
    assert verdict == "▲ 执法仪 21 · 停用"
    assert state(bureau, recorder) == "out-of-service"


def test_an_administrator_repairs_and_returns_it(bureau: Bureau, recorder: UUID) -> None:
    if state(bureau, recorder) == "in-service":
        fault(bureau, recorder)  # this test alone
    dock(bureau, recorder)
    with bureau.desk("admin") as desk:
        page = desk.page
        desk.go("/recorders/board")
        page.locator("tr", has_text="执法仪 21").first.get_by_role("link", name="送修").click()
        page.get_by_label("维修人员").fill("张师傅")
        page.get_by_label("维修单位").fill("某某电子有限公司")
        order = page.locator("#repair")
        order.get_by_label("设备中的资料").select_option("docked")
        order.get_by_label("数据处理").select_option("removed")
        page.get_by_role("button", name="送修").click()
        page.get_by_role("status").filter(has_text="维修单已建立").wait_for()
        order.get_by_label("结果").select_option("repaired")
        order.locator("textarea[name=work]").fill("更换镜头排线")
        page.get_by_role("button", name="登记返回").click()
        page.get_by_role("status").filter(has_text="结果已登记").wait_for()
        assert page.get_by_role("button", name="恢复使用").count() == 0
        dock(bureau, recorder, clip=True)
        page.reload()
        order.locator("select[name=test]").select_option(index=0)
        page.get_by_role("button", name="恢复使用").click()
        page.get_by_role("status").filter(has_text="设备已恢复使用").wait_for()
        assert "在用" in page.locator(".head").inner_text()
    assert state(bureau, recorder) == "in-service"
    with (
        bureau.database() as database,
        database.write() as session,
    ):  # it has no bytes: nobody else is to meet it
        session.execute(update(Clip).where(Clip.recorder_id == recorder).values(restricted=True))
