"""Somebody of another unit looks at a recording: the purpose is asked, given, and the film plays; the page says why."""

from __future__ import annotations

from datetime import UTC, datetime

from playwright.sync_api import expect

from catalog.actors import system
from catalog.officers import enter_officer, enter_unit
from catalog.people import create_account
from tests.browser.axe import run_axe
from tests.browser.bureau import TABLET, Bureau
from tests.browser.conftest import Watched
from tests.browser.films import play, shows_picture


def of_another_unit(bureau: Bureau, username: str) -> str:
    now = datetime.now(UTC)
    with bureau.database() as database, database.write() as session:
        officer = enter_officer(
            session,
            actor=system("test"),
            number=f"7-{username}",
            name="西岭",
            unit=enter_unit(session, "城西分局"),
            now=now,
        )
        create_account(
            session,
            actor=system("test"),
            username=username,
            email=f"{username}@example.test",
            roles=["handler"],
            officer=officer,
            now=now,
        )
    return username


def test_a_purpose_is_asked_given_and_the_film_plays(bureau: Bureau, docked: Watched) -> None:
    clip = bureau.clip("lorry, long")
    with bureau.desk(of_another_unit(bureau, "xi"), size=TABLET) as desk:
        page = desk.page
        desk.go(clip.path)
        desk.watch.expect("404")
        assert clip.name not in page.content()
        desk.go("/clips")
        assert page.locator("a.tile", has_text=clip.name).count() == 0
        page.get_by_role("link", name="按号查阅").click()
        form = page.locator("#consult")
        assert "您范围外的资料" in form.inner_text()
        _, grave = run_axe(page)
        assert grave == []
        form.get_by_label("案件编号，或一件资料的标识").fill(clip.name)
        form.get_by_label("查看目的").select_option(label="其他")
        form.get_by_label("据以查阅的案号或文号").fill("西市监函〔2026〕3号")
        form.get_by_role("button", name="登记目的并打开").click()
        desk.watch.expect("400")
        expect(page.get_by_role("alert").filter(has_text="请用文字说明查看目的")).to_be_visible()
        form.get_by_label("文字说明").fill("协查函要求核对车牌")
        form.get_by_role("button", name="登记目的并打开").click()
        expect(page.get_by_role("status").filter(has_text="已为您打开 1 件")).to_be_visible()
        film = page.locator("video")
        assert play(page, film, seconds=0.5).width > 0
        assert shows_picture(film)
        assert "可查看的依据：已说明目的：其他，至 " in page.locator("[data-ground]").inner_text()
        assert page.locator("#download > summary").count() == 1
    ((record,),) = bureau.ask(
        "SELECT e.record FROM custody_entries e JOIN custody_private p ON p.entry_id = e.id "
        "WHERE e.action = 'clip.played' AND p.field = 'actor' AND p.value LIKE '%\"xi\"%' LIMIT 1"
    )
    assert '"purpose":"other"' in record.replace(" ", "")
    with bureau.desk("wang") as desk:
        desk.go(clip.path)
        assert "本人录制" in desk.page.locator("[data-ground]").inner_text()


INKED = """
() => {
  const mark = document.querySelector("canvas[data-viewer-mark]");
  const { data, width, height } = mark.getContext("2d").getImageData(0, 0, mark.width, mark.height);
  let inked = 0, darkest = 0;
  for (let at = 3; at < data.length; at += 4) {
    if (data[at]) inked += 1;
    darkest = Math.max(darkest, data[at]);
  }
  const box = mark.getBoundingClientRect(), film = document.querySelector("video").getBoundingClientRect();
  return {
    part: inked / (width * height), opaque: darkest / 255,
    covers: box.width >= film.width - 1 && box.height >= film.height - 1,
    through: getComputedStyle(mark).pointerEvents === "none",
    full: document.fullscreenElement !== null && document.fullscreenElement.contains(mark),
  };
}
"""
LAY = """
async (who) => {
  const { layMark } = await import("/static/js/viewermark.js");
  const box = document.querySelector("[data-player]");
  Object.assign(box.dataset, { viewerMark: who, viewerNow: String(Date.now() / 1000) });
  return layMark(box, box.querySelector("[data-screen]")).words;
}
"""


def test_the_viewers_mark_lies_over_the_picture_also_in_full_screen(bureau: Bureau, docked: Watched) -> None:
    with bureau.desk("wang") as desk:
        desk.go(bureau.clip("lorry, long").path)
        page = desk.page
        play(page, page.locator("video"), seconds=0.3)
        assert page.locator("canvas[data-viewer-mark]").count() == 0, "off unless the bureau wants it"
        desk.watch.expect("willReadFrequently")  # the test reads what was drawn, the page never does
        words = page.evaluate(LAY, "王建国 wang")
        assert words.startswith("王建国 wang  20")
        seen = page.evaluate(INKED)
        assert 0.002 < seen["part"] < 0.15, "to be read, and little enough to hide nothing"
        assert seen["opaque"] < 0.6
        assert seen["covers"]
        assert seen["through"], "what lies under it is still clicked"
        page.evaluate("() => document.querySelector('canvas[data-viewer-mark]').remove()")
        page.locator("canvas[data-viewer-mark]").wait_for(state="attached")
        page.locator("[data-full]").click()
        page.wait_for_function("() => document.fullscreenElement !== null")
        page.wait_for_function(f"() => ({INKED})().covers")
        assert page.evaluate(INKED)["full"]
