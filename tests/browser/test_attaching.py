"""A case handler attaches a clip to a step, finds it on the case, and all of its life in the log."""

from playwright.sync_api import Locator, Page

from tests.browser.bureau import WIDE, Bureau
from tests.browser.conftest import Watched
from tests.browser.films import play

LIFE = ("已接收并锁定", "摘要相符", "的技术信息", "的播放副本", "查看了", "关联到案件")
"""Received, verified, described, rendered, an address issued, attached."""


def choose(menu: Locator, words: str) -> None:
    """Choose what holds these words, once it is offered."""
    option = menu.locator("option", has_text=words)
    option.wait_for(state="attached")
    menu.select_option(option.get_attribute("value"))


def test_from_the_clip_to_the_case_and_back(bureau: Bureau, docked: Watched) -> None:
    clip = bureau.clip("loading yard")
    with bureau.desk("li") as desk:
        page = desk.page
        desk.go("/clips")
        page.locator("a.tile", has_text=clip.name).click()
        play(page, page.locator("video"), seconds=1.5)
        page.get_by_role("link", name="关联到环节").click()
        form = page.locator("#attach form.fields")
        choose(form.locator("select[name=case]"), "某某食品店经营超过保质期食品案")
        choose(form.locator("select[name=step]"), "现场检查")
        form.get_by_label("起点").fill("00:00:00.5")
        form.get_by_label("终点").fill("2.5")
        form.get_by_label("证明内容").fill("货架上有超过保质期的食品")
        form.get_by_role("button", name="关联").click()
        page.get_by_role("status").filter(has_text="已关联").wait_for()

        row = page.locator("#attachments tbody tr")
        assert row.count() == 1
        assert "货架上有超过保质期的食品" in row.inner_text()
        assert "00:00:00.5–00:00:02.5" in row.inner_text()

        row.get_by_role("link").click()
        page.locator("h1", has_text="某某食品店经营超过保质期食品案").wait_for()
        step = page.locator("tr", has_text="现场检查").filter(has_text="货架上有超过保质期的食品")
        assert step.count() == 1
        picture = step.locator("img")
        picture.scroll_into_view_if_needed()
        picture.evaluate("(image) => image.decode()")
        assert picture.evaluate("(image) => image.naturalWidth") > 0
        step.locator(".strip a").click()

        page.locator("h1", has_text="2026-11-16 14:06:40").wait_for()
        check_life(page)


def check_life(page: Page) -> None:
    """Six kinds of entries, oldest last or first, each with its place in the log and a proof that holds."""
    table = page.locator(".card", has=page.locator("h2", has_text="证据流转记录")).locator("tbody tr")
    said = table.all_inner_texts()
    for action in LIFE:
        assert any(action in row for row in said), (action, said)
    # The sequencer gives places within seconds.
    for _ in range(60):
        if not any(row.rstrip().endswith("…") for row in table.all_inner_texts()):
            break
        page.wait_for_timeout(500)
        page.reload()
    rows = table.all_inner_texts()
    assert not any(row.rstrip().endswith("…") for row in rows), rows
    table.filter(has_text="关联到案件").first.get_by_role("link").first.click()
    page.locator(".chip", has_text="记录与叶摘要一致").wait_for()
    assert page.locator(".chip", has_text="已证明").count() >= 1
    assert page.locator(".chip.stop").count() == 0


def test_two_windows_attach_the_same_clip_at_once(bureau: Bureau, docked: Watched) -> None:
    """The second is told; there is one attachment."""
    clip = bureau.clip("photo with place")
    with bureau.desk("li") as one, bureau.desk("li") as other:
        for desk in (one, other):
            desk.go(f"{clip.path}?case={bureau.cases[1]}")
            form = desk.page.locator("#attach form.fields")
            choose(form.locator("select[name=step]"), "现场核查")
            form.get_by_label("过程记录").check()
        one.page.locator("#attach form.fields").get_by_role("button", name="关联").click()
        one.page.get_by_role("status").filter(has_text="已关联").wait_for()
        other.watch.expect("400")
        other.page.locator("#attach form.fields").get_by_role("button", name="关联").click()
        told = other.page.get_by_role("alert").filter(has_text="已关联到此环节")
        told.wait_for()
        assert 0 <= told.bounding_box()["y"] < WIDE[1], "what is wrong is said where nobody looks"
        # Other tests attach this photo too, to steps of other names.
        assert other.page.locator("#attachments tbody tr", has_text="现场核查").count() == 1


def test_picking_from_the_step(bureau: Bureau, docked: Watched) -> None:
    clip = bureau.clip("sound only")
    with bureau.desk("li") as desk:
        page = desk.page
        desk.go(f"/cases/{bureau.cases[0]}")
        page.locator("tr", has_text="询问当事人").get_by_role("link", name="选取资料").click()
        page.locator("label.tile", has_text=clip.name).click()
        picking = page.locator("form", has=page.locator("label.tile"))
        picking.get_by_label("过程记录").check()
        picking.get_by_role("button", name="关联所选资料").click()
        page.get_by_role("status").filter(has_text="已关联 1 项").wait_for()
        step = page.locator("tr", has_text="询问当事人")
        assert step.locator(f'a[href*="{clip.identity}"]').count() == 1
