"""Whether something really plays or shows: what the element says of itself, and what stands on the screen."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image, ImageChops, ImageOps, ImageStat
from playwright.sync_api import Locator, Page

PATIENCE = 60_000
"""Milliseconds; the machine may be busy with much else."""

SMALL = (12, 8)
"""Pixels to which pictures are shrunk before they are compared: fine detail differs by scaling alone."""

FACTS = """
(film) => ({
  at: film.currentTime, duration: film.duration, ready: film.readyState, paused: film.paused, ended: film.ended,
  width: film.videoWidth ?? 0, height: film.videoHeight ?? 0, error: film.error?.message ?? "",
  sound: film.webkitAudioDecodedByteCount ?? 0, picture: film.webkitVideoDecodedByteCount ?? 0,
  source: film.currentSrc,
})
"""


@dataclass(frozen=True, slots=True)
class Played:
    """What an element said after it had played for a while. Seconds, pixels, bytes."""

    at: float
    duration: float
    width: int
    height: int
    sound: int
    """Bytes of sound decoded."""
    source: str


def facts(film: Locator) -> dict[str, Any]:
    """What a video or audio element says of itself."""
    return dict(film.evaluate(FACTS))


def play(page: Page, film: Locator, *, seconds: float = 0.5) -> Played:
    """Play with the keyboard, as a person may, until `seconds` (or the end) have passed; fails when it does not."""
    _until(film, "ready", 2)
    page.locator("h1").first.click()  # the keys belong to the page then
    page.keyboard.press("k")
    before = facts(film)["at"]
    duration = facts(film)["duration"]
    wanted = min(before + seconds, duration - 0.05)
    _until(film, "at", wanted)
    now = facts(film)
    assert not now["error"], now
    return Played(now["at"], now["duration"], now["width"], now["height"], now["sound"], now["source"])


def _until(film: Locator, fact: str, wanted: float) -> None:
    """Ask the element itself until it says `wanted` or more. No `eval`: the page's policy forbids it."""
    waited = 0
    while facts(film)[fact] < wanted:
        assert waited < PATIENCE, f"{fact} did not reach {wanted}: {facts(film)}"
        film.page.wait_for_timeout(50)
        waited += 50


def screen(element: Locator) -> Image.Image:
    """What stands on the screen there, without the lower part, where controls may lie over it."""
    with Image.open(io.BytesIO(element.screenshot())) as shot:
        picture = shot.convert("RGB")
    return picture.crop((0, 0, picture.width, picture.height * 7 // 10))


def is_picture(shot: Image.Image) -> bool:
    """Whether it is more than one even surface, black or other."""
    statistics = ImageStat.Stat(shot.convert("L"))
    return statistics.mean[0] > 20 and statistics.stddev[0] > 10


def shows_picture(element: Locator) -> bool:
    """Whether a picture comes to stand there; what is decoded reaches the screen a moment later on a busy machine."""
    return _comes(element, is_picture)


def shows_photo(element: Locator, file: Path) -> bool:
    """Whether that very photo comes to stand there, turned as its EXIF says; it may be of one colour all over."""
    with Image.open(file) as original:
        upright = ImageOps.exif_transpose(original).convert("RGB")
    upright = upright.crop((0, 0, upright.width, upright.height * 7 // 10)).resize(SMALL)

    def is_it(shot: Image.Image) -> bool:
        apart = ImageStat.Stat(ImageChops.difference(shot.resize(SMALL), upright)).mean
        return max(apart) < 25

    return _comes(element, is_it)


def _comes(element: Locator, wanted: Callable[[Image.Image], bool]) -> bool:
    waited = 0
    while not (there := wanted(screen(element))) and waited < PATIENCE:
        element.page.wait_for_timeout(100)
        waited += 100
    return there


def differ(one: Image.Image, other: Image.Image) -> bool:
    """Whether something moved between two looks at the same place."""
    difference = ImageChops.difference(one, other).convert("L")
    return max(value for value, count in enumerate(difference.histogram()) if count) > 40
