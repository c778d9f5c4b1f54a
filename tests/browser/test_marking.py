"""Marks in the browser: set while watching, seen by others, on the line of time, in an attachment, on paper; all by keyboard."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page

from tests.browser.bureau import Bureau
from tests.browser.conftest import Watched
from tests.browser.films import facts, play
from tests.browser.test_keyboard import tab_to
from tests.browser.test_player import eventually, go, ready

MARK = "#marks li[data-mark]"


def marks(page: Page) -> Locator:
    return page.locator(MARK)


def test_marking_while_it_plays(bureau: Bureau, docked: Watched) -> None:
    with bureau.desk("wang") as desk:
        page = desk.page
        desk.go(bureau.clip("loading yard").path)
        film = ready(page)
        before = marks(page).count()
        play(page, film, seconds=0.4)
        page.keyboard.press("1")
        marks(page).nth(before).wait_for()
        assert not facts(film)["paused"], "marking does not stop the film"
        page.keyboard.press("k")
        line = marks(page).last
        assert "亮证" in line.inner_text()
        assert "王建国" in line.inner_text()
        assert page.locator("[data-tick]").count() == before + 1
        # The note is of the moment of the key, however long it takes to write.
        go(page, film, 1.0)
        page.keyboard.press("m")
        go(page, film, 2.0)
        page.keyboard.type("货架第二层")
        page.keyboard.press("Enter")
        marks(page).nth(before + 1).wait_for()
        mark = page.locator(MARK, has_text="货架第二层")
        assert mark.locator("[data-seek]").inner_text() == "00:00:01"
        assert page.evaluate("() => document.activeElement.matches('[data-player]')"), "the keys play again"
        mark.locator("[data-seek]").click()
        eventually(page, lambda: facts(film)["at"] == 1)


def test_a_range_from_in_to_out(bureau: Bureau, docked: Watched) -> None:
    with bureau.desk("li") as desk:
        page = desk.page
        desk.go(bureau.clip("lorry, long").path)
        film = ready(page)
        go(page, film, 4.0)
        page.keyboard.press("i")
        go(page, film, 7.5)
        page.keyboard.press("o")
        assert page.locator("[data-range]").is_visible()
        page.keyboard.press("5")
        mark = page.locator(MARK, has_text="清点封存").filter(has_text="–00:00:07.5")
        mark.wait_for()
        assert page.locator(".ticks .long").count() >= 1
        # Attached from the mark: the range and what it shows are there already.
        mark.locator("summary").click()
        mark.get_by_role("button", name="关联到环节").click()
        form = page.locator("#attach form.fields")
        assert form.get_by_label("起点").input_value() == "00:00:04"
        assert form.get_by_label("终点").input_value() == "00:00:07.500"
        assert form.get_by_label("证明内容").input_value() == "清点封存"
        assert page.evaluate("() => document.activeElement.name") == "case"


def test_what_is_refused_is_said_in_the_list(bureau: Bureau, docked: Watched) -> None:
    with bureau.desk("wang") as desk:
        page = desk.page
        desk.watch.expect("400")
        desk.go(bureau.clip("lorry, long").path)
        ready(page)
        before = marks(page).count()
        page.locator("[data-mark-start]").fill("99:00")
        page.locator("[data-mark-note]").fill("太晚")
        page.locator("[data-mark-note]").press("Enter")
        page.get_by_role("alert").filter(has_text="超出资料时长").wait_for()
        assert page.locator("[data-mark-note]").input_value() == "太晚", "nothing typed is lost"
        assert marks(page).count() == before


def test_two_people_at_once(bureau: Bureau, docked: Watched) -> None:
    clip = bureau.clip("MPEG-4 in AVI")
    with bureau.desk("li") as one, bureau.desk("wang") as other:
        for desk in (one, other):
            desk.go(clip.path)
            ready(desk.page)
        one.page.keyboard.press("2")
        other.page.keyboard.press("3")
        for desk in (one, other):  # each sees the other's without doing anything
            page = desk.page
            eventually(page, lambda page=page: marks(page).count() == 2)
            assert page.locator("[data-tick]").count() == 2
        # Nothing is swapped under somebody's hands.
        mine = other.page.locator(MARK, has_text="告知权利")
        mine.locator("summary").click()
        note = mine.get_by_label("备注")
        note.fill("写到一半")
        one.page.keyboard.press("4")
        one.page.locator(MARK).nth(2).wait_for()
        other.page.wait_for_timeout(11_000)
        assert note.input_value() == "写到一半"
        note.press("Enter")
        eventually(other.page, lambda: marks(other.page).count() == 3)
        assert "写到一半" in other.page.locator(MARK, has_text="告知权利").inner_text()


def test_removing_keeps_it_in_sight(bureau: Bureau, docked: Watched) -> None:
    with bureau.desk("li") as desk:
        page = desk.page
        desk.go(bureau.clip("sound only").path)
        ready(page)
        page.keyboard.press("m")
        page.keyboard.type("敲门声")
        page.keyboard.press("Enter")
        mark = page.locator(MARK, has_text="敲门声")
        mark.locator("summary").click()
        mark.get_by_label("移除原因").fill("听错了")
        mark.get_by_role("button", name="移除").click()
        gone = page.locator(".gone")
        gone.locator("summary").click()
        assert "敲门声" in gone.inner_text()
        gone.get_by_role("link", name="原因").click()
        page.locator("tr", has_text="移除了").filter(has_text="处的标记").get_by_role("link").first.click()
        page.locator("body", has_text="听错了").wait_for()


def test_on_paper(bureau: Bureau, docked: Watched) -> None:
    clip = bureau.clip("loading yard")
    with bureau.desk("li") as desk:
        page = desk.page
        desk.go(clip.path)
        film = ready(page)
        go(page, film, 2.25)
        # Which number it has depends on the steps that other tests have attached this recording to.
        page.keyboard.press(page.locator(".kinds button", has_text="签字").locator("kbd").inner_text())
        page.locator(MARK, has_text="签字").first.wait_for()
        page.context.add_init_script("window.print = () => { window.printed = true; }")
        page.locator(".marks-card summary", has_text="打印（含时间码）").click()
        page.locator(".marks-card select[name=needed_for]").select_option("case")
        with page.context.expect_page() as opened:
            page.get_by_role("button", name="打印（含时间码）").click()
        paper = opened.value
        paper.locator("h1", has_text="声像资料标记清单").wait_for()
        assert clip.sha256 in paper.locator(".every-page > tfoot").inner_text()
        row = paper.locator(".of-marks tbody tr", has_text="签字").first.inner_text()
        assert re.search(r"00:00:02\.\d{3}", row)
        assert "2026-11-16 14:06:42" in row, "recorded time is the start and the time code together"
        assert paper.locator("text=（签名）").count() == 2
        for cell in paper.locator(".of-marks td.code").all():
            wide = cell.evaluate("(cell) => cell.scrollWidth - cell.clientWidth")
            assert wide <= 1, "a time code runs into the next column"


def test_with_the_keyboard_alone_from_signing_in_to_an_attached_mark(bureau: Bureau, docked: Watched) -> None:
    """No pointer at all: sign in, find it, play, mark a moment and a range, attach the range to a step."""
    clip = bureau.clip("H.265")
    with bureau.desk("", signed_in=False) as desk:
        page = desk.page
        page.goto(bureau.signin_link("li"))
        page.locator("form button:focus").wait_for()
        page.keyboard.press("Enter")
        page.wait_for_url(lambda address: "/signin" not in address)
        tab_to(page, "^声像资料$")
        page.keyboard.press("Enter")
        page.wait_for_url("**/clips")
        tab_to(page, re.escape(clip.name))
        page.keyboard.press("Enter")
        page.wait_for_url(f"**{clip.path}")
        film = page.locator("video")
        eventually(page, lambda: facts(film)["ready"] >= 2)

        page.keyboard.press("k")
        eventually(page, lambda: facts(film)["at"] > 0.1)
        page.keyboard.press("1")
        marks(page).first.wait_for()
        page.keyboard.press("k")
        page.keyboard.press("Home")
        page.keyboard.press("i")
        for _ in range(5):
            page.keyboard.press(".")
            page.wait_for_timeout(100)
        page.keyboard.press("o")
        page.keyboard.press("m")
        page.keyboard.type("三箱食品")
        page.keyboard.press("Enter")
        mark = page.locator(MARK, has_text="三箱食品")
        mark.wait_for()

        tab_to(page, "^···$")  # the first mark in the order of places is the range, from 0
        page.keyboard.press("Enter")
        tab_to(page, "^关联到环节$")
        page.keyboard.press("Enter")
        assert page.evaluate("() => document.activeElement.name") == "case"
        page.keyboard.press("ArrowDown")
        page.locator("#step-choice optgroup").first.wait_for(state="attached")
        tab_to(page, "^step$|受理申请|日常巡查")
        page.keyboard.press("ArrowDown")
        assert page.locator("#attach").get_by_label("终点").input_value() > "00:00:00"
        tab_to(page, "^role$")
        page.keyboard.press("ArrowRight")
        tab_to(page, "^关联$")
        page.keyboard.press("Enter")
        page.get_by_role("status").filter(has_text="已关联").wait_for()
        row = page.locator("#attachments tbody tr", has_text="受理申请")
        assert "三箱食品" in row.inner_text(), "what was typed for the mark is what it proves"
        assert row.locator(".within [data-seek]").count() >= 1, "the attachment shows its marks"
