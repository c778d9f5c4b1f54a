"""The player: picture by picture, speeds, keys, trouble that is said, addresses that run out, photos, the GPS track."""

from __future__ import annotations

import hashlib
import json
import re
from datetime import UTC, datetime
from typing import Any

from playwright.sync_api import Locator, Page, Route

from catalog.models import Rendition
from storage.store import ObjectStore
from tests.browser.bureau import Bureau, Clip
from tests.browser.conftest import Watched
from tests.browser.films import PATIENCE, facts

RATE = 10
"""Pictures per second of the sample films."""


def ready(page: Page) -> Locator:
    """The film of the page, once a picture of it is there; the keys belong to the page."""
    film = page.locator("video, audio")
    eventually(page, lambda: facts(film)["ready"] >= 2)
    page.locator("h1").first.click()
    return film


def eventually(page: Page, look: Any, patience: int = PATIENCE) -> None:
    """Wait until `look()` is true. No `wait_for_function`: the page's policy forbids what it needs."""
    waited = 0
    while not look():
        assert waited < patience, f"it did not happen: {look}"
        page.wait_for_timeout(50)
        waited += 50


def at(film: Locator) -> float:
    return float(film.evaluate("(film) => film.seeking ? -1 : film.currentTime"))


def go(page: Page, film: Locator, seconds: float) -> None:
    film.evaluate("(film, seconds) => { film.currentTime = seconds; }", seconds)
    eventually(page, lambda: abs(at(film) - seconds) < 0.01)


def test_picture_by_picture_by_the_originals_own_frames(bureau: Bureau, docked: Watched) -> None:
    """A camera that writes pictures at uneven times, as in bad light: each key goes to the next picture there is."""
    uneven = {"version": 1, "frames": 7, "unit": [1, 1000], "first": 5000, "shift": [5, 1],
              "steps": [[2, 100], [1, 700], [2, 200], [1, 100]], "absent": [[3, 3]]}  # fmt: skip
    begins = (0.0, 0.1, 0.2, 1.1, 1.3, 1.4)  # of frames 1, 2, 3, 5, 6, 7: the copy lacks the fourth

    def answer(route: Route) -> None:
        route.fulfill(json=uneven, headers={"access-control-allow-origin": "*"})

    with bureau.desk("wang") as desk:
        desk.page.route(re.compile(r"/renditions/[^/]+/frames"), answer)
        desk.go(bureau.clip("H.265").path)
        film = ready(desk.page)
        go(desk.page, film, 0.05)
        said = desk.page.locator("[data-frame]")
        for key, at_frame, number in (
            (".", 1, 2),
            (".", 2, 3),
            (".", 3, 5),
            (".", 4, 6),
            (",", 3, 5),
            (",", 2, 3),
        ):
            desk.page.keyboard.press(key)
            eventually(desk.page, lambda n=at_frame: begins[n] <= at(film) < begins[n] + 0.1)
            eventually(desk.page, lambda n=number: said.inner_text() == f"原始第 {n} 帧")


def test_picture_by_picture_at_the_films_own_rate(bureau: Bureau, docked: Watched) -> None:
    with bureau.desk("wang") as desk:
        desk.go(bureau.clip("lorry, long").path)
        film = ready(desk.page)
        assert desk.page.locator("[data-player]").get_attribute("data-rate") == f"{RATE}.0"
        go(desk.page, film, 1.05)
        for key, picture in ((".", 11), (".", 12), (".", 13), (",", 12), (",", 11)):
            desk.page.keyboard.press(key)
            # The middle of that picture; and what is told is the picture's own time.
            eventually(desk.page, lambda picture=picture: abs(at(film) - (picture + 0.5) / RATE) < 0.01)
            told = f"00:00:01.{picture - 10}00"
            eventually(desk.page, lambda told=told: desk.page.locator("[data-at]").inner_text() == told)


