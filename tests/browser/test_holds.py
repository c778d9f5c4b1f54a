"""A hold set from the recording's page by the legal section, lifted by a colleague; a seal proposed and confirmed."""

from __future__ import annotations

from datetime import UTC, datetime

from catalog.actors import system
from catalog.people import create_account
from tests.browser.bureau import Bureau
from tests.browser.conftest import Watched

HELD = "依规暂停销毁"


def colleague(bureau: Bureau, username: str, role: str) -> str:
    with bureau.database() as database, database.write() as session:
        create_account(
            session,
            actor=system("test"),
            username=username,
            email=f"{username}@example.test",
            roles=[role],
            officer=None,
            now=datetime.now(UTC),
        )
    return username


def test_a_hold_is_set_by_one_and_lifted_by_another(bureau: Bureau, docked: Watched) -> None:
    clip = bureau.clip("loading yard")
    with bureau.desk("zhou") as desk:
        desk.go(clip.path)
        page = desk.page
        assert HELD not in page.locator("#holds").inner_text()
        page.locator("#holds").get_by_role("link", name="设置暂停销毁").click()
        page.locator("select[name=reason]").select_option("litigation")
        page.get_by_label("依据文书及文号").fill("（2026）浙 01 行初 12 号")
        page.get_by_role("button", name="设置暂停销毁").click()
        page.get_by_role("status").filter(has_text="已设置").wait_for()
        row = page.locator("tbody tr")
        assert "行政诉讼" in row.inner_text()
        assert "须由他人解除" in row.inner_text()
        assert row.get_by_role("button").count() == 0
    with bureau.desk("li") as desk:
        desk.go(clip.path)
        said = desk.page.locator("#holds").inner_text()
        assert HELD in said
        assert "诉讼" not in said
    with bureau.desk(colleague(bureau, "zhou2", "legal")) as desk:
        desk.go("/holds")
        page = desk.page
        page.locator("tbody summary", has_text="解除").click()
        page.get_by_label("解除理由").fill("判决已生效")
        page.get_by_role("button", name="解除暂停销毁").click()
        page.get_by_role("status").filter(has_text="已解除").wait_for()
        desk.go(clip.path)
        assert HELD not in page.locator("#holds p").first.inner_text()


def test_a_seal_closes_a_recording_and_opens_it_again(bureau: Bureau, docked: Watched) -> None:
    clip = bureau.clip("upright")
    with bureau.desk("zhou") as desk:
        page = desk.page
        desk.go(clip.path)
        page.locator("#holds").get_by_role("link", name="提出封存").click()
        page.locator("select[name=ground]").select_option("personal-data")
        page.get_by_label("法律依据").fill("《个人信息保护法》第六条")
        page.locator("label", has_text="马志强").locator("input").check()
        page.get_by_role("button", name="提出封存").click()
        page.get_by_role("status").filter(has_text="已提出").wait_for()
    with bureau.desk("chen") as desk:
        page = desk.page
        desk.go("/seals?show=proposed")
        page.get_by_role("button", name="确认封存").click()
        page.get_by_role("status").filter(has_text="已封存").wait_for()
        assert clip.name not in page.content()
        desk.go("/clips")
        assert clip.name not in page.content()
    assert not bureau.ask("SELECT kind FROM renditions WHERE clip_id = ?", clip.identity.hex)
    with bureau.desk("ma") as desk:
        desk.go("/sealed")
        assert clip.name in desk.page.content()
    with bureau.desk("zhou") as desk:
        page = desk.page
        desk.go("/seals")
        page.locator("summary", has_text="提出解封").click()
        page.get_by_label("解封理由").fill("已补充法律依据")
        page.get_by_role("button", name="提出", exact=True).last.click()
        page.get_by_role("status").filter(has_text="已提出").wait_for()
    with bureau.desk("chen") as desk:
        desk.go("/seals")
        desk.page.get_by_role("button", name="确认解封").click()
        desk.page.get_by_role("status").filter(has_text="已解封").wait_for()
    bureau.wait_for_work(len(bureau.card.files))
    assert bureau.ask("SELECT kind FROM renditions WHERE clip_id = ?", clip.identity.hex)
