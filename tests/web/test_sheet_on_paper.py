"""A printed sheet: A4, its digest at the foot of every page, lines to sign on."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page
from werkzeug.serving import make_server

from catalog.people import issue_signin_token
from tests.catalog.sheet_maker import entry
from tests.web.conftest import Site
from tests.web.test_sheets import hand_in, new_docking, site

__all__ = ["site"]
pytestmark = pytest.mark.browser

A4 = (595, 842)
"""Points."""


@pytest.fixture
def address(site: Site) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, site.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("locale", ["zh-CN", "en-GB"])
def test_paper(site: Site, address: str, chromium: Browser, tmp_path: Path, locale: str) -> None:
    docking = new_docking(site)
    files = [
        entry(
            f"DCIM/100MEDIA/DSJ0412_现场{n:04}.MP4".encode(),
            end="received" if n % 7 else "vanished",
            size=123_456_789,
            sha256="ab" * 32,
            sm3="cd" * 32,
            new=bool(n % 2),
            **({} if n % 7 else {"reason": "it was listed, then gone"}),
        )
        for n in range(60)
    ]
    digest = hand_in(
        site,
        docking,
        files,
        gaps=[{"series": "DCIM/100MEDIA DSJ0412", "first": 60, "last": 64}],
        method="以只读方式打开记录设备，逐文件复制并核对 / the recorder opened read-only, each file copied and compared",
    )
    context = chromium.new_context(locale=locale)
    # The page asks for the printer's dialogue; a browser that is printing already makes no PDF.
    context.add_init_script("window.print = () => { window.dialogues = (window.dialogues ?? 0) + 1; };")
    with site.database.write() as session:
        token = issue_signin_token(session, "li", site.components.clock())
    page = context.new_page()
    page.goto(f"{address}/signin/{token}")
    page.locator("main form button").first.click()
    if locale.startswith("en"):
        page.get_by_role("button", name="English").click()
    page.goto(f"{address}/dockings/{docking}")
    with context.expect_page() as opened:
        page.locator("details.give", has=page.locator("form[action$='/sheet/print']")).locator(
            "summary"
        ).click()
        page.locator("form[action$='/sheet/print'] button").first.click()
    paper = opened.value
    paper.wait_for_load_state()
    assert paper.evaluate("window.dialogues") == 1
    _check(paper, digest, english=locale.startswith("en"))
    target = Path(os.environ.get("LIUHEN_KEEP_PDF", str(tmp_path))) / f"sheet-{locale}.pdf"
    pdf = paper.pdf(path=target, prefer_css_page_size=True)
    sizes = {
        (round(float(w)), round(float(h)))
        for w, h in re.findall(rb"/MediaBox\s*\[0 0 ([\d.]+) ([\d.]+)\]", pdf)
    }
    assert sizes == {A4}
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) >= 3
    context.close()


def _check(paper: Page, digest: str, *, english: bool) -> None:
    paper.emulate_media(media="print")
    foot = paper.locator("table.every-page > tfoot")
    assert digest in foot.inner_text()
    assert foot.evaluate("e => getComputedStyle(e).display") == "table-footer-group"  # on every page
    assert paper.locator(".list tbody tr").count() == 60
    lines = paper.locator(".signing .lines div").all_inner_texts()
    assert len(lines) == 4
    text = paper.locator("body").inner_text()
    wanted = (
        ("Method of making", "Time of making", "Maker") if english else ("制作方法", "制作时间", "制作人")
    )
    assert all(word in text for word in wanted)
    width = paper.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert width <= 0
