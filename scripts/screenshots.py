"""Make the pictures in docs/images from a running demonstration, so that they can be made again after a change.

Start `liuhen demo --data FOLDER` and wait until its card is received; then, in another window:

    python scripts/screenshots.py --data FOLDER [--only NAME]...

Plugs two further cards into the demonstration's slots: one of an unregistered recorder, and one that is pulled out
before it is copied. Needs what `make setup-develop` installs, and Debian's Chromium.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from math import sin
from pathlib import Path

import click
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, sync_playwright
from sqlalchemy import select

from catalog.actors import system
from catalog.database import Database
from catalog.incidents import open_incident
from catalog.models import Clip, Rendition
from liuhen.settings import load
from storage.store import ObjectStore

IMAGES = Path(__file__).parents[1] / "docs" / "images"
OFFICE = (1366, 768)
STATION = (1024, 600)
MOST_BYTES = 150_000
LONG_CLIP, CUT_CLIP, PHOTO = "083015_0001", "150130_0008", "142058_0007"
"""Words in the names of clips on the sample card."""
MARKS = (
    (12.4, "1", ""),
    (47.0, "2", ""),
    (96.0, "3", "告知有权陈述、申辩，有权申请回避"),
    (214.0, "5", "三箱食品逐一清点，贴封条"),
    (402.5, "m", "当事人对数量没有异议"),
    (545.0, "7", ""),
)
"""Seconds, key and note of what a case handler marks in the long clip."""
SECOND_CARD_BYTES = 1200 << 20
"""Large enough that copying and handing over can each be seen."""


@dataclass
class Studio:
    """The browser, the demonstration's folder and address, and what was asked for."""

    browser: Browser
    data: Path
    only: set[str]

    def wanted(self, *names: str) -> bool:
        """Whether any of these pictures is to be made."""
        return not self.only or bool(self.only & set(names))

    def link(self, user: str) -> str:
        """Answer a fresh sign-in link."""
        done = subprocess.run(
            [sys.executable, "-m", "liuhen", "signin-link", user, "--data", str(self.data)],
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stdout.strip()

    @contextmanager
    def signed_in(self, user: str, language: str = "zh", size: tuple[int, int] = OFFICE) -> Iterator[Page]:
        """Yield a page of `user`, signed in."""
        context = self.browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            locale="zh-CN" if language == "zh" else "en",
            timezone_id="Asia/Shanghai",
        )
        page = context.new_page()
        link = self.link(user)
        page.goto(link)
        page.locator("form button.main").click()
        page.wait_for_load_state()
        spoken = page.locator("html").get_attribute("lang") or ""
        if spoken.startswith("zh") != (language == "zh"):
            page.locator(".tongue button").click()
            page.wait_for_load_state()
        self.base = link.rsplit("/signin/", 1)[0]
        try:
            yield page
        finally:
            if language != "zh":  # leave the account as it was
                page.locator(".tongue button").first.click()
            context.close()

    def keep(self, page: Page, name: str, height: int | None = None) -> None:
        """Write what the page shows (its upper `height` pixels) as docs/images/NAME.png, in as few colours as need be."""
        if not self.wanted(name):
            return
        picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
        picture = picture.crop((0, 0, picture.width, height or picture.height))
        for colours in (256, 128, 64, 32):
            written = io.BytesIO()
            picture.quantize(colours, dither=Image.Dither.NONE).save(written, "PNG", optimize=True)
            if written.tell() < MOST_BYTES:
                break
        (IMAGES / f"{name}.png").write_bytes(written.getvalue())
        click.echo(f"{name}.png {written.tell() // 1000} kB, {colours} colours")


def open_clip(studio: Studio, page: Page, words: str, second: float | None = None) -> None:
    """Open the first clip whose file name holds `words`; move the player to `second`."""
    page.goto(f"{studio.base}/clips?words={words}")
    page.locator("a.tile").first.click()
    page.wait_for_load_state("networkidle")
    if second is not None:
        until(page, lambda: page.evaluate("document.querySelector('video').readyState") >= 1, 30)
        page.evaluate(f"document.querySelector('video').currentTime = {second}")
        until(page, lambda: page.evaluate("document.querySelector('video').readyState") >= 2, 30)
        page.wait_for_timeout(800)


