"""One piece of everyday work of each role, by mouse and keyboard."""

from __future__ import annotations

from uuid import UUID

import pytest
from playwright.sync_api import Page
from sqlalchemy import select

from catalog.models import Account, Appraisal, Incident, Recorder, RetentionApproval, RetentionSchedule
from tests.browser.bureau import TABLET
from tests.browser.house import House


def part(page: Page, name: str) -> None:
    """Go to a part of the house by the navigation."""
    page.locator(".side nav a").filter(has_text=name).first.click()
    page.locator(".side nav a[aria-current=page]", has_text=name).wait_for()


def told(page: Page, text: str) -> None:
    """The page says so in its line of news."""
    page.get_by_role("status").filter(has_text=text).first.wait_for()


@pytest.mark.role("officer")
def test_an_officer_marks_a_place_and_reports_a_fault(house: House) -> None:
    shelf = house.shelves["officer"]
    with house.desk(shelf.username, size=TABLET) as desk:
        page = desk.page
        desk.go("/")
        # One file of the shelf was refused: the shift is not called safe.
        page.locator("main .verdict", has_text="有内容未能采集").wait_for()
        page.locator(f"a[href*='/clips/{shelf.ids['clip_id']}']").first.click()
        page.locator(".mark-form input[name=start]").fill("00:05")
        page.locator(".mark-form input[name=note]").fill("店主到场")
        page.locator(".mark-form input[name=note]").press("Enter")
        page.locator("#marks li", has_text="店主到场").wait_for()
        part(page, "我的记录仪")
        card = page.locator(".card", has=page.locator(".verdict")).first
        card.get_by_text("报告故障").click()
        card.get_by_role("button", name="没有画面").click()
        told(page, "设备已停用")


@pytest.mark.role("handler")
def test_a_handler_opens_a_case_with_a_step(house: House) -> None:
    with house.desk(house.of("handler")) as desk:
        page = desk.page
        desk.go("/")
        part(page, "我的案件")
        page.locator(".side nav a", has_text="案件").filter(has_not_text="我的").click()
        page.get_by_role("link", name="登记案件").click()
        page.get_by_label("名称（案由）").fill("某早餐店使用过期面粉案")
        page.get_by_label("案号").fill("试市监罚〔2026〕901 号")
        page.get_by_label("第一承办人").select_option(index=1)
        page.keyboard.press("Tab")
        page.get_by_role("button", name="保存").click()
        page.locator("h1", has_text="某早餐店使用过期面粉案").wait_for()


@pytest.mark.role("section-head")
def test_a_head_of_section_decides_on_a_substitute(house: House) -> None:
    label = "Xb13"
    with house.desk(house.of("section-head")) as desk:
        page = desk.page
        desk.go("/")
        part(page, "设备台账")
        page.get_by_role("link", name="故障与维修").click()
        table = page.locator(".card", has=page.get_by_role("heading", name="替换申请"))
        row = table.locator("tbody tr", has_text=label)
        row.locator("summary", has_text="审批").click()
        row.get_by_role("button", name="批准", exact=True).click()
        page.get_by_role("status").first.wait_for()
        assert table.locator("tbody tr", has_text=label).count() == 0


@pytest.mark.role("leader")
def test_a_supervising_leader_approves_a_retention_schedule(house: House, proposed: dict[str, UUID]) -> None:
    approve(house, "leader", proposed["own proposal"])


@pytest.mark.role("office-head")
def test_the_head_of_the_office_approves_a_retention_schedule(
    house: House, proposed: dict[str, UUID]
) -> None:
    approve(house, "office-head", proposed["own proposal"])


def approve(house: House, role: str, schedule: UUID) -> None:
    with house.site.database.read() as session:
        version = session.get_one(RetentionSchedule, schedule).version
    with house.desk(house.of(role), fresh=True) as desk:
        page = desk.page
        desk.go("/")
        part(page, "保管期限")
        page.get_by_role("link", name=version).click()
        page.get_by_role("button", name="批准以上内容").click()
        page.get_by_role("status").first.wait_for()
        assert page.get_by_role("button", name="批准以上内容").count() == 0
    with house.site.database.read() as session:
        given = session.scalars(
            select(RetentionApproval.role).where(RetentionApproval.schedule_id == schedule)
        )
        assert role in set(given)


@pytest.mark.role("bureau-head")
def test_the_head_of_the_bureau_returns_a_list_of_what_is_to_be_destroyed(
    house: House, proposed: dict[str, UUID]
) -> None:
    with house.site.database.read() as session:
        number = session.get_one(Appraisal, proposed["own report"]).number
    with house.desk(house.of("bureau-head")) as desk:
        page = desk.page
        desk.go("/")
        part(page, "鉴定销毁")
        page.get_by_role("link", name=number).click()
        page.locator("summary", has_text="退回").click()
        page.locator("textarea[name=reason]").fill("请补充股室的书面意见")
        page.get_by_role("button", name="不予批准，退回").click()
        page.get_by_role("status").first.wait_for()
    with house.site.database.read() as session:
        assert session.get_one(Appraisal, proposed["own report"]).state != "reported"


