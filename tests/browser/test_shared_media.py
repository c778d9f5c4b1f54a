"""Real recordings of many makers, where a folder of them lies beside the repository: docked, read, playable.

Prints a table of what was read of each and how it is shown.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from liuhen.samplecard import make_card
from tests.browser.bureau import Bureau, Clip
from tests.browser.films import facts, play, shows_photo, shows_picture
from tests.services.system import running_system

FOLDER = Path(__file__).parents[2].parent / "shared" / "media"
RECORDINGS = (
    sorted(p for p in FOLDER.glob("*") if p.is_file() and p.suffix != ".md") if FOLDER.is_dir() else []
)
PATIENCE = 280.0
"""Seconds for all of them to be made playable on a busy machine."""

pytestmark = pytest.mark.skipif(not RECORDINGS, reason="no folder ../shared/media beside the repository")


@dataclass(slots=True)
class Row:
    """One line of the table."""

    file: str
    codecs: str
    read: str
    shown: str


@dataclass(slots=True)
class Table:
    """What was found, printed at the end."""

    rows: list[Row] = field(default_factory=list)

    def __str__(self) -> str:
        lines = ["| file | codecs | what was read | how it is shown |", "|---|---|---|---|"]
        return "\n".join(lines + [f"| {r.file} | {r.codecs} | {r.read} | {r.shown} |" for r in self.rows])


@pytest.fixture(scope="module")
def table(pytestconfig: pytest.Config) -> Iterator[Table]:
    found = Table()
    yield found
    capture = pytestconfig.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled():
        print(f"\n\n{found}\n")


@pytest.fixture(scope="module")
def at_home(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bureau]:
    """A bureau of their own, since the other tests count what is there; all docked, and nothing left to be done."""
    card = make_card(tmp_path_factory.mktemp("recorder") / "card", scale=0.02)
    with running_system() as system:
        bureau = Bureau(system, chromium, card)
        bureau.furnish()
        done = system.run("dock", str(FOLDER), seconds=240)
        assert done.returncode == 0, done.stdout + done.stderr
        bureau.wait_for_work(len(RECORDINGS), PATIENCE)
        yield bureau


@pytest.mark.parametrize("name", [path.name for path in RECORDINGS])
def test_it_plays_or_shows(at_home: Bureau, table: Table, name: str) -> None:
    clip = at_home.clip_named(name)
    with at_home.desk("li") as desk:
        desk.go(clip.path)
        say_why(desk.page)
        shown = look(desk.page, FOLDER / name)
    table.rows.append(row(at_home, clip, shown))


def say_why(page: Page) -> None:
    """Nobody held what these were recorded with: they are looked at with a purpose."""
    form = page.locator("#purpose")
    form.get_by_label("查看目的").select_option(label="案件办理")
    form.get_by_role("button", name="登记目的并查看").click()
    page.locator("[data-player]").wait_for()


def look(page: Page, file: Path) -> str:
    """Play it or look at it; answers how it went, in a few words."""
    media = page.locator("[data-player]").get_attribute("data-media")
    if media == "photo":
        photo = page.locator("[data-photo]")
        photo.evaluate("(image) => image.src || new Promise((done) => image.onload = done)")
        photo.evaluate("(image) => image.decode()")
        wide, high = photo.evaluate("(image) => [image.naturalWidth, image.naturalHeight]")
        assert wide > 0
        assert shows_photo(photo, file)
        return f"picture {wide}×{high}"
    film = page.locator("video, audio")
    played = play(page, film)
    now = facts(film)
    if media == "video":
        assert played.width > 0
        assert shows_picture(film), "the picture is black or empty"
    if page.locator("dt", has_text="声音").count():
        assert now["sound"] > 0, "the file has sound, and none is decoded"
    picture = f"{played.width}×{played.height}, " if played.width else ""
    return f"{picture}{'sound, ' if now['sound'] else 'silent, '}plays, {played.duration:.1f} s"


def row(bureau: Bureau, clip: Clip, shown: str) -> Row:
    """The line of one recording, from what the catalog holds."""
    ((found, duration, recorded, source, latitude, longitude, place, how, flags),) = bureau.ask(
        "SELECT facts, duration, recorded_at, recorded_at_source, latitude, longitude, place_source, shown_as, flags "
        "FROM clips WHERE id = ?",
        clip.identity.hex,
    )
    said: dict[str, Any] = json.loads(found)
    device = said.get("device") or {}
    made_by = " ".join(filter(None, (device.get("make"), device.get("model")))) or "device not stated"
    read = [
        f"{duration:.2f} s" if duration else "no duration",
        f"{str(recorded)[:19]} UTC ({source})" if recorded else "time unknown",
        f"{latitude:.5f}, {longitude:.5f} ({place})" if latitude is not None else "no place",
        made_by,
        *(f"▲ {flag}" for flag in json.loads(flags) if flag != "unregistered-recorder"),
    ]
    codecs = " + ".join(s["codec"] for s in said.get("streams") or [] if s.get("codec")) or said.get(
        "container", ""
    )
    return Row(clip.name, codecs, "; ".join(read), f"{how}: {shown}")