def test_steps_pressed_before_a_picture_is_there_are_counted_from_where_the_film_was_sent(
    bureau: Bureau, docked: Watched
) -> None:
    """A jump and three keys in one breath: none is lost, none counts from the picture that still stands there."""
    press = """(film) => {
      film.currentTime = 1.05;
      for (const key of [".", ".", ".", ","]) {
        document.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
      }
      return film.currentTime;
    }"""
    with bureau.desk("wang") as desk:
        desk.go(bureau.clip("lorry, long").path)
        film = ready(desk.page)
        for _ in range(5):
            go(desk.page, film, 0.35)
            assert abs(film.evaluate(press) - (12 + 0.5) / RATE) < 0.01
            eventually(desk.page, lambda: abs(at(film) - (12 + 0.5) / RATE) < 0.01)


def test_speeds_and_sound_by_keys_and_buttons_agree(bureau: Bureau, docked: Watched) -> None:
    with bureau.desk("wang") as desk:
        page = desk.page
        desk.go(bureau.clip("lorry, long").path)
        film = ready(page)
        speed = page.get_by_label("速度", exact=True).last

        def rate() -> float:
            return float(film.evaluate("(film) => film.playbackRate"))

        for key, wanted in (("+", 1.25), ("+", 1.5), ("-", 1.25), ("0", 1), ("-", 0.75)):
            page.keyboard.press(key)
            assert rate() == wanted
            eventually(page, lambda wanted=wanted: float(speed.input_value()) == wanted)
        speed.select_option("8")
        assert rate() == 8
        speed.select_option("0.25")
        assert rate() == 0.25
        page.locator("h1").click()
        page.keyboard.press("x")
        assert film.evaluate("(film) => film.muted") is True
        page.get_by_role("button", name="打开声音").click()
        assert film.evaluate("(film) => film.muted") is False
        page.keyboard.press("Shift+ArrowDown")
        assert film.evaluate("(film) => film.volume") == 0.9


def test_small_pictures_and_time_while_hovering(bureau: Bureau, docked: Watched) -> None:
    with bureau.desk("wang") as desk:
        desk.go(bureau.clip("lorry, long").path)
        film = ready(desk.page)
        line = desk.page.locator("[data-timeline]")
        glance = desk.page.locator("[data-glance]")
        width = line.bounding_box()["width"]  # type: ignore[index]
        places = []
        for share in (0.2, 0.8):
            line.hover(position={"x": width * share, "y": 20})
            eventually(desk.page, lambda: "/sprite" in glance.evaluate("(g) => g.style.backgroundImage"))
            places.append(glance.evaluate("(g) => g.style.backgroundPosition"))
            seconds = facts(film)["duration"] * share
            told = glance.inner_text()
            assert (
                abs(sum(int(n) * s for n, s in zip(told.split(":"), (3600, 60, 1), strict=True)) - seconds)
                <= 1
            )
        assert places[0] != places[1], "the same small picture everywhere"
        line.click(position={"x": width / 2, "y": 20})
        eventually(desk.page, lambda: abs(at(film) - facts(film)["duration"] / 2) < 0.5)


def test_the_list_of_keys_and_its_switch(bureau: Bureau, docked: Watched) -> None:
    with bureau.desk("wang") as desk:
        page = desk.page
        desk.go(bureau.clip("lorry, long").path)
        film = ready(page)
        page.keyboard.press("?")
        keys = page.get_by_role("dialog", name="按键")
        keys.wait_for()
        page.keyboard.press("k")
        assert facts(film)["paused"], "keys do nothing behind the list"
        page.get_by_label("启用单键操作").uncheck()
        page.keyboard.press("Escape")
        keys.wait_for(state="hidden")
        page.locator("h1").click()
        page.keyboard.press("l")
        page.keyboard.press("ArrowRight")
        eventually(page, lambda: at(film) == 5)
        page.reload()
        film = ready(page)
        page.keyboard.press("l")
        page.keyboard.press("ArrowRight")
        eventually(page, lambda: at(film) == 5)


