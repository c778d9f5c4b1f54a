"""Everything on the card plays, shows, or says plainly why not."""

import hashlib
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page

from tests.browser.bureau import Bureau, Clip
from tests.browser.conftest import Watched
from tests.browser.films import differ, facts, play, screen, shows_picture


def test_a_film_plays_from_the_original(bureau: Bureau, docked: Watched) -> None:
    clip = bureau.clip("lorry, long")
    with bureau.desk("wang") as desk:
        desk.go("/dockings")
        desk.page.locator("a.slot").click()
        desk.page.get_by_role("link", name=clip.name).click()
        film = desk.page.locator("video")
        before = play(desk.page, film, seconds=1.0)
        assert shows_picture(film), "the picture is black or empty"
        first = screen(film)
        assert f"/originals/{clip.identity}" in before.source
        assert (before.width, before.height) == (1280, 720)
        assert before.sound > 0
        later = play_on(desk.page, film)
        assert later > before.at
        assert differ(first, screen(film)), "the picture stands still"
        # The clock of the recorder runs along, and the waveform is drawn.
        assert desk.page.locator("[data-wall]").inner_text().startswith("2026-11-16 08:30:")
        assert desk.page.locator("[data-at]").inner_text() >= "00:00:01"
        assert desk.page.locator("[data-wave]").is_visible()
        desk.page.locator("[data-timeline]").hover()
        desk.page.locator("[data-glance]").wait_for()


def play_on(page: Page, film: Locator) -> float:
    """Let it run for a while longer; answers where it is then."""
    page.wait_for_timeout(1500)
    return float(facts(film)["at"])


@pytest.mark.parametrize(
    ("form", "derived"),
    [("H.265", "此处播放的是重新编码的副本"), ("MPEG-4 in AVI", "此处播放的是重新编码的副本")],
)
def test_a_film_that_browsers_cannot_play_has_a_copy(
    bureau: Bureau, docked: Watched, form: str, derived: str
) -> None:
    clip = bureau.clip(form)
    with bureau.desk("wang") as desk:
        desk.go(clip.path)
        film = desk.page.locator("video")
        played = play(desk.page, film)
        assert f"/renditions/{clip.identity}/player" in played.source
        assert played.width > 0
        assert shows_picture(film)
        assert derived in desk.page.locator("main").inner_text()


def test_sound_plays(bureau: Bureau, docked: Watched) -> None:
    with bureau.desk("wang") as desk:
        desk.go(bureau.clip("sound only").path)
        played = play(desk.page, desk.page.locator("audio"))
        assert played.sound > 0
        assert played.at > 0


def test_a_photo_shows(bureau: Bureau, docked: Watched) -> None:
    with bureau.desk("wang") as desk:
        desk.go(bureau.clip("taken upright").path)
        photo = desk.page.locator("[data-photo]")
        photo.evaluate("(image) => image.src || new Promise((done) => image.onload = done)")
        photo.evaluate("(image) => image.decode()")
        wide, high = photo.evaluate("(image) => [image.naturalWidth, image.naturalHeight]")
        assert high > wide > 0, "its EXIF says that it stands upright"
        assert shows_picture(photo)


def test_a_film_cut_off_plays_as_far_as_it_goes_and_says_so(
    bureau: Bureau, docked: Watched, tmp_path: Path
) -> None:
    clip = bureau.clip("cut off")
    with bureau.desk("li", downloads=True) as desk:
        desk.go(clip.path)
        assert "文件不完整，提前结束" in desk.page.locator(".note.stop").inner_text()
        assert play(desk.page, desk.page.locator("video"), seconds=0.3).width > 0
        check_download(bureau, desk.page, clip, tmp_path)


def test_a_film_without_its_index_is_kept_and_can_be_had(
    bureau: Bureau, docked: Watched, tmp_path: Path
) -> None:
    clip = bureau.clip("flat battery")
    with bureau.desk("li", downloads=True) as desk:
        desk.go(clip.path)
        assert "缺少索引，常见于电量耗尽" in desk.page.locator(".note.stop").inner_text()
        assert "原件已保存，可以下载" in desk.page.locator(".player").inner_text()
        assert desk.page.locator("video").count() == 0
        check_download(bureau, desk.page, clip, tmp_path)


def check_download(bureau: Bureau, page: Page, clip: Clip, folder: Path) -> None:
    """The original is to be had with a reason, under its own name, bit for bit; the reason is in the log."""
    reason = f"检察院调取 {clip.name}"
    page.locator("#download > summary").click()
    with page.expect_download() as waiting:
        page.locator("#download select[name=needed_for]").select_option("litigation")
        page.locator("#download input[name=needed_note]").fill(reason)
        page.get_by_role("button", name="下载原件").click()
    waiting.value.save_as(folder / "saved")
    body = (folder / "saved").read_bytes()
    assert waiting.value.suggested_filename == clip.name
    receipt = bureau.receipt(clip)
    assert hashlib.sha256(body).hexdigest() == receipt["sha256"] == clip.sha256
    assert len(body) == clip.size
    page.reload()
    entry = page.locator("table tr", has_text="下载了").filter(has_text=reason)
    assert entry.count() == 1


def test_an_officer_is_not_offered_the_original(bureau: Bureau, docked: Watched) -> None:
    with bureau.desk("wang") as desk:
        desk.go(bureau.clip("cut off").path)
        assert desk.page.locator("#download").count() == 0
