"""Make the pictures of the station's board in docs/images, from a real station with scripted recorders.

    python scripts/board_screenshots.py [--only NAME]... [--to FOLDER]

Needs what `make setup-develop` installs, and Debian's Chromium.
"""

from __future__ import annotations

import argparse
import io
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

import ingest.docking  # noqa: E402
from ingest.copying import checking  # noqa: E402
from ingest.copying.copying import Draft  # noqa: E402
from ingest.copying.durable import ReadBuffer  # noqa: E402
from ingest.recorders.base import LeftOut  # noqa: E402
from ingest.recorders.scripted import ScriptedRecorder  # noqa: E402
from tests.ingest.board.stage import OFFICERS, Stage, film  # noqa: E402

SCREEN = (1024, 600)
EIGHT = [f"1-{number}={number}" for number in range(1, 9)]
MB = 1 << 20


class Camera:
    """A browser, and what is to be photographed."""

    def __init__(self, browser: Browser, to: Path, only: set[str]) -> None:
        self._browser = browser
        self._to = to
        self._only = only

    def wants(self, *names: str) -> bool:
        """Whether any of these is to be made."""
        return not self._only or bool(self._only & set(names))

    @contextmanager
    def page(
        self, stage: Stage, language: str, *, dark: bool = False, size: tuple[int, int] = SCREEN
    ) -> Iterator[Page]:
        """The board in a window."""
        context = self._browser.new_context(
            viewport={"width": size[0], "height": size[1]}, color_scheme="dark" if dark else "light"
        )
        page = context.new_page()
        page.goto(f"{stage.url}/?lang={language}")
        page.locator(".tile").first.wait_for()
        time.sleep(0.8)
        yield page
        context.close()

    def take(self, page: Page, name: str) -> None:
        """Photograph it, with as few colours as it has; say so when something is cut off."""
        cut = page.evaluate(
            "() => [...document.querySelectorAll('.tile, .tile h2, .tile .lines p, .banner')]"
            ".filter((e) => e.scrollHeight > e.clientHeight + 1).map((e) => e.className + ': ' + e.innerText)"
        )
        for one in cut:
            click.echo(f"  {name}: cut off: {one!r}")
        taken = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
        taken.quantize(128, dither=Image.Dither.NONE).save(self._to / f"{name}.png", optimize=True)
        click.echo(name)

    def both(self, stage: Stage, name: str, act: Callable[[Page], None] = lambda _page: None) -> None:
        """Photograph it in both languages."""
        for language in ("zh", "en"):
            with self.page(stage, language) as page:
                act(page)
                self.take(page, name if language == "zh" else f"{name}-en")


def names(stage: Stage) -> None:
    """Let the server know the recorders of the pictures."""
    known = (("A", "DSJ-0412", "王某某"), ("B", "DSJ-0388", "李某某"), ("C", "DSJ-0401", "赵某某"), ("D", "CAM-07", None),
             ("E", "LYB-03", "陈某某"), ("F", "DSJ-0350", "周某某"))  # fmt: skip
    for serial, label, holder in known:
        stage.know(serial, label, holder)


def damaged() -> LeftOut:
    """A folder that cannot be read."""
    return LeftOut(b"DCIM/101MEDIA", "unreadable-folder", attention=True)


def working(stage: Stage, camera: Camera) -> None:
    """An evening: secured, copying, attention, free sockets."""
    names(stage)
    stage.plug("1-4", film("D", 6, 4 * MB))
    stage.until("1-4", "verified")
    stage.server.verify_at_once = False
    stage.plug("1-1", film("A", 12, 3 * MB))
    stage.until("1-1", "received")
    stage.plug("1-3", film("C", 5, 2 * MB, left_out=(damaged(),)))
    stage.until("1-3", "attention")
    stage.server.storage_down = True
    stage.plug("1-6", film("F", 4, 3 * MB))
    stage.until("1-6", "safe")
    stage.plug("1-7", film("N-7731", 3, 60 * MB, rate=2.2e6, small=1))
    stage.plug("1-2", film("B", 7, 60 * MB, rate=2.6e6, small=2))
    stage.wait(
        lambda: "3/7" in stage.tile("1-2")["headline"] and "约" in str(stage.tile("1-2")["lines"]), "a rate"
    )
    time.sleep(2)
    camera.both(stage, "station")
    with camera.page(stage, "zh", dark=True) as page:
        camera.take(page, "station-dark")
    with camera.page(stage, "zh", size=(1366, 768)) as page:
        camera.take(page, "station-wide")


