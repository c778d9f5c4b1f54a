"""Every page in both languages and at two widths: nothing in the wrong language, nothing wider than the screen."""

import re
from pathlib import Path
from uuid import UUID

import pytest
from babel.messages.pofile import read_po

import web
from tests.browser.bureau import TABLET, WIDE, Bureau, Desk
from tests.browser.conftest import Watched

HAN = re.compile(r"[\u3400-\u9fff，。：；、？！（）【】]+")
WORDS = """
() => {
  const said = [document.title];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode;
    if (!text.parentElement.closest("script, style, pre.record, .tongue")) said.push(text.data.trim());
  }
  for (const element of document.querySelectorAll("[aria-label], [title], [placeholder], [alt], [data-player]")) {
    for (const name of ["aria-label", "title", "placeholder", "alt", ...Object.keys(element.dataset)
        .filter((key) => key.startsWith("say")).map((key) => `data-${key.replace(/[A-Z]/g, (c) => "-" + c.toLowerCase())}`)]) {
      said.push(element.getAttribute(name) ?? "");
    }
  }
  return said.filter((text) => text);
}
"""
DATA = (
    "SELECT display_name FROM accounts",
    "SELECT name FROM officers",
    "SELECT name FROM units",
    "SELECT name FROM stations",
    "SELECT vendor || ' ' || model FROM recorders",
    "SELECT label FROM recorders",
    "SELECT title FROM cases",
    "SELECT number FROM cases",
    "SELECT party FROM cases",
    "SELECT title FROM steps",
    "SELECT place FROM steps",
    "SELECT proves FROM attachments",
    "SELECT maker FROM attachments",
    "SELECT detach_reason FROM attachments",
    "SELECT note FROM marks",
    "SELECT version FROM retention_schedules",
    "SELECT basis FROM retention_rows",
    "SELECT said.atom FROM custody_private, json_tree(custody_private.value) AS said WHERE said.type = 'text'",
)


def of_the_bureau(bureau: Bureau) -> list[str]:
    """Names and words that people entered; they stay as they are in every language. The longest first."""
    found = {"留痕", "检察院调取", "简体中文"}  # a language is called by its own name
    for statement in DATA:
        found |= {row[0] for row in bureau.ask(statement) if row[0]}
    return sorted(found, key=len, reverse=True)


def pages_of(bureau: Bureau) -> list[str]:
    clips = [
        bureau.clip(form).path for form in ("lorry", "H.265", "sound", "upright", "cut", "flat", "no bytes")
    ]
    step, docking, entry = (
        UUID(bureau.ask(f"SELECT id FROM {statement} LIMIT 1")[0][0])
        for statement in (
            "steps WHERE title = '先行登记保存'",
            "dockings ORDER BY opened_at",
            "custody_entries ORDER BY at DESC",
        )
    )
    return [
        *("/", "/dockings", "/dockings?board=1", f"/dockings/{docking}", "/clips", "/clips?by=recorded"),
        *("/clips?words=nothing-is-called-so", *clips, "/cases", "/cases?words=nothing"),
        *(f"/cases/{bureau.cases[0]}", f"/steps/{step}/clips", "/recorders", "/account"),
        *("/custody", f"/custody/{entry}", "/my-cases", "/unattached"),
    ]


def english_sentences() -> set[str]:
    """What stands in the catalog in English and otherwise in Chinese."""
    catalog = Path(web.__file__).parent / "translations" / "zh_Hans_CN" / "LC_MESSAGES" / "messages.po"
    with catalog.open("rb") as file:
        messages = read_po(file)
    singular = {m.id if isinstance(m.id, str) else m.id[0]: m.string for m in messages if m.id}
    return {sentence for sentence, chinese in singular.items() if sentence != chinese}


def switch(desk: Desk, to: str) -> None:
    desk.go("/")
    desk.page.get_by_role("button", name=to).click()
    desk.page.get_by_role("button", name={"English": "中文", "中文": "English"}[to]).wait_for()