def test_a_picture_that_does_not_show_is_said_and_something_can_be_done(
    bureau: Bureau, docked: Watched
) -> None:
    """A browser given H.265 plays the sound, shows nothing and reports no error."""
    clip = bureau.clip("H.265")
    (name,) = (file.path for file in bureau.card.files if "H.265" in file.what)
    body = (bureau.card.folder / name).read_bytes()
    with bureau.desk("li") as desk:
        page = desk.page
        page.route(
            f"**/renditions/{clip.identity}/player*",
            lambda route: route.fulfill(body=body, content_type="video/mp4"),
        )
        desk.go(clip.path)
        told = page.get_by_role("alert").filter(has_text="能放出声音，但不能显示画面")
        told.wait_for()
        assert page.locator("video").evaluate("(film) => film.error") is None
        assert page.get_by_role("button", name="重新生成播放副本").is_visible()
        page.get_by_role("link", name="下载原件").first.click()
        page.locator("#download").get_by_label("用途").wait_for()
        page.unroute_all()
        page.get_by_role("button", name="重试").click()
        eventually(page, lambda: facts(page.locator("video"))["width"] > 0)
        told.wait_for(state="hidden")


def test_an_address_that_ran_out_is_renewed_and_the_place_is_kept(bureau: Bureau, docked: Watched) -> None:
    """The machine slept: the browser has let the film go, and the storage refuses the address it had."""
    clip = bureau.clip("lorry, long")
    first: list[str] = []
    refused: list[str] = []
    asleep = False

    def storage(route: Route) -> None:
        signature = re.search("X-Amz-Signature=([0-9a-f]+)", route.request.url)
        assert signature is not None
        first[:] = first or [signature[1]]
        if asleep and signature[1] == first[0]:
            refused.append(route.request.url)
            route.fulfill(status=403, body="<Error><Code>AccessDenied</Code></Error>")
        else:
            route.continue_()

    with bureau.desk("wang") as desk:
        page = desk.page
        desk.watch.expect("403")
        page.route(f"**/originals/{clip.identity}*", storage)
        desk.go(clip.path)
        film = ready(page)
        page.get_by_label("速度", exact=True).last.select_option("2")
        go(page, film, 7.25)
        page.wait_for_timeout(1100)  # a signature changes with the second
        asleep = True
        film.evaluate("(film) => film.load()")
        eventually(page, lambda: first[0] not in facts(film)["source"])
        eventually(page, lambda: at(film) == 7.25)
        assert refused, "the old address was never refused"
        assert page.locator("[data-trouble]").is_hidden()
        page.locator("h1").click()
        page.keyboard.press("k")
        eventually(page, lambda: facts(film)["at"] > 7.4)
        assert film.evaluate("(film) => film.playbackRate") == 2
    played = bureau.ask(
        "SELECT count(*) FROM custody_entries e JOIN custody_subjects s ON s.entry_id = e.id "
        "WHERE e.action = 'clip.played' AND s.subject_id = ?",
        clip.identity.hex,
    )
    assert played[0][0] >= 2, "the second address is in the log as well"


def test_a_copy_that_covers_only_part_says_so(bureau: Bureau, docked: Watched) -> None:
    with bureau.desk("li") as desk:
        desk.go(bureau.clip("cut off").path)
        film = ready(desk.page)
        assert "实际只有" in desk.page.locator(".covers:visible").inner_text()
        assert desk.page.locator("[data-rest]").is_visible()
        desk.page.keyboard.press("End")
        eventually(desk.page, lambda: at(film) >= facts(film)["duration"] - 0.1)
        head = desk.page.locator("[data-head]").evaluate("(head) => parseFloat(head.style.left)")
        assert head < 90, "the end of what is there is not the end of the line"


def test_recorded_time_runs_along(bureau: Bureau, docked: Watched) -> None:
    with bureau.desk("wang") as desk:
        desk.go(bureau.clip("lorry, long").path)
        film = ready(desk.page)
        go(desk.page, film, 5.0)
        for place in ("[data-wall]", "[data-wall-over]"):
            eventually(desk.page, lambda p=place: desk.page.locator(p).inner_text() == "2026-11-16 08:30:20")
        told = desk.page.locator(".wall").inner_text()
        assert "设备时钟" in told
        assert "文件名" in told
        desk.page.keyboard.press("t")
        assert desk.page.locator("[data-over]").is_hidden()


