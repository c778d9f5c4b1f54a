"""The board on the station's own screen, watched by somebody who touches nothing, and by one who picks a name."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.bureau import Bureau
from tests.browser.conftest import Watched
from tests.browser.watching import Watch
from tests.ingest.board.stage import OFFICERS, Stage, film

SCREEN, WIDE = (1024, 600), (1366, 768)
MB = 1 << 20
OVERFLOWING = """() => [document.documentElement, ...document.querySelectorAll('main, .tile, .tile h2, .banner, .foot, #history')]
  .filter((e) => e.scrollHeight > e.clientHeight + 1 || e.scrollWidth > e.clientWidth + 1)
  .map((e) => `${e.className || e.tagName}: ${e.innerText}`)"""
FAINT = """() => {
  const lightness = (c) => {
    const [r, g, b] = c.map((v) => (v / 255 <= 0.03928 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const read = (text) => (text.match(/[\\d.]+/g) ?? []).map(Number);
  const ground = (e) => {
    for (; e; e = e.parentElement) {
      const c = read(getComputedStyle(e).backgroundColor);
      if (c.length === 3 || c[3] > 0.99) return c;
    }
    return [255, 255, 255];
  };
  const faint = [];
  for (const e of document.querySelectorAll('body *')) {
    const text = [...e.childNodes].filter((n) => n.nodeType === 3).map((n) => n.data.trim()).join('');
    if (!text || !e.checkVisibility() || e.closest('#words, template, .unseen')) continue;
    const pair = [lightness(read(getComputedStyle(e).color)), lightness(ground(e))].sort((a, b) => b - a);
    const contrast = (pair[0] + 0.05) / (pair[1] + 0.05);
    if (contrast < 4.5) faint.push(`${contrast.toFixed(2)} ${text}`);
  }
  return faint;
}"""


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with Stage(tmp_path) as running:
        yield running


@contextlib.contextmanager
def board(
    chromium: Browser,
    stage: Stage,
    *,
    language: str = "zh",
    size: tuple[int, int] = SCREEN,
    dark: bool = False,
) -> Iterator[tuple[Page, Watch]]:
    context = chromium.new_context(
        viewport={"width": size[0], "height": size[1]}, color_scheme="dark" if dark else "light"
    )
    watch = Watch(context)
    page = context.new_page()
    page.goto(f"{stage.url}/?lang={language}")
    page.locator(".tile").first.wait_for()
    yield page, watch
    watch.check()
    context.close()


def test_from_plugging_in_to_secured_without_touching_anything(chromium: Browser, stage: Stage) -> None:
    stage.know("A", "DSJ-0412", "王某某")
    stage.server.verify_at_once = False
    with board(chromium, stage) as (page, _):
        page.evaluate("() => { window.neverReloaded = true; }")
        tile = page.locator("[data-slot='1-1']")
        expect(tile).to_contain_text("插入设备即可")
        script = stage.plug("1-1", film("A", 4, 2 * MB, held=3))
        expect(tile.locator("h2")).to_have_text("正在复制 3/4")
        expect(tile.get_by_role("progressbar")).to_be_visible()
        stage.server.down = True
        script.go_on.set()
        expect(tile.locator("h2")).to_have_text("可以取走", timeout=15_000)
        banner = page.locator(".banner", has_text="录像在本站安全，待入库")
        expect(banner).to_be_visible(timeout=15_000)
        expect(tile.locator("h2")).to_have_text("可以取走")
        expect(tile.locator(".trace li").first).to_have_class("done")
        stage.server.down = False
        expect(tile.locator("h2")).to_have_text("已安全入库", timeout=40_000)
        expect(banner).to_be_hidden(timeout=15_000)
        expect(tile).to_contain_text("4 个文件全部入库并加锁")
        with stage.server.lock:
            for clip in stage.server.clips.values():
                clip.verified = stage.server.sign(clip, "verified")
        expect(tile).to_contain_text("4 个文件已加锁，全部核验")
        stage.pull("1-1")
        expect(tile.locator("h2")).to_have_text("已取走")
        assert page.evaluate("() => window.neverReloaded === true")


def test_a_name_is_found_by_digits_and_picked(chromium: Browser, stage: Stage) -> None:
    stage.server.known["P"] = {"recorder_label": "DSJ-0600", "officers": OFFICERS}
    stage.plug("1-1", film("P", 2))
    stage.until("1-1", "verified")
    with board(chromium, stage) as (page, _):
        page.locator("[data-act=pick]").click()
        names = page.locator("dialog .names button")
        expect(names).to_have_count(len(OFFICERS))
        for digit in "17":
            page.locator(".digits").get_by_role("button", name=digit, exact=True).click()
        expect(names).to_have_count(1)
        page.get_by_role("searchbox").fill("林")
        expect(names).to_have_text(["林某某5202014"])
        page.keyboard.press("Tab")
        names.first.focus()
        page.keyboard.press("Enter")
        expect(page.locator("dialog")).to_be_hidden()
        expect(page.locator("[data-slot='1-1'] .foot")).to_contain_text("录制人 林某某")
        expect(page.locator("[data-act=pick]")).to_have_text("更改录制人")
    stage.wait(lambda: stage.server.picks and stage.server.picks[-1][1] == "5202014", "the server knows")


def test_attention_names_the_reason_the_person_and_the_files(chromium: Browser, stage: Stage) -> None:
    script = film("C", 3)
    list(script.files.values())[1].bad = ((0, 1 << 20),)
    stage.plug("1-2", script)
    with board(chromium, stage) as (page, _):
        tile = page.locator("[data-slot='1-2']")
        expect(tile.locator("h2")).to_have_text("请勿取下", timeout=15_000)
        expect(tile).to_contain_text("读不出，仍在设备里")
        expect(tile).to_contain_text("请联系：设备管理员 内线 6012")
        tile.locator("[data-act=files]").click()
        row = page.locator("dialog tbody tr").first
        expect(row).to_contain_text("未采集")
        expect(row).to_contain_text("无法读取")
        page.keyboard.press("Escape")
        expect(page.locator("dialog")).to_be_hidden()
        page.get_by_role("button", name="最近的采集").click()
        expect(page.locator("dialog tbody tr").first).to_contain_text("需要处理")


def test_a_station_that_restarts_takes_every_promise_off_the_screen(chromium: Browser, stage: Stage) -> None:
    stage.plug("1-1", film("A", 2))
    stage.until("1-1", "verified")
    with board(chromium, stage) as (page, watch):
        watch.expect("ERR_CONNECTION_REFUSED")
        watch.expect("ERR_CONNECTION_RESET")
        watch.expect("ERR_EMPTY_RESPONSE")
        stage.stop()
        expect(page.locator("#veil")).to_be_visible(timeout=10_000)
        expect(page.locator("#veil")).to_contain_text("采集站正在重新启动")
        stage.start()
        expect(page.locator("#veil")).to_be_hidden(timeout=10_000)
        expect(page.locator("[data-slot='1-1'] h2")).to_have_text("已安全入库", timeout=20_000)


def test_the_language_is_switched_on_the_page_and_kept(chromium: Browser, stage: Stage) -> None:
    with board(chromium, stage) as (page, _):
        page.get_by_role("link", name="English").click()
        expect(page.locator("[data-slot='1-1'] h2")).to_have_text("Plug in a recorder")
        page.goto(stage.url)
        expect(page.locator("h1")).to_have_text("Docking station 02")


def test_a_label_is_text_and_nothing_else(chromium: Browser, stage: Stage) -> None:
    stage.know("<img src=x onerror=alert(1)>", "<script>alert(1)</script>", "<b>王</b>")
    stage.plug("1-1", film("<img src=x onerror=alert(1)>", 2))
    with board(chromium, stage) as (page, _):
        expect(page.locator("[data-slot='1-1'] .foot")).to_contain_text(
            "<script>alert(1)</script>", timeout=15_000
        )
        assert page.locator(".tile img, .tile script").count() == 0


@pytest.mark.parametrize("count", [1, 2, 4, 8])
def test_it_fits_the_screen(chromium: Browser, tmp_path: Path, count: int) -> None:
    slots = [f"1-{number}={number}" for number in range(1, count + 1)]
    with Stage(tmp_path, slots=slots) as stage:
        stage.know("A", "DSJ-0412", "王某某", notes=["assigned-elsewhere"])
        stage.server.storage_down = True
        stage.plug("1-1", film("A", 12))
        stage.until("1-1", "safe")
        if count > 1:
            script = film("C", 3)
            list(script.files.values())[1].bad = ((0, 1 << 20),)
            stage.plug("1-2", script)
            stage.until("1-2", "attention")
        for language, size, dark in (
            ("zh", SCREEN, False),
            ("en", SCREEN, True),
            ("zh", WIDE, True),
            ("en", WIDE, False),
        ):
            with board(chromium, stage, language=language, size=size, dark=dark) as (page, _):
                expect(page.locator(".tile")).to_have_count(count)
                page.locator(".banner").wait_for()
                assert page.evaluate(OVERFLOWING) == []
                assert page.evaluate(FAINT) == []


def test_the_board_of_a_running_system(bureau: Bureau, docked: Watched) -> None:
    """The same station that the office watched: what it says at the socket."""
    assert docked.stayed
    settings = bureau.system.settings.station
    context = bureau.browser.new_context(viewport={"width": SCREEN[0], "height": SCREEN[1]})
    watch = Watch(context)
    page = context.new_page()
    page.goto(f"http://{settings.board_listen}:{settings.board_port}/?lang=zh")
    expect(page.locator(".tile h2")).to_have_text("已安全入库", timeout=30_000)
    expect(page.locator(".tile .foot")).to_contain_text(bureau.recorder)
    watch.check()
    context.close()