def one_each(stage: Stage, camera: Camera) -> None:
    """The way of one recorder, socket by socket."""
    names(stage)
    stage.plug("1-4", film("D", 6, 4 * MB))
    stage.until("1-4", "verified")
    stage.server.verify_at_once = False
    stage.plug("1-3", film("C", 5, 2 * MB))
    stage.until("1-3", "received")
    stage.server.storage_down = True
    stage.plug("1-2", film("A", 12, 3 * MB))
    stage.until("1-2", "safe")
    stage.plug("1-1", film("B", 7, 60 * MB, rate=2.6e6, small=2))
    stage.wait(
        lambda: "3/7" in stage.tile("1-1")["headline"] and "约" in str(stage.tile("1-1")["lines"]), "a rate"
    )
    time.sleep(2)
    camera.both(stage, "station-states")


def away(stage: Stage, camera: Camera) -> None:
    """The server is down."""
    names(stage)
    stage.server.down = True
    stage.plug("1-1", film("DSJ20241107 0412", 12, 3 * MB))
    stage.plug("1-2", film("DSJ20241107 0388", 8, 3 * MB))
    stage.until("1-1", "safe")
    stage.until("1-2", "safe")
    stage.wait(lambda: stage.state()["banners"], "the banner")
    camera.both(stage, "station-server-down")


def troubles(stage: Stage, camera: Camera) -> None:
    """What needs attention."""
    names(stage)
    stage.plug("1-1", film("A", 5, 2 * MB, left_out=(damaged(),)))
    stage.until("1-1", "attention")
    stage.plug("1-2", film("B", 6, 3 * MB, held=4))
    stage.wait(lambda: stage.tile("1-2").get("headline") == "正在复制 4/6", "three are copied")
    stage.pull("1-2")
    stage.until("1-2", "early")
    stage.plug("1-3", film("V", 1, vendor_mode=True, secret="other"))  # noqa: S106  (a test's)
    stage.until("1-3", "unreadable", seconds=60)
    camera.both(stage, "station-attention")
    with camera.page(stage, "zh") as page:
        page.locator("[data-slot='1-1'] [data-act=files]").click()
        page.locator("dialog table").wait_for()
        camera.take(page, "station-files")


def full(stage: Stage, camera: Camera) -> None:
    """The station's disk is full."""
    names(stage)
    stage.plug("1-1", film("A", 4, 2 * MB))
    stage.until("1-1", "verified")
    stage.server.storage_down = True
    stage.stop()
    stage.settings = stage.settings.model_copy(update={"disk_reserve": 1 << 60})  # full, without filling one
    stage.start()
    stage.plug("1-2", film("B", 9, 2 * MB))
    stage.until("1-2", "full", seconds=30)
    camera.both(stage, "station-full")


def notes(stage: Stage, camera: Camera) -> None:
    """Recorders of which something must be known."""
    every = (
        ("1-1", "U", "DSJ-0531", {"registered": False, "notes": ["unregistered"]}),
        ("1-2", "V", "DSJ-0244", {"notes": ["faulty"], "holder": "吴某某"}),
        ("1-3", "W", "DSJ-0388", {"notes": ["assigned-elsewhere"], "holder": "李某某"}),
        ("1-4", "X", "DSJ-0107", {"notes": ["sealed", "same-serial"], "holder": "刘某某"}),
        ("1-5", "Y", "DSJ-0412", {"holder": "王某某"}),
    )
    for port, serial, label, facts in every:
        stage.server.known[serial] = {"recorder_label": label, **facts}
        stage.plug(port, film(serial, 3, 2 * MB, free_bytes=1 << 20 if serial == "Y" else 1 << 40))
        stage.until(port, "verified", seconds=30)
    stage.wait(lambda: stage.tile("1-5")["notes"], "the note on room")
    camera.both(stage, "station-notes")


def picking(stage: Stage, camera: Camera) -> None:
    """Nobody is known to hold it."""
    stage.server.known["P"] = {"recorder_label": "DSJ-0600", "officers": OFFICERS}
    stage.plug("1-1", film("P", 5, 3 * MB))
    stage.until("1-1", "verified")

    def choose(page: Page) -> None:
        page.locator("[data-act=pick]").click()
        page.locator(".names button").first.wait_for()

    camera.both(stage, "station-pick", choose)


def releasing(stage: Stage, camera: Camera) -> None:
    """Archived files may leave the recorder."""
    ingest.docking.CLEAR_EVERY = 1.0
    stage.server.clearing = stage.server.clearing.model_copy(update={"mode": "confirm"})
    stage.know("A", "DSJ-0412", "王某某")
    stage.plug("1-1", film("A", 12, 3 * MB))
    stage.wait(lambda: "12" in str(stage.tile("1-1").get("release")), lambda: stage.tile("1-1"), 150)

    def confirm(page: Page) -> None:
        page.locator("[data-act=release]").click()
        page.locator("dialog input").wait_for()

    camera.both(stage, "station-release", confirm)


