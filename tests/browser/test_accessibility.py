"""axe-core finds nothing serious on the pages people work on, light and dark, also with what unfolds."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest
from playwright.sync_api import Page

from tests.browser.axe import AXE, run_axe
from tests.browser.bureau import TABLET, WIDE, Bureau
from tests.browser.conftest import Watched

FEWEST = 15
"""Rules that have something to judge on the emptiest of these pages: fewer, and axe has seen nothing."""


def clip(form: str) -> Callable[[Bureau], str]:
    return lambda bureau: bureau.clip(form).path


def first_step(bureau: Bureau) -> UUID:
    return UUID(bureau.ask("SELECT id FROM steps WHERE title = '先行登记保存'")[0][0])


PAGES: dict[str, tuple[str, Callable[[Bureau], str]]] = {
    "video": ("li", clip("lorry, long")),
    "damaged": ("li", clip("cut off")),
    "no picture": ("li", clip("flat battery")),
    "audio": ("li", clip("sound only")),
    "photo": ("li", clip("taken upright")),
    "clips": ("li", lambda _: "/clips"),
    "case": ("li", lambda bureau: f"/cases/{bureau.cases[0]}"),
    "board": ("wang", lambda _: "/dockings"),
    "board alone": ("wang", lambda _: "/dockings?board=1"),
    "shift": ("wang", lambda _: "/"),
    "step": ("li", lambda bureau: f"/steps/{first_step(bureau)}/clips"),
    "my cases": ("li", lambda _: "/my-cases"),
    "unattached": ("wang", lambda _: "/unattached"),
    "detachments": ("zhou", lambda _: "/detachments"),
}


@pytest.mark.parametrize("name", PAGES)
def test_nothing_serious(bureau: Bureau, docked: Watched, name: str) -> None:
    user, path = PAGES[name]
    found = []
    with bureau.desk(user) as desk:
        for scheme, size in (("light", WIDE), ("dark", TABLET)):
            desk.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            desk.page.set_viewport_size({"width": size[0], "height": size[1]})
            desk.go(path(bureau))
            desk.page.locator("main, .board").first.wait_for()
            rules, grave = run_axe(desk.page)
            assert rules >= FEWEST, f"axe judged by {rules} rules only"
            found += [f"{scheme}: {one}" for one in grave]
    assert not found, "\n".join(found)


def test_nothing_serious_in_what_unfolds(bureau: Bureau, docked: Watched) -> None:
    """The list of keys, a mark with its forms, a removed one, the form for attaching, the download."""
    with bureau.desk("li") as desk:
        page = desk.page
        desk.go(bureau.clip("lorry, long").path)
        for kind in ("1", "2"):
            mark_by_key(page, kind)
        page.locator(".mark-more summary").nth(1).click()
        opened = page.locator(".mark-more[open]")
        opened.get_by_label("移除原因").fill("试一试")
        opened.get_by_label("移除原因").press("Enter")
        page.locator(".gone summary").click()
        page.locator(".mark-more summary").first.click()
        page.locator("#attach summary").click()
        page.locator("#download summary").click()
        _, grave = run_axe(page)
        page.locator("h1").click()
        page.keyboard.press("?")
        page.locator("dialog[open]").wait_for()
        grave += run_axe(page)[1]
    assert not grave, "\n".join(grave)


def mark_by_key(page: Page, key: str) -> None:
    before = page.locator("#marks li[data-mark]").count()
    page.locator("h1").click()
    page.keyboard.press(key)
    page.locator("#marks li[data-mark]").nth(before).wait_for()


def test_axe_sees_what_is_wrong(bureau: Bureau, docked: Watched) -> None:
    """A page with a fault has a finding: the tests above can fail."""
    with bureau.desk("li") as desk:
        desk.go("/clips")
        desk.page.evaluate("() => document.querySelector('main').append(document.createElement('input'))")
        _, grave = run_axe(desk.page)
    assert any("label" in one for one in grave)


def test_axe_is_as_published() -> None:
    row = re.search(
        r"\| axe-core/axe\.min\.js \| ([0-9a-f]{64}) \|",
        (AXE.parents[1] / "README.md").read_text(encoding="utf-8"),
    )
    assert row is not None
    assert hashlib.sha256(AXE.read_bytes()).hexdigest() == row[1]
    assert all((Path(AXE.parent) / name).exists() for name in ("LICENSE", "LICENSE-3RD-PARTY.txt"))
