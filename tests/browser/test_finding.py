"""Finding a recording by hand: typing, chips, the table, the keyboard, going back."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.bureau import Bureau
from tests.browser.conftest import Watched


def test_typing_narrows_the_list_and_a_chip_widens_it(bureau: Bureau, docked: Watched) -> None:
    clip = bureau.clip("MPEG-4 in AVI")
    with bureau.desk("li") as desk:
        page = desk.page
        desk.go("/clips")
        tiles = page.locator("a.tile")
        whole = tiles.count()
        assert whole > 1
        page.keyboard.press("/")
        expect(page.locator("input[name=words]")).to_be_focused()
        page.keyboard.type(clip.name[-12:].lower())
        expect(tiles).to_have_count(1)
        expect(page.locator(".count")).to_contain_text("1")
        assert "words=" in page.url
        page.reload()  # the address says it all
        expect(tiles).to_have_count(1)
        page.locator("a.cond").click()
        expect(tiles).to_have_count(whole)
        page.go_back()
        expect(tiles).to_have_count(1)
        expect(page.locator("input[name=words]")).to_have_value(clip.name[-12:].lower())


def test_an_officer_is_suggested_while_typing(bureau: Bureau, docked: Watched) -> None:
    with bureau.desk("li") as desk:
        desk.go("/clips")
        field = desk.page.locator("input[name=officer]")
        field.press_sequentially("王")
        option = desk.page.locator("#officer-list option").first
        option.wait_for(state="attached")
        field.fill(option.get_attribute("value") or "")
        field.press("Enter")
        expect(desk.page.locator("a.cond")).to_contain_text("王")
        assert "officer=" in desk.page.url


def test_arrows_walk_and_enter_opens(bureau: Bureau, docked: Watched) -> None:
    with bureau.desk("li") as desk:
        page = desk.page
        desk.go("/clips")
        links = page.locator("[data-walk] a.tile")
        page.keyboard.press("/")
        page.keyboard.press("ArrowDown")
        expect(links.nth(0)).to_be_focused()
        page.keyboard.press("ArrowRight")
        expect(links.nth(1)).to_be_focused()
        page.keyboard.press("ArrowLeft")
        page.keyboard.press("ArrowLeft")
        expect(links.nth(0)).to_be_focused()
        page.keyboard.press("Enter")
        page.wait_for_url("**/clips/*-*")


def test_ticks_in_the_table_lead_to_one_act(bureau: Bureau, docked: Watched) -> None:
    with bureau.desk("li") as desk:
        page = desk.page
        desk.go("/clips?show=table")
        bar = page.locator("[data-bulk-bar]")
        expect(bar).to_be_hidden()
        ticks = page.locator("input[name=clip]")
        ticks.nth(0).check()
        ticks.nth(1).check()
        expect(bar.locator("[data-count]")).to_have_text("2")
        page.locator("th a", has_text="大小").click()
        page.wait_for_url("**sort=size**")
        page.locator("[data-all]").check()
        expect(bar.locator("[data-count]")).to_have_text(str(ticks.count()))
        page.locator("[data-none]").click()
        expect(bar).to_be_hidden()
        ticks.nth(0).check()
        bar.locator("button.main").click()
        page.wait_for_url("**/clips/attach**")
        expect(page.locator("input[name=clip]:checked")).to_have_count(1)
