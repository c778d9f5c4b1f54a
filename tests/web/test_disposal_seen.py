"""The disposal pages in a real browser: each state of a list, both languages, two widths; nothing hangs over or is barred.

With LIUHEN_PICTURES=FOLDER in the environment the pictures of the documents are written there: no demonstration has
anything expired. `scripts/office_screenshots.py` does the rest.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from playwright.sync_api import Browser, Page
from sqlalchemy import select
from werkzeug.serving import make_server

from catalog.models import Appraisal, AppraisalItem, Clip, Officer
from storage.settings import StorageSettings
from tests.browser.axe import run_axe
from tests.browser.watching import Watch
from tests.web.conftest import Site
from tests.web.test_disposal import AHEAD, COOLED, Bureau

SIZES = ((1366, 768), (820, 1180))
NAMES = (
    "20250301_083015_0001_执法记录仪_DSJ-A5_现场检查.mp4",
    "查封冷库 全过程（第二段）.mp4",
    "IMG_20250302_101530_很长的文件名_用来看换行_abcdefghijklmnopqrstuvw.jpg",
    "录音 0003.wav",
)
PICTURES = {
    "cooling": "disposal",
    "witness": "disposal-witness",
    "done": "disposal-register",
    "gone": "disposal-clip",
}


@pytest.fixture
def bureau(site: Site, seaweed: StorageSettings) -> Iterator[Bureau]:
    return Bureau(site, seaweed)


def newest(bureau: Bureau) -> UUID:
    with bureau.site.database.read() as session:
        return session.scalars(select(Appraisal.id).order_by(Appraisal.number.desc())).first() or UUID(int=0)


def furnish(bureau: Bureau) -> dict[str, UUID]:
    """One list in each state, made by the acts of the pages."""
    clips = bureau.clips(8)
    with bureau.site.database.write() as session:
        officer = session.scalars(select(Officer)).first()
        for n, clip in enumerate(clips):
            row = session.get_one(Clip, clip)
            row.name, row.size = NAMES[n % 4], 12_345_678 * (n + 1)
            row.officer_id = officer.id if officer is not None and n % 2 else None
    done = bureau.reported(clips[0], clips[1])
    bureau.approve(done, number="某市监批〔2026〕12号")
    bureau.settled()
    waiting = bureau.reported(clips[2])
    bureau.approve(waiting, number="某市监批〔2026〕13号")
    bureau.settled()
    back = bureau.reported(clips[3])
    bureau.post("qian", f"/disposal/{back}/approval", fresh=True, act="return", reason="请补充股室的书面意见")
    bureau.settled()
    bureau.at(AHEAD + COOLED)
    bureau.clients.clear()
    for name in ("he", "ma"):
        bureau.post(name, f"/disposal/{done}/witness")
    bureau.post("he", f"/disposal/{waiting}/witness")
    with bureau.site.database.read() as session:
        number = session.get_one(Appraisal, done).number
    bureau.post("chen", f"/disposal/{done}/order", typed=number)
    assert bureau.execute() == 1
    cooling = bureau.reported(clips[4], clips[5])
    bureau.approve(cooling, number="某市监批〔2026〕14号")
    bureau.settled()
    reported = bureau.reported(clips[6])
    bureau.post("chen", "/disposal", act="list", clip=[str(clips[7])], note="2026 年第四季度到期资料")
    opened = newest(bureau)
    bureau.post("chen", f"/disposal/{opened}/opinions", all="1", proposal="destroy", part="office")
    with bureau.site.database.read() as session:
        gone = session.scalars(
            select(AppraisalItem.clip_id).where(AppraisalItem.appraisal_id == done)
        ).first()
    assert gone is not None
    return {
        "opened": opened, "reported": reported, "cooling": cooling, "witness": waiting, "done": done,
        "back": back, "gone": gone,
    }  # fmt: skip


def keep(page: Page, name: str) -> None:
    """Write the picture of a document, where asked."""
    if folder := os.environ.get("LIUHEN_PICTURES"):
        page.screenshot(path=Path(folder) / f"{name}.png")


def test_every_state_fits_and_can_be_used(bureau: Bureau, chromium: Browser) -> None:
    made = furnish(bureau)
    pages = {
        "chen": ("/disposal", "/disposal/expired", *(f"/disposal/{made[n]}" for n in made if n != "gone")),
        "zhou": (f"/disposal/{made['opened']}", f"/clips/{made['gone']}"),
        "qian": (f"/disposal/{made['reported']}",),
        "ma": (f"/disposal/{made['witness']}",),
    }
    shown = {f"/disposal/{made[n]}": name for n, name in PICTURES.items()} | {
        f"/clips/{made['gone']}": PICTURES["gone"]
    }
    server = make_server("127.0.0.1", 0, bureau.site.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    base = f"http://127.0.0.1:{server.server_port}"
    try:
        for language in ("zh_Hans_CN", "en"):
            for user, paths in pages.items():
                cookie = bureau.site.client(user, language).get_cookie("liuhen")
                assert cookie is not None
                for width, height in SIZES:
                    context = chromium.new_context(
                        viewport={"width": width, "height": height}, locale="zh-CN"
                    )
                    context.add_cookies([{"name": "liuhen", "value": cookie.value, "url": base}])
                    watch = Watch(context)
                    page = context.new_page()
                    for path in paths:
                        answer = page.goto(base + path)
                        assert answer is not None
                        assert answer.status == 200, (user, path)
                        page.wait_for_load_state("networkidle")
                        wide = page.evaluate("() => document.documentElement.scrollWidth")
                        assert wide <= width, (path, language, wide)
                        _, grave = run_axe(page)
                        assert not grave, grave
                        if (
                            (language, width) == ("zh_Hans_CN", 1366) and path in shown and user != "zhou"
                        ) or (language == "zh_Hans_CN" and width == 1366 and path.startswith("/clips/")):
                            keep(page, shown[path])
                    context.close()
                    watch.check()
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