def handler_pages(studio: Studio) -> None:
    """The pages of a case handler."""
    with studio.signed_in("li") as page:
        page.goto(f"{studio.base}/clips?words=DSJ0412")
        page.wait_for_load_state("networkidle")
        studio.keep(page, "clips")
        page.goto(f"{studio.base}/clips?show=table&words=DSJ0412&officer=me&sort=size")
        page.locator("input[name=clip]").first.check()
        page.wait_for_load_state("networkidle")
        studio.keep(page, "clips-table")
        if studio.wanted("clip", "clip-en", "clip-marks", "clip-track", "marks-print", "case"):
            mark_and_track(studio, page)
        if studio.wanted("case", "pick", "attach", "clip"):
            attach_once(studio, page)
        open_clip(studio, page, LONG_CLIP, 215)
        studio.keep(page, "clip")
        page.locator(".mark-more summary").nth(3).click()
        studio.keep(page, "clip-marks")
        page.locator("[data-track]").evaluate("(card) => card.scrollIntoView({ block: 'start' })")
        page.wait_for_timeout(300)
        studio.keep(page, "clip-track", 420)
        print_marks(studio, page, "marks-print")
        open_clip(studio, page, PHOTO)
        page.locator("[data-photo-view]").hover()
        page.mouse.wheel(0, -400)
        page.wait_for_timeout(800)
        studio.keep(page, "clip-photo", 680)
        open_clip(studio, page, CUT_CLIP, 12)
        studio.keep(page, "clip-damaged")
    with studio.signed_in("li", "en") as page:
        open_clip(studio, page, LONG_CLIP, 215)
        studio.keep(page, "clip-en")


def mark_and_track(studio: Studio, page: Page) -> None:
    """Mark the long clip with the keyboard, as a person does, unless that was done before; and give it a track."""
    add_track(studio)
    open_clip(studio, page, LONG_CLIP, 1)
    page.locator("h1").click()
    if page.locator("#marks li[data-mark]").count():
        return
    for count, (second, key, note) in enumerate(MARKS):
        page.evaluate(f"document.querySelector('video').currentTime = {second}")
        until(page, lambda: not page.evaluate("document.querySelector('video').seeking"), 30)
        if note:
            page.keyboard.press("m")
            page.keyboard.type(note)
        if key == "m":
            page.keyboard.press("Enter")
        elif note:
            page.locator(f"[data-preset='{key}']").click()
        else:
            page.keyboard.press(key)
        until(page, lambda n=count: page.locator("#marks li[data-mark]").count() > n, 30)  # type: ignore[misc]


def add_track(studio: Studio) -> None:
    """Leave a track of an invented round beside the long clip: the sample card's films have none of their own."""
    points = [
        [
            float(s),
            34.7466 + 0.0016 * sin(s / 115) + 0.0003 * sin(s / 23),
            113.6254 + 0.0042 * sin(s / 242),
            104.0,
        ]
        for s in range(0, 600, 2)
        if not 240 < s < 330
    ]
    body = json.dumps({"version": 1, "origin": "gpmf", "points": points}).encode()
    storage = load(studio.data).web.storage
    store = ObjectStore(storage, storage.derived_bucket)
    database = Database.open(f"sqlite:///{studio.data / 'catalog' / 'catalog.sqlite3'}")
    with database.write() as session:
        clip = session.scalars(select(Clip).where(Clip.name.contains(LONG_CLIP))).one()
        key = f"renditions/{clip.id}/track"
        store.put(key, body, content_type="application/json")
        session.merge(
            Rendition(
                clip_id=clip.id,
                kind="track",
                bucket=storage.derived_bucket,
                key=key,
                size=len(body),
                sha256=hashlib.sha256(body).hexdigest(),
                content_type="application/json",
                source_sha256=clip.sha256,
                recipe={"tool": "scripts/screenshots.py", "version": "1", "arguments": []},
                created_at=datetime.now(UTC),
            )
        )
    database.close()
    store.close()