def clearing(stage: Stage, camera: Camera) -> None:
    """Archived files are leaving a recorder, beside one that may be taken."""
    ingest.docking.CLEAR_EVERY = 1.0
    names(stage)
    held = threading.Event()
    clear = ScriptedRecorder.clear

    def slow_clear(recorder: ScriptedRecorder, path: bytes, size: int, modified_ns: int) -> None:
        held.wait()
        clear(recorder, path, size, modified_ns)

    stage.plug("1-2", film("B", 6, 3 * MB))
    stage.until("1-2", "verified")
    stage.server.clearing = stage.server.clearing.model_copy(update={"mode": "confirm"})
    stage.plug("1-1", film("A", 12, 3 * MB))
    stage.wait(lambda: "12" in str(stage.tile("1-1").get("release")), lambda: stage.tile("1-1"), 150)
    try:
        ScriptedRecorder.clear = slow_clear  # type: ignore[method-assign]
        stage.post(f"/dockings/{stage.tile('1-1')['docking']}/release", {"by": "王某某"})
        stage.until("1-1", "clearing", seconds=40)
        camera.both(stage, "station-clearing")
    finally:
        held.set()
        ScriptedRecorder.clear = clear  # type: ignore[method-assign]


def new_journal(stage: Stage, camera: Camera) -> None:
    """The journal was damaged and a new one begun."""
    names(stage)
    stage.server.storage_down = True
    stage.plug("1-1", film("A", 12, 3 * MB))
    stage.until("1-1", "safe")
    stage.stop()
    (stage.settings.spool / "station" / "journal.db").write_bytes(b"no journal " * 10_000)
    stage.pull("1-1")
    stage.server.storage_down = False
    stage.start()
    stage.plug("1-2", film("B", 6, 3 * MB))
    stage.until("1-2", "verified")
    camera.both(stage, "station-damaged")


def restarting(stage: Stage, camera: Camera) -> None:
    """The station restarts under the board."""
    names(stage)
    stage.plug("1-1", film("A", 5, 2 * MB))
    stage.until("1-1", "verified")
    for language in ("zh", "en"):
        with camera.page(stage, language) as page:
            stage.stop()
            page.locator("#veil").wait_for()
            camera.take(page, "station-restarting" if language == "zh" else "station-restarting-en")
            stage.start()


def moments(stage: Stage, camera: Camera) -> None:
    """What lasts a moment only, held still: looking into it, just taken, reading back."""
    names(stage)
    held = threading.Event()
    back = checking.read_back

    def slow_back(draft: Draft, buffer: ReadBuffer) -> bool:
        held.wait()
        return back(draft, buffer)

    try:
        stage.plug("1-2", film("B", 3, 2 * MB))
        stage.until("1-2", "verified")
        stage.plug("1-1", film("A", 5, 2 * MB, attach_stalls=True))
        stage.until("1-1", "reading")
        checking.read_back = slow_back
        stage.plug("1-3", film("C", 6, 2 * MB))
        stage.until("1-3", "checking")
        stage.pull("1-2")
        stage.until("1-2", "taken")
        camera.both(stage, "station-moments")
    finally:
        checking.read_back = back
        held.set()


def small(stage: Stage, camera: Camera) -> None:
    """One socket."""
    names(stage)
    stage.server.storage_down = True
    stage.plug("1-1", film("A", 12, 3 * MB))
    stage.until("1-1", "safe")
    camera.both(stage, "station-one")


SCENES: dict[str, tuple[Callable[[Stage, Camera], None], list[str]]] = {
    "station": (working, EIGHT),
    "station-states": (one_each, EIGHT[:4]),
    "station-server-down": (away, EIGHT[:2]),
    "station-attention": (troubles, EIGHT[:4]),
    "station-full": (full, EIGHT[:2]),
    "station-notes": (notes, EIGHT[:6]),
    "station-pick": (picking, EIGHT[:2]),
    "station-release": (releasing, EIGHT[:2]),
    "station-clearing": (clearing, EIGHT[:2]),
    "station-damaged": (new_journal, EIGHT[:4]),
    "station-restarting": (restarting, EIGHT[:2]),
    "station-one": (small, EIGHT[:1]),
    "station-moments": (moments, EIGHT[:4]),
}


def main() -> None:
    """Make the pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", action="append", default=[], choices=sorted(SCENES))
    parser.add_argument("--to", type=Path, default=ROOT / "docs" / "images")
    given = parser.parse_args()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        camera = Camera(browser, given.to, set(given.only))
        for name, (scene, slots) in SCENES.items():
            if camera.wants(name):
                with tempfile.TemporaryDirectory() as folder, Stage(Path(folder), slots=slots) as stage:
                    scene(stage, camera)
        browser.close()


if __name__ == "__main__":
    main()
