"""With the keyboard alone: the main act of each page is reached by Tab, and it is always seen where one is."""

import re

from playwright.sync_api import Page

from tests.browser.bureau import Bureau
from tests.browser.conftest import Watched

STOP = """
() => {
  const one = document.activeElement;
  const style = getComputedStyle(one);
  const box = one.getBoundingClientRect();
  return {
    tag: one.tagName, type: one.type ?? "", label: one.getAttribute("aria-label") ?? "",
    text: (one.innerText || one.getAttribute("aria-label") || one.name || "").trim(),
    drawn: (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1) || style.boxShadow !== "none",
    inside: box.width > 0 && box.height > 0 && box.right > 0 && box.bottom > 0
      && box.left < innerWidth && box.top < innerHeight,
  };
}
"""
LIMIT = 60


def tab_to(page: Page, wanted: str) -> int:
    """Press Tab until the element with this text has the focus; every stop on the way must be visible."""
    for count in range(1, LIMIT):
        page.keyboard.press("Tab")
        stop = page.evaluate(STOP)
        assert stop["tag"] != "BODY", f"{wanted} is not reached by Tab on {page.url}"
        # The browser's own controls of a film, and the calendar of a day or a moment, draw their focus inside.
        if stop["tag"] not in {"VIDEO", "AUDIO"} and stop["type"] not in {"date", "datetime-local"}:
            assert stop["drawn"], f"no visible focus on {stop} of {page.url}"
        assert stop["inside"], f"the focus is off the screen on {stop} of {page.url}"
        if re.search(wanted, stop["text"]) or re.search(wanted, stop["label"]):
            return count
    raise AssertionError(f"{wanted} is not among the first {LIMIT} stops of {page.url}")


def test_signing_in(bureau: Bureau, docked: Watched) -> None:
    with bureau.desk("", signed_in=False) as desk:
        desk.page.goto(bureau.signin_link("wang"))
        tab_to(desk.page, "English")
        desk.page.reload()
        desk.page.locator("form button:focus").wait_for()
        desk.page.keyboard.press("Enter")  # the one button has the focus already
        desk.page.locator("h1", has_text="我的班次").wait_for()


def test_the_first_stop_jumps_over_the_menu(bureau: Bureau, docked: Watched) -> None:
    with bureau.desk("wang") as desk:
        desk.go("/dockings")
        assert tab_to(desk.page, "跳到正文") == 1
        desk.page.keyboard.press("Enter")
        tab_to(desk.page, "全屏")
        tab_to(desk.page, "已安全入库")
        desk.page.keyboard.press("Enter")
        desk.page.wait_for_url("**/dockings/*")


def test_from_the_list_to_an_attached_clip(bureau: Bureau, docked: Watched) -> None:
    clip = bureau.clip("MPEG-4 in AVI")
    with bureau.desk("li") as desk:
        page = desk.page
        desk.go("/clips")
        tab_to(page, re.escape(clip.name))
        page.keyboard.press("Enter")
        page.wait_for_url(f"**{clip.path}")
        tab_to(page, "^关联到环节")
        page.keyboard.press("Enter")
        page.locator("#attach form.fields").wait_for()
        tab_to(page, "^case$|选择案件")
        page.keyboard.press("ArrowDown")
        page.locator("#step-choice optgroup").first.wait_for(state="attached")
        tab_to(page, "^step$|受理申请|日常巡查")
        page.keyboard.press("ArrowDown")
        tab_to(page, "^role$")
        page.keyboard.press("ArrowRight")
        tab_to(page, "^关联$")
        page.keyboard.press("Enter")
        page.get_by_role("status").filter(has_text="已关联").wait_for()
        assert "过程记录" in page.locator("#attachments tbody tr").inner_text()


def test_the_player(bureau: Bureau, docked: Watched) -> None:
    with bureau.desk("wang") as desk:
        page = desk.page
        desk.go(bureau.clip("lorry").path)
        film = page.locator("video")
        film.evaluate("(film) => film.readyState || new Promise((done) => film.onloadedmetadata = done)")
        page.wait_for_load_state("networkidle")  # a part that is put anew takes the focus with it
        tab_to(page, "播放位置")
        page.keyboard.press("ArrowRight")
        page.wait_for_timeout(300)
        assert film.evaluate("(film) => film.currentTime") == 5
        page.keyboard.press("Home")
        page.wait_for_timeout(300)
        assert film.evaluate("(film) => film.currentTime") == 0