def print_marks(studio: Studio, page: Page, name: str) -> None:
    """Keep the list of marks on paper."""
    if not studio.wanted(name):
        return
    page.context.add_init_script("window.print = () => {};")
    page.locator(".marks-card .card-head summary").click()
    page.locator(".marks-card select[name=needed_for]").select_option("case")
    with page.context.expect_page() as opened:
        page.locator(".marks-card .give button").click()
    paper = opened.value
    paper.set_viewport_size({"width": 760, "height": 760})
    paper.wait_for_load_state("networkidle")
    studio.keep(paper, name)
    paper.close()


def attach_once(studio: Studio, page: Page) -> None:
    """Attach the long clip to a step, as a person does, and keep what is seen on the way."""
    open_clip(studio, page, LONG_CLIP, 12)
    page.locator("[data-open=attach]").click()
    choices = page.locator("#attach select[name=case]")
    choices.select_option(value_of(choices, "某某食品店"))
    until(page, lambda: page.locator("#step-choice option").count() > 2, 30)
    steps = page.locator("#step-choice")
    steps.select_option(value_of(steps, "日常巡查"))
    page.locator("#attach input[name=start]").fill("00:00:05")
    page.locator("#attach input[name=end]").fill("00:01:30")
    page.locator("#attach textarea").fill("巡查时发现，从车上卸下的三箱食品已超过保质期。")
    page.locator("#attach").scroll_into_view_if_needed()
    studio.keep(page, "attach")
    page.locator(
        "#attach form.fields button.main"
    ).click()  # a second time it is refused, and the first one stands
    page.wait_for_load_state("networkidle")
    page.goto(f"{studio.base}/cases")
    page.get_by_role("link", name="某某食品店").first.click()
    page.wait_for_load_state("networkidle")
    studio.keep(page, "case")
    page.locator("tr", has_text="现场检查").get_by_role("link", name="选取资料").first.click()
    page.wait_for_load_state("networkidle")
    page.locator(".pick input").first.check()
    studio.keep(page, "pick")


def value_of(choices: Locator, words: str) -> str:
    """Answer the value of the choice whose label holds `words`."""
    return choices.locator("option", has_text=words).first.get_attribute("value") or ""


def other_pages(studio: Studio) -> None:
    """The pages of the others."""
    with studio.signed_in("wang") as page:
        page.goto(f"{studio.base}/")
        page.wait_for_load_state("networkidle")
        studio.keep(page, "shift")
        page.goto(f"{studio.base}/dockings")
        page.locator("table a[href*='/dockings/']", has_text=":").last.click()
        page.wait_for_load_state()
        studio.keep(page, "docking")
        page.goto(f"{page.url}/sheet")
        page.wait_for_load_state("networkidle")
        studio.keep(page, "sheet")
    with studio.signed_in("chen") as page:
        page.goto(f"{studio.base}/custody")
        page.wait_for_load_state("networkidle")
        studio.keep(page, "custody")
        page.goto(f"{studio.base}/custody?action=clip.attached")
        page.locator("td a").first.click()
        page.wait_for_load_state()
        studio.keep(page, "custody-entry")
    context = studio.browser.new_context(viewport={"width": 1366, "height": 768}, locale="zh-CN")
    page = context.new_page()
    page.goto(studio.link("wang"))
    studio.keep(page, "signin-link", 340)
    context.close()