def check_width(desk: Desk) -> list[str]:
    return [
        f"{desk.page.url} at {width} is {real} wide"
        for width, height in (WIDE, TABLET)
        if (real := _width(desk, width, height)) > width
    ]


def _width(desk: Desk, width: int, height: int) -> int:
    desk.page.set_viewport_size({"width": width, "height": height})
    return int(desk.page.evaluate("() => document.documentElement.scrollWidth"))


def test_in_english_no_chinese_is_left(bureau: Bureau, docked: Watched) -> None:
    data = of_the_bureau(bureau)
    found = []
    with bureau.desk("li") as desk:
        switch(desk, "English")
        try:
            for path in pages_of(bureau):
                desk.go(path)
                assert desk.page.evaluate("() => document.documentElement.lang") == "en"
                for text in desk.page.evaluate(WORDS):
                    left = text
                    for word in data:
                        left = left.replace(word, "")
                    if HAN.search(left):
                        found.append(f"{path}: {text}")
                found += check_width(desk)
        finally:
            switch(desk, "中文")
    assert not found, "\n".join(found)


def test_in_chinese_no_english_is_left(bureau: Bureau, docked: Watched) -> None:
    english = english_sentences()
    found = []
    with bureau.desk("li") as desk:
        for path in pages_of(bureau):
            desk.go(path)
            assert desk.page.evaluate("() => document.documentElement.lang") == "zh-Hans"
            found += [f"{path}: {text}" for text in desk.page.evaluate(WORDS) if text in english]
            found += check_width(desk)
    assert not found, "\n".join(found)


@pytest.mark.parametrize("user", ["wang", "chen", "admin", "gao", "luo"])
def test_everybody_finds_every_page_of_theirs(bureau: Bureau, docked: Watched, user: str) -> None:
    with bureau.desk(user) as desk:
        desk.go("/")
        links = desk.page.locator(".side nav a")
        for number in range(links.count()):
            link = links.nth(number)
            name = link.inner_text()
            link.click()
            desk.page.locator(".side nav a[aria-current=page]", has_text=name).wait_for()
            assert desk.page.locator("h1").count() == 1


def test_going_back_in_a_filtered_list(bureau: Bureau, docked: Watched) -> None:
    with bureau.desk("li") as desk:
        page = desk.page
        desk.go("/clips")
        everything = page.locator("a.tile").count()
        page.locator(".finder-more summary").click()
        page.get_by_label("类别").select_option("audio")
        page.wait_for_url("**/clips?kind=audio")
        page.locator("a.tile", has_text=bureau.clip("sound only").name).click()
        page.locator("audio").wait_for(state="attached")
        page.go_back()
        page.locator("a.tile").wait_for()
        assert page.get_by_label("类别").input_value() == "audio"
        page.go_back()
        page.locator("a.tile").nth(everything - 1).wait_for()
        assert page.get_by_role("link", name="留痕日志").is_visible()


def test_a_page_that_is_not_there_says_so_in_both_languages(bureau: Bureau, docked: Watched) -> None:
    with bureau.desk("admin") as desk:
        desk.watch.expect("404")
        desk.watch.expect("403")
        desk.go("/nowhere")
        assert "此地址没有内容" in desk.page.locator("h1").inner_text()
        desk.go("/clips")
        assert "您的角色不包含此页面" in desk.page.locator("h1").inner_text()


def test_a_used_link_says_so(bureau: Bureau, docked: Watched) -> None:
    with bureau.desk("", signed_in=False) as desk:
        desk.watch.expect("410")
        link = bureau.signin_link("chen")
        bureau.sign_in(desk, link)
        desk.page.get_by_role("button", name="退出").click()
        bureau.sessions.pop("chen", None)  # signing out ends all sessions of an account
        desk.page.get_by_label("用户名或电子邮箱").wait_for()
        desk.page.goto(link)
        assert "链接已使用或已过期" in desk.page.locator("h1").inner_text()
        desk.page.get_by_role("link", name="用密码登录").click()
        desk.page.get_by_label("用户名或电子邮箱").wait_for()
