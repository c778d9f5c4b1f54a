"""On a slow line a key is pressed before the page's scripts have come: what was typed arrives all the same."""

from __future__ import annotations

from tests.browser.house import House


def test_a_mark_set_before_the_player_has_come(house: House) -> None:
    shelf = house.shelves["officer"]
    with house.desk(shelf.username) as desk:
        page = desk.page
        page.route("**/static/js/player.js*", lambda _route: None)  # it never comes; htmx waits for it
        page.goto(f"{desk.base}/clips/{shelf.ids['clip_id']}", wait_until="commit")
        page.locator(".mark-form input[name=start]").fill("00:04")
        page.locator(".mark-form input[name=note]").fill("门口有人")
        page.locator(".mark-form input[name=note]").press("Enter")
        page.wait_for_url("**#marks", wait_until="commit")
        page.locator("#marks li", has_text="门口有人").wait_for()
        assert "note=" not in page.url