def test_a_place_in_the_address_is_gone_to(bureau: Bureau, docked: Watched) -> None:
    with bureau.desk("wang") as desk:
        desk.go(f"{bureau.clip('lorry, long').path}#t=3.5")
        film = ready(desk.page)
        eventually(desk.page, lambda: at(film) == 3.5)


def test_a_photo_is_zoomed_moved_and_turned_for_the_view_only(bureau: Bureau, docked: Watched) -> None:
    with bureau.desk("wang") as desk:
        page = desk.page
        desk.go(bureau.clip("taken upright").path)
        photo = page.locator("[data-photo]")
        eventually(page, lambda: photo.evaluate("(p) => p.complete && p.naturalWidth") > 0)

        def box() -> dict[str, float]:
            found = photo.bounding_box()
            assert found is not None
            return dict(found)

        whole = box()
        view = page.locator("[data-photo-view]")
        view.hover(position={"x": 100, "y": 100})
        page.mouse.wheel(0, -500)
        eventually(page, lambda: box()["width"] > whole["width"] * 1.5)
        page.locator("[data-photo-full]").wait_for()  # close up, it is the original itself that is shown
        assert "/originals/" in photo.evaluate("(p) => p.src")
        before = box()
        page.mouse.down()
        page.mouse.move(300, 400)
        page.mouse.up()
        assert box()["x"] != before["x"] or box()["y"] != before["y"]
        page.keyboard.press("0")
        eventually(page, lambda: abs(box()["width"] - whole["width"]) < 1)
        page.keyboard.press("r")
        eventually(page, lambda: box()["width"] > box()["height"])
        page.get_by_role("button", name="左转").click()
        eventually(page, lambda: abs(box()["width"] - whole["width"]) < 1)
        view.focus()
        page.keyboard.press("+")
        page.keyboard.press("+")
        page.keyboard.press("+")
        before = box()
        page.keyboard.press("ArrowRight")
        assert box()["x"] <= before["x"]
        assert "原件不变" in page.locator(".photo-tools").inner_text()


def add_track(bureau: Bureau, clip: Clip, points: list[list[Any]]) -> None:
    """What the worker that reads tracks would leave behind."""
    storage = bureau.system.settings.web.storage
    body = json.dumps({"version": 1, "origin": "gpmf", "points": points}).encode()
    store = ObjectStore(storage, storage.derived_bucket)
    store.put(f"renditions/{clip.identity}/track", body, content_type="application/json")
    store.close()
    with bureau.database() as database, database.write() as session:
        session.merge(
            Rendition(
                clip_id=clip.identity,
                kind="track",
                bucket=storage.derived_bucket,
                key=f"renditions/{clip.identity}/track",
                size=len(body),
                sha256=hashlib.sha256(body).hexdigest(),
                content_type="application/json",
                source_sha256=clip.sha256,
                recipe={"tool": "test", "version": "1", "arguments": []},
                created_at=datetime.now(UTC),
            )
        )


