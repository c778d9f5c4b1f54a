"""The life of a case from the lead to the archive, each move by the person whose it is, in the browser."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from playwright.sync_api import Page

from tests.browser.bureau import TABLET, Bureau

TITLE = "某某超市虚假宣传线索"
NUMBER = "城市监罚〔2026〕301 号"


def sign(page: Page, move: str, **fields: str) -> None:
    """Open a move's form, fill it in, confirm it, and send it."""
    form = page.locator(f"#move-{move}")
    form.locator("summary").click()
    for name, value in fields.items():
        form.locator(f"[name={name}]").fill(value)
    form.get_by_label("签署确认").check()
    form.locator("button").click()
    page.get_by_role("status").filter(has_text="已签署").wait_for()


def offered(page: Page) -> set[str]:
    """The moves that are offered."""
    return {
        str(one.get_attribute("id")).removeprefix("move-") for one in page.locator("details[id^=move-]").all()
    }


def strip(page: Page) -> str:
    """Where the case file is, by the strip."""
    return page.locator(".life [aria-current=step]").inner_text()


def test_from_the_lead_to_the_archive(bureau: Bureau) -> None:
    with bureau.desk("li") as desk:
        page = desk.page
        desk.go("/cases")
        page.get_by_role("link", name="登记线索或检查").click()
        page.get_by_label("名称（案由）").fill(TITLE)
        page.get_by_label("当事人").fill("某某超市")
        page.get_by_role("button", name="保存").click()
        page.locator("h1", has_text=TITLE).wait_for()
        address = page.url
        assert "线索" in strip(page)
        page.get_by_role("link", name="添加环节").click()
        page.get_by_label("名称（案由）").fill("现场检查")
        page.get_by_label("开始").fill("2026-11-02T09:00")
        page.get_by_label("在场人员").fill("李晓梅\n某某超市店长")
        page.get_by_role("button", name="保存").click()
        page.get_by_role("status").filter(has_text="环节已添加").wait_for()
        sign(page, "file", number=NUMBER)
        assert page.locator("tr", has_text="现场检查").filter(has_text="某某超市店长").count() == 1
        page.get_by_role("link", name="修改案件信息").click()
        page.get_by_label("对象").select_option("organisation")
        page.get_by_label("罚款（元）").fill("12万")
        page.get_by_label("责令停产停业").check()
        page.get_by_role("button", name="保存").click()
        reasons = page.locator(".note", has_text="重大行政执法决定")
        assert "对法人或者其他组织罚款十万元以上" in reasons.inner_text()
        assert "120,000.00" in reasons.inner_text()
        sign(page, "finish", closed_on=f"{datetime.now(ZoneInfo('Asia/Shanghai')):%Y-%m-%d}")
        sign(page, "make-up")
        assert offered(page) == set(), "the next move is the head's"

    with bureau.desk("zhou") as desk:
        desk.go(address.removeprefix(desk.base))
        assert offered(desk.page) == {"reopen"}

    with bureau.desk("sun") as desk:
        desk.go(address.removeprefix(desk.base))
        assert offered(desk.page) == {"correct", "send-back"}
        sign(desk.page, "correct")

    with bureau.desk("zhou") as desk:
        page = desk.page
        desk.go(address.removeprefix(desk.base))
        sign(page, "return", note="缺少询问笔录的说明")
        assert "退回补正" in strip(page)

    with bureau.desk("li") as desk:
        desk.go(address.removeprefix(desk.base))
        assert desk.page.get_by_text("缺少询问笔录的说明").count() == 1
        sign(desk.page, "make-up", note="已补正")

    with bureau.desk("sun") as desk:
        desk.go(address.removeprefix(desk.base))
        sign(desk.page, "correct")

    with bureau.desk("zhou") as desk:
        desk.go(address.removeprefix(desk.base))
        sign(desk.page, "pass")
        assert desk.page.get_by_role("link", name="修改案件信息").count() == 0
        sign(desk.page, "hand-over")

    with bureau.desk("chen", size=TABLET, fresh=True) as desk:
        page = desk.page
        desk.go(f"/cases?state=handed-over&words={NUMBER}")
        page.get_by_role("link", name=TITLE).click()
        sign(page, "accept")
        sign(page, "archive", archive_number="D30-2026-0301")
        assert "已归档" in strip(page)
        said = page.locator(".life").inner_text()
        assert "周敏" in said
        assert "陈立" in said, "both sides of the hand-over stand there by name"
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth + 1")
