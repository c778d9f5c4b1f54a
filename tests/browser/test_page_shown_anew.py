"""A recording's page shows itself anew when the work is done, but takes no half-written line away."""

from __future__ import annotations

from tests.browser.house import House

DONE = """
() => {
  document.querySelector("[data-player]").dataset.media = "waiting";
  if (!document.getElementById("work")) document.querySelector("main").insertAdjacentHTML("beforeend", "<p id=work></p>");
  document.getElementById("work").dataset.done = "";
  window.before = true;
  document.dispatchEvent(new Event("htmx:afterSettle"));
}
"""
"""What the page finds when the last of the work has ended while it stood open."""


def test_only_where_nobody_is_writing(house: House) -> None:
    shelf = house.shelves["officer"]
    with house.desk(shelf.username) as desk:
        page = desk.page
        desk.go(f"/clips/{shelf.ids['clip_id']}")
        page.locator(".mark-form input[name=note]").fill("店主到")
        asked: list[str] = []
        page.on(
            "request", lambda request: asked.append(request.url) if request.is_navigation_request() else None
        )
        page.evaluate(DONE)
        page.wait_for_timeout(500)
        assert asked == []
        assert page.locator(".mark-form input[name=note]").input_value() == "店主到"
        page.locator(".mark-form input[name=note]").fill("")
        page.evaluate(DONE)
        page.wait_for_function("() => window.before === undefined")
        assert len(asked) == 1