def test_the_track_moves_with_the_film_and_a_click_jumps(bureau: Bureau, docked: Watched) -> None:
    clip = bureau.clip("lorry, long")
    # Ten seconds to the east, about 91 m each at this latitude; a broken position in between.
    points = [[float(n), 34.7466, 113.62 + n * 0.001, None if n == 3 else 104.0] for n in range(11)]
    add_track(bureau, clip, [*points, [4.5, 999, 0, None], [5.5, None, 113.6, None]])
    with bureau.desk("wang") as desk:
        page = desk.page
        desk.go(clip.path)
        film = ready(page)
        card = page.locator("[data-track]")
        card.wait_for()
        words = card.locator("[data-track-words]").inner_text()
        assert "11 个位置" in words
        assert "915 m" in words
        assert "卫星" in words
        dot = card.locator("circle.dot")

        def east() -> float:
            return float(dot.get_attribute("cx") or 0)

        go(page, film, 0.0)
        beginning = east()
        go(page, film, 5.5)
        eventually(page, lambda: east() > beginning + 10)
        assert card.locator("[data-track-here]").inner_text() == "34.74660, 113.62550 · 104 m"
        ends = [
            float(card.locator(one).get_attribute(name) or 0)
            for one, name in (("circle.begin", "cx"), ("rect.finish", "x"))
        ]
        assert abs(east() - (ends[0] + (ends[1] + 5 - ends[0]) * 0.55)) < 0.5
        # North is up and the scale is a round length.
        assert card.locator("path.scale").count() == 1
        assert card.locator("text", has_text="100 m").count() == 1
        drawing = card.locator("svg")
        drawing.scroll_into_view_if_needed()
        place = drawing.bounding_box()
        assert place is not None
        share = place["width"] / 720
        drawing.click(position={"x": (ends[0] + (ends[1] + 5 - ends[0]) * 0.8) * share, "y": 120 * share})
        eventually(page, lambda: at(film) == 8)


def test_no_track_no_drawing(bureau: Bureau, docked: Watched) -> None:
    with bureau.desk("wang") as desk:
        desk.go(bureau.clip("loading yard").path)
        ready(desk.page)
        assert desk.page.locator("[data-track]").is_hidden()
        assert (
            "34.7215"
            in desk.page.locator(".card", has=desk.page.get_by_role("heading", name="事实")).inner_text()
        ), "the one place stands in words"


PLANE = """
async () => {
  const { flatten, placeAt, longestPause, roundDown } = await import("/static/js/plane.js");
  const ring = flatten([[0, 30, 120, 5], [1, 30, 120.001, 5], [100, 30.001, 120.001, null]]);
  const pause = longestPause(ring);
  return {
    east: ring[1].east - ring[0].east, south: ring[2].south - ring[1].south, pause,
    between: placeAt(ring, 0.5, pause), gap: placeAt(ring, 50, 30), before: placeAt(ring, -9, pause),
    bars: [0.7, 1, 3, 26, 99, 100, 7000].map(roundDown), none: flatten([[0, null, 1], ["x", 1, 1]]).length,
  };
}
"""


def test_the_drawing_is_to_scale(bureau: Bureau, docked: Watched) -> None:
    with bureau.desk("wang") as desk:
        desk.go("/clips")
        said = desk.page.evaluate(PLANE)
    assert abs(said["east"] - 96.4) < 0.2, "a thousandth of a degree at 30° north"
    assert abs(said["south"] + 111.3) < 0.2, "north is up"
    assert said["between"]["known"]
    assert abs(said["between"]["longitude"] - 120.0005) < 1e-9
    assert not said["gap"]["known"]
    assert not said["before"]["known"]
    assert [round(bar, 3) for bar in said["bars"]] == [0.5, 1, 2, 20, 50, 100, 5000]
    assert said["none"] == 0


def test_full_screen_keeps_time_line_and_clock(bureau: Bureau, docked: Watched) -> None:
    with bureau.desk("wang") as desk:
        page = desk.page
        desk.go(bureau.clip("lorry, long").path)
        ready(page)
        page.keyboard.press("f")
        eventually(
            page, lambda: page.evaluate("() => document.fullscreenElement?.matches('.player') ?? false")
        )
        for part in ("[data-timeline]", "[data-play]", "[data-wall]"):
            box = page.locator(part).bounding_box()
            assert box is not None
            assert box["y"] + box["height"] <= page.evaluate("() => innerHeight") + 1
        page.keyboard.press("2")
        page.locator("[data-noted]", has_text="已在 00:00:00 处标记").wait_for()
        page.keyboard.press("m")  # the note is written beside the picture, so that is where M leads
        eventually(page, lambda: page.evaluate("() => document.fullscreenElement === null"))
        eventually(page, lambda: page.evaluate("() => document.activeElement.name") == "note")