@pytest.mark.role("legal")
def test_the_legal_section_sets_a_hold_on_a_recording(house: House) -> None:
    shelf = house.shelves["legal"]
    with house.desk(shelf.username) as desk:
        page = desk.page
        desk.go(f"/holds/new?clip={shelf.ids['clip_id']}")
        page.locator("select[name=reason]").select_option("litigation")
        page.get_by_label("依据文书及文号").fill("（2026）浙 01 行初 31 号")
        page.get_by_role("button", name="设置暂停销毁").click()
        page.get_by_role("status").first.wait_for()
        assert page.locator("tbody tr", has_text="31 号").count() == 1


@pytest.mark.role("archivist")
def test_an_archivist_drafts_a_retention_schedule(house: House) -> None:
    with house.desk(house.of("archivist")) as desk:
        page = desk.page
        desk.go("/")
        part(page, "保管期限")
        page.get_by_label("版本名称").fill("2027-1")
        page.get_by_role("button", name="建立草案").click()
        page.locator("h1", has_text="2027-1").wait_for()
        part(page, "档案")
        assert page.locator("h1").count() == 1


@pytest.mark.role("administrator")
def test_a_recorder_administrator_enters_a_recorder(house: House) -> None:
    with house.desk(house.of("administrator")) as desk:
        page = desk.page
        desk.go("/")
        part(page, "设备台账")
        page.locator("#enter input[name=serial]").fill("BWC-ROLE-1")
        page.locator("#enter input[name=label]").fill("执法仪 77")
        page.locator("#enter input[name=label]").press("Enter")
        page.get_by_role("status").first.wait_for()
        assert "执法仪 77" in page.locator("main").inner_text()
    with house.site.database.read() as session:
        assert session.scalars(select(Recorder).where(Recorder.serial == "BWC-ROLE-1")).one().registered


@pytest.mark.role("personnel")
def test_the_personnel_section_enters_an_officer(house: House) -> None:
    with house.desk(house.of("personnel")) as desk:
        page = desk.page
        desk.go("/")
        part(page, "人员")
        form = page.locator("#enter")
        form.locator("input[name=number]").fill("100777")
        form.locator("input[name=name]").fill("林晓")
        form.locator("input[name=unit]").fill("城东分局")
        form.locator("input[name=certificate_number]").fill("ZF-100777")
        form.get_by_role("button", name="登记").click()
        page.get_by_role("status").first.wait_for()
        assert "林晓" in page.locator("main").inner_text()


@pytest.mark.role("auditor")
def test_an_auditor_narrows_the_log_and_opens_an_entry(house: House) -> None:
    with house.desk(house.of("auditor")) as desk:
        page = desk.page
        desk.go("/")
        part(page, "留痕日志")
        page.get_by_role("link", name="今天").click()
        page.wait_for_url("**period=today*")
        page.locator("select[name=action]").select_option("step.added")
        page.get_by_role("button", name="查看").click()
        page.wait_for_url("**action=step.added*")
        page.locator("tbody tr td a").first.click()
        page.get_by_text("记录与叶摘要一致").wait_for()


@pytest.mark.role("system-administrator")
def test_a_system_administrator_resolves_an_incident(house: House) -> None:
    with house.desk(house.of("system-administrator")) as desk:
        page = desk.page
        desk.go("/")
        part(page, "异常告警")
        before = page.locator("tbody tr").count()
        row = page.locator("tbody tr").first
        row.locator("summary", has_text="处理").click()
        row.locator("textarea[name=note]").fill("查明为演练")
        row.get_by_role("button", name="按此说明处理完毕").click()
        page.get_by_role("status").first.wait_for()
        assert page.locator("tbody tr").count() == before - 1
    with house.site.database.read() as session:
        assert "查明为演练" in set(session.scalars(select(Incident.note)))


@pytest.mark.role("security-administrator")
def test_a_security_administrator_takes_a_role(house: House) -> None:
    with house.site.database.read() as session:
        someone = session.scalars(select(Account).where(Account.username == house.of("stranger"))).one()
        address = f"/accounts/{someone.id}"
    with house.desk(house.of("security-administrator")) as desk:
        page = desk.page
        desk.go("/")
        part(page, "账户")
        page.locator("input[name=q]").fill(house.of("stranger"))
        page.locator("input[name=q]").press("Enter")
        page.locator(f"tbody a[href='{address}']").click()
        page.get_by_role("button", name="结束全部会话").click()
        page.get_by_role("status").first.wait_for()