def make_card(folder: Path, serial: str, files: int, size: int) -> None:
    """Make a card of random bytes, so that nothing on it is held already."""
    (folder / "DCIM").mkdir(parents=True)
    marker = f'serial = "{serial}"\nvendor = "示例"\nmodel = "DSJ-X2"\nkind = "recorder"\n'
    (folder / "LIUHEN-RECORDER.toml").write_text(marker, encoding="utf-8")
    for number in range(1, files + 1):
        with (folder / "DCIM" / f"REC_{number:04d}.MP4").open("wb") as file:
            for _ in range(max(1, (size // files) >> 20)):
                file.write(os.urandom(1 << 20))


def until(page: Page, look: Callable[[], bool], seconds: float) -> bool:
    """Wait until something is seen; answer whether it was. The pages forbid what Playwright needs for its own waiting."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if look():
            return True
        page.wait_for_timeout(100)
    return False


def open_an_incident(studio: Studio) -> None:
    """Let the demonstration have something that does not add up."""
    database = Database.open(f"sqlite:///{studio.data / 'catalog' / 'catalog.sqlite3'}")
    with database.write() as session:
        clip = session.scalars(select(Clip).where(Clip.name.contains(LONG_CLIP))).first()
        open_incident(
            session,
            actor=system("verify"),
            kind="lock-refused",
            what="The lock read back is not the one that was set.",
            now=datetime.now(UTC),
            clip=clip.id if clip else None,
        )
    database.close()


def boards(studio: Studio) -> None:
    """The docking board, full and filling."""
    slots = studio.data / "slots"
    aside = studio.data / "demo" / "screenshots"
    shutil.rmtree(aside, ignore_errors=True)
    with studio.signed_in("wang", size=STATION) as page, studio.signed_in("admin") as wide:
        page.goto(f"{studio.base}/dockings?board=1")
        wide.goto(f"{studio.base}/dockings")

        def word(slot: str, words: str) -> bool:
            return page.locator(f"#slot-local-{slot}", has_text=words).count() > 0

        make_card(aside / "slot-2", "DSJ-X2-77031", 6, SECOND_CARD_BYTES)
        make_card(aside / "slot-3", "DSJ-X2-77032", 4, SECOND_CARD_BYTES // 2)
        (aside / "slot-2").rename(slots / "slot-2")
        if until(page, lambda: word("slot-2", "正在复制 2/"), 60):
            studio.keep(page, "board-copying")
        if until(page, lambda: word("slot-2", "可以取走"), 120):
            studio.keep(page, "board-kiosk")
        (aside / "slot-3").rename(slots / "slot-3")
        until(page, lambda: word("slot-3", "正在复制 1/"), 60)
        (slots / "slot-3").rename(aside / "gone")
        if until(page, lambda: word("slot-3", "请重新插入"), 60):
            studio.keep(page, "board-pulled")
        until(page, lambda: word("slot-2", "全部核验"), 120)
        (slots / "slot-2").rename(aside / "gone-2")
        wide.goto(f"{studio.base}/recorders")
        studio.keep(wide, "recorders", 300)
        wide.goto(f"{studio.base}/gaps")
        studio.keep(wide, "gaps", 480)
    shutil.rmtree(aside, ignore_errors=True)
    open_an_incident(studio)
    with studio.signed_in("gao") as runner:  # the machine's administrator resolves them
        runner.goto(f"{studio.base}/incidents")
        runner.locator("summary").first.click()
        studio.keep(runner, "incidents", 480)


def main() -> None:
    """Make the pictures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="data folder of the running demonstration")
    parser.add_argument("--only", action="append", default=[], metavar="NAME", help="make only this picture")
    chosen = parser.parse_args()
    IMAGES.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"),
            args=["--no-sandbox"] if os.geteuid() == 0 else [],
        )
        studio = Studio(browser, chosen.data, set(chosen.only))
        # The boards last: their cards hold random bytes, which would stand first in every list.
        for part, names in (
            (
                handler_pages,
                (
                    *("clips", "clips-table", "clip", "clip-en", "clip-damaged", "clip-marks", "clip-track"),
                    *("clip-photo", "marks-print", "attach", "case", "pick"),
                ),
            ),
            (other_pages, ("shift", "docking", "sheet", "custody", "custody-entry", "signin-link")),
            (
                boards,
                (
                    "board",
                    "board-en",
                    "board-copying",
                    "board-kiosk",
                    "board-pulled",
                    "recorders",
                    "gaps",
                    "incidents",
                ),
            ),
        ):
            if studio.wanted(*names):
                part(studio)
        browser.close()


if __name__ == "__main__":
    main()
